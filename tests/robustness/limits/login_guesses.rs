//! Guessing passwords: locks of names, addresses and accounts, and the ways past them.

use crate::common::{
    Server, command, envelope, fault, too_many_logins, with_input, wrong_password,
};
use engine::hex::md5;
use engine::password::Password;
use rusqlite::Connection;
use serde_json::{Value, json};
use std::time::Duration;

const PROXY: &str = "trusted_proxies = [\"127.0.0.1\"]\n";

fn server(limits: &str) -> Server {
    Server::start(&format!("[limits]\n{limits}{PROXY}"))
}

/// Logs in with a name and address, with a token or `""`, and a captcha's proof or `""`.
fn login(server: &Server, who: [&str; 2], password: &str, token: &str, hash: &str) -> String {
    let [name, address] = who;
    let mut data = json!({"username": name, "password": password});
    if !hash.is_empty() {
        data["hash"] = json!(hash);
    }
    let mut headers = vec![("X-Forwarded-For", address)];
    if !token.is_empty() {
        headers.push(("Authorization", token));
    }
    server.send("POST", "/api", &headers, envelope("user/login", data).as_bytes()).text()
}

fn is_in(told: &str) -> bool {
    told.contains("\"status\":0,")
}

#[test]
fn account_login_limit_spans_all_addresses() {
    let server = server("login_attempts_per_account = 6\n");
    let (_, token) = server.account("nora");
    let right = |server: &Server, token: &str, hash: &str| {
        login(server, ["nora", "192.0.2.1"], "secret-1", token, hash)
    };
    for name in ["nora", "nobody"] {
        for nth in 0..8 {
            let address = format!("198.51.100.{nth}");
            assert_eq!(login(&server, [name, &address], "wrong-1", "", ""), wrong_password());
        }
    }
    // The right password is answered like a wrong one.
    assert_eq!(right(&server, "", ""), wrong_password());
    let server = server.kill_and_restart();
    assert_eq!(right(&server, "", ""), wrong_password());
    // Its owner can log in with an earlier token, or with a captcha.
    assert!(is_in(&right(&server, &token, "")));
    assert!(is_in(&right(&server, "", &server.captcha())));
    assert_eq!(right(&server, "", ""), wrong_password());
}

#[test]
fn default_account_login_limit_is_100() {
    let server = server("");
    server.account("nora");
    for nth in 0..100 {
        let address = format!("198.51.100.{}", nth / 5);
        assert_eq!(login(&server, ["nora", &address], "wrong-1", "", ""), wrong_password());
    }
    assert_eq!(login(&server, ["nora", "192.0.2.1"], "secret-1", "", ""), wrong_password());
}

#[test]
fn address_login_limit_spans_all_names() {
    let server = server("login_attempts_per_address = 4\n");
    server.account("nora");
    for name in ["a", "b", "c", "nora"] {
        assert_eq!(login(&server, [name, "192.0.2.1"], "wrong-1", "", ""), wrong_password());
    }
    let refused = |server: &Server, name: &str| {
        let told = login(server, [name, "192.0.2.1"], "secret-1", "", "");
        told.contains("limits.login_attempts_per_address")
    };
    assert!(refused(&server, "nora") && refused(&server, "nobody"));
    let server = server.kill_and_restart();
    assert!(refused(&server, "nora"));
    let hash = server.captcha();
    assert!(is_in(&login(&server, ["nora", "192.0.2.1"], "secret-1", "", &hash)));
    assert!(refused(&server, "nora"), "a success does not open it");
    assert!(is_in(&login(&server, ["nora", "192.0.2.2"], "secret-1", "", "")));
}

