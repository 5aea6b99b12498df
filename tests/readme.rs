//! The README is true: its commands work in their order and answer what it shows, its tables have
//! every key and every status, and its links lead somewhere.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use common::{CODE, Reply, Server, command, has, run};
use engine::fault::{Cause, Fault, Lapse, Unique, Window};
use engine::sms::codes;
use engine::status;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

const README: &str = include_str!("../README.md");
const EXAMPLE: &str = include_str!("../examples/guichet.toml");

/// Keys of an answer whose values are other ones each time.
const FRESH: [&str; 14] = [
    "avatar",
    "avatar_url",
    "base64",
    "creat_time",
    "create_time",
    "imgdata",
    "profilePicture",
    "profile_picture",
    "publish_time",
    "rand",
    "shop_id",
    "token",
    "update_time",
    "url",
];

#[test]
fn the_walk_answers_what_it_shows() {
    if !(has("sh") && has("curl")) {
        return;
    }
    let server = Server::start("");
    // Every answer is also kept, under the number of the block that asked for it.
    let mut script = r#"
        curl() { command curl "$@" | tee -a "answers.$block"; echo >> "answers.$block"; }
    "#
    .to_owned();
    let blocks = walk();
    for (number, block) in blocks.iter().enumerate() {
        let commands = block.commands.replace("127.0.0.1:8080", server.address());
        script.push_str(&format!("block={number}\n{commands}"));
    }
    assert!(script.contains(server.address()), "the walk names its server");
    run(Command::new("sh").arg("-euc").arg(script).current_dir(server.folder()));
    for (number, Block { commands, answer: shown }) in blocks.iter().enumerate() {
        let path = server.folder().join(format!("answers.{number}"));
        let told = fs::read_to_string(path).expect(commands);
        let mut answers = told.lines().filter(|line| !line.is_empty()).peekable();
        assert!(answers.peek().is_some(), "{commands}");
        while let Some(line) = answers.next() {
            let answer = serde_json::from_str(line).unwrap_or(Value::from(line));
            match shown {
                Some(shown) if answers.peek().is_none() => {
                    assert_eq!(steady(&answer), steady(shown), "{commands}");
                }
                _ => assert!(is_done(&answer), "{commands}\n{line}"),
            }
        }
    }
}

#[test]
fn the_walk_takes_every_path() {
    let walk: String = walk().into_iter().map(|block| block.commands).collect();
    let mut taken = 0;
    for document in ["rank", "pinball", "entry_task", "ihome"] {
        let path = format!("{}/handlers/documents/{document}.rs", env!("CARGO_MANIFEST_DIR"));
        let source = fs::read_to_string(path).unwrap();
        // A row's first path, up to what stands for a name of the caller's.
        for row in source.split("    Row {").skip(1) {
            let Some(path) = row.split('"').find(|text| text.starts_with('/')) else { continue };
            let path = path.replace("{app}", "pinball");
            let path = path.split('{').next().unwrap();
            assert!(walk.contains(&format!("$base{path}")) || path == "/upload/", "{path}");
            taken += 1;
        }
    }
    assert!(taken > 20, "{taken}");
}

#[test]
fn the_walk_calls_every_operation() {
    let walk: String = walk().into_iter().map(|block| block.commands).collect();
    let mut names = Vec::new();
    operations(&Path::new(env!("CARGO_MANIFEST_DIR")).join("handlers"), &mut names);
    assert!(names.len() > 30, "{names:?}");
    for (kind, subtype) in names {
        // Clients know it as the address of an avatar, `GET /upload/{name}`.
        if (&*kind, &*subtype) != ("portrait", "file") {
            let call = format!("\"type\":\"{kind}\",\"subtype\":\"{subtype}\"");
            assert!(walk.contains(&call), "{kind}/{subtype}");
        }
    }
}

/// The names of the operations in the sources of a folder.
fn operations(folder: &Path, names: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            operations(&path, names);
            continue;
        }
        let source = fs::read_to_string(path).unwrap();
        for line in source.lines().filter(|line| line.contains("const NAME: ")) {
            let [_, kind, _, subtype, _] = line.split('"').collect::<Vec<_>>()[..] else {
                panic!("a name is (type, subtype): {line}");
            };
            names.push((kind.to_owned(), subtype.to_owned()));
        }
    }
}

/// Commands to paste, and the answer that is shown below them.
struct Block {
    commands: String,
    answer: Option<Value>,
}

