//! What an account's owner can do by a code and alone: log in, reset the password, change the number, see and end
//! sessions, take everything along, and leave.

use crate::common::{Server, fault_with, ok, wrong_code, wrong_password};
use rusqlite::Connection;
use serde_json::{Value, json};

/// Without limits of messages, because these tests need many.
const OPEN: &str = "[sms]\nper_30_seconds = 0\nper_hour = 0\nper_day = 0\n";

const NORA: &str = "13800001234";
const OTHER: &str = "13900005678";

/// A picture of one dot.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/// Has a code sent to a number; the code.
fn code(server: &Server, phone: &str, purpose: &str) -> String {
    let data = json!({"phone": phone, "hash": server.captcha(), "purpose": purpose});
    server.done("", "sms/generate", data);
    let message = server.outbox().pop().unwrap();
    assert_eq!(message["phone"], phone);
    message["code"].as_str().unwrap().to_owned()
}

/// Makes the account of a number; a token.
fn register(server: &Server, phone: &str) -> String {
    let sms_code = code(server, phone, "register");
    let data = json!({"mobile": phone, "sms_code": sms_code, "password": "secret-1"});
    server.done("", "user/register", data);
    server.login(phone)
}

fn login_sms(server: &Server, phone: &str, sms_code: &str) -> String {
    server.call("user/login_sms", json!({"mobile": phone, "sms_code": sms_code}))
}

/// Nobody has logged in to any account for 91 days.
fn let_accounts_idle(server: &Server) {
    let database = Connection::open(server.folder().join("data/guichet.db")).unwrap();
    database.execute("UPDATE account SET last_login_at = last_login_at - 91 * 86400", []).unwrap();
}

fn another_digit(code: &str) -> String {
    let last = if code.ends_with('0') { "1" } else { "0" };
    format!("{}{last}", &code[..5])
}

#[test]
fn code_for_login_opens_a_session_once() {
    let server = Server::start(OPEN);
    register(&server, NORA);
    let sms_code = code(&server, NORA, "login");
    assert_eq!(server.outbox().pop().unwrap()["purpose"], "login");
    assert_eq!(login_sms(&server, NORA, &another_digit(&sms_code)), wrong_code());
    let session: Value = serde_json::from_str(&login_sms(&server, NORA, &sms_code)).unwrap();
    assert_eq!(session["data"]["username"], NORA);
    let token = session["data"]["token"].as_str().unwrap();
    assert_eq!(server.done(token, "user/info", json!({}))["mobile"], NORA);
    assert_eq!(login_sms(&server, NORA, &sms_code), wrong_code());
}

#[test]
fn code_proves_nothing_for_another_purpose() {
    let server = Server::start(OPEN);
    let token = register(&server, NORA);
    for (purpose, name) in [("login", "登录"), ("reset", "重置密码"), ("change", "更换手机号")]
    {
        let sms_code = code(&server, NORA, purpose);
        assert!(server.outbox().pop().unwrap()["text"].as_str().unwrap().contains(name));
        let remove = json!({"sms_code": sms_code});
        assert_eq!(server.call_as(&token, "user/remove", remove), wrong_code());
        let register = json!({"mobile": NORA, "sms_code": sms_code, "password": "secret-2"});
        assert_eq!(server.call("user/register", register), wrong_code());
    }
    let sms_code = code(&server, NORA, "register");
    assert_eq!(login_sms(&server, NORA, &sms_code), wrong_code());
    let odd = json!({"phone": NORA, "hash": server.captcha(), "purpose": "pay"});
    let detail = "purpose: register, login, reset, change or remove";
    let expected = fault_with(-2, "Error JSON value", detail);
    assert_eq!(server.call("sms/generate", odd), expected);
}

#[test]
fn number_without_account_is_answered_as_wrong_code() {
    let server = Server::start(OPEN);
    register(&server, NORA);
    let (known, unknown) = (code(&server, NORA, "login"), code(&server, OTHER, "login"));
    assert_eq!(
        login_sms(&server, OTHER, &unknown),
        login_sms(&server, NORA, &another_digit(&known))
    );
    assert_eq!(login_sms(&server, "13700000000", "123456"), wrong_code());
    let reset = |phone: &str, sms_code: &str| {
        let data = json!({"mobile": phone, "sms_code": sms_code, "new_password": "battery staple"});
        server.call("user/reset", data)
    };
    let (known, unknown) = (code(&server, NORA, "reset"), code(&server, OTHER, "reset"));
    assert_eq!(reset(OTHER, &unknown), reset(NORA, &another_digit(&known)));
    assert_eq!(reset(NORA, &known), ok(json!({})));
}

