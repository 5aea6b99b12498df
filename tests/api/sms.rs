//! Sending SMS codes (envelope.md, "sms"; sms.md).

use crate::common::{Server, fault, fault_with, ok};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::thread;

const PHONE: &str = "手机号格式错误";
const HALF_MINUTE: &str = "单个手机号30秒内下发短信条数超过设定的上限";
const HOUR: &str = "单个手机号1小时内下发短信条数超过设定的上限";
const DAY: &str = "单个手机号日下发短信条数超过设定的上限";

/// Requests a code with a new captcha.
fn send(server: &Server, phone: &str) -> String {
    let hash = server.captcha();
    server.call("sms/generate", json!({"phone": phone, "hash": hash}))
}

/// The random text in the answer to a sent code.
fn sent(answer: &str) -> String {
    let data = serde_json::from_str::<Value>(answer).unwrap()["data"].clone();
    let rand = data["rand"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
    assert_eq!(answer, ok(json!({"rand": rand})));
    rand
}

#[test]
fn sms_code_is_sent_and_random_text_returned() {
    let server = Server::start("");
    let rand = sent(&send(&server, "13800001234"));
    assert!(rand.len() == 5 && rand.bytes().all(|b| b.is_ascii_alphanumeric()), "{rand}");
    let line = fs::read_to_string(server.folder().join("data/outbox.jsonl")).unwrap();
    let message: Value = serde_json::from_str(&line).unwrap();
    let (code, at) = (message["code"].as_str().unwrap(), message["at"].as_str().unwrap());
    assert!(code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()), "{code}");
    let shape: String = at.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert_eq!(shape, "0000-00-00 00:00:00");
    let text = format!("您的验证码是 {code}，3 分钟内有效。");
    let expected = json!({"phone": "13800001234", "code": code, "text": text, "at": at});
    assert_eq!(line, format!("{expected}\n"), "one line, with these keys in this order");
}

#[test]
fn sms_code_is_in_no_answer_or_log() {
    let server = Server::start("[log]\nlevel = \"trace\"\n");
    let answer = send(&server, "13800001234");
    let code = server.outbox()[0]["code"].as_str().unwrap().to_owned();
    // The timestamp of a line also contains six digits.
    let log: Vec<String> =
        server.log().lines().map(|line| line.split_once(' ').unwrap().1.to_owned()).collect();
    assert!(log.len() > 1 && !log.concat().contains(&code) && !answer.contains(&code));
    let outbox = fs::metadata(server.folder().join("data/outbox.jsonl")).unwrap();
    assert_eq!(outbox.permissions().mode() & 0o777, 0o600);
}

#[test]
fn mobile_number_is_11_digits_starting_13_to_19() {
    let server = Server::start("");
    let hash = server.captcha();
    for phone in [
        json!(""),
        json!("1380000123"),
        json!("138000012345"),
        json!("12800001234"),
        json!("10000000000"),
        json!("23800001234"),
        json!("03800001234"),
        json!("+8613800001234"),
        json!("8613800001234"),
        json!("+13800001234"),
        json!(" 13800001234"),
        json!("13800001234\n"),
        json!("138-0000-1234"),
        json!("1380000123x"),
        json!("1380000123４"),
        json!("１３８００００１２３４"),
        json!("13800001\u{0}34"),
        json!(13_800_001_234_i64),
        json!(13_800_001_234.0),
        json!(null),
        json!(true),
        json!(["13800001234"]),
        json!({}),
    ] {
        let answer = server.call("sms/generate", json!({"phone": phone, "hash": hash}));
        assert_eq!(answer, fault(1016, PHONE), "{phone}");
        let answer = server.call("sms/generate", json!({"phone": phone, "hash": "wrong"}));
        assert_eq!(answer, fault(1016, PHONE), "told before the captcha: {phone}");
    }
    // None of that used up the captcha, and nothing was sent.
    assert!(server.outbox().is_empty());
    sent(&server.call("sms/generate", json!({"phone": "19900001234", "hash": hash})));
    for second in 3..9 {
        sent(&send(&server, &format!("1{second}000001234")));
    }
}

#[test]
fn missing_key_is_reported_first() {
    let server = Server::start("");
    let missing = |key: &str| fault_with(-3, "Error data key", &format!("{key}: missing"));
    for (data, key) in [
        (json!({}), "phone"),
        (json!({"hash": "x"}), "phone"),
        (json!({"hash": 5}), "phone"),
        (json!({"phone": "13800001234"}), "hash"),
        (json!({"phone": "1"}), "hash"),
        (json!({"phone": null}), "hash"),
    ] {
        assert_eq!(server.call("sms/generate", data), missing(key));
    }
    let data = json!({"phone": "13800001234", "hash": 5});
    let wrong = fault_with(-2, "Error JSON value", "hash: expected a string");
    assert_eq!(server.call("sms/generate", data), wrong);
}

