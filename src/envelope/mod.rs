//! The envelope: `{id, status, type, subtype, data}` in, `{id, status, message, data}` out.
//!
//! Contract page `envelope.md` (seed 003). One body is one envelope, a batch of them, or JSON-RPC
//! 2.0 (`rpc`) on the same endpoint; whatever the bytes are, there is an answer.

mod rpc;
mod seen;
mod write;

pub use seen::Seen;
pub(crate) use write::refuse;
pub use write::write;

use crate::caller::Credentials;
use crate::data::{Fields, Value, json};
use crate::engine::Engine;
use crate::fault::Fault;
use crate::op::{Answer, Called, Entry, Registry};
use crate::request::RequestId;
use crate::status::status;
use std::sync::Arc;

/// The most envelopes in a batch.
pub const BATCH: usize = 64;

/// What a body of envelopes comes to.
#[derive(Debug)]
pub enum Outcome {
    /// JSON to send.
    Answer(Vec<u8>),
    /// Notifications only (JSON-RPC 2.0): there is nothing to send.
    Nothing,
    /// The writer's queue is full; nothing was done.
    Busy,
}

/// A request's common part: who asks, and the id under which failures are logged.
#[derive(Clone)]
pub struct Call<'a> {
    /// The engine.
    pub engine: &'a Arc<Engine>,
    /// The operations.
    pub registry: &'a Registry,
    /// What came with the request, from outside the envelope.
    pub credentials: Credentials,
    /// Names the request in the log.
    pub id: RequestId,
}

/// Answer a body, and keep in `seen` what becomes of it.
pub async fn answer(call: &Call<'_>, body: &[u8], seen: &mut Seen) -> Outcome {
    let mut out = Vec::with_capacity(256);
    match json::decode(body) {
        Err(error) => wrong(call, seen, &mut out, format!("not a JSON text: {error}")),
        Ok(Value::List(items)) if items.is_empty() => {
            wrong(call, seen, &mut out, "an empty batch".into());
        }
        Ok(Value::List(items)) if items.len() > BATCH => {
            wrong(call, seen, &mut out, format!("a batch of {}; at most {BATCH}", items.len()));
        }
        Ok(Value::List(items)) => {
            out.push(b'[');
            for item in items {
                let start = out.len();
                if start > 1 {
                    out.push(b',');
                }
                // One after another, each in its own transaction. A full queue is told item by
                // item: those before it were done.
                if matches!(one(call, item, &mut out, seen).await, Told::Nothing) {
                    out.truncate(start);
                }
            }
            if out.len() == 1 {
                return Outcome::Nothing;
            }
            out.push(b']');
        }
        Ok(item) => match one(call, item, &mut out, seen).await {
            Told::Answer => {}
            Told::Nothing => return Outcome::Nothing,
            Told::Busy => return Outcome::Busy,
        },
    }
    Outcome::Answer(out)
}

/// What one item of a body came to.
enum Told {
    Answer,
    Nothing,
    Busy,
}

async fn one(call: &Call<'_>, item: Value<'_>, out: &mut Vec<u8>, seen: &mut Seen) -> Told {
    let Value::Map(fields) = item else {
        wrong(call, seen, out, "not an object".into());
        return Told::Answer;
    };
    if matches!(fields.get("jsonrpc"), Some(Value::Text(version)) if version == "2.0") {
        return rpc::one(call, fields, out, seen).await;
    }
    let id = fields.get("id").map_or(-1, id);
    match read(fields, call.registry) {
        Err(fault) => {
            astray(call, seen, status(&fault).code);
            refuse(out, id, "{}", status, &fault);
            Told::Answer
        }
        Ok((entry, mut data)) => {
            let result = run(call, entry, &mut data, seen).await;
            let told = if matches!(result, Err(Fault::Busy)) { Told::Busy } else { Told::Answer };
            if let Err(fault) = write(out, id, entry.nothing, entry.status, result) {
                call.id.log(entry.name, &fault);
                seen.told((entry.status)(&fault).code);
            }
            told
        }
    }
}

