//! The envelope: `{id, status, type, subtype, data}` in, `{id, status, message, data}` out.
//!
//! Contract page `envelope.md` (seed 003). One body is one envelope, a batch of them, or JSON-RPC
//! 2.0 (`rpc`) on the same endpoint; whatever the bytes are, there is an answer.

mod room;
mod rpc;
mod seen;
mod write;

pub use room::BATCH_ANSWER;
pub use seen::Seen;
pub(crate) use write::refuse;
pub use write::write;

use crate::budget::Charge;
use crate::caller::Credentials;
use crate::data::body::{Envelopes, Wanted};
use crate::data::span::data_lengths;
use crate::data::{Fields, Value, body};
use crate::engine::Engine;
use crate::fault::Fault;
use crate::op::{Answer, Called, Entry, Registry};
use crate::request::RequestId;
use crate::status::status;
use bytes::Bytes;
use room::Room;
use std::sync::Arc;

/// The most envelopes in a batch.
pub const BATCH: usize = 64;

/// The longest data of an operation that takes no file, in bytes of the body. The longest text that an
/// operation takes has 10,000 characters: 120,000 bytes if each is written as two escapes. It is little
/// enough to be kept while the operation waits for its turn.
pub const MOST_DATA: usize = 160 * 1024;

/// The largest tree that needs no part of the memory for bodies, in bytes.
const SMALL_TREE: usize = 16 * 1024;

/// What a body of envelopes comes to.
#[derive(Debug)]
pub enum Outcome {
    /// JSON to send.
    Answer(Answered),
    /// Notifications only (JSON-RPC 2.0): there is nothing to send.
    Nothing,
    /// The writer's queue is full; nothing was done.
    Busy,
    /// There is no memory for what would be built of the body; nothing was done.
    NoBodyMemory,
    /// There is no memory for the answer; nothing was done.
    NoAnswerMemory,
}

/// JSON to send.
#[derive(Debug)]
pub struct Answered {
    /// The text.
    pub text: Vec<u8>,
    /// In how many seconds it is worth trying again, if it is one refusal because of a limit.
    pub retry_after: Option<u64>,
    charge: Option<Charge>,
}

impl Answered {
    /// The text, which holds its part of the memory for answers until it is sent.
    pub fn into_bytes(self) -> Bytes {
        match self.charge {
            None => self.text.into(),
            Some(charge) => Bytes::from_owner(charge.with(self.text)),
        }
    }
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
    let mut room = Room::new();
    let mut out = Vec::with_capacity(256);
    let mut retry_after = None;
    match decode(call, body) {
        Err(error) => wrong(call, seen, &mut out, format!("not a JSON text: {error}")),
        Ok(Envelopes { value: Value::List(items), .. }) if items.is_empty() => {
            wrong(call, seen, &mut out, "an empty batch".into());
        }
        Ok(Envelopes { value: Value::List(_), count, .. }) if count > BATCH => {
            wrong(call, seen, &mut out, format!("a batch of {count}; at most {BATCH}"));
        }
        Ok(Envelopes { value, size, .. }) => {
            let Ok(_charge) = charged(call, size) else { return Outcome::NoBodyMemory };
            // Shorter, none of its parts is too long.
            let lengths = if body.len() > MOST_DATA { data_lengths(body) } else { Vec::new() };
            let mut lengths = lengths.into_iter();
            let mut next = |value| Item { value, length: lengths.next().unwrap_or(0) };
            if let Value::List(items) = value {
                out.push(b'[');
                for item in items {
                    let start = out.len();
                    if start > 1 {
                        out.push(b',');
                    }
                    // One after another, each in its own transaction. A full queue is told item by
                    // item: those before it were done.
                    let told = one(call, next(item), &mut out, &mut room, seen).await;
                    if matches!(told, Told::Nothing) {
                        out.truncate(start);
                    }
                }
                if out.len() == 1 {
                    return Outcome::Nothing;
                }
                out.push(b']');
            } else {
                match one(call, next(value), &mut out, &mut room, seen).await {
                    Told::Answer => {}
                    Told::Limited(seconds) => retry_after = Some(seconds),
                    Told::Nothing => return Outcome::Nothing,
                    Told::Busy => return Outcome::Busy,
                    Told::NoRoom => return Outcome::NoAnswerMemory,
                }
            }
        }
    }
    Outcome::Answer(room.answered(out, retry_after))
}

fn decode<'b>(call: &Call<'_>, body: &'b [u8]) -> Result<Envelopes<'b>, serde_json::Error> {
    let is_known = |key: &str| call.registry.knows(key);
    body::envelopes(body, &Wanted { items: BATCH, keys: 0, is_known: &is_known })
}

