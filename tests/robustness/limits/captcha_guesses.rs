//! Guessing captchas: wrong proofs are counted per address over all operations.

use crate::common::{CODE, Server, envelope, fault, ok};
use engine::hex::md5;
use serde_json::{Value, json};

pub const LIMIT: &str = "captcha.wrong_per_address";
pub const MISMATCH: &str = "验证码hash值不匹配";
pub const PROXY: &str = "[limits]\ntrusted_proxies = [\"127.0.0.1\"]\n";

/// A server that allows `limit` wrong proofs.
pub fn server(limit: u32) -> Server {
    Server::start(&format!(
        "{PROXY}[captcha]\ntest_code = \"{CODE}\"\nwrong_per_address = {limit}\n"
    ))
}

/// Sends an envelope from this address. Returns the answer.
pub fn from(server: &Server, address: &str, name: &str, data: Value) -> String {
    let headers = [("X-Forwarded-For", address)];
    server.send("POST", "/api", &headers, envelope(name, data).as_bytes()).text()
}

/// Validates a proof from this address.
pub fn validate(server: &Server, address: &str, hash: &str) -> String {
    from(server, address, "img/validate", json!({"hash": hash}))
}

/// Sends `count` different wrong proofs in batches. Returns how many were checked and how many
/// refused.
pub fn guess(server: &Server, address: &str, count: usize) -> (usize, usize) {
    let proofs: Vec<String> = (0..count)
        .map(|nth| envelope("img/validate", json!({"hash": md5(&format!("guess {nth}"))})))
        .collect();
    let (mut wrong, mut refused) = (0, 0);
    for batch in proofs.chunks(64) {
        let body = format!("[{}]", batch.join(","));
        let told = server.send("POST", "/api", &[("X-Forwarded-For", address)], body.as_bytes());
        wrong += told.text().matches(MISMATCH).count();
        refused += told.text().matches(LIMIT).count();
    }
    (wrong, refused)
}

#[test]
fn wrong_proofs_in_batches_stop_at_500() {
    let server = Server::start(PROXY);
    let hash = server.captcha();
    assert_eq!(guess(&server, "192.0.2.1", 640), (500, 140));
    let locked = |server: &Server| {
        let register = json!({"username": "nora", "password": "secret-1", "hash": hash});
        let again = envelope("img/validate", json!({"hash": hash}));
        let told =
            server.send("POST", "/api", &[("X-Forwarded-For", "192.0.2.1")], again.as_bytes());
        assert_eq!(told.header("retry-after"), "1", "a new captcha pays at once");
        assert!(told.text().contains("; ask for a new captcha\""), "{}", told.text());
        for (name, data) in [
            ("img/validate", json!({"hash": hash})),
            ("sms/generate", json!({"phone": "13800001234", "hash": hash})),
            ("user/register", register),
            ("user/login", json!({"username": "nora", "password": "x", "hash": hash})),
        ] {
            let told = from(server, "192.0.2.1", name, data);
            assert!(told.contains(LIMIT) && told.contains("\"status\":-2,"), "{name}: {told}");
        }
    };
    locked(&server);
    let server = server.kill_and_restart();
    locked(&server);
    assert_eq!(validate(&server, "192.0.2.2", &hash), ok(json!({})), "another address");
}

#[test]
fn wrong_proofs_count_across_operations() {
    let server = server(6);
    let proof = md5("wrong");
    let address = "192.0.2.1";
    let register = json!({"username": "nora", "password": "secret-1", "hash": proof});
    for (name, data) in [
        ("img/validate", json!({"hash": proof})),
        ("sms/generate", json!({"phone": "13800001234", "hash": proof})),
        ("user/register", register),
        ("user/login", json!({"username": "nora", "password": "x", "hash": proof})),
    ] {
        let told = from(&server, address, name, data);
        assert!(told.contains("the captcha's proof is wrong"), "{name}: {told}");
    }
    let named = || {
        server.get("/api/v1.0/imagecode/page");
        let path = "/api/v1.0/smscode/13800001234?id=page&text=zzzz";
        server.send("GET", path, &[("X-Forwarded-For", address)], b"").text()
    };
    assert!(named().contains("4004") && named().contains("4004"));
    assert_eq!(named(), r#"{"errno":"4201","errmsg":"请求次数受限"}"#);
    assert!(validate(&server, address, &server.captcha()).contains(LIMIT));
}

/// A registration peak: 500 people of one school, 400 of whom misread their captcha once, while one
/// attacker among them tries 90 proofs and another one, elsewhere, tries as many as possible.
#[test]
fn burst_of_500_registrations_stays_below_limit() {
    let server = Server::start(PROXY);
    let school = "192.0.2.1";
    assert_eq!(guess(&server, school, 90), (90, 0));
    assert_eq!(guess(&server, "198.51.100.1", 600), (500, 100));
    for student in 0..500 {
        let hash = server.captcha();
        if student % 5 > 0 {
            let wrong = md5(&format!("misread {student}"));
            assert_eq!(validate(&server, school, &wrong), fault(-1, MISMATCH), "{student}");
        }
        assert_eq!(validate(&server, school, &hash), ok(json!({})), "{student}");
        if student % 25 == 0 {
            let name = format!("student-{student}");
            let data = json!({"username": name, "password": "secret-1", "hash": hash});
            let told = from(&server, school, "user/register", data);
            assert!(told.contains("user_id"), "{told}");
        }
    }
}

#[test]
fn ipv6_household_counts_as_one_address() {
    let server = server(3);
    for nth in 1..4 {
        let told = validate(&server, &format!("2001:db8:1:2::{nth}"), &md5("wrong"));
        assert_eq!(told, fault(-1, MISMATCH));
    }
    assert!(validate(&server, "2001:db8:1:2::9", &server.captcha()).contains(LIMIT));
    assert_eq!(validate(&server, "2001:db8:1:3::9", &server.captcha()), ok(json!({})));
}

#[test]
fn reused_right_proof_is_not_counted_as_wrong() {
    let server = server(2);
    let address = "192.0.2.1";
    let hash = server.captcha();
    let data = json!({"phone": "13800001234", "hash": hash});
    assert!(from(&server, address, "sms/generate", data).contains("rand"));
    for _ in 0..5 {
        assert_eq!(validate(&server, address, &hash), fault(-1, MISMATCH));
    }
    assert_eq!(validate(&server, address, &server.captcha()), ok(json!({})));
}

#[test]
fn captcha_reveals_at_most_ten_taken_names() {
    let server = Server::start("");
    server.account("nora");
    let hash = server.captcha();
    let data = json!({"username": "nora", "password": "secret-1", "hash": hash});
    for _ in 0..10 {
        let told = server.call("user/register", data.clone());
        assert!(told.contains("the name is taken"), "{told}");
    }
    assert_eq!(server.call("user/register", data), fault(-4, "Error Hash"));
}
