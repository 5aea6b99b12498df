//! Access: pages of other origins (CORS), and the rate limit per address.

use crate::common::{Reply, Server, envelope, ok};
use serde_json::json;

fn shops() -> String {
    envelope("shop/list", json!({}))
}

/// The CORS headers and `Vary` of an answer.
fn cors(reply: &Reply) -> Vec<String> {
    let is_cors = |(name, value): &&(String, String)| {
        // `Vary` of all API answers is tested in tests/robustness/limits/headers.rs.
        (name == "vary" && value != "Authorization, Cookie") || name.starts_with("access-control-")
    };
    let lines = reply.headers.iter().filter(is_cors);
    let mut lines: Vec<String> = lines.map(|(name, value)| format!("{name}: {value}")).collect();
    lines.sort();
    lines
}

const ANY: &str = "access-control-allow-origin: *";
const CREDENTIALS: &str = "access-control-allow-credentials: true";
const VARY: &str = "vary: Origin";

#[test]
fn default_cors_allows_any_page_without_cookies() {
    let server = Server::start("");
    let none: &[&str] = &[];
    for (path, body) in [("/api", shops()), ("/api", "junk".into()), ("/none", String::new())] {
        for (origin, expected) in [
            (Some("https://www.example.com"), &[ANY][..]),
            (Some("null"), &[ANY]),
            (Some("*"), &[ANY]),
            (None, none),
        ] {
            let headers: Vec<_> = origin.iter().map(|origin| ("Origin", *origin)).collect();
            let reply = server.send("POST", path, &headers, body.as_bytes());
            assert_eq!(cors(&reply), expected, "{path} {origin:?}");
        }
    }
}

#[test]
fn listed_origin_is_echoed_and_may_send_cookies() {
    let listed = "https://www.example.com";
    for (origins, origin, expected) in [
        ("\"https://www.example.com\"", listed, vec![CREDENTIALS, listed, VARY]),
        ("\"https://WWW.example.com:443\"", listed, vec![CREDENTIALS, listed, VARY]),
        ("\"https://www.example.com\"", "https://example.com", vec![VARY]),
        ("\"https://www.example.com\"", "http://www.example.com", vec![VARY]),
        ("\"https://www.example.com\"", "https://www.example.com:8443", vec![VARY]),
        ("\"https://www.example.com\"", "null", vec![VARY]),
        ("\"*\", \"https://www.example.com\"", listed, vec![CREDENTIALS, listed, VARY]),
        ("\"*\", \"https://www.example.com\"", "https://example.com", vec![ANY, VARY]),
        ("", listed, vec![]),
    ] {
        let server = Server::start(&format!("[cors]\nallowed_origins = [{origins}]\n"));
        let by_name = |line: &&str| {
            let is_name = *line == listed;
            if is_name { format!("access-control-allow-origin: {line}") } else { line.to_string() }
        };
        let expected: Vec<String> = expected.iter().map(by_name).collect();
        let headers = [("Origin", origin)];
        let reply = server.send("POST", "/api", &headers, shops().as_bytes());
        assert_eq!(cors(&reply), expected, "{origins}: {origin}");
        assert_eq!(reply.text(), ok(json!([])));
        // Caches need `Vary` also without an origin.
        let reply = server.get("/api/external/get/property");
        assert_eq!(cors(&reply).contains(&VARY.to_owned()), origins.contains("https"), "{origins}");
    }
}

#[test]
fn preflight_lists_the_methods_of_the_path() {
    let server = Server::start("[cors]\nallowed_origins = [\"https://www.example.com\"]\n");
    let ask = |path: &str, origin: &str| {
        let headers = [
            ("Origin", origin),
            ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", "authorization, content-type"),
        ];
        server.send("OPTIONS", path, &headers, b"")
    };
    for (path, methods) in [("/api", "POST"), ("/api/external/get/property", "GET, HEAD")] {
        let reply = ask(path, "https://www.example.com");
        let expected = [
            CREDENTIALS,
            "access-control-allow-headers: authorization, content-type, x-csrftoken, x-nonce, x-signature, x-timestamp",
            &format!("access-control-allow-methods: {methods}"),
            "access-control-allow-origin: https://www.example.com",
            "access-control-max-age: 600",
            VARY,
        ];
        assert_eq!((reply.status, reply.text().as_str()), (204, ""), "{path}");
        assert_eq!(cors(&reply), expected, "{path}");
        let stranger = cors(&ask(path, "https://evil.example.com"));
        assert!(!stranger.iter().any(|line| line.contains("-origin") || line == CREDENTIALS));
    }
    assert_eq!(ask("/none", "https://www.example.com").status, 404);
    // Without a requested method it is not a preflight.
    let reply = server.send("OPTIONS", "/api", &[("Origin", "https://www.example.com")], b"");
    assert_eq!((reply.status, reply.header("allow")), (405, "POST"));
}