#[test]
fn wrong_or_used_captcha_sends_no_message() {
    let server = Server::start("");
    let used = server.captcha();
    sent(&server.call("sms/generate", json!({"phone": "13800001234", "hash": used})));
    for hash in [used.as_str(), &used.to_uppercase(), "", "wrong", &"0".repeat(32)] {
        let answer = server.call("sms/generate", json!({"phone": "13800001235", "hash": hash}));
        assert_eq!(answer, fault(-4, "Error Hash"), "{hash:?}");
    }
    assert_eq!(server.outbox().len(), 1);
    // Unsent messages are not counted.
    sent(&send(&server, "13800001235"));
    // The hash's case does not matter here either.
    let hash = server.captcha().to_uppercase();
    sent(&server.call("sms/generate", json!({"phone": "13800001236", "hash": hash})));
}

#[test]
fn one_of_fifty_messages_per_captcha_is_sent() {
    let server = Server::start("");
    let hash = server.captcha();
    let answers: Vec<String> = thread::scope(|scope| {
        let all: Vec<_> = (0..50)
            .map(|n| {
                let data = json!({"phone": format!("138000010{n:02}"), "hash": hash});
                let server = &server;
                scope.spawn(move || server.call("sms/generate", data))
            })
            .collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let refused = answers.iter().filter(|answer| **answer == fault(-4, "Error Hash")).count();
    assert_eq!((refused, server.outbox().len()), (49, 1));
}

#[test]
fn one_of_fifty_messages_per_number_is_sent() {
    let server = Server::start("");
    let hashes: Vec<String> = (0..50).map(|_| server.captcha()).collect();
    let answers: Vec<String> = thread::scope(|scope| {
        let all: Vec<_> = hashes
            .iter()
            .map(|hash| {
                let data = json!({"phone": "13800001234", "hash": hash});
                let server = &server;
                scope.spawn(move || server.call("sms/generate", data))
            })
            .collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let refused = answers.iter().filter(|answer| **answer == fault(1023, HALF_MINUTE)).count();
    assert_eq!((refused, server.outbox().len()), (49, 1));
}

#[test]
fn quota_error_precedes_captcha_and_keeps_it() {
    let server = Server::start("");
    sent(&send(&server, "13800001234"));
    let hash = server.captcha();
    for hash in [hash.as_str(), "wrong"] {
        let answer = server.call("sms/generate", json!({"phone": "13800001234", "hash": hash}));
        assert_eq!(answer, fault(1023, HALF_MINUTE));
    }
    sent(&server.call("sms/generate", json!({"phone": "13800001235", "hash": hash})));
}

#[test]
fn each_quota_has_its_own_code_shortest_first() {
    for (limits, sends, code, message) in [
        ("per_30_seconds = 2", 2, 1023, HALF_MINUTE),
        ("per_30_seconds = 0\nper_hour = 3", 3, 1024, HOUR),
        ("per_30_seconds = 0\nper_hour = 0\nper_day = 4", 4, 1025, DAY),
        ("per_30_seconds = 0", 5, 1024, HOUR),
        ("per_30_seconds = 0\nper_hour = 0", 10, 1025, DAY),
        ("per_30_seconds = 1\nper_hour = 1\nper_day = 1", 1, 1023, HALF_MINUTE),
        ("per_30_seconds = 0\nper_hour = 1\nper_day = 1", 1, 1024, HOUR),
    ] {
        let server = Server::start(&format!("[sms]\n{limits}\n"));
        for _ in 0..sends {
            sent(&send(&server, "13800001234"));
        }
        assert_eq!(send(&server, "13800001234"), fault(code, message), "{limits}");
        sent(&send(&server, "13800001235"));
    }
}

#[test]
fn daily_messages_are_limited_in_all_and_per_address() {
    let server = Server::start("[sms]\nper_day_in_all = 2\n");
    sent(&send(&server, "13800001001"));
    sent(&send(&server, "13800001002"));
    let in_all = fault_with(1025, DAY, "too many messages (sms.per_day_in_all)");
    assert_eq!(send(&server, "13800001003"), in_all);

    let limits = "[sms]\nper_day_per_address = 1\n[limits]\ntrusted_proxies = [\"127.0.0.1\"]\n";
    let server = Server::start(limits);
    let from = |address: &str, phone: &str| {
        let data = json!({"phone": phone, "hash": server.captcha()});
        let body = crate::common::envelope("sms/generate", data);
        server.send("POST", "/api", &[("X-Forwarded-For", address)], body.as_bytes()).text()
    };
    sent(&from("192.0.2.1", "13800001001"));
    let per_address = fault_with(1025, DAY, "too many messages (sms.per_day_per_address)");
    assert_eq!(from("192.0.2.1", "13800001002"), per_address);
    sent(&from("192.0.2.2", "13800001002"));
}

#[test]
fn quotas_survive_a_restart() {
    let server = Server::start("[sms]\nper_day_in_all = 2\n");
    sent(&send(&server, "13800001001"));
    let server = server.kill_and_restart();
    assert_eq!(send(&server, "13800001001"), fault(1023, HALF_MINUTE));
    sent(&send(&server, "13800001002"));
    let server = server.restart();
    let in_all = fault_with(1025, DAY, "too many messages (sms.per_day_in_all)");
    assert_eq!(send(&server, "13800001003"), in_all);
    assert_eq!(server.outbox().len(), 2, "the outbox is appended to");
}
