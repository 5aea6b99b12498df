//! JSON-RPC 2.0 on the envelope's endpoint: the rules and the examples of the specification
//! (section 7), with our operations instead of `subtract`.

use crate::common::{Server, envelope, fault, ok};
use serde_json::{Value, json};

fn call(id: Value, method: &str, params: Value) -> String {
    json!({"jsonrpc": "2.0", "method": method, "params": params, "id": id}).to_string()
}

fn error(id: &str, code: i64, message: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":{code},"message":"{message}"}}}}"#)
}

fn error_with(id: &str, code: i64, message: &str, data: &str) -> String {
    let error = error(id, code, message);
    format!("{},\"data\":\"{data}\"}}}}", error.strip_suffix("}}").unwrap())
}

#[test]
fn rpc_call_returns_its_result_and_id() {
    let server = Server::start("");
    for id in [
        "1",
        "0",
        "-7",
        "1.5",
        "\"1\"",
        "\"\"",
        "\"编号\\n\"",
        "null",
        "9223372036854775807",
        "123456789012345678901234567890",
        "7e400",
    ] {
        let body = format!(r#"{{"jsonrpc":"2.0","method":"shop.list","params":{{}},"id":{id}}}"#);
        let expected = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":[]}}"#);
        assert_eq!(server.post("/api", &body), expected);
    }
}

#[test]
fn rpc_params_become_data_and_may_be_absent() {
    let server = Server::start("");
    let hash = server.captcha();
    let answer = server.post("/api", &call(json!(1), "img.validate", json!({"hash": hash})));
    assert_eq!(answer, r#"{"jsonrpc":"2.0","id":1,"result":{}}"#);
    let answer = server.post("/api", r#"{"id":2,"method":"shop.list","jsonrpc":"2.0"}"#);
    assert_eq!(answer, r#"{"jsonrpc":"2.0","id":2,"result":[]}"#);
    let reply = server.send(
        "POST",
        "/api/external",
        &[],
        call(json!(3), "shop.list", json!({})).as_bytes(),
    );
    assert_eq!(reply.header("content-type"), "application/json; charset=utf-8");
}

#[test]
fn rpc_error_code_is_the_status_of_the_fault() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let junk = "0".repeat(32);
    for (path, method, params, expected) in [
        (
            "/api",
            "img.validate",
            json!({"hash": "x"}),
            error_with(
                "7",
                -1,
                "验证码hash值不匹配",
                "the captcha's proof is wrong, or the captcha was used or has expired",
            ),
        ),
        ("/api", "img.validate", json!({}), error_with("7", -3, "Error data key", "hash: missing")),
        (
            "/api",
            "sms.validate",
            json!({"phone": "13800001234", "hash": "x"}),
            error_with("7", -4, "Error Hash", "the code is wrong, or was used or has expired"),
        ),
        (
            "/api",
            "user.info",
            json!({}),
            error_with("7", -100, "Missing necessary args", "a token is needed: log in first"),
        ),
        (
            "/api",
            "user.info",
            json!({"token": junk}),
            error_with(
                "7",
                -101,
                "Error token",
                "the token is unknown, expired, logged out or older than the password",
            ),
        ),
        (
            "/api",
            "sms.generate",
            json!({"phone": "1", "hash": "x"}),
            error_with(
                "7",
                1016,
                "手机号格式错误",
                "not a mobile number of mainland China: 11 digits that begin 13 to 19",
            ),
        ),
        (
            "/api",
            "shop.list",
            json!({"limit": "5"}),
            error_with("7", -2, "Error JSON value", "limit: expected an integer"),
        ),
        (
            &format!("/api?token={token}"),
            "property.add",
            json!({}),
            error_with("7", -202, "Missing necessary data key-value", "type: missing"),
        ),
    ] {
        assert_eq!(server.post(path, &call(json!(7), method, params)), expected);
    }
}

#[test]
fn unknown_rpc_method_is_not_found() {
    let server = Server::start("");
    for method in ["foobar", "shop.none", "shop", "shop/list", "", ".", "shop.list.", "Shop.list"] {
        let answer = server.post("/api", &call(json!("1"), method, json!({})));
        assert_eq!(answer, error("\"1\"", -32601, "Method not found"), "{method:?}");
        // With any params.
        let answer = server.post("/api", &call(json!("1"), method, json!([1])));
        assert_eq!(answer, error("\"1\"", -32601, "Method not found"), "{method:?}");
    }
}

#[test]
fn invalid_rpc_request_is_answered_without_id() {
    let server = Server::start("");
    for (body, id) in [
        (r#"{"jsonrpc":"2.0"}"#, "null"),
        (r#"{"jsonrpc":"2.0","method":1,"params":"bar"}"#, "null"),
        (r#"{"jsonrpc":"2.0","method":null,"id":5}"#, "5"),
        (r#"{"jsonrpc":"2.0","method":"shop.list","params":"bar","id":5}"#, "5"),
        (r#"{"jsonrpc":"2.0","method":"shop.list","params":"bar"}"#, "null"),
        (r#"{"jsonrpc":"2.0","method":"shop.list","params":7,"id":"a"}"#, "\"a\""),
        (r#"{"jsonrpc":"2.0","method":"shop.list","id":{}}"#, "null"),
        (r#"{"jsonrpc":"2.0","method":"shop.list","id":[1]}"#, "null"),
        (r#"{"jsonrpc":"2.0","method":"shop.list","id":true}"#, "null"),
    ] {
        assert_eq!(server.post("/api", body), error(id, -32600, "Invalid Request"), "{body}");
    }
}

#[test]
fn positional_params_are_invalid() {
    let server = Server::start("");
    for params in [json!([42, 23]), json!([null]), json!([{}]), json!([[]]), json!([{"limit": 1}])]
    {
        let answer = server.post("/api", &call(json!(1), "shop.list", params));
        assert_eq!(answer, error("1", -32602, "Invalid params"));
    }
}

#[test]
fn other_jsonrpc_version_is_read_as_an_envelope() {
    let server = Server::start("");
    for version in [json!("1.0"), json!(2.0), json!(null), json!("2")] {
        let body = json!({"jsonrpc": version, "method": "shop.list", "id": 7}).to_string();
        let answer = server.post("/api", &body);
        let expected =
            crate::common::fault_with(-1, "Error JSON key", "status: missing from the envelope");
        assert_eq!(answer, expected);
    }
    let mut body: Value = serde_json::from_str(&envelope("shop/list", json!({}))).unwrap();
    body["jsonrpc"] = json!("1.0");
    assert_eq!(server.post("/api", &body.to_string()), ok(json!([])));
}

#[test]
fn notification_is_executed_and_not_answered() {
    let server = Server::start("");
    let hash = server.captcha();
    let notify = |method: &str, params: Value| {
        let body = json!({"jsonrpc": "2.0", "method": method, "params": params}).to_string();
        let reply = server.send("POST", "/api", &[], body.as_bytes());
        assert_eq!((reply.status, reply.text().as_str()), (204, ""), "{method}");
        assert_eq!((reply.header("content-type"), reply.header("content-length")), ("", ""));
    };
    let message = json!({"phone": "13800001234", "hash": hash});
    notify("sms.generate", message.clone());
    let again = server.call("img/validate", json!({"hash": hash}));
    assert_eq!(again, fault(-1, "验证码hash值不匹配"), "its effect is there");
    // A failed notification is not answered either.
    notify("sms.generate", message);
    notify("img.validate", json!({}));
    notify("foobar", json!({}));
    notify("shop.list", json!([1, 2, 3, 4, 5]));
}

#[test]
fn batch_of_notifications_is_not_answered() {
    let server = Server::start("");
    let (one, two) = (server.captcha(), server.captcha());
    let notify = |phone: &str, hash: &str| {
        let params = json!({"phone": phone, "hash": hash});
        json!({"jsonrpc": "2.0", "method": "sms.generate", "params": params})
    };
    let body = json!([notify("13800001001", &one), notify("13800001002", &two)]).to_string();
    let reply = server.send("POST", "/api", &[], body.as_bytes());
    assert_eq!((reply.status, reply.text().as_str()), (204, ""));
    for hash in [one, two] {
        let again = server.call("img/validate", json!({"hash": hash}));
        assert_eq!(again, fault(-1, "验证码hash值不匹配"));
    }
}

#[test]
fn rpc_batch_is_answered_in_order() {
    let server = Server::start("");
    let body = r#"[
        {"jsonrpc": "2.0", "method": "shop.list", "params": {"limit": 2}, "id": "1"},
        {"jsonrpc": "2.0", "method": "img.validate", "params": {"hash": "7"}},
        {"jsonrpc": "2.0", "method": "shop.list", "params": [42, 23], "id": "2"},
        {"jsonrpc": "2.0", "params": {}},
        {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},
        {"jsonrpc": "2.0", "method": "shop.list", "id": "9"}
    ]"#;
    let expected = [
        r#"{"jsonrpc":"2.0","id":"1","result":[]}"#.to_owned(),
        error("\"2\"", -32602, "Invalid params"),
        error("null", -32600, "Invalid Request"),
        error("\"5\"", -32601, "Method not found"),
        r#"{"jsonrpc":"2.0","id":"9","result":[]}"#.to_owned(),
    ];
    assert_eq!(server.post("/api", body), format!("[{}]", expected.join(",")));
}

#[test]
fn malformed_json_is_answered_by_an_envelope() {
    let server = Server::start("");
    let body = r#"{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]"#;
    let answer = server.post("/api", body);
    assert!(answer.starts_with(r#"{"id":-1,"status":-2,"message":"Error JSON value""#), "{answer}");
}

#[test]
fn token_is_found_in_params_and_in_headers() {
    let server = Server::start("");
    let (id, token) = server.account("nora");
    for (path, params) in
        [("/api", json!({"token": token})), (&*format!("/api?token={token}"), json!({}))]
    {
        let answer: Value =
            serde_json::from_str(&server.post(path, &call(json!(1), "user.info", params))).unwrap();
        assert_eq!(answer["result"]["user_id"], id);
    }
}