/// The fenced blocks of the walk.
fn walk() -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut fences = between("walk").split("```").skip(1).step_by(2);
    for fence in &mut fences {
        match fence.split_once('\n') {
            Some(("sh", commands)) => {
                blocks.push(Block { commands: commands.to_owned(), answer: None });
            }
            Some(("json", answer)) => {
                let shown = serde_json::from_str(answer).expect(answer);
                blocks.last_mut().unwrap().answer = Some(shown);
            }
            _ => panic!("neither sh nor json: {fence}"),
        }
    }
    assert!(blocks.len() > 20, "the walk is there");
    blocks
}

/// What stands between two comments of the README.
fn between(name: &str) -> &str {
    let (_, rest) = README.split_once(&format!("<!-- {name}: begin -->")).expect(name);
    rest.split_once(&format!("<!-- {name}: end -->")).expect(name).0
}

/// An answer without what is another each time.
fn steady(answer: &Value) -> Value {
    match answer {
        Value::Array(items) => items.iter().map(steady).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| {
                let fresh = FRESH.contains(&key.as_str()) && *value != "";
                (key.clone(), if fresh { "another each time".into() } else { steady(value) })
            })
            .collect(),
        value => value.clone(),
    }
}

/// Did all of it end well?
fn is_done(answer: &Value) -> bool {
    match answer {
        // What `curl -w` tells of a picture.
        Value::String(line) => line == "200 image/png" || line == "200 image/jpg",
        Value::Array(items) => items.iter().all(is_done),
        // An envelope, JSON-RPC, and the documents.
        answer => match (answer.get("errno"), answer.get("code")) {
            (Some(errno), _) => errno == "0",
            (_, Some(code)) => *code == 0 || *code == 200,
            _ => answer["status"] == 0 || answer.get("result").is_some(),
        },
    }
}

#[test]
fn the_table_of_keys_is_the_example() {
    let mut documented = BTreeMap::new();
    for [key, default, meaning] in rows("keys") {
        assert!(!meaning.is_empty(), "{key} has a meaning");
        assert!(documented.insert(key.clone(), default).is_none(), "{key} stands twice");
    }
    assert_eq!(documented, keys_of_the_example());
}

/// Every key of the example with its default; no default for those in comments and for the table
/// of secrets, whose keys are free.
fn keys_of_the_example() -> BTreeMap<String, String> {
    let mut keys = BTreeMap::new();
    let mut section = String::new();
    for line in EXAMPLE.lines() {
        if let Some(name) = line.strip_prefix('[') {
            let name = name.split_once(']').unwrap().0;
            if name == "score.secrets" {
                keys.insert(name.to_owned(), String::new());
            }
            section = format!("{name}.");
        } else if let Some((key, rest)) = line.split_once(" = ") {
            let optional = key.strip_prefix("# ");
            let key = optional.unwrap_or(key);
            if key.contains(' ') || section == "score.secrets." {
                continue;
            }
            let default = rest.split(" # ").next().unwrap().trim();
            let default = if optional.is_some() { "" } else { default };
            keys.insert(format!("{section}{key}"), default.to_owned());
        }
    }
    assert!(keys.len() > 30, "the example is read");
    keys
}

/// The rows of a table of three columns, without the ticks of code.
fn rows(name: &str) -> Vec<[String; 3]> {
    let lines = between(name).lines().filter(|line| line.starts_with('|')).skip(2);
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let ["", first, second, third, ""] = cells[..] else { panic!("three columns: {line}") };
            [first.replace('`', ""), second.replace('`', ""), third.to_owned()]
        })
        .collect()
}

#[test]
fn the_tables_of_statuses_are_the_program_s() {
    let documented = statuses("status");
    let cause = || Cause::new("");
    for fault in [
        Fault::EnvelopeKey("id"),
        Fault::EnvelopeValue("".into()),
        Fault::NoSuchOperation,
        Fault::NoCredentials,
        Fault::BadToken,
        Fault::StaleToken,
        Fault::AccountGone,
        Fault::Missing("".into()),
        Fault::Captcha(Lapse::Wrong),
        Fault::SmsCode(Lapse::Expired),
        Fault::Taken(Unique::Name),
        Fault::Password,
        Fault::TooManyAttempts,
        Fault::PictureNotStored(cause()),
        Fault::CaptchaNotMade(cause()),
        Fault::Database(cause()),
        Fault::Unknown(cause()),
    ] {
        let status = status::status(&fault);
        assert!(documented.contains(&(status.code, status.message.to_owned())), "{fault:?}");
    }
    let sms = statuses("status sms");
    for (code, text) in &sms {
        assert_eq!(codes::message(*code), text);
    }
    let known = (0..70_000).filter(|code| codes::message(*code) != codes::message(codes::OTHER));
    assert_eq!(sms.len(), known.count() + 1);
    for window in [Window::HalfMinute, Window::Hour, Window::Day] {
        let status = status::status(&Fault::Quota(window));
        assert!(sms.contains(&(status.code, status.message.to_owned())), "{window:?}");
    }
}

