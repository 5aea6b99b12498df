//! JSON-RPC 2.0: `POST /api/rpc` accepts only JSON-RPC; `POST /api` also accepts envelopes.

use crate::common::{Server, binary, envelope, run};
use serde_json::{Value, json};
use std::process::Command;

pub const RPC: &str = "/api/rpc";

/// A JSON-RPC error, with its keys in the order in which they are sent.
pub fn error(id: &str, code: i64, message: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":{code},"message":"{message}"}}}}"#)
}

fn invalid(id: &str) -> String {
    error(id, -32600, "Invalid Request")
}

fn unreadable() -> String {
    error("null", -32700, "Parse error")
}

pub fn not_found(id: &str) -> String {
    error(id, -32601, "Method not found")
}

/// A call of `shop.list` with this id, and `more` members.
pub fn call(id: &str, more: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","method":"shop.list","id":{id}{more}}}"#)
}

/// Its answer without shops.
pub fn no_shops(id: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"result":[]}}"#)
}

/// Posts a body. Returns the answer, which is empty for HTTP 204.
pub fn post(server: &Server, body: impl AsRef<[u8]>) -> String {
    let reply = server.send("POST", RPC, &[], body.as_ref());
    match reply.status {
        204 => assert_eq!((reply.text().as_str(), reply.header("content-type")), ("", "")),
        200 => {
            assert_eq!(reply.header("content-type"), "application/json; charset=utf-8");
            assert!(!reply.body.is_empty());
        }
        status => panic!("{status}: {}", reply.text()),
    }
    reply.text()
}

