//! `/metrics`: correct numbers, a bounded number of series, and access control.

mod dashboard;
mod hidden;
mod measured;
mod writes;

use crate::common::scrape::Scrape;
use crate::common::{Folder, Server, envelope};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::time::{Duration, Instant};

/// Waits until the condition holds.
fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::yield_now();
    }
}

/// Changes of request counters since `before`, without background work and durations.
fn changes(server: &Server, before: &Scrape) -> BTreeMap<String, f64> {
    let mut changes = Scrape::of(server).since(before);
    let counts =
        ["guichet_request_seconds_count", "guichet_requests", "guichet_http", "guichet_refused"];
    changes.retain(|series, _| counts.iter().any(|count| series.starts_with(count)));
    changes
}

fn expected(series: &[(&str, f64)]) -> BTreeMap<String, f64> {
    series.iter().map(|(series, change)| ((*series).to_owned(), *change)).collect()
}

#[test]
fn operations_are_counted_once_by_status() {
    let server = Server::start("");
    let before = Scrape::of(&server);
    server.call("shop/list", json!({}));
    server.call("shop/get", json!({}));
    server.call("shop/get", json!({"shop_id": 1}));
    let (list, get) = (envelope("shop/list", json!({})), envelope("shop/get", json!({})));
    server.post("/api", &format!("[{list},{get},{list},3,{{}}]"));
    server.post("/api", r#"{"jsonrpc":"2.0","id":1,"method":"shop.list"}"#);
    server.post("/api", r#"{"jsonrpc":"2.0","id":1,"method":"shop.none"}"#);
    server.post("/api", r#"{"jsonrpc":"2.0","id":1,"method":1}"#);
    server.send("POST", "/api", &[], br#"{"jsonrpc":"2.0","method":"shop.list"}"#);
    server.post("/api", "junk");
    server.post("/api", "[]");
    server.get("/api/external/get/portrait/5");
    server.get("/api/v1.0/session");
    server.send("PUT", "/ranking_list", &[], b"{");
    server.get("/nowhere");
    server.send("DELETE", "/api", &[], b"");
    assert_eq!(
        changes(&server, &before),
        expected(&[
            (r#"guichet_requests_total{operation="shop/list",status="0"}"#, 5.0),
            (r#"guichet_request_seconds_count{operation="shop/list"}"#, 5.0),
            (r#"guichet_requests_total{operation="shop/get",status="-3"}"#, 2.0),
            (r#"guichet_requests_total{operation="shop/get",status="-2"}"#, 1.0),
            (r#"guichet_request_seconds_count{operation="shop/get"}"#, 3.0),
            (r#"guichet_requests_total{operation="portrait/get",status="0"}"#, 1.0),
            (r#"guichet_request_seconds_count{operation="portrait/get"}"#, 1.0),
            (r#"guichet_requests_total{operation="user/info",status="-100"}"#, 1.0),
            (r#"guichet_request_seconds_count{operation="user/info"}"#, 1.0),
            (r#"guichet_requests_total{operation="rank/upload",status="-100"}"#, 1.0),
            (r#"guichet_request_seconds_count{operation="rank/upload"}"#, 1.0),
            // `3`, "junk" and "[]"; `{}`; what JSON-RPC does not know.
            (r#"guichet_requests_total{operation="none",status="-2"}"#, 3.0),
            (r#"guichet_requests_total{operation="none",status="-1"}"#, 1.0),
            (r#"guichet_requests_total{operation="none",status="-32601"}"#, 1.0),
            (r#"guichet_requests_total{operation="none",status="-32600"}"#, 1.0),
            // The scrape before counts itself only afterwards.
            (r#"guichet_http_responses_total{code="200"}"#, 13.0),
            (r#"guichet_http_responses_total{code="204"}"#, 1.0),
            (r#"guichet_http_responses_total{code="404"}"#, 1.0),
            (r#"guichet_http_responses_total{code="405"}"#, 1.0),
        ])
    );
}

#[test]
fn operations_of_one_request_are_counted_separately() {
    let server = Server::start("");
    assert_eq!(server.get("/api/v1.0/imagecode/page-1").status, 200);
    server.get("/api/v1.0/smscode/13800001234?id=page-1&text=abcd");
    let code = server.outbox()[0]["code"].as_str().unwrap().to_owned();
    let before = Scrape::of(&server);
    let body = json!({"mobile": "13800001234", "sms_code": code, "password": "secret-1"});
    server.send("POST", "/api/v1.0/users", &[], body.to_string().as_bytes());
    let changes = changes(&server, &before);
    for operation in ["user/register", "user/login", "user/info"] {
        let series = format!("guichet_requests_total{{operation=\"{operation}\",status=\"0\"}}");
        assert_eq!(changes.get(&series), Some(&1.0), "{changes:?}");
    }
}

#[test]
fn unknown_names_create_no_metric_series() {
    let server = Server::start("");
    server.call("made/up", json!({}));
    server.get("/made-up");
    server.send("MADE-UP", "/", &[], b"");
    server.post("/api", r#"{"jsonrpc":"2.0","id":1,"method":"made.up"}"#);
    let before = Scrape::of(&server);
    for batch in 0..160 {
        let items: Vec<String> = (0..64)
            .map(|nth| match nth % 2 {
                0 => envelope(&format!("made-{batch}/up-{nth}"), json!({})),
                _ => format!(r#"{{"jsonrpc":"2.0","id":1,"method":"made{batch}.up{nth}"}}"#),
            })
            .collect();
        server.post("/api", &format!("[{}]", items.join(",")));
        server.get(&format!("/made-up/{batch}"));
        server.send(&format!("MADE-UP-{batch}"), &format!("/{batch}"), &[], b"");
    }
    let after = Scrape::of(&server);
    let names = |scrape: &Scrape| scrape.series.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&after), names(&before));
    let unknown = r#"guichet_requests_total{operation="none",status="-2"}"#;
    assert_eq!(after.get(unknown) - before.get(unknown), 160.0 * 32.0);
}

#[test]
fn refusals_are_counted_by_reason() {
    let server = Server::start("[limits]\nmax_body = 1000\n");
    let before = Scrape::of(&server);
    server.send("POST", "/api", &[], &[b'x'; 1001]);
    server.send("POST", "/api", &[("X-Long", &"x".repeat(17_000))], b"");
    server.raw(b"GET / HTTP/1.1\r\n\r\n");
    server.raw(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
    server.raw(b"nonsense\r\n\r\n");
    server
        .raw(format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(99_000)).as_bytes());
    let foreign = [("Origin", "http://evil.example")];
    server.send("POST", "/api/v1.0/sessions", &foreign, b"mobile=1");
    let mut changes = changes(&server, &before);
    changes.retain(|series, _| series.starts_with("guichet_refused"));
    assert_eq!(
        changes,
        expected(&[
            (r#"guichet_refused_total{reason="body_size"}"#, 1.0),
            (r#"guichet_refused_total{reason="head_size"}"#, 2.0),
            (r#"guichet_refused_total{reason="malformed"}"#, 3.0),
            (r#"guichet_refused_total{reason="foreign_page"}"#, 1.0),
        ])
    );
    let server = Server::start("[limits]\nrequests_per_minute = 2\n");
    for _ in 0..5 {
        server.get("/");
    }
    let scrape = Scrape::of(&server);
    assert_eq!(scrape.get(r#"guichet_refused_total{reason="rate_limit"}"#), 3.0);
    assert_eq!(scrape.get(r#"guichet_http_responses_total{code="429"}"#), 3.0);
}

#[test]
fn messages_are_counted_by_outcome() {
    let told = |server: &Server| {
        let scrape = Scrape::of(server);
        ["sent", "refused", "time_out", "failed"]
            .map(|outcome| scrape.get(&format!("guichet_sms_total{{outcome=\"{outcome}\"}}")))
    };
    let send = |server: &Server| {
        let data = json!({"phone": "13800001234", "hash": server.captcha()});
        server.call("sms/generate", data)
    };
    let server = Server::start("[sms]\nper_30_seconds = 0\n");
    send(&server);
    send(&server);
    // Messages stopped by a quota or a captcha never reach the gateway.
    server.call("sms/generate", json!({"phone": "13800001234", "hash": "0"}));
    assert_eq!(told(&server), [2.0, 0.0, 0.0, 0.0]);

    let folder = Folder::new();
    fs::create_dir_all(folder.path().join("data")).unwrap();
    symlink("/dev/full", folder.path().join("data/outbox.jsonl")).unwrap();
    let server = Server::start_in(folder, "");
    send(&server);
    assert_eq!(told(&server), [0.0, 0.0, 0.0, 1.0]);
    let failures = r#"guichet_failures_total{operation="sms/generate"}"#;
    assert_eq!(Scrape::of(&server).get(failures), 1.0);
}

#[test]
fn metrics_stay_valid_under_load() {
    let server = Server::start("[score]\nnew_boards_per_day = 0\n");
    std::thread::scope(|scope| {
        let ask = |nth: i64| {
            let server = &server;
            scope.spawn(move || {
                for _ in 0..50 {
                    let data = json!({"app": format!("g{nth}"), "openid": "p", "score": nth});
                    server.call("score/post", data);
                }
            })
        };
        let askers: Vec<_> = (0..4).map(ask).collect();
        let mut before = Scrape::of(&server);
        while !askers.iter().all(|asker| asker.is_finished()) {
            let now = Scrape::of(&server);
            let fell = |(series, change): &(String, f64)| {
                let name = series.split('{').next().unwrap_or_default();
                let counts = ["_total", "_count", "_bucket", "_sum"];
                *change < 0.0 && counts.iter().any(|end| name.ends_with(end))
            };
            let fallen: Vec<_> = now.since(&before).into_iter().filter(fell).collect();
            assert!(fallen.is_empty(), "{fallen:?}");
            before = now;
        }
    });
    let answer: Value = serde_json::from_str(&server.call("shop/list", json!({}))).unwrap();
    assert_eq!(answer["status"], 0);
    let posts = r#"guichet_requests_total{operation="score/post",status="0"}"#;
    assert_eq!(Scrape::of(&server).get(posts), 200.0);
}
