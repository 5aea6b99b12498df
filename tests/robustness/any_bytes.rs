//! A body of any bytes gets one well-formed answer, and the next request on the connection is
//! served.

use crate::common::connection::Connection;
use crate::common::{Reply, Server, envelope};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use std::cell::RefCell;

/// Valid requests to mutate: every lane, with and without a login, batches, JSON-RPC.
fn seeds() -> Vec<String> {
    let list = envelope("shop/list", json!({"limit": 5, "key": "键"}));
    let validate = envelope("sms/validate", json!({"phone": "13800001234", "hash": "x"}));
    let rpc = r#"{"jsonrpc":"2.0","id":1,"method":"shop.list","params":{"limit":1}}"#;
    vec![
        envelope("img/validate", json!({"hash": "0123456789abcdef0123456789abcdef"})),
        envelope("user/info", json!({"token": "0123456789abcdef0123456789abcdef"})),
        envelope("property/query", json!({"type": 1, "token": "x"})),
        format!("[{list},{validate}]"),
        format!("[{rpc},{list},{}]", rpc.replace(r#""id":1,"#, "")),
        rpc.to_owned(),
        list,
        validate,
    ]
}

/// Bytes that are significant in JSON.
const PIECES: &[&[u8]] = &[
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\"",
    b"\\",
    b"\\u",
    b"\\ud800",
    b"null",
    b"true",
    b"-",
    b"0",
    b"1e400",
    b"9223372036854775808",
    b"\"id\":",
    b"\"data\":{}",
    b"\"jsonrpc\":\"2.0\",",
    b"[[[[[[[[",
    b"\xff",
    b"\xed\xa0\x80",
    b"\0",
    b" ",
    b"\r\n",
];

fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let edit = (any::<Index>(), 0..8_usize, select(PIECES), any::<u8>());
    (select(seeds()), vec(edit, 0..4)).prop_map(|(text, edits)| {
        let mut bytes = text.into_bytes();
        for (at, cut, piece, byte) in edits {
            let at = at.index(bytes.len() + 1);
            let end = bytes.len().min(at + cut);
            // Sometimes any byte instead of a significant one.
            let piece = if byte < 64 { vec![byte.wrapping_mul(4)] } else { piece.to_vec() };
            bytes.splice(at..end, piece);
        }
        bytes
    })
}

fn pieces() -> impl Strategy<Value = Vec<u8>> {
    vec(select(PIECES), 0..40).prop_map(|pieces| pieces.concat())
}

/// Is it one answer with exactly the expected keys in order?
fn is_answer(answer: &Value) -> bool {
    let Some(object) = answer.as_object() else { return false };
    let has = |key: &str| object.contains_key(key);
    if answer["jsonrpc"] == "2.0" {
        let error = &answer["error"];
        let told = has("result") != (error["code"].is_i64() && error["message"].is_string());
        return told && has("id") && object.len() == 3;
    }
    let detail = usize::from(answer["detail"].is_string() && answer["status"] != 0);
    answer["id"].is_i64()
        && answer["status"].is_i64()
        && answer["message"].is_string()
        && (answer["data"].is_object() || answer["data"].is_array())
        && object.len() == 4 + detail
}

fn is_well_formed(reply: &Reply) -> bool {
    match reply.status {
        // Only notifications: no answer.
        204 => reply.body.is_empty(),
        200 => {
            let in_order = ["{\"id\":", "{\"jsonrpc\":\"2.0\",\"id\":", "[{"]
                .iter()
                .any(|begin| reply.body.starts_with(begin.as_bytes()));
            in_order
                && match reply.json() {
                    Value::Array(answers) => {
                        (1..=64).contains(&answers.len()) && answers.iter().all(is_answer)
                    }
                    answer => is_answer(&answer),
                }
        }
        _ => false,
    }
}

#[test]
fn any_body_gets_exactly_one_well_formed_answer() {
    let server = Server::start("");
    let connection = RefCell::new(Connection::open(&server));
    let body = prop_oneof![
        1 => vec(any::<u8>(), 0..64),
        2 => pieces(),
        6 => mutated(),
    ];
    let config = Config { cases: 1000, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&body, |body| {
            let reply = connection.borrow_mut().post(&body);
            prop_assert!(is_well_formed(&reply), "{:?}", reply);
            Ok(())
        })
        .unwrap();
    // Nothing is left unread, and the server is healthy.
    let reply = connection.borrow_mut().post(envelope("shop/list", json!({})).as_bytes());
    assert_eq!(reply.text(), crate::common::ok(json!([])));
    assert!(!server.log().contains("ERROR"), "{}", server.log());
}