/// The tables of the types that have their own, row by row in their order.
#[test]
fn the_tables_of_types_are_the_program_s() {
    let server = Server::start("[shop]\nmax_per_account = 1\n");
    let (_, token) = server.account("nora");
    let (_, other) = server.account("omar");
    let notice = |title: Value| {
        json!({"type": 1, "lab": "a", "title": title, "content": "a", "occurrence_time": "",
               "user_name": "Nora", "user_phone": "", "user_qq": ""})
    };
    let told = |calls: &[(&str, &str, Value)]| -> Vec<(i64, String)> {
        let told = calls.iter().map(|(token, name, data)| {
            let answer = server.call_as(token, name, data.clone());
            let answer: Value = serde_json::from_str(&answer).unwrap();
            (answer["status"].as_i64().unwrap(), answer["message"].as_str().unwrap().to_owned())
        });
        told.collect()
    };
    let property = told(&[
        (&token, "property/delete", json!({"id": 1})),
        (&token, "property/add", notice(json!(""))),
        (&token, "property/add", json!({"type": 1})),
        (&token, "property/add", notice(json!(1))),
        (&token, "property/add", notice(json!("a".repeat(21)))),
    ]);
    assert_eq!(property, statuses("status property"));
    let query = told(&[
        (&token, "property/query", json!({"type": 1, "colour": "red"})),
        (&token, "property/query", json!({"type": "lost"})),
        (&token, "property/query", json!({"type": 1, "key": "a", "title": "a"})),
        (&token, "property/query", json!({})),
        ("nobody", "property/query", json!({"type": 1})),
        (&token, "property/query", json!({"type": 3})),
    ]);
    assert_eq!(query, statuses("status query"));
    server.done(&token, "shop/creat", json!({"shop_name": "a"}));
    let shop = told(&[
        (&other, "shop/creat", json!({"shop_name": "a"})),
        (&other, "shop/update", json!({"shop_id": 1, "shop_content": ""})),
        (&token, "shop/creat", json!({"shop_name": "b"})),
    ]);
    assert_eq!(shop, statuses("status shop"));
}

/// Faults of a document that a test has brought about stand in its table, in their order. `rest` is
/// how many more are in it: those of a server that fails.
fn documented(table: &str, told: &[(Value, Value)], rest: usize) {
    let text = |value: &Value| value.as_str().map_or(value.to_string(), str::to_owned);
    let mut rows = rows(table).into_iter().peekable();
    let mut others = 0;
    for (code, message) in told {
        let message = text(message);
        others += std::iter::from_fn(|| {
            rows.next_if(|[known, words, _]| {
                let is_free = ["names the key", "says why"].contains(&&**words);
                *known != text(code) || !(is_free || *words == message)
            })
        })
        .count();
        let row = rows.next().unwrap_or_else(|| panic!("{table}: {code} {message}"));
        let is_said = row[1] != "says why" || !message.is_empty();
        let is_named = row[1] != "names the key" || message.contains(": ");
        assert!(is_said && is_named, "{table}: {code} {message}");
    }
    assert_eq!(others + rows.count(), rest, "{table}");
}

/// The value of two keys of a document's answer.
fn told(reply: &Reply, keys: [&str; 2]) -> (Value, Value) {
    let answer = reply.json();
    let [code, message] = keys.map(|key| answer[key].clone());
    (code, message)
}

