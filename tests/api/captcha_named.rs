//! Captchas under a name chosen by the client, as seed 004 requests them, called as operations
//! (operations.md, "img/generate" and "sms/generate"; ihome.md for the order of checks).

use crate::common::{Server, fault, fault_with, ok};
use serde_json::{Value, json};

/// The text of a named captcha: the first four characters of the test code.
const TEXT: &str = "abcd";

fn draw(server: &Server, name: &str) {
    server.done("", "img/generate", json!({"id": name, "format": "jpg"}));
}

fn send(server: &Server, phone: &str, name: &str, text: &str) -> String {
    server.call("sms/generate", json!({"phone": phone, "text": text, "id": name}))
}

fn is_sent(answer: &str) -> bool {
    answer.starts_with(r#"{"id":7,"status":0,"message":"successful","data":{"rand":""#)
}

#[test]
fn named_captcha_is_a_jpeg_if_requested() {
    let server = Server::start("");
    for (data, begins) in [
        (json!({"id": "a", "format": "jpg"}), "/9j/"),
        (json!({"id": "a", "format": "jpeg"}), "/9j/"),
        (json!({"id": "a", "format": "png"}), "iVBORw0"),
        (json!({"id": "a"}), "iVBORw0"),
        (json!({"format": "jpg"}), "/9j/"),
        (json!({"id": null, "format": null}), "iVBORw0"),
    ] {
        let captcha = server.done("", "img/generate", data.clone());
        assert!(captcha["imgdata"].as_str().unwrap().starts_with(begins), "{data}");
        assert_eq!(captcha.as_object().unwrap().len(), 2, "{data}");
    }
}

#[test]
fn captcha_name_and_format_are_validated() {
    let server = Server::start("");
    let name = "id: 1 to 64 of A-Z a-z 0-9 . _ -";
    for (data, detail) in [
        (json!({"id": ""}), "id: must not be empty"),
        (json!({"id": 5}), "id: expected a string"),
        (json!({"id": "a b"}), name),
        (json!({"id": "é"}), name),
        (json!({"id": "../a"}), name),
        (json!({"id": "a".repeat(65)}), name),
        (json!({"id": "a", "format": "gif"}), "format: png or jpg"),
        (json!({"id": "a", "format": 7}), "format: expected a string"),
        (json!({"id": "a b", "format": 7}), "format: expected a string"),
    ] {
        let expected = fault_with(-2, "Error JSON value", detail);
        assert_eq!(server.call("img/generate", data.clone()), expected, "{data}");
    }
    draw(&server, &"a".repeat(64));
    draw(&server, "0b8a6f2e-1c5d-4e7f-9a3b-000000000001");
}

#[test]
fn named_captcha_pays_once_in_either_case() {
    let server = Server::start("");
    for (phone, text) in [("13800001001", TEXT), ("13800001002", "AbCD")] {
        draw(&server, "page-1");
        assert!(is_sent(&send(&server, phone, "page-1", text)), "{text}");
        let again = send(&server, "13800001003", "page-1", text);
        assert_eq!(again, fault(-4, "Error Hash"));
    }
    assert_eq!(server.outbox().len(), 2);
}

#[test]
fn named_captcha_allows_one_try() {
    let server = Server::start("");
    for wrong in ["abce", "abcde", "abc", " abcd", "%"] {
        draw(&server, "page-1");
        assert_eq!(send(&server, "13800001001", "page-1", wrong), fault(-4, "Error Hash"));
        assert_eq!(send(&server, "13800001001", "page-1", TEXT), fault(-4, "Error Hash"));
    }
    assert_eq!(send(&server, "13800001001", "page-2", TEXT), fault(-4, "Error Hash"));
}

#[test]
fn captcha_name_refers_to_the_newest_one() {
    let server = Server::start("");
    draw(&server, "page-1");
    draw(&server, "page-2");
    draw(&server, "page-1");
    assert!(is_sent(&send(&server, "13800001001", "page-1", TEXT)));
    assert_eq!(send(&server, "13800001002", "page-1", TEXT), fault(-4, "Error Hash"));
    assert!(is_sent(&send(&server, "13800001002", "page-2", TEXT)));
}

#[test]
fn errors_rank_missing_malformed_captcha_quota() {
    let server = Server::start("");
    draw(&server, "page-1");
    let missing = |key: &str| fault_with(-3, "Error data key", &format!("{key}: missing"));
    for (data, expected) in [
        (json!({"text": TEXT, "id": "page-1"}), missing("phone")),
        (json!({"phone": "1", "id": "page-1"}), missing("text")),
        (json!({"phone": "1", "text": TEXT}), missing("id")),
        (json!({"phone": "1", "text": TEXT, "id": "page-1"}), fault(1016, "手机号格式错误")),
    ] {
        assert_eq!(server.call("sms/generate", data.clone()), expected, "{data}");
    }
    assert!(is_sent(&send(&server, "13800001001", "page-1", TEXT)), "it was not looked at");
    draw(&server, "page-1");
    assert_eq!(send(&server, "13800001001", "page-1", "wrong"), fault(-4, "Error Hash"));
    draw(&server, "page-1");
    let quota = fault(1023, "单个手机号30秒内下发短信条数超过设定的上限");
    assert_eq!(send(&server, "13800001001", "page-1", TEXT), quota);
}

#[test]
fn registered_number_gets_no_registration_code() {
    let server = Server::start("[sms]\nper_30_seconds = 0\n");
    let phone = "13800001234";
    draw(&server, "page-1");
    assert!(is_sent(&send(&server, phone, "page-1", TEXT)));
    let code = server.outbox()[0]["code"].clone();
    let data = json!({"mobile": phone, "sms_code": code, "password": "secret-1"});
    assert_eq!(server.call("user/register", data), ok(json!({"user_id": 100_001})));
    draw(&server, "page-1");
    let taken = fault_with(-2, "Error JSON value", "the mobile number is registered");
    assert_eq!(send(&server, phone, "page-1", TEXT), taken);
}

#[test]
fn captcha_of_one_kind_cannot_pay_as_another() {
    let server = Server::start("");
    let captcha: Value = server.done("", "img/generate", json!({"id": "page-1"}));
    let rand = captcha["rand"].as_str().unwrap();
    let hash = engine::hex::md5(&format!("{TEXT}{rand}"));
    let data = json!({"phone": "13800001001", "hash": hash});
    assert_eq!(server.call("sms/generate", data), fault(-4, "Error Hash"));
    let validate = server.call("img/validate", json!({"hash": hash}));
    assert_eq!(validate, fault(-1, "验证码hash值不匹配"));
    // The proof counts where both are sent.
    let data = json!({"phone": "13800001001", "hash": "x", "id": "page-1", "text": TEXT});
    assert_eq!(server.call("sms/generate", data), fault(-4, "Error Hash"));
    assert!(is_sent(&send(&server, "13800001001", "page-1", TEXT)));
}
