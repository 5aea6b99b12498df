//! What the operator does about content and people, beside a running server (docs/moderating.md).

use crate::common::cli::{done, guichet, refused};
use crate::common::notice::{sample, with};
use crate::common::surface::DOT;
use crate::common::{Server, wrong_password};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::process::Command;
use std::time::{Duration, Instant};

fn run(server: &Server, args: &[&str]) -> String {
    done(guichet(server.folder(), args))
}

fn post(server: &Server, openid: &str, score: i64) -> Value {
    let data = json!({"app": "lamps", "openid": openid, "score": score});
    server.done("", "score/post", data)
}

fn top(server: &Server) -> Vec<i64> {
    let top = server.done("", "score/top", json!({"app": "lamps"}));
    top.as_array().unwrap().iter().map(|row| row["score"].as_i64().unwrap()).collect()
}

#[test]
fn cheater_leaves_the_board_at_once_and_for_good() {
    let server = Server::start("");
    for (openid, score) in [("a", 5), ("cheater", 9), ("b", 3)] {
        post(&server, openid, score);
    }
    // A higher score of a known player waits in the journal for its row.
    post(&server, "cheater", 99);
    let face = json!({"app": "lamps", "openid": "cheater", "nickname": "Cheat"});
    server.done("", "player/update", face);
    assert_eq!(top(&server), [99, 5, 3]);
    assert_eq!(run(&server, &["score", "remove", "lamps", "cheater"]), "");
    assert_eq!(top(&server), [5, 3]);
    assert_eq!(post(&server, "b", 4)["rank"], 2);
    let server = server.restart();
    assert_eq!(top(&server), [5, 4], "it stays so");
    let listed = run(&server, &["score", "list", "lamps"]);
    let columns: Vec<&str> = listed.lines().next().unwrap().split('\t').collect();
    assert_eq!((columns[0], columns[1], columns[2]), ("1", "a", "5"));
    assert_eq!(listed.lines().count(), 2);
    let again = post(&server, "cheater", 1);
    assert_eq!((&again["new"], &again["rank"]), (&json!(true), &json!(3)));
    let path = server.folder();
    let told = refused(path, guichet(path, &["score", "remove", "lamps", "nobody"]));
    assert_eq!(told, "nobody: lamps has no such player");
}

#[test]
fn score_removed_beside_posts_does_not_come_back() {
    let server = Server::start("[limits]\nrequests_per_minute = 0\n");
    std::thread::scope(|scope| {
        let posts = scope.spawn(|| {
            for score in 1..400 {
                post(&server, "cheater", score);
                post(&server, "honest", score);
            }
        });
        for _ in 0..3 {
            guichet(server.folder(), &["score", "remove", "lamps", "cheater"]);
        }
        posts.join().unwrap();
    });
    // It may have been removed after the last post already.
    guichet(server.folder(), &["score", "remove", "lamps", "cheater"]);
    assert_eq!(top(&server), [399]);
    let server = server.kill_and_restart();
    assert_eq!(top(&server), [399], "rows and memory agree");
}

#[test]
fn board_begins_anew_beside_a_server() {
    let server = Server::start("");
    for (openid, score) in [("a", 5), ("b", 9)] {
        post(&server, openid, score);
    }
    assert_eq!(top(&server), [9, 5]);
    let path = server.folder();
    let told = refused(path, guichet(path, &["score", "reset", "lamps"]));
    assert_eq!(told, "all scores of the board go; say --yes if that is meant");
    assert_eq!(run(&server, &["score", "reset", "lamps", "--yes"]), "");
    assert_eq!(top(&server), [0_i64; 0]);
    assert_eq!(post(&server, "a", 2)["new"], true);
    let server = server.kill_and_restart();
    assert_eq!(top(&server), [2]);
}

