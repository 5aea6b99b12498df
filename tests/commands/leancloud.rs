//! `guichet import --from leancloud`: files of the shape that LeanCloud's console and REST API give.

use crate::common::cli::{done, folder, guichet};
use crate::common::{Folder, Server, fault};
use engine::hex::md5;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Output;

const PAGE: &str = include_str!("../../docs/moving-from-leancloud.md");

/// As the console exports a class: a comment, then an object a line.
const USERS: &str = r#"#filetype:JSON-streaming {"type":"Class","class":"_User"}
{"objectId":"5b62c15a9f54540062427a01","username":"omar","mobilePhoneNumber":"+8613800001234","mobilePhoneVerified":true,"nickname":"Omar","emailVerified":false,"ACL":{"*":{"read":true,"write":true}},"salt":"l8Xk","password":"mFz0sZ","createdAt":"2018-08-02T08:31:22.294Z","updatedAt":"2018-08-02T08:31:22.294Z"}
{"objectId":"5b62c15a9f54540062427a02","username":"nora","mobilePhoneNumber":"13800005678","mobilePhoneVerified":true,"authData":{"lc_weapp":{"openid":"oWx-nora_1","session_key":"x"}},"createdAt":"2019-01-02T00:00:00.000Z"}
"#;

/// As `GET /1.1/leaderboard/leaderboards` answers.
const BOARDS: &str = r#"{"results":[{"objectId":"5b62c15a9f54540062427acc","statisticName":"world","memberType":"_User","versionChangeInterval":"week","order":"ascending","updateStrategy":"better","version":3,"expiredAt":{"__type":"Date","iso":"2018-08-31T16:00:00.000Z"},"activatedAt":{"__type":"Date","iso":"2018-08-02T08:31:22.290Z"}}]}"#;

/// As `GET …/leaderboards/user/world/ranks` answers.
const RANKS: &str = r#"{"results":[{"statisticName":"world","statisticValue":41.0,"rank":0,"user":{"__type":"Pointer","className":"_User","objectId":"5b62c15a9f54540062427a01"}},{"statisticName":"world","statisticValue":57,"rank":1,"user":{"__type":"Pointer","className":"_User","objectId":"5b62c15a9f54540062427a02"}}]}"#;

fn exported(folder: &Path, files: &[(&str, &str)]) {
    let to = folder.join("exported");
    fs::create_dir_all(&to).unwrap();
    for (name, text) in files {
        fs::write(to.join(name), text).unwrap();
    }
}

/// Runs the command as the page has it.
fn import(folder: &Path) -> Output {
    let block = PAGE.split("<!-- leancloud: begin -->").nth(1).unwrap();
    let line = block.lines().find(|line| line.starts_with("guichet ")).unwrap();
    let args: Vec<&str> = line.split(' ').skip_while(|word| *word != "import").collect();
    std::process::Command::new(env!("CARGO_BIN_EXE_guichet"))
        .args(["-c", "guichet.toml"])
        .args(args)
        .current_dir(folder)
        .output()
        .unwrap()
}

#[test]
fn accounts_and_boards_of_leancloud_go_on() {
    let folder: Folder = folder();
    let files = [("_User.0.jsonl", USERS), ("boards.json", BOARDS), ("world-0.json", RANKS)];
    exported(folder.path(), &files);
    let told = done(import(folder.path()));
    let shown = PAGE.split("```text\n").nth(1).unwrap().split("```").next().unwrap();
    assert_eq!(told, shown, "as the page shows it");
    let server = Server::start_in(folder, "");
    // The number lets its owner in, and a code alone does.
    let hash = server.captcha();
    let data = json!({"phone": "13800001234", "hash": hash, "purpose": "login"});
    server.done("", "sms/generate", data);
    let code = server.outbox().last().unwrap()["code"].clone();
    let login =
        server.done("", "user/login_sms", json!({"mobile": "13800001234", "sms_code": code}));
    assert!(login["token"].is_string() || login.is_string(), "{login}");
    // No password does.
    let data = json!({"username": "omar", "password": md5(""), "remember": false});
    assert!(server.call("user/login", data) != fault(0, "successful"));
    let users = done(guichet(server.folder(), &["user", "list"]));
    assert!(users.contains("omar") && users.contains("2018-08-02 16:31:22"), "{users}");
    let top = server.done("", "score/top", json!({"app": "world"}));
    let rows: Vec<(&Value, &Value)> =
        top.as_array().unwrap().iter().map(|row| (&row["nickname"], &row["score"])).collect();
    assert_eq!(rows, [(&json!("Omar"), &json!(41)), (&json!(""), &json!(57))], "the lowest first");
    let board = server.done("", "score/board", json!({"app": "world"}));
    assert_eq!(
        (&board["season"]["number"], &board["season"]["period"]),
        (&json!(4), &json!("week"))
    );
    // Who came by WeChat is called as WeChat does.
    let data = json!({"app": "world", "openid": "oWx-nora_1"});
    assert_eq!(server.done("", "score/get", data)["rank"], 2);
}

#[test]
fn second_import_adds_only_what_is_missing() {
    let folder: Folder = folder();
    exported(folder.path(), &[("_User.jsonl", USERS), ("boards.json", BOARDS)]);
    done(import(folder.path()));
    exported(folder.path(), &[("world.json", RANKS)]);
    let again = import(folder.path());
    let told = String::from_utf8(again.stdout).unwrap();
    assert!(told.starts_with("accounts\t0\nboards\t1\nscores\t2\n"), "{told}");
    let left_out = String::from_utf8(again.stderr).unwrap();
    assert!(left_out.contains("user 5b62c15a9f54540062427a01: there is an account"), "{left_out}");
}

#[test]
fn what_cannot_be_taken_over_is_named() {
    let folder: Folder = folder();
    let odd = r#"{"objectId":"a1","username":"13900000000"}
{"objectId":"a2","username":""}
{"objectId":"a3","username":"cid","mobilePhoneNumber":"13900001111","mobilePhoneVerified":false}
"#;
    let scores = r#"[{"statisticName":"world","statisticValue":1.5,"user":{"objectId":"a1"}},
        {"statisticName":"world","statisticValue":-1,"user":{"objectId":"a1"}},
        {"statisticName":"world","statisticValue":5},
        {"statisticName":"none","statisticValue":5,"entity":"e1"},
        {"statisticName":"no such name","order":"descending"}]"#;
    let files =
        [("_User.jsonl", odd), ("scores.json", scores), ("Todo.jsonl", "{\"objectId\":\"t\"}\n")];
    exported(folder.path(), &files);
    let output = import(folder.path());
    assert!(output.status.success(), "{output:?}");
    let told = String::from_utf8(output.stderr).unwrap();
    for expected in [
        "user a1: username: a mobile number",
        "user a2: username",
        "world: 1.5 is not a whole number",
        "world: -1 is not a whole number",
        "world: a score of nobody",
        "there is no board none",
        "board no such name: not the name of a board",
        "Todo.jsonl: neither users nor boards",
    ] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
    assert!(String::from_utf8(output.stdout).unwrap().ends_with("proven number\t3\n"));
}

#[test]
fn folder_without_json_is_refused() {
    let folder: Folder = folder();
    fs::create_dir(folder.path().join("exported")).unwrap();
    assert!(!import(folder.path()).status.success());
    exported(folder.path(), &[("_User.jsonl", "{\"objectId\":\n")]);
    let output = import(folder.path());
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && told.contains("_User.jsonl:1:"), "{told}");
}
