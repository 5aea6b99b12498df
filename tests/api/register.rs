//! Registration over the wire (operations.md, "user/register").

use crate::common::{CODE, Server, fault, fault_with, ok, wrong_code};
use engine::hex::md5;
use serde_json::{Value, json};
use std::thread;
use std::time::Duration;
use unicode_normalization::UnicodeNormalization as _;

fn value(detail: &str) -> String {
    fault_with(-2, "Error JSON value", detail)
}

fn missing(key: &str) -> String {
    fault_with(-3, "Error data key", &format!("{key}: missing"))
}

/// Registers by name with a new captcha.
fn by_name(server: &Server, username: &str, password: &str) -> String {
    let hash = server.captcha();
    let data = json!({"username": username, "password": password, "hash": hash});
    server.call("user/register", data)
}

/// Has a code sent to a number. Returns the code.
fn code(server: &Server, mobile: &str) -> String {
    let hash = server.captcha();
    server.done("", "sms/generate", json!({"phone": mobile, "hash": hash}));
    let message = server.outbox().pop().unwrap();
    assert_eq!(message["phone"], mobile);
    message["code"].as_str().unwrap().to_owned()
}

fn by_mobile(server: &Server, mobile: &str, code: &str) -> String {
    let data = json!({"mobile": mobile, "sms_code": code, "password": "secret-1"});
    server.call("user/register", data)
}

#[test]
fn account_ids_count_up_from_100001() {
    let server = Server::start("");
    for (name, id) in [("nora", 100_001), ("omar", 100_002), ("paula", 100_003)] {
        assert_eq!(by_name(&server, name, "secret-1"), ok(json!({"user_id": id})));
    }
}

#[test]
fn user_name_length_counts_characters() {
    let server = Server::start("");
    let combined = "e\u{301}".repeat(16);
    for name in [
        "n",
        "a b",
        "诺拉",
        "'; DROP TABLE account; --",
        "1380000123",
        "138000012345",
        &"m".repeat(32),
        &"诺".repeat(32),
        &"😀".repeat(32),
        &combined,
    ] {
        let answer = by_name(&server, name, "secret-1");
        assert!(answer.contains("\"user_id\""), "{name}: {answer}");
        let token = server.login(name);
        let info = server.done(&token, "user/info", json!({}));
        // Stored in Unicode NFC, and found in NFC and NFD.
        let kept = json!(name.nfc().collect::<String>());
        assert_eq!((&info["username"], &info["nickname"]), (&kept, &kept));
    }
    for (name, detail) in [
        ("n".repeat(33), "1 to 32 characters"),
        ("诺".repeat(33), "1 to 32 characters"),
        ("😀".repeat(33), "1 to 32 characters"),
        (String::new(), "must not be empty"),
        ("a\nb".to_owned(), "control characters can't be part of a name"),
        ("a\u{0}b".to_owned(), "control characters can't be part of a name"),
        ("13800001234".to_owned(), "another's telephone number can't be a name"),
        ("19999999999".to_owned(), "another's telephone number can't be a name"),
    ] {
        let answer = by_name(&server, &name, "secret-1");
        assert_eq!(answer, value(&format!("username: {detail}")), "{name:?}");
    }
}

#[test]
fn password_has_6_to_64_characters() {
    let server = Server::start("");
    for (name, password) in [
        ("a", "1b3c5d".to_owned()),
        ("b", "密".repeat(6)),
        ("c", "😀".repeat(64)),
        ("d", "x".repeat(64)),
    ] {
        let answer = by_name(&server, name, &password);
        assert!(answer.contains("\"user_id\""), "{password}: {answer}");
        server.done("", "user/login", json!({"username": name, "password": password}));
    }
    let refused = value("password: 6 to 64 characters, or the md5 of them");
    for password in ["12345".to_owned(), "😀".repeat(5), "x".repeat(65)] {
        assert_eq!(by_name(&server, "e", &password), refused, "{password}");
    }
    assert_eq!(by_name(&server, "e", ""), value("password: must not be empty"));
}