#[test]
fn hidden_notice_is_its_authors_alone() {
    let server = Server::start("");
    let (_, nora) = server.account("nora");
    let (_, omar) = server.account("omar");
    let id = server.done(&nora, "property/add", with(sample(), json!({"title": "rude words"})));
    let id = id["uid"].to_string();
    server.done(&omar, "property/add", sample());
    let seen = |token: &str| {
        let all = server.done(token, "property/query", json!({"type": 1}));
        let found = server.done(token, "property/query", json!({"type": 1, "key": "rude"}));
        (all.as_array().unwrap().len(), found.as_array().unwrap().len())
    };
    assert_eq!(seen(&omar), (2, 1));
    assert!(run(&server, &["notice", "list", "RUDE"]).contains("\tshown\trude words\n"));
    run(&server, &["notice", "hide", &id]);
    assert_eq!((seen(&omar), seen(&nora)), ((1, 0), (2, 1)));
    assert!(run(&server, &["notice", "list"]).contains("\thidden\trude words\n"));
    run(&server, &["notice", "unhide", &id]);
    assert_eq!(seen(&omar), (2, 1));
    run(&server, &["notice", "remove", &id]);
    assert_eq!((seen(&omar), seen(&nora)), ((1, 0), (1, 0)));
    let path = server.folder();
    let told = refused(path, guichet(path, &["notice", "remove", &id]));
    assert_eq!(told, format!("{id}: there is no such notice"));
}

#[test]
fn hidden_shop_is_its_owners_alone() {
    let server = Server::start("");
    let (_, nora) = server.account("nora");
    let (_, omar) = server.account("omar");
    let shop = server.done(&nora, "shop/creat", json!({"shop_name": "tea"}))["shop_id"].clone();
    let id = shop.to_string();
    let seen = |token: &str| {
        let all = server.done(token, "shop/list", json!({"key": "tea"}));
        let one = server.call_as(token, "shop/get", json!({"shop_id": shop}));
        (all.as_array().unwrap().len(), one.contains("\"status\":0"))
    };
    assert_eq!(seen(""), (1, true));
    run(&server, &["shop", "hide", &id]);
    assert_eq!((seen(""), seen(&omar), seen(&nora)), ((0, false), (0, false), (1, true)));
    run(&server, &["shop", "unhide", &id]);
    assert_eq!(seen(&omar), (1, true));
    run(&server, &["shop", "remove", &id]);
    assert_eq!(seen(&nora), (0, false));
}

#[test]
fn disabled_account_is_out_at_once() {
    let server = Server::start("");
    let (id, token) = server.account("nora");
    let shown = run(&server, &["user", "show", "nora"]);
    assert!(shown.contains("disabled\tno\n") && shown.contains("open sessions\t1\n"), "{shown}");
    run(&server, &["user", "disable", "nora"]);
    assert!(server.call_as(&token, "user/info", json!({})).contains("\"status\":-10"));
    let login = |password: &str| {
        server.call("user/login", json!({"username": "nora", "password": password}))
    };
    assert!(login("secret-1").contains("the account was disabled by the operator"));
    assert_eq!(login("secret-2"), wrong_password());
    run(&server, &["user", "enable", &id.to_string()]);
    let token = server.login("nora");
    run(&server, &["user", "end-sessions", "nora"]);
    assert!(server.call_as(&token, "user/info", json!({})).contains("\"status\":-10"));
    server.login("nora");
}

#[test]
fn banned_address_is_refused_until_the_ban_ends() {
    let server = Server::start("");
    let wait = |status: u16| {
        let begun = Instant::now();
        while server.get("/").status != status {
            assert!(begun.elapsed() < Duration::from_secs(10), "{status}");
        }
    };
    run(&server, &["ban", "add", "127.0.0.0/8", "--for", "1h", "--reason", "junk"]);
    wait(403);
    let reply = server.send("POST", "/api", &[], b"{}");
    assert_eq!(reply.status, 403);
    assert!(reply.text().contains("the operator of this server has banned this address"));
    assert_eq!(server.get("/healthz").status, 200, "probes are answered");
    let listed = run(&server, &["ban", "list"]);
    assert!(listed.starts_with("127.0.0.0/8\t") && listed.ends_with("\tjunk\n"), "{listed}");
    run(&server, &["ban", "remove", "127.0.0.0/8"]);
    wait(200);
    run(&server, &["ban", "add", "127.0.0.1", "--for", "4s"]);
    wait(403);
    wait(200);
    let path = server.folder();
    let told = refused(path, guichet(path, &["ban", "add", "somebody"]));
    assert_eq!(told, "\"somebody\" is no address, no network (10.0.0.0/8) and no mobile number");
}

#[test]
fn nothing_is_sent_to_a_banned_number() {
    let server = Server::start("");
    let send = |phone: &str| {
        server.call("sms/generate", json!({"phone": phone, "hash": server.captcha()}))
    };
    run(&server, &["ban", "add", "13800001234"]);
    assert!(send("13800001234").contains("sends nothing to this number"));
    assert!(send("13800005678").contains("\"status\":0"));
    assert_eq!(server.outbox().len(), 1);
}