#[test]
fn new_account_logs_in_once_at_a_locked_address() {
    let server = server("login_attempts_per_address = 1\n");
    let who = |password: &str| login(&server, ["nora", "127.0.0.1"], password, "", "");
    assert_eq!(who("secret-1"), wrong_password());
    assert!(who("secret-1").contains("limits.login_attempts_per_address"));
    let data = json!({"username": "nora", "password": "secret-1", "hash": server.captcha()});
    server.done("", "user/register", data);
    assert!(is_in(&who("secret-1")));
    assert!(who("secret-1").contains("limits.login_attempts_per_address"), "once");
    // The document logs in by itself.
    let hash = server.captcha();
    server.done("", "sms/generate", json!({"phone": "13800001234", "hash": hash}));
    let code = server.outbox()[0]["code"].clone();
    let body = json!({"mobile": "13800001234", "sms_code": code, "password": "secret-1"});
    let told = server.send("POST", "/api/v1.0/users", &[], body.to_string().as_bytes()).text();
    assert!(told.starts_with(r#"{"errno":"0""#), "{told}");
}

#[test]
fn captcha_allows_one_try_at_a_locked_name() {
    let server = server("login_attempts = 2\n");
    server.account("nora");
    let address = "192.0.2.1";
    for name in ["nora", "nobody"] {
        for _ in 0..2 {
            assert_eq!(login(&server, [name, address], "wrong-1", "", ""), wrong_password());
        }
        assert_eq!(login(&server, [name, address], "secret-1", "", ""), too_many_logins());
        let hash = server.captcha();
        assert_eq!(login(&server, [name, address], "wrong-1", "", &hash), wrong_password());
        // It is used up.
        let told = login(&server, [name, address], "secret-1", "", &hash);
        assert_eq!(told, fault(-4, "Error Hash"));
        assert_eq!(login(&server, [name, address], "secret-1", "", ""), too_many_logins());
    }
    assert!(is_in(&login(&server, ["nora", address], "secret-1", "", &server.captcha())));
    assert!(is_in(&login(&server, ["nora", address], "secret-1", "", "")), "it is forgiven");
}

#[test]
fn client_with_earlier_token_is_counted_separately() {
    let server = server("");
    let (_, token) = server.account("nora");
    let (_, omar) = server.account("omar");
    server.done(&token, "user/logout", json!({}));
    let who = ["nora", "192.0.2.1"];
    for _ in 0..5 {
        assert_eq!(login(&server, who, "wrong-1", "", ""), wrong_password());
    }
    assert_eq!(login(&server, who, "secret-1", "", ""), too_many_logins());
    assert_eq!(login(&server, who, "secret-1", &omar, ""), too_many_logins(), "another's token");
    for _ in 0..4 {
        assert_eq!(login(&server, who, "wrong-1", &token, ""), wrong_password());
    }
    assert!(is_in(&login(&server, who, "secret-1", &token, "")));
    for _ in 0..5 {
        assert_eq!(login(&server, who, "wrong-1", &token, ""), wrong_password());
    }
    assert_eq!(login(&server, who, "secret-1", &token, ""), too_many_logins());
    assert_eq!(server.call_as(&token, "user/info", json!({})), fault(-101, "Error token"));
}

#[test]
fn common_passwords_are_refused_when_one_is_set() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let common = "one of the most common passwords; choose another one";
    for password in ["123456", "Password", "woaini1314", &md5("123456"), &md5("1"), &md5("")] {
        let data = json!({"username": "omar", "password": password, "hash": server.captcha()});
        let told = server.call("user/register", data);
        assert!(told.contains(common) && told.contains("\"status\":-2"), "{password}: {told}");
        let data = json!({"old_password": "secret-1", "new_password": password});
        let told = server.call_as(&token, "user/password", data);
        assert!(told.contains(&format!("new_password: {common}")), "{told}");
    }
    let body = json!({"mobile": "13800001234", "sms_code": "123456", "password": "123456"});
    let told = server.send("POST", "/api/v1.0/users", &[], body.to_string().as_bytes()).text();
    assert!(told.contains("4103"), "{told}");
    for args in [["add", "paula"], ["passwd", "nora"]] {
        let mut user = command(server.folder());
        user.arg("user").args(args).arg("--password-stdin");
        let ended = with_input(&mut user, "iloveyou\n");
        assert!(!ended.status.success(), "{ended:?}");
        assert!(String::from_utf8_lossy(&ended.stderr).contains(common), "{ended:?}");
    }
    // An account that has one already still works.
    let database = Connection::open(server.folder().join("data/guichet.db")).unwrap();
    database.busy_timeout(Duration::from_secs(10)).unwrap();
    let hash = Password::plain("123456").hash().unwrap();
    database.execute("UPDATE account SET password = ?1", [hash]).unwrap();
    server.done("", "user/login", json!({"username": "nora", "password": "123456"}));
}

#[test]
fn account_can_rename_five_times_a_day() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    server.account("omar");
    let rename = |server: &Server, name: &str| {
        server.call_as(&token, "user/rename", json!({"username": name}))
    };
    for nth in 0..4 {
        assert!(rename(&server, "omar").contains("the name is taken"), "{nth}");
    }
    assert!(is_in(&rename(&server, "paula")) && is_in(&rename(&server, "paula")));
    for name in ["omar", "quentin"] {
        assert!(rename(&server, name).contains("limits.renames_per_day"), "{name}");
    }
    let server = server.kill_and_restart();
    assert!(rename(&server, "omar").contains("limits.renames_per_day"));
}

#[test]
fn every_fault_of_the_envelope_has_a_detail() {
    let server = Server::start("[sms]\nper_hour = 1\n");
    let (_, token) = server.account("nora");
    let (_, omar) = server.account("omar");
    let shop = server.done(&omar, "shop/create", json!({"shop_name": "a"}))["shop_id"].clone();
    let hash = server.captcha();
    server.done("", "sms/generate", json!({"phone": "13800001234", "hash": hash}));
    let phone = |phone: &str| json!({"phone": phone, "hash": hash});
    let update = json!({"shop_id": shop, "shop_content": "b"});
    for (token, name, data) in [
        ("", "user/info", json!({})),
        ("x", "user/info", json!({})),
        ("", "img/validate", json!({"hash": "x"})),
        ("", "sms/generate", phone("13800005678")),
        ("", "sms/generate", phone("1")),
        ("", "sms/generate", phone("13800001234")),
        ("", "sms/validate", phone("13800001234")),
        ("", "user/login", json!({"username": "nora", "password": "x"})),
        (&token, "property/delete", json!({"id": 1})),
        (&token, "shop/update", update),
    ] {
        let told: Value = serde_json::from_str(&server.call_as(token, name, data)).unwrap();
        assert_ne!(told["status"], 0, "{told}");
        assert!(told["detail"].as_str().is_some_and(|detail| detail.len() > 10), "{told}");
    }
}