#[test]
fn missing_key_is_reported_before_wrong_value() {
    let server = Server::start("");
    for (data, expected) in [
        (json!({}), missing("username")),
        (json!({"username": 5, "password": 5}), missing("hash")),
        (json!({"username": "", "hash": "x"}), missing("password")),
        (json!({"mobile": "13800001234"}), missing("sms_code")),
        (json!({"sms_code": 5, "password": ""}), missing("mobile")),
        (json!({"mobile": "1", "sms_code": "000000"}), missing("password")),
        (json!({"username": "", "password": 5, "hash": 5}), value("username: must not be empty")),
        (
            json!({"username": "n".repeat(33), "password": 5, "hash": "x"}),
            value("password: expected a string"),
        ),
        (
            json!({"username": "n".repeat(33), "password": "short", "hash": "x"}),
            value("username: 1 to 32 characters"),
        ),
        (
            json!({"mobile": "1", "sms_code": 123_456, "password": "secret-1"}),
            value("sms_code: expected a string"),
        ),
        (
            json!({"mobile": "1", "sms_code": "000000", "password": "secret-1"}),
            fault(1016, "手机号格式错误"),
        ),
    ] {
        assert_eq!(server.call("user/register", data.clone()), expected, "{data}");
    }
}

#[test]
fn registration_is_by_name_or_by_mobile_not_both() {
    let server = Server::start("");
    let mixed = value("mobile: either username and hash, or mobile and sms_code");
    let (hash, code) = (server.captcha(), code(&server, "13800001234"));
    for data in [
        json!({"username": "nora", "hash": hash, "mobile": "13800001234", "sms_code": code}),
        json!({"username": "nora", "password": "secret-1", "hash": hash, "sms_code": code}),
        json!({"hash": hash, "mobile": "13800001234", "sms_code": code, "password": "secret-1"}),
    ] {
        assert_eq!(server.call("user/register", data), mixed);
    }
    // Neither proof was used up.
    assert_eq!(by_mobile(&server, "13800001234", &code), ok(json!({"user_id": 100_001})));
    let data = json!({"username": "nora", "password": "secret-1", "hash": hash});
    assert_eq!(server.call("user/register", data), ok(json!({"user_id": 100_002})));
}

#[test]
fn captcha_pays_for_one_account() {
    let server = Server::start("");
    let hash = server.captcha();
    let register = |name: &str, hash: &str| {
        let data = json!({"username": name, "password": "secret-1", "hash": hash});
        server.call("user/register", data)
    };
    let refused = fault(-4, "Error Hash");
    for wrong in ["", "wrong", CODE, &md5(CODE), &hash[1..]] {
        assert_eq!(register("nora", wrong), refused, "{wrong:?}");
    }
    assert_eq!(register("nora", &hash.to_uppercase()), ok(json!({"user_id": 100_001})));
    assert_eq!(register("omar", &hash), refused);
    let data = json!({"phone": "13800001234", "hash": hash});
    assert_eq!(server.call("sms/generate", data), refused, "nor does it pay for a message");
    let hash = server.captcha();
    server.done("", "sms/generate", json!({"phone": "13800001234", "hash": hash}));
    assert_eq!(register("omar", &hash), refused);
}

#[test]
fn expired_captcha_pays_for_no_account() {
    let server = Server::start(&format!("[captcha]\ntest_code = \"{CODE}\"\nttl = \"1s\"\n"));
    let hashes: Vec<String> = (0..60).map(|_| server.captcha()).collect();
    for (n, hash) in hashes.iter().enumerate() {
        let data = json!({"username": format!("n{n}"), "password": "secret-1", "hash": hash});
        let answer = server.call("user/register", data);
        if answer == fault(-4, "Error Hash") {
            return;
        }
        assert!(answer.contains("\"user_id\""), "{answer}");
        thread::sleep(Duration::from_millis(100));
    }
    panic!("no captcha expired");
}

