//! Each operation by a path of its own (contract page `paths.md`): the body is its data, and the HTTP status
//! follows the fault.

use crate::common::{Reply, Server};
use serde_json::{Value, json};

/// The answer of `POST /api/op/` + `operation`, with this token and this body.
fn send(server: &Server, operation: &str, token: Option<&str>, body: &str) -> Reply {
    let bearer = token.map(|token| format!("Bearer {token}"));
    let headers: Vec<(&str, &str)> =
        bearer.iter().map(|bearer| ("Authorization", bearer.as_str())).collect();
    server.send("POST", &format!("/api/op/{operation}"), &headers, body.as_bytes())
}

fn told(reply: &Reply) -> (u16, i64) {
    (reply.status, reply.json()["status"].as_i64().unwrap())
}

#[test]
fn operation_path_answers_without_an_id() {
    let server = Server::start("");
    let data = json!({"openid": "ada", "score": 5}).to_string();
    let reply = send(&server, "score/post", None, &data);
    assert_eq!(reply.status, 200);
    assert_eq!(
        reply.text(),
        r#"{"status":0,"message":"successful","data":{"score":5,"rank":1,"new":true}}"#
    );
    assert_eq!(reply.header("content-type"), "application/json; charset=utf-8");
    for empty in ["", "{}", " \n", "\u{feff}{}"] {
        let reply = send(&server, "shop/list", None, empty);
        assert_eq!(reply.text(), r#"{"status":0,"message":"successful","data":[]}"#, "{empty:?}");
    }
}

#[test]
fn http_status_of_an_operation_follows_the_fault() {
    let server = Server::start("[shop]\nmax_per_account = 1\n");
    let (_, token) = server.account("nora");
    let (_, other) = server.account("omar");
    let opened = send(&server, "shop/create", Some(&token), r#"{"shop_name":"market"}"#);
    let shop = opened.json()["data"]["shop_id"].as_i64().unwrap();
    let junk = "0".repeat(32);
    let update = json!({"shop_id": shop, "shop_content": ""}).to_string();
    for (operation, token, body, expected) in [
        ("user/info", Some(token.as_str()), "{}", (200, 0)),
        ("score/get", None, "{}", (400, -3)),
        ("score/get", None, r#"{"openid":""}"#, (400, -2)),
        ("score/get", None, r#"{"openid":5}"#, (400, -2)),
        ("score/get", None, "[]", (400, -2)),
        ("score/get", None, "5", (400, -2)),
        ("score/get", None, "{", (400, -2)),
        ("user/info", None, "{}", (401, -100)),
        ("user/info", Some(&junk), "{}", (401, -101)),
        // The login is proven before the data is looked at.
        ("user/update", None, "[", (401, -100)),
        ("shop/update", Some(&other), &update, (403, 100)),
        ("score/get", None, r#"{"openid":"nobody"}"#, (404, -2)),
        ("no/such", None, "{}", (404, -2)),
        ("score", None, "{}", (404, -2)),
        ("shop/creat", Some(&other), r#"{"shop_name":"market"}"#, (409, 100)),
        ("shop/creat", Some(&token), r#"{"shop_name":"bazaar"}"#, (409, 101)),
        ("img/validate", None, r#"{"hash":"x"}"#, (422, -1)),
        ("user/login", None, r#"{"username":"nora","password":"wrong-1"}"#, (422, -2)),
        ("property/query", Some(&token), "{}", (400, -104)),
    ] {
        let reply = send(&server, operation, token, body);
        assert_eq!(told(&reply), expected, "{operation} {body}: {}", reply.text());
        let empty = if operation == "property/query" { json!([]) } else { json!({}) };
        if reply.status != 200 {
            assert_eq!(reply.json()["data"], empty, "{operation} {body}");
        }
    }
}

#[test]
fn used_up_limit_is_429_with_retry_after() {
    let server = Server::start("[limits]\nlogin_attempts = 1\n");
    server.account("nora");
    let wrong = r#"{"username":"nora","password":"wrong-1"}"#;
    assert_eq!(send(&server, "user/login", None, wrong).status, 422);
    let reply = send(&server, "user/login", None, wrong);
    assert_eq!(told(&reply), (429, -2));
    assert!(reply.header("retry-after").parse::<u64>().unwrap() > 0);
}

#[test]
fn operation_path_takes_post_and_bounded_bodies() {
    let server = Server::start("[limits]\nmax_body = 1024\n");
    let reply = server.send("GET", "/api/op/shop/list", &[], b"");
    assert_eq!((reply.status, reply.header("allow")), (405, "POST"));
    assert_eq!(send(&server, "shop/list", None, &" ".repeat(2000)).status, 413);
}

#[test]
fn token_of_an_operation_may_be_anywhere() {
    let server = Server::start("");
    let (id, token) = server.account("nora");
    let cookie = format!("session={token}");
    let by_query = format!("/api/op/user/info?token={token}");
    let in_data = json!({"token": token}).to_string();
    for (target, headers, body) in [
        (by_query.as_str(), vec![], "{}"),
        ("/api/op/user/info", vec![("Cookie", cookie.as_str())], "{}"),
        ("/api/op/user/info", vec![], in_data.as_str()),
    ] {
        let reply = server.send("POST", target, &headers, body.as_bytes());
        assert_eq!(reply.json()["data"]["user_id"], Value::from(id), "{target} {headers:?}");
    }
}

#[test]
fn operation_path_is_in_the_log_and_the_metrics() {
    let mut server = Server::start("[log]\nrequests = true\n");
    send(&server, "shop/list", None, "{}");
    let metrics = server.send("GET", "/metrics", &[], b"").text();
    let counted = r#"guichet_requests_total{operation="shop/list",status="0"} 1"#;
    assert!(metrics.contains(counted), "{metrics}");
    server.terminate();
    let log = server.log();
    assert!(log.contains("/api/op/{type}/{subtype}") && log.contains("shop/list"), "{log}");
}
