//! Validating SMS codes, and failing gateways (envelope.md, "sms").

use crate::common::{Folder, Server, fault, fault_with, ok, wrong_code};
use engine::hex::md5;
use serde_json::{Value, json};
use std::fs;
use std::thread;
use std::time::Duration;

/// Disables the limits of messages, because these tests need many.
const OPEN: &str = "[sms]\nper_30_seconds = 0\nper_hour = 0\nper_day = 0\n";

/// Has a code sent to `phone`. Returns its proof, `md5(code + rand)`.
fn proof(server: &Server, phone: &str) -> String {
    let hash = server.captcha();
    let data = server.done("", "sms/generate", json!({"phone": phone, "hash": hash}));
    let code = server.outbox().pop().unwrap();
    assert_eq!(code["phone"], phone);
    md5(&format!("{}{}", code["code"].as_str().unwrap(), data["rand"].as_str().unwrap()))
}

fn validate(server: &Server, phone: &str, hash: &str) -> String {
    server.call("sms/validate", json!({"phone": phone, "hash": hash}))
}

#[test]
fn sms_code_is_valid_once() {
    let server = Server::start(OPEN);
    let phone = "13800001234";
    for is_upper in [false, true] {
        let hash = proof(&server, phone);
        let hash = if is_upper { hash.to_uppercase() } else { hash };
        assert_eq!(validate(&server, phone, &hash), ok(json!({})));
        assert_eq!(validate(&server, phone, &hash), wrong_code());
        assert_eq!(validate(&server, phone, &hash.to_lowercase()), wrong_code());
    }
}

#[test]
fn sms_code_is_bound_to_number_and_random_text() {
    let server = Server::start(OPEN);
    let (one, two) = ("13800001001", "13800001002");
    let (hash, other) = (proof(&server, one), proof(&server, two));
    assert_eq!(validate(&server, two, &hash), wrong_code());
    assert_eq!(validate(&server, one, &other), wrong_code());
    let code = server.outbox()[0]["code"].as_str().unwrap().to_owned();
    for wrong in [&code, &md5(&code), &format!("{hash} ")] {
        assert_eq!(validate(&server, one, wrong), wrong_code(), "{wrong:?}");
    }
    assert_eq!(validate(&server, one, &hash), ok(json!({})));
    for wrong in ["", &other[1..]] {
        assert_eq!(validate(&server, two, wrong), wrong_code(), "{wrong:?}");
    }
    assert_eq!(validate(&server, two, &other), ok(json!({})));
}

#[test]
fn malformed_validation_is_refused() {
    let server = Server::start("");
    let value = |detail| fault_with(-2, "Error JSON value", detail);
    let missing = |key| fault_with(-3, "Error data key", &format!("{key}: missing"));
    for (data, expected) in [
        (json!({}), missing("phone")),
        (json!({"phone": "1"}), missing("hash")),
        (json!({"phone": "13800001234"}), missing("hash")),
        (json!({"hash": "x"}), missing("phone")),
        (json!({"hash": 5}), missing("phone")),
        (json!({"hash": 5, "phone": "13800001234"}), value("hash: expected a string")),
        (json!({"hash": null, "phone": "13800001234"}), value("hash: expected a string")),
        (json!({"hash": "x", "phone": "1"}), fault(1016, "手机号格式错误")),
        (json!({"hash": "x", "phone": null}), fault(1016, "手机号格式错误")),
        (json!({"hash": "x", "phone": 13_800_001_234_i64}), fault(1016, "手机号格式错误")),
    ] {
        assert_eq!(server.call("sms/validate", data.clone()), expected, "{data}");
    }
}

#[test]
fn right_code_after_five_wrong_tries_is_refused() {
    let server = Server::start(OPEN);
    let phone = "13800001234";
    for (tries, is_over) in [(4, false), (5, true), (6, true)] {
        let codes = [proof(&server, phone), proof(&server, phone)];
        for _ in 0..tries {
            assert_eq!(validate(&server, phone, "wrong"), wrong_code());
        }
        for hash in codes {
            let expected = if is_over { wrong_code() } else { ok(json!({})) };
            assert_eq!(validate(&server, phone, &hash), expected, "after {tries}");
        }
    }
    // The next code is none of those.
    let hash = proof(&server, phone);
    assert_eq!(validate(&server, phone, &hash), ok(json!({})));
}

