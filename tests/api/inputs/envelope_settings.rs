//! The effect of the section `[envelope]`: the media type of every envelope answer (row F1 of the
//! inputs), and envelopes without `id` and `status` (row F3).

use crate::common::web::JSON;
use crate::common::{Server, envelope, fault_with, ok};
use serde_json::{Value, json};

const TEXT: &str = "[envelope]\ncontent_type = \"text/plain\"\n";

/// Sends raw bytes. Returns the status and media type of the answer.
fn raw(server: &Server, bytes: &str) -> (u16, String) {
    let reply = server.raw(bytes.as_bytes());
    assert_eq!(reply.json()["id"], -1, "{bytes:.100}");
    (reply.status, reply.header("content-type").to_owned())
}

/// Public reports of the kind: influxdata/influxdb#48 (an answer that became `application/json` breaks a page
/// that parses the text itself), jquery/jquery#5059 (what is parsed follows the answer's type).
#[test]
fn every_answer_in_envelope_form_has_the_type() {
    let limits = "[limits]\nmax_body = 2000\n";
    for (config, kind) in
        [("", "application/json; charset=utf-8"), (TEXT, "text/plain; charset=utf-8")]
    {
        let server = Server::start(&format!("{config}{limits}"));
        let (_, token) = server.account("nora");
        let list = envelope("shop/list", json!({}));
        let big = "x".repeat(2001);
        for (method, target, body, status) in [
            ("POST", "/api", &*list, 200),
            ("POST", "/api/external/shop", &list, 200),
            ("POST", "/api", &format!("[{list},{list}]"), 200),
            ("POST", "/api", "{", 200),
            ("POST", "/api", "[]", 200),
            ("POST", "/api", &envelope("no/such", json!({})), 200),
            (
                "POST",
                "/api",
                &format!("[{list},{{\"jsonrpc\":\"2.0\",\"method\":\"a.b\",\"id\":1}}]"),
                200,
            ),
            ("GET", &format!("/api/external/get/property?type=1&token={token}"), "", 200),
            ("GET", "/api/external/get/property", "", 200),
            ("GET", &format!("/api/external/get/property?type=9&token={token}"), "", 200),
            ("GET", "/api", "", 405),
            ("GET", "/api/rpc", "", 405),
            ("PUT", "/login", "", 405),
            ("GET", "/api/no/such/path", "", 404),
            ("POST", "/api", &big, 413),
            ("POST", "/api/rpc", &big, 413),
            ("POST", "/login", &big, 413),
            ("POST", "/metrics", "", 405),
        ] {
            let reply = server.send(method, target, &[], body.as_bytes());
            assert_eq!(
                (reply.status, reply.header("content-type")),
                (status, kind),
                "{method} {target}"
            );
        }
        let long = "x".repeat(17 * 1024);
        for (bytes, status) in [
            ("GET /api HTTP/1.1\r\n\r\n".to_owned(), 400),
            ("GET /api HTTP/1.1\r\nHost: a b\r\n\r\n".to_owned(), 400),
            (
                "POST /api HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\nConnection: close\r\n\r\n"
                    .to_owned(),
                417,
            ),
            (format!("GET /api HTTP/1.1\r\nHost: a\r\nX: {long}\r\n\r\n"), 431),
            ("no HTTP at all\r\n\r\n".to_owned(), 400),
        ] {
            assert_eq!(raw(&server, &bytes), (status, kind.to_owned()), "{bytes:.60}");
        }
        let foreign = [("Origin", "https://evil.example"), JSON];
        let reply = server.send("POST", "/api/v1.0/sessions", &foreign, b"{}");
        assert_eq!((reply.status, reply.header("content-type")), (403, kind));
    }
}

