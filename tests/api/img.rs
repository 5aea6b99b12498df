//! Picture captchas over the wire (envelope.md, "img").

use crate::common::{CODE, Server, fault, fault_with, ok};
use engine::hex::md5;
use serde_json::{Value, json};
use std::thread;
use std::time::Duration;

const MISMATCH: &str = "验证码hash值不匹配";

/// Tries new proofs, from the second of 100 on, until one has expired. Then the first has expired
/// too, because it was drawn earlier.
fn wait_until_expired(mut is_good: impl FnMut(usize) -> bool) {
    for attempt in 1..100 {
        if !is_good(attempt) {
            return;
        }
        thread::sleep(Duration::from_millis(100));
    }
    panic!("nothing expired");
}

#[test]
fn captcha_is_a_png_of_five_random_characters() {
    let server = Server::start("");
    let mut seen = Vec::new();
    for data in [json!({}), json!({"ID": "x", "hash": null}), json!({})] {
        let answer = server.call("img/generate", data);
        let data = serde_json::from_str::<Value>(&answer).unwrap()["data"].clone();
        let (imgdata, rand) = (data["imgdata"].as_str().unwrap(), data["rand"].as_str().unwrap());
        // Nothing else is in it, and in this order.
        let data = format!(r#"{{"imgdata":"{imgdata}","rand":"{rand}"}}"#);
        let expected = format!(r#"{{"id":7,"status":0,"message":"successful","data":{data}}}"#);
        assert_eq!(answer, expected);
        assert!(imgdata.starts_with("iVBORw0"), "{imgdata}");
        let is_base64 = |b: u8| b.is_ascii_alphanumeric() || b"+/=".contains(&b);
        assert!(imgdata.len().is_multiple_of(4) && imgdata.bytes().all(is_base64), "{imgdata}");
        assert_eq!(rand.len(), 5);
        assert!(rand.bytes().all(|b| b.is_ascii_alphanumeric()), "{rand}");
        seen.push((imgdata.to_owned(), rand.to_owned()));
    }
    seen.sort();
    seen.dedup_by(|one, other| one.0 == other.0 || one.1 == other.1);
    assert_eq!(seen.len(), 3, "no two are alike");
}

#[test]
fn captcha_code_is_in_no_answer_log_or_file() {
    // Long enough not to occur in base64 by chance, in upper and lower case.
    let code = "Zq7WkMx3Pd";
    let config =
        format!("[captcha]\ntest_code = \"{code}\"\nlength = 10\n[log]\nlevel = \"trace\"\n");
    let server = Server::start(&config);
    let answer = server.call("img/generate", json!({}));
    let data = serde_json::from_str::<Value>(&answer).unwrap()["data"].clone();
    let rand = data["rand"].as_str().unwrap();
    let hash = md5(&format!("{}{rand}", code.to_lowercase()));
    let mut told = answer;
    told += &server.call("img/validate", json!({"hash": "x"}));
    told += &server.call("img/validate", json!({"hash": hash}));
    told += &server.log();
    for file in std::fs::read_dir(server.folder().join("data")).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            told += &String::from_utf8_lossy(&std::fs::read(path).unwrap());
        }
    }
    assert!(!told.to_lowercase().contains(&code.to_lowercase()));
    assert!(!server.log().contains(&hash), "the proof is as good as the code");
}

#[test]
fn case_of_code_and_hash_is_ignored() {
    let server = Server::start("[captcha]\ntest_code = \"aBcDe\"\n");
    for is_upper in [false, true] {
        let data = server.done("", "img/generate", json!({}));
        let hash = md5(&format!("abcde{}", data["rand"].as_str().unwrap()));
        let hash = if is_upper { hash.to_uppercase() } else { hash };
        assert_eq!(server.call("img/validate", json!({"hash": hash})), ok(json!({})));
    }
}

#[test]
fn wrong_captcha_hash_does_not_match() {
    let server = Server::start("");
    let rand = server.done("", "img/generate", json!({}))["rand"].clone();
    let rand = rand.as_str().unwrap();
    let right = md5(&format!("{CODE}{rand}"));
    for hash in [
        "",
        CODE,
        rand,
        &md5(CODE),
        &md5(&format!("{rand}{CODE}")),
        &md5(&format!("{}{rand}", CODE.to_uppercase())),
        &md5(&format!("abcdf{rand}")),
        &right[1..],
        &format!("{right} "),
        &format!("{right}0"),
        "' OR '1'='1",
        "%",
    ] {
        let answer = server.call("img/validate", json!({"hash": hash}));
        assert_eq!(answer, fault(-1, MISMATCH), "{hash:?}");
    }
    // None of that used it up.
    assert_eq!(server.call("img/validate", json!({"hash": right})), ok(json!({})));
}