#[test]
fn one_of_fifty_registrations_per_captcha_succeeds() {
    let server = Server::start("");
    let hash = server.captcha();
    let answers: Vec<String> = thread::scope(|scope| {
        let all: Vec<_> = (0..50)
            .map(|n| {
                let name = format!("n{n}");
                let data = json!({"username": name, "password": "secret-1", "hash": hash});
                let server = &server;
                scope.spawn(move || server.call("user/register", data))
            })
            .collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let refused = answers.iter().filter(|answer| **answer == fault(-4, "Error Hash")).count();
    let done = answers.iter().filter(|answer| **answer == ok(json!({"user_id": 100_001}))).count();
    assert_eq!((done, refused), (1, 49));
}

#[test]
fn taken_name_is_refused_and_keeps_the_captcha() {
    let server = Server::start("");
    server.account("nora");
    let hash = server.captcha();
    let register = |name: &str| {
        let data = json!({"username": name, "password": "secret-1", "hash": hash});
        server.call("user/register", data)
    };
    assert_eq!(register("nora"), value("the name is taken"));
    assert_eq!(
        register("13800001234"),
        value("username: another's telephone number can't be a name")
    );
    assert_eq!(register("Nora"), value("the name is taken"), "names differ by more than case");
    assert_eq!(register("omar"), ok(json!({"user_id": 100_002})));
    assert_eq!(register("nora"), fault(-4, "Error Hash"), "the captcha is told first");
}

#[test]
fn one_of_twenty_concurrent_requests_gets_the_name() {
    let server = Server::start("");
    let hashes: Vec<String> = (0..20).map(|_| server.captcha()).collect();
    let answers: Vec<String> = thread::scope(|scope| {
        let register = |hash| {
            let data = json!({"username": "nora", "password": "secret-1", "hash": hash});
            server.call("user/register", data)
        };
        let all: Vec<_> = hashes.iter().map(|hash| scope.spawn(move || register(hash))).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let refused = answers.iter().filter(|answer| **answer == value("the name is taken")).count();
    assert_eq!((answers.iter().filter(|a| a.contains("user_id")).count(), refused), (1, 19));
}

#[test]
fn mobile_registration_needs_the_sms_code() {
    let server = Server::start("");
    let mobile = "13800001234";
    let right = code(&server, mobile);
    let wrong = if right == "000000" { "000001" } else { "000000" };
    for code in [&right[1..], &format!("{right} "), "wrong!"] {
        assert_eq!(by_mobile(&server, mobile, code), value("sms_code: expected 6 digits"));
    }
    assert_eq!(by_mobile(&server, mobile, wrong), wrong_code());
    assert_eq!(by_mobile(&server, "13800001235", &right), wrong_code());
    assert_eq!(by_mobile(&server, mobile, &right), ok(json!({"user_id": 100_001})));
    let token = server.login(mobile);
    let info = server.done(&token, "user/info", json!({}));
    let said = ["username", "nickname", "mobile"].map(|key| &info[key]);
    assert_eq!(said, [&Value::from(mobile); 3]);
}

#[test]
fn number_has_one_account_and_five_code_tries() {
    let server = Server::start("[sms]\nper_30_seconds = 0\n");
    let mobile = "13800001234";
    let right = code(&server, mobile);
    let wrong = if right == "000000" { "000001" } else { "000000" };
    for code in [wrong, wrong, wrong, wrong, wrong, &right] {
        assert_eq!(by_mobile(&server, mobile, code), wrong_code());
    }
    let right = code(&server, mobile);
    assert_eq!(by_mobile(&server, mobile, &right), ok(json!({"user_id": 100_001})));
    let again = code(&server, mobile);
    assert_eq!(by_mobile(&server, mobile, &again), value("the mobile number is registered"));
}

#[test]
fn mobile_account_can_rename_and_rename_back() {
    let server = Server::start("");
    let mobile = "13800001234";
    let code = code(&server, mobile);
    by_mobile(&server, mobile, &code);
    let token = server.login(mobile);
    for name in ["nora", mobile, "nora"] {
        let answer = server.call_as(&token, "user/rename", json!({"username": name}));
        assert_eq!(answer, ok(json!({"username": name})));
    }
    // Both names log in to the account, and nobody else may take the number.
    server.login("nora");
    server.login(mobile);
    let answer = by_name(&server, mobile, "secret-1");
    assert_eq!(answer, value("username: another's telephone number can't be a name"));
}