fn from(server: &Server, forwarded: &str) -> Reply {
    let headers = [("X-Forwarded-For", forwarded)];
    server.send("POST", "/api", &headers, shops().as_bytes())
}

fn assert_is_too_many(reply: &Reply) {
    assert_eq!((reply.status, &reply.json()["id"]), (429, &serde_json::json!(-1)));
    assert_eq!(reply.json()["status"], -404);
    assert_eq!(reply.header("content-type"), "application/json; charset=utf-8");
    let wait: u64 = reply.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    let detail = format!("too many attempts (limits.requests_per_minute); try again in {wait} s");
    assert_eq!(reply.json()["detail"], detail);
}

#[test]
fn address_over_the_rate_is_told_to_wait() {
    let server = Server::start("[limits]\nrequests_per_minute = 3\n");
    for _ in 0..3 {
        assert_eq!(server.call("shop/list", json!({})), ok(json!([])));
    }
    assert_is_too_many(&server.send("POST", "/api", &[], shops().as_bytes()));
    // For every path, before any other error.
    assert_is_too_many(&server.get("/none"));
    assert_is_too_many(&server.get("/api/external/get/property"));
    // An untrusted proxy on this machine does not count as one client.
    assert_eq!(from(&server, "192.0.2.1").text(), ok(json!([])));
}

#[test]
fn clients_of_a_trusted_proxy_are_counted_separately() {
    let config =
        "[limits]\nrequests_per_minute = 1\ntrusted_proxies = [\"127.0.0.1\", \"10.0.0.0/30\"]\n";
    let server = Server::start(config);
    let is_served = |forwarded: &str| match from(&server, forwarded) {
        reply if reply.status == 429 => false,
        reply => reply.text() == ok(json!([])),
    };
    assert!(is_served("192.0.2.1"));
    assert!(!is_served("192.0.2.1"));
    assert!(is_served("192.0.2.2"));
    // The last address that is not a trusted proxy counts; those before it may be forged.
    assert!(!is_served("192.0.2.77, 192.0.2.1"));
    assert!(!is_served("192.0.2.78, 192.0.2.2, 10.0.0.1"));
    assert!(!is_served("192.0.2.78, 192.0.2.2, 10.0.0.3, 10.0.0.2"));
    assert!(is_served("192.0.2.2, 10.0.0.4"));
    assert!(is_served("2001:db8::1"));
    assert!(!is_served("2001:0db8:0:0::1"));
    // A household has a /64 network.
    assert!(!is_served("2001:db8:0:0:7:7:7:7"));
    assert!(is_served("2001:db8:0:1::1"));
    // An IPv4-mapped IPv6 address counts as the IPv4 address.
    assert!(!is_served("::ffff:192.0.2.1"));
    // A client with an unreadable address is unknown: it counts neither as the proxy nor as one
    // client.
    for forwarded in ["junk", "unknown", "", "junk"] {
        assert!(is_served(forwarded), "{forwarded}");
    }
}

#[test]
fn unconfigured_local_proxy_is_not_rate_limited() {
    let server =
        Server::start("[limits]\nrequests_per_minute = 1\ntrusted_proxies = [\"10.0.0.1\"]\n");
    assert_eq!(server.call("shop/list", json!({})), ok(json!([])));
    assert_is_too_many(&server.send("POST", "/api", &[], shops().as_bytes()));
    // Otherwise the proxy would be one client for everybody. Its forwarded addresses are not
    // trusted.
    for forwarded in ["192.0.2.2", "10.0.0.1", "127.0.0.2", "192.0.2.2", "192.0.2.3, 10.0.0.1"] {
        assert_eq!(from(&server, forwarded).text(), ok(json!([])));
    }
}
