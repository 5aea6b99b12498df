//! Guessing SMS codes, and messages requested by others.

use crate::common::{Server, command, envelope, ok, run, wrong_code};
use engine::hex::md5;
use serde_json::{Value, json};

const PHONE: &str = "13800001234";
const OWNER: &str = "192.0.2.1";
const STRANGER: &str = "198.51.100.1";
const PROXY: &str = "[limits]\ntrusted_proxies = [\"127.0.0.1\"]\n";
const MANY: &str = "[sms]\nper_30_seconds = 0\nper_hour = 0\nper_day = 0\n";

fn server(sms: &str) -> Server {
    Server::start(&format!("{MANY}{sms}{PROXY}"))
}

fn from(server: &Server, address: &str, name: &str, data: Value) -> String {
    let headers = [("X-Forwarded-For", address)];
    server.send("POST", "/api", &headers, envelope(name, data).as_bytes()).text()
}

/// Requests a message from this address. Returns the answer.
fn send(server: &Server, address: &str, phone: &str) -> String {
    from(server, address, "sms/generate", json!({"phone": phone, "hash": server.captcha()}))
}

/// Has a code sent. Returns the code.
fn code(server: &Server, address: &str, phone: &str) -> String {
    let told = send(server, address, phone);
    assert!(told.contains("rand"), "{told}");
    server.outbox().pop().unwrap()["code"].as_str().unwrap().to_owned()
}

fn register(server: &Server, address: &str, phone: &str, code: &str) -> String {
    let data = json!({"mobile": phone, "sms_code": code, "password": "secret-1"});
    from(server, address, "user/register", data)
}

/// The document's code, which distinguishes a wrong code from an expired one.
fn errno(server: &Server, address: &str, phone: &str, code: &str) -> String {
    let body = json!({"mobile": phone, "sms_code": code, "password": "secret-1"}).to_string();
    let headers = [("X-Forwarded-For", address), ("Content-Type", "application/json")];
    let told = server.send("POST", "/api/v1.0/users", &headers, body.as_bytes()).json();
    told["errno"].as_str().unwrap().to_owned()
}

/// A code that differs from these.
fn wrong(codes: &[&str]) -> String {
    let all = (0..10).map(|nth| format!("{nth:06}"));
    all.into_iter().find(|code| !codes.contains(&code.as_str())).unwrap()
}

#[test]
fn guesses_of_others_do_not_end_the_owners_code() {
    let server = server("");
    let code = code(&server, OWNER, PHONE);
    let wrong = wrong(&[&code]);
    for nth in 0..30 {
        let told = match nth % 2 {
            0 => register(&server, STRANGER, PHONE, &wrong),
            _ => {
                let data = json!({"phone": PHONE, "hash": md5(&wrong)});
                from(&server, STRANGER, "sms/validate", data)
            }
        };
        assert_eq!(told, wrong_code());
    }
    let server = server.kill_and_restart();
    assert_eq!(register(&server, STRANGER, PHONE, &code), wrong_code(), "right, and too late");
    assert_eq!(errno(&server, STRANGER, PHONE, &code), "4004");
    assert_eq!(register(&server, OWNER, PHONE, &code), ok(json!({"user_id": 100_001})));
}

#[test]
fn twenty_wrong_guesses_of_all_addresses_end_a_code() {
    let server = server("");
    let code = code(&server, OWNER, PHONE);
    let wrong = wrong(&[&code]);
    for nth in 0..20 {
        let address = format!("198.51.100.{}", 1 + nth / 5);
        assert_eq!(errno(&server, &address, PHONE, &wrong), "4004");
    }
    assert_eq!(errno(&server, OWNER, PHONE, &code), "4002");
    assert_eq!(register(&server, OWNER, PHONE, &code), wrong_code());
}

#[test]
fn message_of_others_does_not_affect_the_owner() {
    let server = server("");
    let first = code(&server, OWNER, PHONE);
    let second = code(&server, STRANGER, PHONE);
    let wrong = wrong(&[&first, &second]);
    for _ in 0..10 {
        assert_eq!(register(&server, STRANGER, PHONE, &wrong), wrong_code());
    }
    let third = code(&server, STRANGER, PHONE);
    assert_eq!(register(&server, STRANGER, PHONE, &first), wrong_code(), "{third}");
    assert_eq!(register(&server, OWNER, PHONE, &first), ok(json!({"user_id": 100_001})));
}

