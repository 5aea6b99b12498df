//! JSON-RPC 2.0 on the envelope's endpoint (specification of 2013-01-04).
//!
//! `method` is `"type.subtype"` and `params` an operation's data. The standard's own codes are
//! used for what the standard defines; a fault of ours is `error.code` = its status and
//! `error.message` = its text, as in an envelope.

use super::{Call, Told, run};
use crate::data::{Fields, Value};
use crate::fault::Fault;
use crate::op::Answer;
use serde::Serialize;
use serde_json::json;

const INVALID_REQUEST: Failure = Failure { code: -32600, message: "Invalid Request", data: None };
const METHOD_NOT_FOUND: Failure = Failure { code: -32601, message: "Method not found", data: None };
const INVALID_PARAMS: Failure = Failure { code: -32602, message: "Invalid params", data: None };

#[derive(Serialize)]
struct Failure {
    code: i64,
    message: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<String>,
}

/// Answer one request; a notification (no `id`) is run and not answered.
pub(super) async fn one(call: &Call<'_>, mut fields: Fields<'_>, out: &mut Vec<u8>) -> Told {
    let (id, notification) = match fields.take("id") {
        None => (json!(null), true),
        Some(Value::Null) => (json!(null), false),
        Some(Value::Int(id)) => (json!(id), false),
        Some(Value::Number(id)) => (json!(id), false),
        Some(Value::Text(id)) => (json!(id), false),
        Some(_) => {
            write(out, &json!(null), &Err(INVALID_REQUEST));
            return Told::Answer;
        }
    };
    let result = invoke(call, fields).await;
    match &result {
        // A request so wrong that it can't be told to be a notification is answered.
        Err(failure) if notification && failure.code != INVALID_REQUEST.code => Told::Nothing,
        Ok(_) if notification => Told::Nothing,
        _ => {
            write(out, &id, &result);
            Told::Answer
        }
    }
}

async fn invoke(call: &Call<'_>, mut fields: Fields<'_>) -> Result<Answer, Failure> {
    let Some(Value::Text(method)) = fields.take("method") else { return Err(INVALID_REQUEST) };
    let params = match fields.take("params") {
        None => Some(Fields::default()),
        Some(Value::Map(params)) => Some(params),
        // The standard lets a server refuse positions; ours are named.
        Some(Value::List(_)) => None,
        Some(_) => return Err(INVALID_REQUEST),
    };
    let entry = method
        .split_once('.')
        .and_then(|(kind, subtype)| call.registry.get(kind, subtype))
        .ok_or(METHOD_NOT_FOUND)?;
    let mut params = params.ok_or(INVALID_PARAMS)?;
    run(call, entry, &mut params).await.map_err(|fault: Fault| {
        let status = (entry.status)(&fault);
        let data = fault.detail().map(|detail| detail.into_owned());
        Failure { code: status.code, message: status.message, data }
    })
}

fn write(out: &mut Vec<u8>, id: &serde_json::Value, result: &Result<Answer, Failure>) {
    use std::io::Write as _;
    let start = out.len();
    // Writing to a Vec can't fail.
    let _ = match result {
        Ok(answer) => {
            let _ = write!(out, "{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":");
            answer.write(out)
        }
        Err(failure) => {
            let _ = write!(out, "{{\"jsonrpc\":\"2.0\",\"id\":{id},\"error\":");
            serde_json::to_writer(&mut *out, failure)
        }
    }
    .inspect_err(|_| out.truncate(start));
    out.push(b'}');
}
