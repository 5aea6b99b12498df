//! Difficult values in every field of every operation: the answer follows the contract, there is no
//! internal error, and stored values are unchanged.

use crate::common::connection::Connection;
use crate::common::naughty;
use crate::common::surface::{
    Operation, ask, assert_healthy, operations, samples, server_with_data,
};
use crate::common::{Reply, envelope};
use serde_json::Value;
use serde_json::value::RawValue;

/// The envelope's endpoint, with a token that stays valid after the operation.
fn endpoint(operation: &Operation, token: &str) -> String {
    format!("/api?token={}", if operation.name == "user/logout" { "junk" } else { token })
}

/// Is this a success or a refusal of the contract?
fn is_success_or_refusal(name: &str, answer: &Value) -> bool {
    let Some(object) = answer.as_object() else { return false };
    let status = answer["status"].as_i64().unwrap_or(-404);
    let detail = usize::from(object.contains_key("detail"));
    // -200 means a notice of another account; a failed database would be in the log.
    let is_owners = matches!(name, "property/update" | "property/delete");
    answer["message"].is_string()
        && (answer["data"].is_object() || answer["data"].is_array())
        && object.len() == 4 + detail
        && !matches!(status, -404 | 1000 | 1007)
        && (status != -200 || is_owners)
}

/// The two request formats, and their keys around the data.
const AROUND: [(&str, [&str; 6]); 2] = [
    (
        r#"{"id":7,"status":0,"type":"shop","subtype":"get","data":{"shop_id":1}}"#,
        ["id", "status", "type", "subtype", "data", "jsonrpc"],
    ),
    (
        r#"{"jsonrpc":"2.0","id":7,"method":"shop.get","params":{"shop_id":1}}"#,
        ["jsonrpc", "id", "method", "params", "type", "data"],
    ),
];

/// Is this an answer in one of the two formats?
fn is_answer(answer: &Value) -> bool {
    let error = &answer["error"];
    match answer["jsonrpc"] == "2.0" {
        true => error["code"].is_i64() && error["code"] != -404 && error["message"].is_string(),
        false => is_success_or_refusal("shop/get", answer) && answer["id"].is_i64(),
    }
}

#[test]
fn odd_value_in_any_envelope_key_is_answered() {
    let (server, ..) = server_with_data();
    let mut connection = Connection::open(&server);
    let texts = naughty::texts().into_iter().map(|text| Value::from(text).to_string().into_bytes());
    let values: Vec<Vec<u8>> = naughty::values().into_iter().chain(texts).collect();
    for (whole, keys) in AROUND {
        for key in keys {
            let mut whole: Value = serde_json::from_str(whole).unwrap();
            whole[key] = "@@".into();
            let text = whole.to_string();
            let (before, after) = text.split_once("\"@@\"").unwrap();
            for value in &values {
                let body = [before.as_bytes(), value, after.as_bytes()].concat();
                let batch = [b"[", &body[..], b"]"].concat();
                for body in [body, batch] {
                    let reply = post(&mut connection, "/api", &body);
                    let sent = String::from_utf8_lossy(&body);
                    assert_eq!(reply.status, 200, "{sent:.500}");
                    let answer = with_readable_id(&reply, value);
                    let answer = answer.get(0).unwrap_or(&answer);
                    assert!(is_answer(answer), "{sent:.500}\n{answer}");
                }
            }
        }
    }
    assert_healthy(&server);
}

/// The parsed answer. An id is echoed unchanged, so it may be a number that does not fit a double.
fn with_readable_id(reply: &Reply, sent: &[u8]) -> Value {
    let mut text = reply.text();
    let sent = std::str::from_utf8(sent).unwrap_or_default();
    if serde_json::from_str::<f64>(sent).is_err()
        && sent.ends_with(|last: char| last.is_ascii_digit())
    {
        text = text.replace(&format!("\"id\":{sent}"), "\"id\":7");
    }
    serde_json::from_str(&text).unwrap()
}