#[test]
fn only_the_holder_learns_a_number_is_registered() {
    let server = server("");
    let (registered, other) = (PHONE, "13800005678");
    let first = code(&server, OWNER, registered);
    register(&server, OWNER, registered, &first);
    // Without a code the answer is the same.
    assert_eq!(register(&server, STRANGER, registered, "000000"), wrong_code());
    assert_eq!(errno(&server, STRANGER, registered, "000000"), "4002");
    assert_eq!(errno(&server, STRANGER, other, "000000"), "4002");
    // With a code and a wrong guess the answer is the same.
    let codes = [registered, other].map(|phone| code(&server, OWNER, phone));
    let wrong = wrong(&[&codes[0], &codes[1]]);
    for phone in [registered, other] {
        assert_eq!(errno(&server, STRANGER, phone, &wrong), "4004");
    }
    assert_eq!(errno(&server, OWNER, registered, &codes[0]), "4003");
}

#[test]
fn asking_if_a_number_is_registered_uses_quota() {
    let server = server("per_day_per_address = 3\n");
    let first = code(&server, OWNER, PHONE);
    register(&server, OWNER, PHONE, &first);
    let ask = || {
        server.get("/api/v1.0/imagecode/page");
        let path = format!("/api/v1.0/smscode/{PHONE}?id=page&text=abcd");
        let told = server.send("GET", &path, &[("X-Forwarded-For", STRANGER)], b"").json();
        told["errno"].as_str().unwrap().to_owned()
    };
    assert_eq!([ask(), ask(), ask(), ask()], ["4003", "4003", "4003", "4201"]);
    assert!(send(&server, STRANGER, "13800005678").contains("sms.per_day_per_address"));
}

#[test]
fn default_is_100_messages_per_address_and_day() {
    let server = server("");
    for nth in 0..100 {
        let told = send(&server, STRANGER, &format!("1380001{nth:04}"));
        assert!(told.contains("rand"), "{nth}: {told}");
    }
    let told = send(&server, STRANGER, "13800020000");
    assert!(told.contains("1025") && told.contains("sms.per_day_per_address"), "{told}");
    assert!(send(&server, OWNER, "13800020000").contains("rand"));
    let server = server.kill_and_restart();
    assert!(send(&server, STRANGER, "13800020001").contains("sms.per_day_per_address"));
}

#[test]
fn a_fifth_of_messages_is_reserved_for_accounts() {
    let server = server("per_day_in_all = 10\n");
    let first = code(&server, OWNER, PHONE);
    register(&server, OWNER, PHONE, &first);
    // No address gets more than a fifth.
    assert!(send(&server, STRANGER, "13800010000").contains("rand"));
    assert!(send(&server, STRANGER, "13800010001").contains("rand"));
    assert!(send(&server, STRANGER, "13800010002").contains("sms.per_day_in_all"));
    for nth in 0..5 {
        let told = send(&server, &format!("203.0.113.{nth}"), &format!("1380002000{nth}"));
        assert!(told.contains("rand"), "{nth}: {told}");
    }
    // Eight of ten are sent: the rest is reserved for numbers with an account.
    assert!(send(&server, "203.0.113.9", "13800030000").contains("sms.per_day_in_all"));
    let told = || server.log().matches("messages were sent in 24 hours").count();
    assert_eq!(told(), 1, "{}", server.log());
    for _ in 0..2 {
        assert!(send(&server, "203.0.113.9", PHONE).contains("rand"));
    }
    assert!(send(&server, "203.0.113.10", PHONE).contains("sms.per_day_in_all"));
    assert_eq!((told(), server.outbox().len()), (1, 10), "told once a day");
    let check = run(command(server.folder()).args(["check", "--quick"]));
    let line = check.lines().find(|line| line.contains("sms.per_day_in_all")).unwrap_or("");
    assert!(line.starts_with("warning") && line.contains("10 messages"), "{check}");
}