/// The part of the memory for bodies that a tree of `size` bytes takes. A small one needs none; a larger
/// one is rare: its body is charged twice its length already.
fn charged(call: &Call<'_>, size: usize) -> Result<Option<Charge>, ()> {
    if size <= SMALL_TREE {
        return Ok(None);
    }
    let mut charge = call.engine.bodies.charge(&call.credentials.client);
    if charge.hold(size) { Ok(Some(charge)) } else { Err(()) }
}

/// One envelope or call of a body.
struct Item<'b> {
    value: Value<'b>,
    /// How long its data is, in bytes, where that may be too long.
    length: usize,
}

/// What one item of a body came to.
enum Told {
    Answer,
    /// An answer that it is refused because of a limit, and for how many seconds.
    Limited(u64),
    Nothing,
    /// An answer that the writer's queue is full.
    Busy,
    /// An answer that there is no memory for the answer.
    NoRoom,
}

async fn one(
    call: &Call<'_>,
    item: Item<'_>,
    out: &mut Vec<u8>,
    room: &mut Room,
    seen: &mut Seen,
) -> Told {
    let Item { value: Value::Map(fields), length } = item else {
        wrong(call, seen, out, "not an object".into());
        return Told::Answer;
    };
    if matches!(fields.get("jsonrpc"), Some(Value::Text(version)) if version == "2.0") {
        return rpc::one(call, fields, length, out, room, seen).await;
    }
    let id = fields.get("id").map_or(-1, id);
    match read(fields, call.registry) {
        Err(fault) => {
            astray(call, seen, status(&fault).code);
            refuse(out, id, "{}", status, &fault);
            Told::Answer
        }
        Ok((entry, data)) => {
            if let Err(fault) = room.admit(call, entry, out) {
                return turned_away(entry, id, fault, out, seen);
            }
            let start = out.len();
            let result = run(call, entry, data, length, seen).await;
            let told = match &result {
                Err(Fault::Busy) => Told::Busy,
                Err(fault) => fault.retry_after().map_or(Told::Answer, Told::Limited),
                Ok(_) => Told::Answer,
            };
            if let Err(fault) = write(out, id, entry.nothing, entry.status, result) {
                call.id.log(entry.name, &fault);
                seen.told((entry.status)(&fault).code);
            }
            if let Err(fault) = room.keep(call, entry, out, start) {
                out.truncate(start);
                seen.told((entry.status)(&fault).code);
                refuse(out, id, entry.nothing, entry.status, &fault);
                return Told::NoRoom;
            }
            told
        }
    }
}

/// Answer an item whose operation is not called because of a limit.
fn turned_away(entry: &Entry, id: i64, fault: Fault, out: &mut Vec<u8>, seen: &mut Seen) -> Told {
    note_turned_away(entry, &fault, seen);
    refuse(out, id, entry.nothing, entry.status, &fault);
    Told::NoRoom
}

/// Count an operation that is not called because of a limit.
fn note_turned_away(entry: &Entry, fault: &Fault, seen: &mut Seen) {
    seen.asks(Some(entry.name));
    seen.told((entry.status)(fault).code);
    entry.turned_away(fault);
}

/// Call an operation with `data`; a token in it counts where the request has no other of a token's form.
/// A failure of ours is logged here, once.
async fn run(
    call: &Call<'_>,
    entry: &Entry,
    mut data: Fields<'_>,
    length: usize,
    seen: &mut Seen,
) -> Result<Answer, Fault> {
    seen.asks(Some(entry.name));
    let mut credentials = call.credentials.clone();
    if let Some(Value::Text(token)) = data.get("token") {
        credentials.offer(token);
    }
    let called = if length > MOST_DATA && !entry.takes_file {
        Called::Ready(Err(entry.refused(call.engine, &credentials, too_long())))
    } else {
        entry.call(call.engine, &mut data, credentials)
    };
    // What was not taken out is not kept while the operation waits.
    drop(data);
    let result = match called {
        Called::Ready(result) => result,
        Called::Later(later) => later.await,
    };
    seen.told(entry.code(&result));
    if let Err(fault) = &result {
        call.id.log(entry.name, fault);
    }
    result
}

/// The fault of data that is longer than [`MOST_DATA`] without a file in it.
pub(crate) fn too_long() -> Fault {
    let most = MOST_DATA / 1024;
    Fault::EnvelopeValue(format!("data: longer than {most} KiB, and no picture").into())
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
