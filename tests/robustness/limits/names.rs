//! Lookalike user names, and invisible text.

use crate::common::{Server, command, with_input};
use serde_json::{Value, json};
use std::process::Output;

/// Tries to register a name. Returns the status and detail.
fn register(server: &Server, name: &str) -> (i64, String) {
    let data = json!({"username": name, "password": "secret-1", "hash": server.captcha()});
    status_and_detail(&server.call("user/register", data))
}

fn status_and_detail(answer: &str) -> (i64, String) {
    let answer: Value = serde_json::from_str(answer).unwrap();
    let detail = answer["detail"].as_str().unwrap_or_default().to_owned();
    (answer["status"].as_i64().unwrap(), detail)
}

fn rename(server: &Server, token: &str, name: &str) -> (i64, String) {
    status_and_detail(&server.call_as(token, "user/rename", json!({"username": name})))
}

fn user(server: &Server, args: &[&str]) -> Output {
    with_input(command(server.folder()).arg("user").args(args), "secret-1\n")
}

#[test]
fn lookalikes_of_taken_names_are_refused() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    server.account("Вова");
    server.account("rn");
    for name in ["NORA", "n\u{43e}ra", "ｎｏｒａ", "Nor\u{251}", "𝐧𝐨𝐫𝐚", "n\u{3bf}ra", "вова"]
    {
        let refused = register(&server, name);
        assert_eq!(refused, (-2, "the name is taken".into()), "{name}");
    }
    // Latin letters are distinguished.
    for name in ["m", "nora1", "norа2x", "no.ra"] {
        assert_eq!(register(&server, name).0, 0, "{name}");
    }
    let (_, other) = server.account("paula");
    assert_eq!(rename(&server, &other, "N\u{41e}RA"), (-2, "the name is taken".into()));
    // A name may look like the account's own.
    assert_eq!(rename(&server, &token, "Nora").0, 0);
    let refused = user(&server, &["add", "n\u{43e}ra", "--password-stdin"]);
    assert!(!refused.status.success(), "{refused:?}");
}

#[test]
fn invisible_characters_in_names_are_refused() {
    let server = Server::start("");
    for name in [
        " ",
        "\u{3000}",
        " nora",
        "nora ",
        "nora\u{3000}",
        "no\u{200b}ra",
        "no\u{200d}ra",
        "\u{200b}",
        "\u{202e}aron",
        "no\u{ad}ra",
        "nora\u{2028}",
        "no\nra",
        "\u{e000}",
        "\u{ffff}",
        "\u{378}",
        "\u{2800}",
        "\u{3164}",
        "\u{feff}nora",
        "\u{301}",
    ] {
        let (status, detail) = register(&server, name);
        assert!(status == -2 && detail.starts_with("username: "), "{name:?}: {detail}");
    }
    let good = ["张三", "نورا", "नोरा", "Nora Lin", "❤\u{fe0f}", "😀"];
    for name in good {
        assert_eq!(register(&server, name).0, 0, "{name:?}");
    }
}

#[test]
fn names_that_look_like_numbers_are_refused() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    for name in [
        "13800001234",
        "１３８００００１２３４",
        "١٣٨٠٠٠٠١٢٣٤",
        "8613800001234",
        "+8613800001234",
        "0086-13800001234",
        "1380000 1234",
        "138-0000-1234",
        "(+86) 138.0000.1234",
        "100001",
        "100002",
        "200001",
        "0100001",
        "１００００２",
    ] {
        let (status, detail) = register(&server, name);
        assert!(status == -2 && detail.contains("can't be a name"), "{name}: {detail}");
        assert_eq!(rename(&server, &token, name).0, -2, "{name}");
    }
    // Student numbers.
    for name in ["200002", "20231234", "2023123456", "1", "100000", "12800001234", "86138", "1-2 3"]
    {
        assert_eq!(register(&server, name).0, 0, "{name}");
    }
}

#[test]
fn reserved_names_are_refused() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    for name in
        ["admin", "Admin", "\u{430}dmin", "ADM\u{406}N", "root", "管理员", "客服", "ｒｏｏｔ"]
    {
        let (status, detail) = register(&server, name);
        assert_eq!((status, &*detail), (-2, "username: the name is reserved"), "{name}");
        assert_eq!(rename(&server, &token, name).0, -2, "{name}");
    }
    assert_eq!(register(&server, "admin1").0, 0);
    // The operator may assign them.
    assert!(user(&server, &["add", "admin", "--password-stdin"]).status.success());
}