#[test]
fn every_change_by_a_command_is_in_the_audit() {
    let server = Server::start("");
    let (_, nora) = server.account("nora");
    let id = server.done(&nora, "property/add", with(sample(), json!({"title": "rude words"})));
    let id = id["uid"].to_string();
    let shop = server.done(&nora, "shop/creat", json!({"shop_name": "tea"}))["shop_id"].to_string();
    post(&server, "cheater", 9);
    let portrait = json!({"name": "n", "id": "7", "base64": DOT, "type": "png"});
    server.done("", "portrait/upload", portrait);
    let actions: &[&[&str]] = &[
        &["portrait", "remove", "7"],
        &["notice", "hide", &id],
        &["notice", "unhide", &id],
        &["notice", "remove", &id],
        &["shop", "hide", &shop],
        &["shop", "unhide", &shop],
        &["shop", "remove", &shop],
        &["score", "remove", "lamps", "cheater"],
        &["score", "reset", "lamps", "--yes"],
        &["ban", "add", "192.0.2.7"],
        &["ban", "remove", "192.0.2.7"],
        &["user", "disable", "nora"],
        &["user", "enable", "nora"],
        &["user", "end-sessions", "nora"],
        &["user", "remove", "nora"],
    ];
    for action in actions {
        run(&server, action);
        if action[1] == "remove" && ["notice", "shop"].contains(&action[0]) {
            let told = run(&server, &["audit"]);
            let last: Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
            let words = if action[0] == "notice" { "rude words" } else { "tea" };
            assert!(last["earlier"].to_string().contains(words), "{last}");
        }
    }
    let told = run(&server, &["audit"]);
    let rows: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names: Vec<String> = actions.iter().map(|action| action[..2].join(" ")).collect();
    let told: Vec<&str> = rows.iter().map(|row| row["action"].as_str().unwrap()).collect();
    assert_eq!(told, names);
    assert!(rows.iter().all(|row| row["actor"] != "" && row["at"] != "" && row["target"] != ""));
    assert_eq!((&rows[3]["target"], &rows[7]["target"]), (&json!(id), &json!("lamps cheater")));
    // The last one took the account's own along, and left the score's.
    assert!(rows[3]["earlier"].is_null() && rows[6]["earlier"].is_null());
    assert_eq!(rows[7]["earlier"]["score"], 9);
    // What changed nothing is not there.
    let path = server.folder();
    refused(path, guichet(path, &["notice", "remove", &id]));
    assert_eq!(run(&server, &["audit"]).lines().count(), rows.len());
}

#[test]
fn lines_of_the_moderating_page_work() {
    let page = include_str!("../../docs/moderating.md");
    let server = Server::start("");
    let (_, nora) = server.account("nora");
    for title in ["rude words", "keys"] {
        server.done(&nora, "property/add", with(sample(), json!({ "title": title })));
    }
    server.done(&nora, "shop/creat", json!({"shop_name": "tea"}));
    let database = Connection::open(server.folder().join("data/guichet.db")).unwrap();
    database.execute("UPDATE shop SET id = 100000001", []).unwrap();
    post(&server, "cheater", 9);
    post(&server, "fast", 8);
    let ran = run_lines(page, &server);
    assert!(ran > 12, "{ran}");
    assert_eq!(top(&server), [0_i64; 0]);
}

#[test]
fn lines_of_the_console_page_work() {
    let server = Server::start("");
    let ran = run_lines(include_str!("../../docs/console.md"), &server);
    assert_eq!(ran, 11);
    assert_eq!(run(&server, &["admin", "list"]).lines().count(), 1, "vic was removed");
}

/// Run the lines of a page that call the program; how many there were.
fn run_lines(page: &str, server: &Server) -> usize {
    let calls = |line: &&str| line.starts_with("guichet ") || line.contains("| guichet ");
    let lines: Vec<&str> = page.lines().filter(calls).collect();
    for line in &lines {
        let binary = env!("CARGO_BIN_EXE_guichet");
        let script = format!("guichet() {{ {binary} \"$@\"; }}\n{line}");
        let told =
            Command::new("sh").args(["-c", &script]).current_dir(server.folder()).output().unwrap();
        assert!(told.status.success(), "{line}: {}", String::from_utf8_lossy(&told.stderr));
    }
    lines.len()
}