#[test]
fn captcha_hash_is_a_required_string() {
    let server = Server::start("");
    let missing = fault_with(-3, "Error data key", "hash: missing");
    for data in [json!({}), json!({"Hash": "x"}), json!({"data": {"hash": "x"}})] {
        assert_eq!(server.call("img/validate", data), missing);
    }
    let wrong = fault_with(-2, "Error JSON value", "hash: expected a string");
    for hash in [json!(null), json!(5), json!(["x"]), json!({"hash": "x"}), json!(true)] {
        assert_eq!(server.call("img/validate", json!({"hash": hash})), wrong);
    }
}

#[test]
fn captcha_validates_until_it_is_used() {
    let server = Server::start("");
    let send = |phone: &str, hash: &str| {
        let answer = server.call("sms/generate", json!({"phone": phone, "hash": hash}));
        serde_json::from_str::<Value>(&answer).unwrap()["status"].as_i64().unwrap()
    };
    let hash = server.captcha();
    for hash in [&hash, &hash.to_uppercase(), &hash, &hash] {
        assert_eq!(server.call("img/validate", json!({"hash": hash})), ok(json!({})));
    }
    assert_eq!(send("13800001001", &hash), 0);
    for _ in 0..2 {
        assert_eq!(server.call("img/validate", json!({"hash": hash})), fault(-1, MISMATCH));
        assert_eq!(send("13800001002", &hash), -4);
    }
}

#[test]
fn fifty_concurrent_validations_all_succeed() {
    let server = Server::start("");
    let hash = server.captcha();
    let answers: Vec<String> = thread::scope(|scope| {
        let ask = || server.call("img/validate", json!({"hash": hash}));
        let all: Vec<_> = (0..50).map(|_| scope.spawn(ask)).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(answers.iter().all(|answer| *answer == ok(json!({}))), "{answers:?}");
}

#[test]
fn an_expired_captcha_does_not_match() {
    let config = format!("[captcha]\ntest_code = \"{CODE}\"\nttl = \"1s\"\n");
    let server = Server::start(&config);
    let hashes: Vec<String> = (0..100).map(|_| server.captcha()).collect();
    wait_until_expired(|n| {
        let answer = server.call("img/validate", json!({"hash": hashes[n]}));
        let is_good = answer == ok(json!({}));
        assert!(is_good || answer == fault(-1, MISMATCH), "{answer}");
        is_good
    });
    assert_eq!(server.call("img/validate", json!({"hash": hashes[0]})), fault(-1, MISMATCH));
}

#[test]
fn expired_captcha_cannot_be_used() {
    let config = format!("[captcha]\ntest_code = \"{CODE}\"\nttl = \"1s\"\n");
    let server = Server::start(&config);
    let hashes: Vec<String> = (0..100).map(|_| server.captcha()).collect();
    wait_until_expired(|n| {
        let data = json!({"phone": format!("138000012{n:02}"), "hash": hashes[n]});
        let answer = server.call("sms/generate", data);
        assert!(answer.contains("\"rand\"") || answer == fault(-4, "Error Hash"), "{answer}");
        answer.contains("\"rand\"")
    });
    let data = json!({"username": "nora", "password": "secret-1", "hash": hashes[0]});
    assert_eq!(server.call("user/register", data), fault(-4, "Error Hash"));
}

#[test]
fn captcha_survives_a_restart() {
    let server = Server::start("");
    let (one, two) = (server.captcha(), server.captcha());
    let server = server.restart();
    assert_eq!(server.call("img/validate", json!({"hash": one})), ok(json!({})));
    server.done("", "sms/generate", json!({"phone": "13800001234", "hash": one}));
    let server = server.kill_and_restart();
    assert_eq!(server.call("img/validate", json!({"hash": one})), fault(-1, MISMATCH));
    assert_eq!(server.call("img/validate", json!({"hash": two})), ok(json!({})));
}