/// Call an operation with `data`; a token in it counts where the request has no other of a token's form.
/// A failure of ours is logged here, once.
async fn run(
    call: &Call<'_>,
    entry: &Entry,
    data: &mut Fields<'_>,
    seen: &mut Seen,
) -> Result<Answer, Fault> {
    seen.asks(Some(entry.name));
    let mut credentials = call.credentials.clone();
    if let Some(Value::Text(token)) = data.get("token") {
        credentials.offer(token);
    }
    let result = match entry.call(call.engine, data, credentials) {
        Called::Ready(result) => result,
        Called::Later(later) => later.await,
    };
    seen.told(entry.code(&result));
    if let Err(fault) = &result {
        call.id.log(entry.name, fault);
    }
    result
}

/// The envelope's own checks: all five keys, then their types, then whether there is such an
/// operation.
fn read<'e, 'a>(
    mut fields: Fields<'a>,
    registry: &'e Registry,
) -> Result<(&'e Entry, Fields<'a>), Fault> {
    for key in ["id", "status", "type", "subtype", "data"] {
        if fields.get(key).is_none() {
            return Err(Fault::EnvelopeKey(key));
        }
    }
    if !matches!(fields.get("status"), Some(Value::Int(_))) {
        return Err(Fault::EnvelopeValue("status: expected an integer".into()));
    }
    let Some(Value::Map(data)) = fields.take("data") else {
        return Err(Fault::EnvelopeValue("data: expected an object".into()));
    };
    let text = |key: &'static str| match fields.get(key) {
        Some(Value::Text(text)) => Ok(text.as_ref()),
        _ => Err(Fault::EnvelopeValue(format!("{key}: expected a string").into())),
    };
    let entry = registry.get(text("type")?, text("subtype")?);
    Ok((entry.ok_or(Fault::NoSuchOperation)?, data))
}

/// The `id` that an answer carries: an integer, or text of decimal digits, as that integer;
/// anything else as -1, and the request is served all the same.
fn id(value: &Value<'_>) -> i64 {
    match value {
        Value::Int(id) => *id,
        Value::Text(text) => {
            let digits = text.strip_prefix('-').unwrap_or(text);
            let is_decimal = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            if is_decimal { text.parse().unwrap_or(-1) } else { -1 }
        }
        _ => -1,
    }
}

/// Write the answer to a body that is no envelope at all.
fn wrong(call: &Call<'_>, seen: &mut Seen, out: &mut Vec<u8>, why: String) {
    let fault = Fault::EnvelopeValue(why.into());
    astray(call, seen, status(&fault).code);
    refuse(out, -1, "{}", status, &fault);
}

/// Something reached no operation, and was told this status.
fn astray(call: &Call<'_>, seen: &mut Seen, status: i64) {
    call.engine.services.metrics.astray.add(status);
    seen.asks(None);
    seen.told(status);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_id_is_an_integer_or_its_decimal_digits() {
        let text = |text: &'static str| id(&Value::Text(text.into()));
        assert_eq!(id(&Value::Int(7)), 7);
        assert_eq!((text("123456"), text("-5"), text("007")), (123_456, -5, 7));
        assert_eq!(text("9223372036854775807"), i64::MAX);
        for other in ["", "-", "+5", "5a", " 5", "1.0", "0x5", "9223372036854775808", "５"] {
            assert_eq!(text(other), -1, "{other:?}");
        }
        assert_eq!(id(&Value::Null), -1);
        assert_eq!(id(&Value::Number(5.0)), -1);
        assert_eq!(id(&Value::List(vec![Value::Int(5)])), -1);
    }

    proptest! {
        #[test]
        fn every_integer_is_its_own_id_as_a_number_and_as_text(number: i64) {
            prop_assert_eq!(id(&Value::Int(number)), number);
            prop_assert_eq!(id(&Value::Text(number.to_string().into())), number);
        }

        #[test]
        fn any_other_text_has_no_id(text in "\\PC*") {
            prop_assume!(text.parse::<i64>().is_err());
            prop_assert_eq!(id(&Value::Text(text.into())), -1);
        }
    }
}