#[test]
fn reset_password_ends_all_sessions() {
    let server = Server::start(OPEN);
    let token = register(&server, NORA);
    let sms_code = code(&server, NORA, "reset");
    let common = json!({"mobile": NORA, "sms_code": sms_code, "new_password": "123456"});
    assert!(server.call("user/reset", common).contains("most common passwords"));
    let data = json!({"mobile": NORA, "sms_code": sms_code, "new_password": "battery staple"});
    assert_eq!(server.call("user/reset", data.clone()), ok(json!({})));
    assert_eq!(server.call("user/reset", data), wrong_code());
    assert!(server.call_as(&token, "user/info", json!({})).contains("\"status\":-10"));
    let login =
        |password: &str| server.call("user/login", json!({"username": NORA, "password": password}));
    assert_eq!(login("secret-1"), wrong_password());
    assert!(login("battery staple").contains("\"token\""));
}

#[test]
fn idle_account_needs_its_password_besides() {
    let server = Server::start(OPEN);
    if crate::common::postgres::is_used() {
        return;
    }
    register(&server, NORA);
    let_accounts_idle(&server);
    let needed = "nobody has logged in for 90 days, and numbers are given out again: the password is \
                  needed besides the code";
    let needed = fault_with(-2, "Error JSON value", needed);
    let reset = json!({"mobile": NORA, "sms_code": code(&server, NORA, "reset"), "new_password": "battery staple"});
    assert_eq!(server.call("user/reset", reset), needed);
    let sms_code = code(&server, NORA, "login");
    assert_eq!(login_sms(&server, NORA, &sms_code), needed);
    let with = |password: &str| {
        let data = json!({"mobile": NORA, "sms_code": sms_code, "password": password});
        server.call("user/login_sms", data)
    };
    assert_eq!(with("secret-2"), wrong_password());
    assert!(with("secret-1").contains("\"token\""));
    // It is in use again.
    let sms_code = code(&server, NORA, "login");
    assert!(login_sms(&server, NORA, &sms_code).contains("\"token\""));
}

#[test]
fn number_changes_by_codes_to_both_numbers() {
    let server = Server::start(OPEN);
    let token = register(&server, NORA);
    let (new, old) = (code(&server, OTHER, "change"), code(&server, NORA, "change"));
    let change = |data: Value| server.call_as(&token, "user/mobile", data);
    let alone = change(json!({"mobile": OTHER, "sms_code": new}));
    assert!(alone.contains("password: missing"), "{alone}");
    let wrong = json!({"mobile": OTHER, "sms_code": new, "old_code": another_digit(&old)});
    assert_eq!(change(wrong), wrong_code());
    let data = json!({"mobile": OTHER, "sms_code": new, "old_code": old});
    assert_eq!(change(data), ok(json!({})));
    let info = server.done(&token, "user/info", json!({}));
    assert_eq!((&info["mobile"], &info["username"]), (&json!(OTHER), &json!(OTHER)));
    // The old number is free, and the new one is taken.
    let second = register(&server, NORA);
    let new = code(&server, OTHER, "change");
    let taken = json!({"mobile": OTHER, "sms_code": new, "password": "secret-1"});
    let answer = server.call_as(&second, "user/mobile", taken);
    assert!(answer.contains("the mobile number is registered"), "{answer}");
}

#[test]
fn account_by_name_gets_its_first_number() {
    let server = Server::start(OPEN);
    let (_, token) = server.account("omar");
    let sms_code = code(&server, NORA, "change");
    let change = |password: &str| {
        let data = json!({"mobile": NORA, "sms_code": sms_code, "password": password});
        server.call_as(&token, "user/mobile", data)
    };
    assert_eq!(change("secret-2"), wrong_password());
    assert_eq!(change("secret-1"), ok(json!({})));
    let info = server.done(&token, "user/info", json!({}));
    assert_eq!((&info["mobile"], &info["username"]), (&json!(NORA), &json!("omar")));
    let sms_code = code(&server, NORA, "login");
    assert!(login_sms(&server, NORA, &sms_code).contains("\"username\":\"omar\""));
}

#[test]
fn sessions_are_listed_and_ended() {
    let server = Server::start("");
    let (_, first) = server.account("nora");
    let (second, third) = (server.login("nora"), server.login("nora"));
    let list = |token: &str| server.done(token, "user/sessions", json!({}))["sessions"].clone();
    let all = list(&first);
    assert_eq!(all.as_array().unwrap().len(), 3);
    let current: Vec<&Value> =
        all.as_array().unwrap().iter().filter(|it| it["current"] == true).collect();
    assert_eq!((current.len(), &current[0]["address"]), (1, &json!("127.0.0.1")));
    let own = list(&second);
    let own = own.as_array().unwrap().iter().find(|it| it["current"] == true).unwrap();
    assert_eq!(server.done(&first, "user/end_sessions", json!({"id": own["id"]}))["ended"], 1);
    assert!(server.call_as(&second, "user/info", json!({})).contains("\"status\":-10"));
    assert_eq!(list(&first).as_array().unwrap().len(), 2);
    assert_eq!(server.done(&first, "user/end_sessions", json!({}))["ended"], 1);
    assert!(server.call_as(&third, "user/info", json!({})).contains("\"status\":-10"));
    // Another account's sessions are its own.
    let (_, other) = server.account("omar");
    let id = &list(&first)[0]["id"];
    assert_eq!(server.done(&other, "user/end_sessions", json!({"id": id}))["ended"], 0);
    server.done(&first, "user/info", json!({}));
}

