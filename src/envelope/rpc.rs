//! JSON-RPC 2.0 on the envelope's endpoint (specification of 2013-01-04).
//!
//! `method` is `"type.subtype"` and `params` an operation's data. The standard's own codes are
//! used for what the standard defines; a fault of ours is `error.code` = its status and
//! `error.message` = its text, as in an envelope.

use super::{Call, Room, Seen, Told, astray, note_turned_away, run};
use crate::data::{Fields, Value};
use crate::fault::Fault;
use crate::op::{Answer, Entry};
use serde::Serialize;
use serde_json::json;
use std::io::Write as _;

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

impl Failure {
    /// What is told of a fault of this operation.
    fn of(entry: &Entry, fault: &Fault) -> Self {
        let status = (entry.status)(fault);
        let data = fault.detail().map(|detail| detail.into_owned());
        Failure { code: status.code, message: status.message, data }
    }
}

/// Answer one request, whose data has `length` bytes where that may be too long; a notification (no `id`)
/// is run and not answered.
pub(super) async fn one(
    call: &Call<'_>,
    mut fields: Fields<'_>,
    length: usize,
    out: &mut Vec<u8>,
    room: &mut Room,
    seen: &mut Seen,
) -> Told {
    let (id, notification) = match fields.take("id") {
        None => (json!(null), true),
        Some(Value::Null) => (json!(null), false),
        Some(Value::Int(id)) => (json!(id), false),
        Some(Value::Number(id)) => (json!(id), false),
        Some(Value::Text(id)) => (json!(id), false),
        Some(_) => {
            astray(call, seen, INVALID_REQUEST.code);
            refuse(out, &json!(null), &INVALID_REQUEST);
            return Told::Answer;
        }
    };
    let (entry, params) = match find(call, fields) {
        Ok(found) => found,
        Err(failure) => {
            astray(call, seen, failure.code);
            // A request so wrong that it can't be told to be a notification is answered.
            if notification && failure.code != INVALID_REQUEST.code {
                return Told::Nothing;
            }
            refuse(out, &id, &failure);
            return Told::Answer;
        }
    };
    let start = out.len();
    let (result, told) = match room.admit(call, entry, out) {
        Err(fault) => {
            note_turned_away(entry, &fault, seen);
            (Err(fault), Told::NoRoom)
        }
        Ok(()) => {
            let result = run(call, entry, params, length, seen).await;
            let seconds = result.as_ref().err().and_then(Fault::retry_after);
            (result, seconds.map_or(Told::Answer, Told::Limited))
        }
    };
    if notification {
        return Told::Nothing;
    }
    match result {
        Err(fault) => {
            refuse(out, &id, &Failure::of(entry, &fault));
            told
        }
        Ok(answer) => {
            if let Err(fault) = write(out, &id, &answer) {
                call.id.log(entry.name, &fault);
                let failure = Failure::of(entry, &fault);
                seen.told(failure.code);
                refuse(out, &id, &failure);
            }
            if let Err(fault) = room.keep(call, entry, out, start) {
                out.truncate(start);
                let failure = Failure::of(entry, &fault);
                seen.told(failure.code);
                refuse(out, &id, &failure);
                return Told::NoRoom;
            }
            told
        }
    }
}

/// The operation that is meant, and its data.
fn find<'e, 'f>(
    call: &Call<'e>,
    mut fields: Fields<'f>,
) -> Result<(&'e Entry, Fields<'f>), Failure> {
    let Some(Value::Text(method)) = fields.take("method") else { return Err(INVALID_REQUEST) };
    let params = match fields.take("params") {
        None => Some(Fields::default()),
        Some(Value::Map(params)) => Some(params),
        // The standard lets a server refuse positions; ours are named.
        Some(Value::List(_) | Value::Skipped) => None,
        Some(_) => return Err(INVALID_REQUEST),
    };
    let entry = method
        .split_once('.')
        .and_then(|(kind, subtype)| call.registry.get(kind, subtype))
        .ok_or(METHOD_NOT_FOUND)?;
    Ok((entry, params.ok_or(INVALID_PARAMS)?))
}

/// Write an operation's answer, or nothing and why.
fn write(out: &mut Vec<u8>, id: &serde_json::Value, answer: &Answer) -> Result<(), Fault> {
    let start = out.len();
    // Writing to a Vec can't fail.
    let _ = write!(out, "{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":");
    answer.write(out).map_err(Fault::unknown).inspect_err(|_| out.truncate(start))?;
    out.push(b'}');
    Ok(())
}

fn refuse(out: &mut Vec<u8>, id: &serde_json::Value, failure: &Failure) {
    let _ = write!(out, "{{\"jsonrpc\":\"2.0\",\"id\":{id},\"error\":");
    let _ = serde_json::to_writer(&mut *out, failure);
    out.push(b'}');
}