#[test]
fn refusals_by_rate_have_the_type() {
    let server = Server::start(&format!("{TEXT}[limits]\nrequests_per_minute = 60\n"));
    let limited = (0..200).map(|_| server.get("/healthz/none")).find(|reply| reply.status == 429);
    let limited = limited.unwrap();
    assert_eq!(limited.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(limited.json()["status"], -404);
}

#[test]
fn other_answers_keep_their_type() {
    let server = Server::start(TEXT);
    let call = r#"{"jsonrpc":"2.0","method":"shop.list","id":1}"#;
    let batch = format!("[{call},{call}]");
    for (method, target, body) in [
        ("POST", "/api", call),
        ("POST", "/api", &*batch),
        ("POST", "/api/external/shop", call),
        ("POST", "/api/rpc", call),
        ("POST", "/api/rpc", &batch),
        ("POST", "/api/rpc", "{"),
        ("POST", "/api/rpc", "[]"),
        ("POST", "/login", "{}"),
        ("POST", "/ranking_list", "{}"),
        ("GET", "/api/user_score?openid=p", ""),
        ("GET", "/api/v1.0/session", ""),
        ("GET", "/healthz", ""),
        ("GET", "/readyz", ""),
    ] {
        let reply = server.send(method, target, &[], body.as_bytes());
        let told = (reply.status, reply.header("content-type"));
        assert_eq!(told, (200, "application/json; charset=utf-8"), "{method} {target} {body}");
    }
    assert_eq!(server.get("/api/external/get/portrait/7").header("content-type"), "image/png");
    assert!(server.get("/metrics").header("content-type").starts_with("text/plain; version="));
}

/// An envelope without these keys.
fn without(keys: &[&str]) -> String {
    let mut sent: Value = serde_json::from_str(&envelope("shop/list", json!({}))).unwrap();
    for key in keys {
        sent.as_object_mut().unwrap().shift_remove(*key);
    }
    sent.to_string()
}

fn missing(key: &str, id: &str) -> String {
    let detail = format!("{key}: missing from the envelope");
    fault_with(-1, "Error JSON key", &detail).replace("\"id\":7", &format!("\"id\":{id}"))
}

#[test]
fn missing_keys_are_a_fault_by_default() {
    let server = Server::start("");
    for (keys, key, id) in [
        (&["id"][..], "id", "-1"),
        (&["status"], "status", "7"),
        (&["id", "status"], "id", "-1"),
        (&["type"], "type", "7"),
        (&["subtype"], "subtype", "7"),
        (&["data"], "data", "7"),
    ] {
        assert_eq!(server.post("/api", &without(keys)), missing(key, id), "{keys:?}");
    }
    let server = Server::start("[envelope]\nlenient = false\n");
    assert_eq!(server.post("/api", &without(&["status"])), missing("status", "7"));
}

#[test]
fn lenient_server_needs_neither_id_nor_status() {
    let server = Server::start("[envelope]\nlenient = true\n");
    let done = ok(json!([]));
    let nameless = done.replace("\"id\":7", "\"id\":-1");
    for (keys, answer) in [
        (&["id"][..], nameless.clone()),
        (&["status"], done.clone()),
        (&["id", "status"], nameless.clone()),
        (&[], done.clone()),
        // The other keys are always required.
        (&["type"], missing("type", "7")),
        (&["subtype"], missing("subtype", "7")),
        (&["data"], missing("data", "7")),
        (&["id", "status", "data"], missing("data", "-1")),
    ] {
        for path in ["/api", "/api/external/shop"] {
            assert_eq!(server.post(path, &without(keys)), answer, "{keys:?}");
        }
        let batch = format!("[{},{}]", without(keys), without(&[]));
        assert_eq!(server.post("/api", &batch), format!("[{answer},{done}]"), "{keys:?}");
    }
    // Present keys are read as usual.
    for status in ["null", "\"0\"", "0.5", "[]", "true"] {
        let sent = without(&[]).replace("\"status\":0", &format!("\"status\":{status}"));
        let expected = fault_with(-2, "Error JSON value", "status: expected an integer");
        assert_eq!(server.post("/api", &sent), expected, "{status}");
    }
    for id in ["null", "\"x\"", "1.5", "[]"] {
        let sent = without(&[]).replace("\"id\":7", &format!("\"id\":{id}"));
        assert_eq!(server.post("/api", &sent), nameless, "{id}");
    }
    let wrong = without(&["id", "status"]).replace("shop", "no");
    assert!(server.post("/api", &wrong).starts_with(r#"{"id":-1,"status":-2,"#));
}