#[test]
fn former_name_is_held_for_its_owner() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    assert_eq!(rename(&server, &token, "paula").0, 0);
    for name in ["nora", "NORA"] {
        assert_eq!(register(&server, name), (-2, "the name is taken".into()), "{name}");
    }
    // Also after a restart, and free at once for its former owner.
    let server = server.restart();
    assert_eq!(register(&server, "nora").0, -2);
    assert_eq!(rename(&server, &token, "nora").0, 0);
    assert!(user(&server, &["remove", "nora"]).status.success());
    assert_eq!(register(&server, "nora"), (-2, "the name is taken".into()));
    let rows = std::fs::read(server.folder().join("data/guichet.db")).unwrap();
    let log = std::fs::read(server.folder().join("data/guichet.db-wal")).unwrap_or_default();
    let table = [rows, log].concat();
    assert!(table.windows(9).any(|bytes| bytes == b"name_hold"), "the table is there");
}

#[test]
fn name_in_nfc_logs_in_as_nfd() {
    let server = Server::start("");
    let (id, _) = server.account("Jos\u{e9}");
    let data = json!({"username": "Jose\u{301}", "password": "secret-1"});
    assert_eq!(server.done("", "user/login", data)["user_id"], id);
    // And in the other direction: a name is stored in NFC.
    let (id, _) = server.account("Zoe\u{308}");
    let data = json!({"username": "Zo\u{eb}", "password": "secret-1"});
    let session = server.done("", "user/login", data);
    assert_eq!((&session["user_id"], &session["username"]), (&json!(id), &json!("Zo\u{eb}")));
    // A name in another case is another name.
    let data = json!({"username": "JOS\u{c9}", "password": "secret-1"});
    assert_eq!(status_and_detail(&server.call("user/login", data)).0, -2);
}

#[test]
fn blank_or_multiline_nicknames_are_refused() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let update = |name: &str| {
        status_and_detail(&server.call_as(&token, "user/update", json!({"nickname": name}))).0
    };
    for good in ["小雨 🌿", "👨\u{200d}👩\u{200d}👧", "می\u{200c}خواهم", "13800001234", "admin"]
    {
        assert_eq!(update(good), 0, "{good:?}");
        assert_eq!(server.done(&token, "user/info", json!({}))["nickname"], good);
    }
    for bad in
        [" ", "\u{200b}", "\u{2800}", " a", "a ", "a\u{202e}b", "a\u{2066}b", "a\u{2028}", "\u{7f}"]
    {
        assert_eq!(update(bad), -2, "{bad:?}");
    }
}

#[test]
fn refused_name_of_seed_004_is_4001() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    server.account("omar");
    let put = |body: &str| {
        let headers = [("Authorization", &*token), ("Content-Type", "application/json")];
        server.send("PUT", "/api/v1.0/user/name", &headers, body.as_bytes()).text()
    };
    let failed = r#"{"errno":"4001","errmsg":"保存用户信息失败"}"#;
    for name in ["omar", "Omar", &"n".repeat(33), " ", "admin", "100001"] {
        assert_eq!(put(&json!({"name": name}).to_string()), failed, "{name}");
    }
    for body in [r#"{"name":""}"#, "{}", r#"{"name":5}"#] {
        assert_eq!(put(body), r#"{"errno":"4103","errmsg":"参数错误"}"#, "{body}");
    }
    let auth = |body: Value| {
        let headers = [("Authorization", &*token), ("Content-Type", "application/json")];
        server.send("POST", "/api/v1.0/user/auth", &headers, body.to_string().as_bytes()).text()
    };
    let failed = r#"{"errno":"4001","errmsg":"保存用户实名信息失败"}"#;
    let card = "11010519491231002X";
    for name in ["  ", "林\n雨", " 林雨", "林雨 ", "\u{200b}\u{200b}", "12", "林", "a\u{2028}b"]
    {
        assert_eq!(auth(json!({"real_name": name, "id_card": card})), failed, "{name:?}");
    }
    assert_eq!(auth(json!({"real_name": "林雨", "id_card": "110105194912310021"})), failed);
    let fine = auth(json!({"real_name": "阿依古丽·买买提", "id_card": card}));
    assert_eq!(fine, r#"{"errno":"0","errmsg":"OK"}"#);
}