/// The shapes of an operation's data with `field`; all shapes if none has it.
fn shapes(operation: &Operation, field: &str, shop: i64) -> Vec<Value> {
    let all = samples(&operation.name, shop);
    let with: Vec<Value> = all.iter().filter(|data| data.get(field).is_some()).cloned().collect();
    if with.is_empty() { all } else { with }
}

/// Its fields; an unknown one if it has none.
fn fields(operation: &Operation) -> Vec<String> {
    if operation.fields.is_empty() { vec!["x".into()] } else { operation.fields.clone() }
}

#[test]
fn odd_text_in_any_operation_field_is_answered() {
    let (server, token, shop) = server_with_data();
    let mut asked = 0;
    for operation in operations() {
        let endpoint = endpoint(&operation, &token);
        for field in fields(&operation) {
            for shape in shapes(&operation, &field, shop) {
                let envelopes: Vec<String> = naughty::texts()
                    .into_iter()
                    .map(|text| {
                        let mut data = shape.clone();
                        data[&field] = text.into();
                        envelope(&operation.name, data)
                    })
                    .collect();
                for batch in envelopes.chunks(64) {
                    let answers = server.post(&endpoint, &format!("[{}]", batch.join(",")));
                    let answers: Vec<Value> = serde_json::from_str(&answers).unwrap();
                    assert_eq!(answers.len(), batch.len());
                    for (answer, asked) in answers.iter().zip(batch) {
                        let is_cut = answer["detail"].as_str().is_some_and(|detail| {
                            detail.contains("the batch's answers are too long together")
                        });
                        let alone = is_cut.then(|| server.post(&endpoint, asked));
                        let alone: Option<Value> =
                            alone.map(|answer| serde_json::from_str(&answer).unwrap());
                        let answer = alone.as_ref().unwrap_or(answer);
                        let is_told =
                            answer["id"] == 7 && is_success_or_refusal(&operation.name, answer);
                        assert!(is_told, "{asked:.500}\n{answer}");
                    }
                    asked += batch.len();
                }
            }
        }
    }
    assert!(asked > 10_000, "{asked}");
    assert_healthy(&server);
}

#[test]
fn odd_value_in_any_operation_field_is_answered() {
    let (server, token, shop) = server_with_data();
    let mut connection = Connection::open(&server);
    for operation in operations() {
        let endpoint = endpoint(&operation, &token);
        for field in fields(&operation) {
            for shape in shapes(&operation, &field, shop) {
                let mut data = shape;
                data[&field] = "@@".into();
                let text = envelope(&operation.name, data);
                let (before, after) = text.split_once("\"@@\"").unwrap();
                let twice = format!("1,\"{field}\":1").into_bytes();
                for value in naughty::values().into_iter().chain([twice.clone()]) {
                    let body = [before.as_bytes(), &value, after.as_bytes()].concat();
                    let reply = post(&mut connection, &endpoint, &body);
                    let sent = String::from_utf8_lossy(&body);
                    assert_eq!(reply.status, 200, "{sent:.500}");
                    let answer = reply.json();
                    // Accepted or refused as JSON, as expected for this value.
                    let is_read = answer["id"] == 7;
                    let is_refused = answer["id"] == -1 && answer["status"] == -2;
                    assert!(
                        is_success_or_refusal(&operation.name, &answer),
                        "{sent:.500}\n{answer}"
                    );
                    assert!(is_read != is_refused, "{sent:.500}\n{answer}");
                    // By grammar only: nothing else is checked for an unknown field.
                    let is_json = serde_json::from_slice::<&RawValue>(&value).is_ok();
                    assert!(!is_read || is_json, "{sent:.500}\n{answer}");
                    assert!(is_refused || value != twice, "{sent:.500}\n{answer}");
                }
            }
        }
    }
    assert_healthy(&server);
}

fn post(connection: &mut Connection, path: &str, body: &[u8]) -> Reply {
    ask(connection, "POST", path, &[], body).unwrap()
}