/// All examples of section 7 of the specification. Its methods are not ours, so they are not found.
#[test]
fn specification_examples_are_answered() {
    let server = Server::start("");
    for (sent, answer) in [
        (
            r#"{"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1}"#,
            not_found("1"),
        ),
        (
            r#"{"jsonrpc": "2.0", "method": "subtract", "params": [23, 42], "id": 2}"#,
            not_found("2"),
        ),
        (
            r#"{"jsonrpc": "2.0", "method": "subtract", "params": {"subtrahend": 23, "minuend": 42}, "id": 3}"#,
            not_found("3"),
        ),
        (
            r#"{"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 42, "subtrahend": 23}, "id": 4}"#,
            not_found("4"),
        ),
        (r#"{"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]}"#, String::new()),
        (r#"{"jsonrpc": "2.0", "method": "foobar"}"#, String::new()),
        (r#"{"jsonrpc": "2.0", "method": "foobar", "id": "1"}"#, not_found("\"1\"")),
        (r#"{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]"#, unreadable()),
        (r#"{"jsonrpc": "2.0", "method": 1, "params": "bar"}"#, invalid("null")),
        (
            r#"[
  {"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},
  {"jsonrpc": "2.0", "method"
]"#,
            unreadable(),
        ),
        ("[]", invalid("null")),
        ("[1]", format!("[{}]", invalid("null"))),
        ("[1,2,3]", format!("[{0},{0},{0}]", invalid("null"))),
        (
            r#"[
        {"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},
        {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]},
        {"jsonrpc": "2.0", "method": "subtract", "params": [42,23], "id": "2"},
        {"foo": "boo"},
        {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},
        {"jsonrpc": "2.0", "method": "get_data", "id": "9"}
    ]"#,
            format!(
                "[{},{},{},{},{}]",
                not_found("\"1\""),
                not_found("\"2\""),
                invalid("null"),
                not_found("\"5\""),
                not_found("\"9\"")
            ),
        ),
        (
            r#"[
        {"jsonrpc": "2.0", "method": "notify_sum", "params": [1,2,4]},
        {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]}
    ]"#,
            String::new(),
        ),
    ] {
        assert_eq!(post(&server, sent), answer, "{sent}");
    }
}

/// The same examples where the specification has a result, with a method of ours.
#[test]
fn specification_examples_with_our_methods_succeed() {
    let server = Server::start("");
    let by_position = r#"{"jsonrpc": "2.0", "method": "shop.list", "params": [42, 23], "id": 1}"#;
    assert_eq!(post(&server, by_position), error("1", -32602, "Invalid params"));
    for params in [r#"{"key": "a", "limit": 3}"#, r#"{"limit": 3, "key": "a"}"#] {
        let sent = call("3", &format!(r#", "params": {params}"#));
        assert_eq!(post(&server, sent), no_shops("3"));
    }
    let batch = r#"[
        {"jsonrpc": "2.0", "method": "shop.list", "params": {"limit": 1}, "id": "1"},
        {"jsonrpc": "2.0", "method": "shop.list", "params": [7]},
        {"jsonrpc": "2.0", "method": "shop.list", "params": [42,23], "id": "2"},
        {"foo": "boo"},
        {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},
        {"jsonrpc": "2.0", "method": "shop.list", "id": "9"}
    ]"#;
    let answers = [
        no_shops("\"1\""),
        error("\"2\"", -32602, "Invalid params"),
        invalid("null"),
        not_found("\"5\""),
        no_shops("\"9\""),
    ];
    assert_eq!(post(&server, batch), format!("[{}]", answers.join(",")));
}

/// Public reports of the kind: gear-tech/gear-js#1408 (`[]` and `[1,2]`), NethermindEth/nethermind#12537
/// (foreign items in a batch), MetaMask/json-rpc-engine#153, shogowada/json-rpc-2.0#63 (`[]`).
#[test]
fn json_without_a_call_is_an_invalid_request() {
    let server = Server::start("");
    for (sent, id) in [
        ("{}", "null"),
        ("1", "null"),
        ("\"shop.list\"", "null"),
        ("null", "null"),
        ("true", "null"),
        (&*envelope("shop/list", json!({})), "7"),
        (r#"{"method":"shop.list","id":1}"#, "1"),
        (r#"{"jsonrpc":"1.0","method":"shop.list","id":1}"#, "1"),
        (r#"{"jsonrpc":2.0,"method":"shop.list","id":1}"#, "1"),
        (r#"{"jsonrpc":"2","method":"shop.list","id":"a"}"#, "\"a\""),
        (r#"{"jsonrpc":["2.0"],"method":"shop.list","id":1}"#, "1"),
        (r#"{"JSONRPC":"2.0","method":"shop.list"}"#, "null"),
        (r#"{"jsonrpc":"2.0","id":1}"#, "1"),
        (r#"{"jsonrpc":"2.0","method":null,"id":1}"#, "1"),
        (r#"{"jsonrpc":"2.0","method":["shop.list"],"id":1}"#, "1"),
        (r#"{"jsonrpc":"2.0","method":{"name":"shop.list"},"id":1}"#, "1"),
        // A response sent as a request.
        (r#"{"jsonrpc":"2.0","result":19,"id":1}"#, "1"),
        (
            r#"{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":"1"}"#,
            "\"1\"",
        ),
        (r#"{"jsonrpc":"2.0","method":"shop.list","id":{}}"#, "null"),
        (r#"{"jsonrpc":"2.0","method":"shop.list","id":[1]}"#, "null"),
        (r#"{"jsonrpc":"2.0","method":"shop.list","id":false}"#, "null"),
        (r#"{"jsonrpc":"2.0","method":"shop.list","params":"{}","id":1}"#, "1"),
        (r#"{"jsonrpc":"2.0","method":"shop.list","params":7,"id":1}"#, "1"),
        (r#"{"jsonrpc":"2.0","method":"shop.list","params":true,"id":1}"#, "1"),
    ] {
        assert_eq!(post(&server, sent), invalid(id), "{sent}");
        // In a batch it does not affect other items.
        let batch = format!("[{},{sent},{}]", call("8", ""), call("9", ""));
        let answers = format!("[{},{},{}]", no_shops("8"), invalid(id), no_shops("9"));
        assert_eq!(post(&server, batch), answers, "{sent}");
    }
    let list = format!("[{}]", call("1", ""));
    let answer = format!("[{},{}]", invalid("null"), no_shops("2"));
    assert_eq!(post(&server, format!("[{list},{}]", call("2", ""))), answer);
}

#[test]
fn unacceptable_json_is_an_invalid_request() {
    let server = Server::start("");
    let many = |count: usize| format!("[{}]", vec![call("1", ""); count].join(","));
    let deep = format!("{}{}", "[".repeat(129), "]".repeat(129));
    for (sent, why) in [
        (many(65), "a batch of 65; at most 64"),
        (call("1", r#","id":2"#), "a key stands twice"),
        (call("1", r#","params":{"limit":1,"limit":2}"#), "a key stands twice"),
        (call("1", &format!(r#","x":{deep}"#)), "nested deeper"),
    ] {
        let answer: Value = serde_json::from_str(&post(&server, &sent)).unwrap();
        assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(null), &json!(-32600)));
        assert_eq!(answer["error"]["message"], "Invalid Request");
        assert!(answer["error"]["data"].as_str().unwrap().contains(why), "{answer}");
    }
    assert!(post(&server, many(64)).starts_with('['));
}

#[test]
fn malformed_json_is_a_parse_error() {
    let server = Server::start("");
    for sent in [
        &b""[..],
        b"   \r\n",
        b"{",
        b"{\"jsonrpc\":\"2.0\",\"method\":\"shop.list\",\"id\":1",
        b"{\"jsonrpc\":\"2.0\",\"method\":\"shop.list\",\"id\":1}}",
        b"{\"jsonrpc\":\"2.0\",\"method\":\"shop.list\",\"id\":1,}",
        b"{'jsonrpc':'2.0','method':'shop.list','id':1}",
        b"{jsonrpc:\"2.0\"}",
        b"{\"jsonrpc\":\"2.0\",\"method\":\"shop.list\",\"id\":NaN}",
        b"{\"jsonrpc\":\"2.0\",\"method\":\"shop.list\",\"id\":01}",
        b"{\"jsonrpc\":\"2.0\",\"method\":\"\xff\",\"id\":1}",
        b"[1,2",
        b"[,]",
        b"{} {}",
        b"jsonrpc=2.0&method=shop.list",
        b"<?xml version=\"1.0\"?><methodCall/>",
        b"\x00",
    ] {
        assert_eq!(post(&server, sent), unreadable(), "{}", String::from_utf8_lossy(sent));
    }
    // The endpoint for both formats still answers it with an envelope.
    let reply = server.send("POST", "/api", &[], b"{");
    assert!(reply.text().starts_with(r#"{"id":-1,"status":-2,"#), "{}", reply.text());
    assert!(server.post("/api", "[]").starts_with(r#"{"id":-1,"status":-2,"#));
    assert!(server.post("/api", "[1]").starts_with(r#"[{"id":-1,"status":-2,"#));
}

#[test]
fn notifications_are_executed_and_not_answered() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let rename = |nickname: &str| json!({"jsonrpc": "2.0", "method": "user.update", "params": {"nickname": nickname, "token": token}});
    let nickname = || server.done(&token, "user/info", json!({}))["nickname"].clone();
    assert_eq!(post(&server, rename("one").to_string()), "");
    assert_eq!(nickname(), "one");
    let batch = json!([rename("two"), rename("three"), {"jsonrpc": "2.0", "method": "no.such"}]);
    assert_eq!(post(&server, batch.to_string()), "");
    assert_eq!(nickname(), "three");
    let mixed = format!("[{},{},{}]", rename("four"), call("1", ""), rename("five"));
    assert_eq!(post(&server, mixed), format!("[{}]", no_shops("1")));
    assert_eq!(nickname(), "five");
    // Its failure is not answered.
    for sent in [
        r#"{"jsonrpc":"2.0","method":"user.update","params":{"nickname":5}}"#,
        r#"{"jsonrpc":"2.0","method":"shop.list","params":[1]}"#,
        r#"[{"jsonrpc":"2.0","method":"shop.get","params":[]}]"#,
    ] {
        assert_eq!(post(&server, sent), "", "{sent}");
    }
}

#[test]
fn rpc_answers_only_post_of_any_content_type() {
    let server = Server::start("");
    for method in ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        let reply = server.send(method, RPC, &[], b"");
        assert_eq!((reply.status, reply.header("allow")), (405, "POST"), "{method}");
    }
    for kind in [
        "",
        "application/json",
        "application/json-rpc",
        "application/jsonrequest",
        "application/json; charset=UTF-8",
        "text/plain;charset=UTF-8",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/octet-stream",
        "\u{6d4b}",
    ] {
        let reply = server.send("POST", RPC, &[("Content-Type", kind)], call("1", "").as_bytes());
        assert_eq!((reply.status, reply.text()), (200, no_shops("1")), "{kind}");
    }
    let asks = [
        ("Origin", "https://a.example"),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "content-type"),
    ];
    let reply = server.send("OPTIONS", RPC, &asks, b"");
    assert_eq!((reply.status, reply.header("access-control-allow-origin")), (204, "*"));
    assert_eq!(server.get("/api/rpc/").status, 404);
}

#[test]
fn rpc_endpoint_is_in_routes_and_log() {
    let told = run(Command::new(binary()).arg("routes"));
    assert!(told.contains("POST\t/api/rpc\tjson-rpc\tjsonrpc method params id\n"), "{told}");
    let mut server = Server::start("[log]\nrequests = true\n");
    post(&server, call("1", ""));
    post(&server, "{");
    let metrics = server.get("/metrics").text();
    assert!(metrics.contains("-32700"), "{metrics}");
    assert_eq!(server.terminate(), 0);
    let log = server.log();
    let line = log.lines().find(|line| line.contains("shop/list")).unwrap();
    assert!(line.contains("path=/api/rpc") && line.contains("status=0"), "{line}");
    assert!(log.contains("status=-32700"), "{log}");
}

#[test]
fn rpc_errors_carry_the_detail() {
    let server = Server::start("");
    let routes = run(Command::new(binary()).arg("routes"));
    let mut count = 0;
    for line in routes.lines().filter(|line| !line.contains("\t/")) {
        let method = line.split('\t').next().unwrap().replace('/', ".");
        for params in
            [json!({}), json!({"token": "junk", "id": [], "openid": 5, "hash": {}, "shop_id": 1.5})]
        {
            let call = json!({"jsonrpc": "2.0", "method": method, "params": params, "id": 1});
            let answer: Value = serde_json::from_str(&post(&server, call.to_string())).unwrap();
            if answer.get("error").is_some() {
                let why = answer["error"]["data"].as_str();
                assert!(why.is_some_and(|why| why.len() > 5), "{method} {params}: {answer}");
                count += 1;
            }
        }
    }
    assert!(count > 40, "{count}");
}

/// Requests over an HTTP limit are refused in an envelope, because no call was read.
#[test]
fn requests_over_http_limits_get_http_errors() {
    let server = Server::start("[limits]\nrequests_per_minute = 60\nmax_body = 1000\n");
    let reply = server.send("POST", RPC, &[], call("1", &" ".repeat(1000)).as_bytes());
    assert_eq!((reply.status, &reply.json()["id"]), (413, &json!(-1)));
    let limited = (0..200).find_map(|_| {
        let reply = server.send("POST", RPC, &[], call("1", "").as_bytes());
        (reply.status != 200).then_some(reply)
    });
    let limited = limited.unwrap();
    assert_eq!((limited.status, &limited.json()["status"]), (429, &json!(-404)));
    assert!(limited.header("retry-after").parse::<u64>().unwrap() >= 1);
}