#[test]
fn the_table_of_rank_is_the_program_s() {
    let server = Server::start("");
    let (_, stale) = server.account("nora");
    let (_, gone) = server.account("omar");
    let new = json!({"old_password": "secret-1", "new_password": "secret-2"});
    server.done(&stale, "user/password", new);
    run(command(server.folder()).args(["user", "remove", "omar"]));
    let (_, token) = server.account("ada");
    let put = |token: &str, body: &str| {
        let path = format!("/ranking_list?token={token}");
        told(&server.send("PUT", &path, &[], body.as_bytes()), ["code", "error"])
    };
    let told = [
        put("", r#"{"rank":1}"#),
        put(&gone, r#"{"rank":1}"#),
        put(&stale, r#"{"rank":1}"#),
        put(&token, "{}"),
        put(&token, r#"{"rank":1,"arange":[0,1]}"#),
    ];
    documented("status rank", &told, 1);
}

#[test]
fn the_table_of_games_is_the_program_s() {
    let server = Server::start("[score]\nmax_boards = 1\nsecrets.signed = \"hidden\"\n");
    let post = |app: &str, body: &str| {
        let reply = server.send("POST", &format!("/{app}/api/post_score"), &[], body.as_bytes());
        told(&reply, ["code", "msg"])
    };
    assert_eq!(post("a", "openid=b&score=1").0, 200);
    let told = [
        post("a", "openid=b&score=-1"),
        post("signed", "openid=b&score=1"),
        told(&server.get("/a/api/user_score?openid=c"), ["code", "msg"]),
        post("b", "openid=b&score=1"),
    ];
    documented("status pinball", &told, 1);
}

#[test]
fn the_table_of_profiles_is_the_program_s() {
    let server = Server::start("[limits]\nlogin_attempts = 1\n");
    let (_, token) = server.account("nora");
    let send = |method, path: &str, body: &str| {
        let reply = server.send(method, &format!("{path}?token={token}"), &[], body.as_bytes());
        told(&reply, ["code", "msg"])
    };
    let login = |password: &str| {
        send("POST", "/login", &json!({"username": "nora", "password": password}).to_string())
    };
    let wrong = "0".repeat(32);
    let told = [
        login("plain"),
        send("PUT", "/user/update_user_info", "{}"),
        login(&wrong),
        login(&wrong),
        told(&server.get("/user/get_user_info"), ["code", "msg"]),
        told(&server.get("/user/get_user_info?token=0"), ["code", "msg"]),
        send("PUT", "/user/update_user_profile_picture", "file=AAAA"),
    ];
    documented("status entry-task", &told, 1);
}

#[test]
fn the_table_of_sessions_is_the_program_s() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    server.account("ada");
    let send = |method, path: &str, body: &str| {
        let path = format!("/api/v1.0/{path}");
        let headers = [("Authorization", &*token)];
        told(&server.send(method, &path, &headers, body.as_bytes()), ["errno", "errmsg"])
    };
    let message = |mobile: &str, text: &str| {
        server.get("/api/v1.0/imagecode/a");
        send("GET", &format!("smscode/{mobile}?id=a&text={text}"), "")
    };
    let code = &CODE[..4];
    let user = |mobile: &str, code: &str| {
        let body = json!({"mobile": mobile, "sms_code": code, "password": "secret-1"});
        send("POST", "users", &body.to_string())
    };
    assert_eq!(message("13800000001", code).0, "0");
    let sent = server.outbox()[0]["code"].as_str().unwrap().to_owned();
    let other = if sent == "000000" { "000001" } else { "000000" };
    let wrong_code = user("13800000001", other);
    assert_eq!(user("13800000001", &sent).0, "0");
    let identity = r#"{"real_name":"诺拉","id_card":"11010519491231002X"}"#;
    assert_eq!(send("POST", "user/auth", identity).0, "0");
    assert_eq!(message("13800000002", code).0, "0");
    let told = [
        send("PUT", "user/name", r#"{"name":"ada"}"#),
        send("GET", "smscode/13800000003?id=b&text=abcd", ""),
        user("13800000004", "000000"),
        message("13800000001", code),
        send("POST", "user/auth", identity),
        message("13800000003", "wxyz"),
        wrong_code,
        send("POST", "sessions", r#"{"mobile":"13800000001","password":"secret-2"}"#),
        send("POST", "user/avatar", r#"{"avatar":"AAAA"}"#),
        told(&server.get("/api/v1.0/user"), ["errno", "errmsg"]),
        send("PUT", "user/name", "{}"),
        message("13800000002", code),
    ];
    documented("status ihome", &told, 6);
}

/// A table of statuses: code and message.
fn statuses(name: &str) -> Vec<(i64, String)> {
    rows(name).into_iter().map(|[code, text, _]| (code.parse().unwrap(), text)).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let anchors: Vec<String> = README
        .lines()
        .filter_map(|line| line.trim_start_matches('#').strip_prefix(' '))
        .map(|title| {
            let plain = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
            title.to_lowercase().chars().filter(plain).collect::<String>().replace(' ', "-")
        })
        .collect();
    for link in README.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
        if let Some(anchor) = link.strip_prefix('#') {
            assert!(anchors.iter().any(|known| known == anchor), "#{anchor}");
        } else if !link.starts_with("https://") {
            assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(link).exists(), "{link}");
        }
    }
}
