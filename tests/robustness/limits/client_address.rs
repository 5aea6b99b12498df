//! Which requests share a limit per address.

use crate::common::{Server, envelope};
use serde_json::json;

/// The detail of a refused login without attempts left.
const LOCKED: &str = "limits.login_attempts";

/// The answer to a wrong login with these headers.
fn login(server: &Server, headers: &[(&str, &str)]) -> String {
    let body = envelope("user/login", json!({"username": "nora", "password": "x"}));
    server.send("POST", "/api", headers, body.as_bytes()).text()
}

#[test]
fn shared_network_multiplies_address_limits() {
    let server = Server::start(
        "[limits]\nlogin_attempts = 1\ntrusted_proxies = [\"127.0.0.1\"]\n\
         shared_networks = { \"192.0.2.0/24\" = 3 }\n",
    );
    let from = |address: &'static str| [("X-Forwarded-For", address)];
    for _ in 0..3 {
        assert!(!login(&server, &from("192.0.2.1")).contains(LOCKED));
    }
    assert!(login(&server, &from("192.0.2.1")).contains(LOCKED));
    assert!(!login(&server, &from("203.0.113.1")).contains(LOCKED));
    assert!(login(&server, &from("203.0.113.1")).contains(LOCKED));
}

#[test]
fn unconfigured_local_proxy_is_not_limited() {
    let server = Server::start("[limits]\nlogin_attempts = 1\n");
    for _ in 0..4 {
        let told = login(&server, &[("X-Forwarded-For", "192.0.2.1")]);
        assert!(!told.contains(LOCKED), "{told}");
    }
    assert!(server.log().contains("limits.trusted_proxies"), "{}", server.log());
    login(&server, &[]);
    assert!(login(&server, &[]).contains(LOCKED));
}
