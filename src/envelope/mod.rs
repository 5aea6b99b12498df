//! The envelope: `{id, status, type, subtype, data}` in, `{id, status, message, data}` out.
//!
//! Contract page `envelope.md` (seed 003). One body is one envelope, a batch of them, or JSON-RPC
//! 2.0 (`rpc`) on the same endpoint; whatever the bytes are, there is an answer. Another endpoint
//! takes JSON-RPC alone (contract page `paths.md`).

mod id;
mod room;
mod rpc;
mod seen;
mod write;

pub use room::BATCH_ANSWER;
pub use seen::Seen;
pub use write::{refuse, succeed, write};

use crate::budget::Charge;
use crate::caller::Credentials;
use crate::data::body::{Envelopes, Wanted};
use crate::data::span::{data_lengths, ids};
use crate::data::{Fields, Value, body};
use crate::engine::Engine;
use crate::fault::Fault;
use crate::op::{Answer, Called, Entry, Registry};
use crate::request::RequestId;
use crate::status::status;
use bytes::Bytes;
use id::id;
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
    /// Whether all of it is JSON-RPC: no part is an envelope.
    pub is_rpc: bool,
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

/// What an endpoint takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepts {
    /// Envelopes, and JSON-RPC 2.0 beside them. What is neither is answered by an envelope.
    Both,
    /// JSON-RPC 2.0. What is not is answered by JSON-RPC's error.
    Rpc,
}

/// Answer a body, and keep in `seen` what becomes of it.
pub async fn answer(call: &Call<'_>, body: &[u8], seen: &mut Seen) -> Outcome {
    answer_at(Accepts::Both, call, body, seen).await
}

/// Answer a body that was sent to an endpoint which accepts this.
pub async fn answer_at(accepts: Accepts, call: &Call<'_>, body: &[u8], seen: &mut Seen) -> Outcome {
    let mut room = Room::new();
    let mut out = Vec::with_capacity(256);
    let mut retry_after = None;
    let mut is_rpc = accepts == Accepts::Rpc;
    match decode(call, body) {
        Err(error) if is_rpc => rpc::unreadable(call, body, &error, &mut out, seen),
        Err(error) => wrong(call, seen, &mut out, format!("not a JSON text: {error}")),
        Ok(Envelopes { value: Value::List(items), .. }) if items.is_empty() => match accepts {
            Accepts::Both => wrong(call, seen, &mut out, "an empty batch".into()),
            Accepts::Rpc => rpc::no_batch(call, seen, &mut out, None),
        },
        Ok(Envelopes { value: Value::List(_), count, .. }) if count > BATCH => {
            let why = format!("a batch of {count}; at most {BATCH}");
            match accepts {
                Accepts::Both => wrong(call, seen, &mut out, why),
                Accepts::Rpc => rpc::no_batch(call, seen, &mut out, Some(why)),
            }
        }
        Ok(Envelopes { value, size, .. }) => {
            let Ok(_charge) = charged(call, size) else { return Outcome::NoBodyMemory };
            is_rpc = is_rpc || items_of(&value).iter().all(rpc::is_call);
            // Shorter, none of its parts is too long.
            let lengths = if body.len() > MOST_DATA { data_lengths(body) } else { Vec::new() };
            let mut lengths = lengths.into_iter();
            let has_odd_id = items_of(&value).iter().any(rpc::has_odd_id);
            let mut ids = if has_odd_id { ids(body) } else { Vec::new() }.into_iter();
            let mut next = |value| Item {
                value,
                length: lengths.next().unwrap_or(0),
                id: ids.next().unwrap_or_default(),
            };
            if let Value::List(items) = value {
                out.push(b'[');
                for item in items {
                    let start = out.len();
                    if start > 1 {
                        out.push(b',');
                    }
                    // One after another, each in its own transaction. A full queue is told item by
                    // item: those before it were done.
                    let told = one(accepts, call, next(item), &mut out, &mut room, seen).await;
                    if matches!(told, Told::Nothing) {
                        out.truncate(start);
                    }
                }
                if out.len() == 1 {
                    return Outcome::Nothing;
                }
                out.push(b']');
            } else {
                match one(accepts, call, next(value), &mut out, &mut room, seen).await {
                    Told::Answer => {}
                    Told::Limited(seconds) => retry_after = Some(seconds),
                    Told::Nothing => return Outcome::Nothing,
                    Told::Busy => return Outcome::Busy,
                    Told::NoRoom => return Outcome::NoAnswerMemory,
                }
            }
        }
    }
    Outcome::Answer(Answered { is_rpc, ..room.answered(out, retry_after) })
}

/// The items of a batch, or the one item.
fn items_of<'v, 'b>(value: &'v Value<'b>) -> &'v [Value<'b>] {
    match value {
        Value::List(items) => items,
        item => std::slice::from_ref(item),
    }
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
    /// Its id as it stands in the body, where it is a number that is not a 64-bit integer.
    id: &'b [u8],
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
    accepts: Accepts,
    call: &Call<'_>,
    item: Item<'_>,
    out: &mut Vec<u8>,
    room: &mut Room,
    seen: &mut Seen,
) -> Told {
    if accepts == Accepts::Rpc || rpc::is_call(&item.value) {
        return rpc::one(call, item, out, room, seen).await;
    }
    let Item { value: Value::Map(fields), length, .. } = item else {
        wrong(call, seen, out, "not an object".into());
        return Told::Answer;
    };
    let id = fields.get("id").map_or(-1, id);
    let is_lenient = call.engine.services.config.envelope.lenient;
    match read(fields, call.registry, is_lenient) {
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
    match data.get("token") {
        None | Some(Value::Null) => {}
        Some(Value::Text(token)) => credentials.offer(token),
        // A number or a list is a wrong token, and not none.
        Some(_) => credentials.offer("not a text"),
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
/// operation. To a lenient server `id` and `status` may be missing.
fn read<'e, 'a>(
    mut fields: Fields<'a>,
    registry: &'e Registry,
    is_lenient: bool,
) -> Result<(&'e Entry, Fields<'a>), Fault> {
    const KEYS: [&str; 5] = ["id", "status", "type", "subtype", "data"];
    let required = if is_lenient { &KEYS[2..] } else { &KEYS[..] };
    for key in required {
        if fields.get(key).is_none() {
            return Err(Fault::EnvelopeKey(key));
        }
    }
    // One that is missing here is 0.
    if !matches!(fields.get("status"), Some(Value::Int(_)) | None) {
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