#[test]
fn wrong_tries_are_counted_per_number() {
    let server = Server::start(OPEN);
    let hash = proof(&server, "13800001234");
    for _ in 0..20 {
        assert_eq!(validate(&server, "13800001235", "wrong"), wrong_code());
    }
    assert_eq!(validate(&server, "13800001234", &hash), ok(json!({})));
}

#[test]
fn only_five_of_fifty_concurrent_guesses_count() {
    let server = Server::start("");
    let phone = "13800001234";
    let hash = proof(&server, phone);
    thread::scope(|scope| {
        for n in 0..50 {
            let server = &server;
            scope.spawn(move || {
                let guess = md5(&format!("{n:06}wrong"));
                assert_eq!(validate(server, phone, &guess), wrong_code());
            });
        }
    });
    assert_eq!(validate(&server, phone, &hash), wrong_code());
}

#[test]
fn one_of_fifty_concurrent_right_codes_succeeds() {
    let server = Server::start("");
    let hash = proof(&server, "13800001234");
    let answers: Vec<String> = thread::scope(|scope| {
        let ask = || validate(&server, "13800001234", &hash);
        let all: Vec<_> = (0..50).map(|_| scope.spawn(ask)).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(answers.iter().filter(|answer| **answer == ok(json!({}))).count(), 1);
    assert_eq!(answers.iter().filter(|answer| **answer == wrong_code()).count(), 49);
}

#[test]
fn sms_code_expires() {
    let server = Server::start(&format!("{OPEN}ttl = \"1s\"\n"));
    let number = |nth: usize| format!("138000010{nth:02}");
    let hashes: Vec<String> = (0..60).map(|nth| proof(&server, &number(nth))).collect();
    for (nth, hash) in hashes.iter().enumerate().skip(1) {
        let answer = validate(&server, &number(nth), hash);
        if answer == wrong_code() {
            // So have all earlier ones.
            assert_eq!(validate(&server, &number(0), &hashes[0]), wrong_code());
            return;
        }
        assert_eq!(answer, ok(json!({})));
        thread::sleep(Duration::from_millis(100));
    }
    panic!("no code expired");
}

#[test]
fn sms_codes_and_wrong_tries_survive_a_restart() {
    let server = Server::start("");
    let (one, two) = ("13800001001", "13800001002");
    let hashes = [one, two].map(|phone| proof(&server, phone));
    for _ in 0..4 {
        assert_eq!(validate(&server, two, "wrong"), wrong_code());
    }
    let server = server.kill_and_restart();
    assert_eq!(validate(&server, one, &hashes[0]), ok(json!({})));
    assert_eq!(validate(&server, two, "wrong"), wrong_code());
    assert_eq!(validate(&server, two, &hashes[1]), wrong_code());
}

/// A server whose outbox can't be written, as on a full disk.
fn with_a_full_outbox() -> Server {
    let folder = Folder::new();
    fs::create_dir_all(folder.path().join("data")).unwrap();
    let outbox = folder.path().join("data/outbox.jsonl");
    std::os::unix::fs::symlink("/dev/full", outbox).unwrap();
    Server::start_in(folder, "")
}

#[test]
fn failed_gateway_is_1007_and_uses_no_quota() {
    let server = with_a_full_outbox();
    for _ in 0..3 {
        let hash = server.captcha();
        let data = json!({"phone": "13800001234", "hash": hash});
        // No quota error: unsent messages do not count.
        assert_eq!(server.call("sms/generate", data.clone()), fault(1007, "其他错误"));
        // The captcha had matched, so it is used up.
        assert_eq!(server.call("sms/generate", data), fault(-4, "Error Hash"));
    }
    let log = server.log();
    let failures =
        log.lines().filter(|line| line.contains("the SMS gateway answered 1007")).count();
    assert_eq!(failures, 3, "{log}");
}

#[test]
fn answer_of_failed_gateway_reveals_no_code() {
    let server = with_a_full_outbox();
    let hash = server.captcha();
    let answer = server.call("sms/generate", json!({"phone": "13800001234", "hash": hash}));
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["data"], json!({}));
    assert_eq!(answer["detail"], "the message could not be sent");
}
