//! Batches of envelopes (envelope.md): run in order, each in its own transaction, and answered in
//! order.

use crate::common::{CODE, Server, envelope, fault_with, ok};
use engine::hex::md5;
use serde_json::{Value, json};

fn item(id: i64, name: &str, data: Value) -> Value {
    let mut item: Value = serde_json::from_str(&envelope(name, data)).unwrap();
    item["id"] = json!(id);
    item
}

fn batch(items: &[Value]) -> String {
    Value::from(items.to_vec()).to_string()
}

fn no_shops(id: i64) -> String {
    format!(r#"{{"id":{id},"status":0,"message":"successful","data":[]}}"#)
}

fn refused(detail: &str) -> String {
    fault_with(-2, "Error JSON value", detail).replace("\"id\":7", "\"id\":-1")
}

#[test]
fn batch_of_one_is_answered_by_an_array() {
    let server = Server::start("");
    let answer = server.post("/api", &format!("[{}]", envelope("shop/list", json!({}))));
    assert_eq!(answer, format!("[{}]", ok(json!([]))));
}

#[test]
fn batch_items_run_and_are_answered_in_order() {
    let server = Server::start("");
    let hash = server.captcha();
    let account = json!({"username": "nora", "password": "secret-1", "hash": hash});
    let login = json!({"username": "nora", "password": "secret-1"});
    let answer = server.post(
        "/api",
        &batch(&[
            item(1, "user/login", login.clone()),
            item(9, "user/register", account.clone()),
            item(3, "user/register", account),
            item(2, "user/login", login),
            item(2, "img/validate", json!({"hash": hash})),
        ]),
    );
    // Only the token differs from run to run.
    let answers: Value = serde_json::from_str(&answer).unwrap();
    let token = answers[3]["data"]["token"].as_str().unwrap();
    let expected = concat!(
        r#"[{"id":1,"status":-2,"message":"Error JSON value","data":{},"detail":"user name or password is wrong; where there were too many tries, the proof of a captcha, sent as hash, pays for one more"},"#,
        r#"{"id":9,"status":0,"message":"successful","data":{"user_id":100001}},"#,
        r#"{"id":3,"status":-4,"message":"Error Hash","data":{},"detail":"the captcha's proof is wrong, or the captcha was used or has expired"},"#,
        r#"{"id":2,"status":0,"message":"successful","data":{"token":"@","user_id":100001,"username":"nora","nickname":"nora","profile_picture":""}},"#,
        r#"{"id":2,"status":-1,"message":"验证码hash值不匹配","data":{},"detail":"the captcha's proof is wrong, or the captcha was used or has expired"}]"#,
    );
    assert_eq!(answer, expected.replace('@', token));
    assert_eq!(server.done(token, "user/info", json!({}))["user_id"], 100_001);
}

#[test]
fn batch_of_64_is_served_and_of_65_is_refused() {
    let server = Server::start("");
    let many = |count: i64| {
        let items: Vec<Value> = (0..count).map(|n| item(n, "shop/list", json!({}))).collect();
        batch(&items)
    };
    let answers: Vec<String> = (0..64).map(no_shops).collect();
    assert_eq!(server.post("/api", &many(64)), format!("[{}]", answers.join(",")));
    assert_eq!(server.post("/api", &many(65)), refused("a batch of 65; at most 64"));
}

#[test]
fn too_long_batch_changes_nothing() {
    let server = Server::start("");
    let hash = server.captcha();
    let items = vec![item(1, "img/validate", json!({"hash": hash})); 65];
    assert_eq!(server.post("/api", &batch(&items)), refused("a batch of 65; at most 64"));
    assert_eq!(server.call("img/validate", json!({"hash": hash})), ok(json!({})));
}

#[test]
fn empty_batch_is_refused_once() {
    let server = Server::start("");
    for body in ["[]", " [ ] "] {
        assert_eq!(server.post("/api", body), refused("an empty batch"));
    }
}

#[test]
fn invalid_batch_item_is_refused_in_its_place() {
    let server = Server::start("");
    let list = item(5, "shop/list", json!({}));
    let body = batch(&[json!(1), list.clone(), json!([list]), json!({}), json!(null), list]);
    let not_an_object = refused("not an object");
    let no_id = concat!(
        r#"{"id":-1,"status":-1,"message":"Error JSON key","data":{},"#,
        r#""detail":"id: missing from the envelope"}"#
    );
    let expected =
        [&not_an_object, &no_shops(5), &not_an_object, no_id, &not_an_object, &no_shops(5)];
    assert_eq!(server.post("/api", &body), format!("[{}]", expected.join(",")));
}

#[test]
fn malformed_json_fails_the_whole_batch() {
    let server = Server::start("");
    let hash = server.captcha();
    let good = envelope("img/validate", json!({"hash": hash}));
    let answer = server.post("/api", &format!("[{good},{{\"a\":1,\"a\":1}}]"));
    assert!(answer.starts_with(r#"{"id":-1,"status":-2,"message":"Error JSON value""#), "{answer}");
    assert_eq!(server.call("img/validate", json!({"hash": hash})), ok(json!({})));
}

#[test]
fn mixed_batch_omits_answers_to_notifications() {
    let server = Server::start("");
    let hash = server.captcha();
    let list = item(5, "shop/list", json!({}));
    let params = json!({"phone": "13800001234", "hash": hash});
    let notify = json!({"jsonrpc": "2.0", "method": "sms.generate", "params": params});
    let call = json!({"jsonrpc": "2.0", "method": "shop.list", "params": {}, "id": "b"});
    let again = item(6, "img/validate", json!({"hash": hash}));
    let body = batch(&[notify.clone(), list, notify.clone(), call, again, notify]);
    let expected = concat!(
        r#"[{"id":5,"status":0,"message":"successful","data":[]},"#,
        r#"{"jsonrpc":"2.0","id":"b","result":[]},"#,
        r#"{"id":6,"status":-1,"message":"验证码hash值不匹配","data":{},"detail":"the captcha's proof is wrong, or the captcha was used or has expired"}]"#,
    );
    assert_eq!(server.post("/api", &body), expected);
}

#[test]
fn batch_items_use_their_own_or_the_header_token() {
    let server = Server::start("");
    let (nora, token) = server.account("nora");
    let (omar, other) = server.account("omar");
    let ids = |answer: String| -> Vec<Value> {
        let answers: Value = serde_json::from_str(&answer).unwrap();
        answers.as_array().unwrap().iter().map(|a| a["data"]["user_id"].clone()).collect()
    };
    let body = batch(&[
        item(1, "user/info", json!({"token": token})),
        item(2, "user/info", json!({"token": other})),
        item(3, "user/info", json!({})),
    ]);
    // A token in one item counts for that item only.
    assert_eq!(ids(server.post("/api", &body)), [json!(nora), json!(omar), Value::Null]);
    // A token outside of the items is found first.
    let path = format!("/api?token={other}");
    assert_eq!(ids(server.post(&path, &body)), [json!(omar), json!(omar), json!(omar)]);
}

#[test]
fn each_batch_item_is_its_own_transaction() {
    let server = Server::start("");
    let rand = server.done("", "img/generate", json!({}))["rand"].clone();
    let hash = md5(&format!("{CODE}{}", rand.as_str().unwrap()));
    let account = json!({"username": "nora", "password": "secret-1", "hash": hash});
    let body = batch(&[item(1, "user/register", account), item(2, "img/validate", json!({}))]);
    let expected = concat!(
        r#"[{"id":1,"status":0,"message":"successful","data":{"user_id":100001}},"#,
        r#"{"id":2,"status":-3,"message":"Error data key","data":{},"detail":"hash: missing"}]"#,
    );
    assert_eq!(server.post("/api", &body), expected);
    // The fault of the second did not roll the first back.
    let again = server.call("img/validate", json!({"hash": hash}));
    assert_eq!(again, crate::common::fault(-1, "验证码hash值不匹配"));
}