#[test]
fn export_has_everything_of_the_account() {
    let server = Server::start("");
    let (id, token) = server.account("nora");
    let (_, other) = server.account("omar");
    let notice = |title: &str| {
        json!({"type": 1, "lab": "keys", "title": title, "content": "by the library",
        "occurrence_time": "", "user_name": "Nora", "user_phone": "", "user_qq": ""})
    };
    server.done(&other, "property/add", notice("another's"));
    for nth in 0..101 {
        server.done(&token, "property/add", notice(&format!("keys {nth}")));
    }
    server.done(&token, "shop/creat", json!({"shop_name": "tea", "shop_content": "green"}));
    server.done(&token, "rank/upload", json!({"rank": 99}));
    server.done(&token, "user/avatar", json!({"base64": PNG, "type": "png"}));
    let portrait = json!({"name": "n", "id": id.to_string(), "base64": PNG, "type": "png"});
    server.done(&token, "portrait/upload", portrait);
    let card = json!({"real_name": "林小雨", "id_card": "11010519491231002X"});
    server.done(&token, "user/verify", card);
    let told = server.done(&token, "user/export", json!({}));
    assert_eq!(told["account"]["user_id"], id);
    assert_eq!(told["owner"]["id_card"], "11010519491231002X");
    assert_eq!((&told["rank"], &told["shops"][0]["shop_name"]), (&json!(99), &json!("tea")));
    for picture in ["avatar", "portrait"] {
        assert_eq!(told[picture]["type"], "png");
        assert!(told[picture]["base64"].as_str().unwrap().starts_with("iVBOR"));
    }
    assert_eq!(told["sessions"].as_array().unwrap().len(), 1);
    let notices = told["notices"].as_array().unwrap();
    assert_eq!((notices.len(), &told["more"]), (100, &json!(true)));
    let after = json!({"after": notices[99]["id"]});
    let rest = server.done(&token, "user/export", after);
    assert_eq!((rest["notices"].as_array().unwrap().len(), &rest["more"]), (1, &json!(false)));
    assert_eq!((&rest["notices"][0]["title"], &rest["avatar"]), (&json!("keys 100"), &json!(null)));
}

#[test]
fn owner_removes_the_account_by_password_or_code() {
    let server = Server::start(OPEN);
    let (_, token) = server.account("omar");
    let remove = |token: &str, data: Value| server.call_as(token, "user/remove", data);
    assert!(remove(&token, json!({})).contains("password: missing"));
    assert_eq!(remove(&token, json!({"password": "secret-2"})), wrong_password());
    assert_eq!(remove(&token, json!({"sms_code": "123456"})), wrong_code());
    server.done(&token, "rank/upload", json!({"rank": 9}));
    assert_eq!(remove(&token, json!({"password": "secret-1"})), ok(json!({})));
    assert!(server.call_as(&token, "user/info", json!({})).contains("\"status\":-102"));
    let token = register(&server, NORA);
    assert_eq!(server.done(&token, "rank/list", json!({})), json!([]));
    let sms_code = code(&server, NORA, "remove");
    assert_eq!(remove(&token, json!({"sms_code": sms_code})), ok(json!({})));
    assert!(
        server.call("user/login", json!({"username": NORA, "password": "secret-1"})).contains("-2")
    );
    // The number may make another account.
    register(&server, NORA);
}

#[test]
fn export_is_limited_per_day() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    for _ in 0..100 {
        server.done(&token, "user/export", json!({}));
    }
    let refused = server.call_as(&token, "user/export", json!({}));
    assert!(refused.contains("too many attempts (user/export)"), "{refused}");
}

#[test]
fn removed_account_leaves_no_session_address() {
    if crate::common::postgres::is_used() {
        return;
    }
    let server = Server::start("");
    let (_, token) = server.account("nora");
    server.done(&token, "user/remove", json!({"password": "secret-1"}));
    let database = Connection::open(server.folder().join("data/guichet.db")).unwrap();
    let sql = "SELECT count(*) FROM session WHERE address <> ''";
    let addresses: i64 = database.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(addresses, 0);
}
