//! The envelope: `{id, status, type, subtype, data}` in, `{id, status, message, data}` out.
//!
//! Contract page `envelope.md` (seed 003). One body is one envelope, a batch of them, or JSON-RPC
//! 2.0 (`rpc`) on the same endpoint; whatever the bytes are, there is an answer. Another endpoint
//! takes JSON-RPC alone (contract page `paths.md`).

mod batch;
mod call_summary;
mod direct;
mod exchange;
mod id;
mod reply_budget;
mod rpc;
mod write;

pub use call_summary::CallSummary;
pub use direct::{DirectReply, answer_directly};
pub use exchange::MOST_DATA;
pub(crate) use exchange::too_long;
pub use reply_budget::BATCH_ANSWER;
pub use write::{refuse, succeed, write};

use crate::budget::Charge;
use crate::caller::Credentials;
use crate::data::body::{Envelopes, KeepRules};
use crate::data::{Value, body};
use crate::describe::Descriptions;
use crate::engine::Engine;
use crate::op::Registry;
use crate::request::RequestId;
use bytes::Bytes;
use exchange::{Exchange, ItemOutcome, items_of};
use reply_budget::ReplyBudget;
use std::sync::Arc;

/// The most envelopes in a batch.
pub const BATCH: usize = 64;

/// The largest tree that needs no part of the memory for bodies, in bytes.
const SMALL_TREE: usize = 16 * 1024;

/// What a body of envelopes comes to.
#[derive(Debug)]
pub enum BodyOutcome {
    /// JSON to send.
    Answer(ReplyText),
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
pub struct ReplyText {
    /// The text.
    pub text: Vec<u8>,
    /// In how many seconds it is worth trying again, if it is one refusal because of a limit.
    pub retry_after: Option<u64>,
    /// Whether all of it is JSON-RPC: no part is an envelope.
    pub is_rpc: bool,
    charge: Option<Charge>,
}

impl ReplyText {
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
pub struct CallContext<'a> {
    /// The engine.
    pub engine: &'a Arc<Engine>,
    /// The operations.
    pub registry: &'a Registry,
    /// What `rpc.discover` answers.
    pub descriptions: &'a Descriptions,
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

/// Answer a body, and keep in `summary` what becomes of it.
pub async fn answer(call: &CallContext<'_>, body: &[u8], summary: &mut CallSummary) -> BodyOutcome {
    answer_at(Accepts::Both, call, body, summary).await
}

/// Answer a body that was sent to an endpoint which accepts this.
pub async fn answer_at(
    accepts: Accepts,
    call: &CallContext<'_>,
    body: &[u8],
    summary: &mut CallSummary,
) -> BodyOutcome {
    let out = Vec::with_capacity(256);
    let mut exchange = Exchange { accepts, call, summary, out, reply_budget: ReplyBudget::new() };
    let mut is_rpc = accepts == Accepts::Rpc;
    let mut retry_after = None;
    match decode(call, body) {
        Err(error) => exchange.unreadable(body, &error),
        Ok(Envelopes { value: Value::List(items), .. }) if items.is_empty() => {
            exchange.refuse_batch(None);
        }
        Ok(Envelopes { value: Value::List(_), count, .. }) if count > BATCH => {
            exchange.refuse_batch(Some(format!("a batch of {count}; at most {BATCH}")));
        }
        Ok(Envelopes { value, size, .. }) => {
            let Ok(_charge) = charged(call, size) else { return BodyOutcome::NoBodyMemory };
            is_rpc = is_rpc || items_of(&value).iter().all(rpc::is_call);
            match exchange.items(body, value).await {
                ItemOutcome::Answer => {}
                ItemOutcome::Limited(seconds) => retry_after = Some(seconds),
                ItemOutcome::Nothing => return BodyOutcome::Nothing,
                ItemOutcome::Busy => return BodyOutcome::Busy,
                ItemOutcome::NoRoom => return BodyOutcome::NoAnswerMemory,
            }
        }
    }
    let Exchange { out, reply_budget, .. } = exchange;
    BodyOutcome::Answer(ReplyText { is_rpc, ..reply_budget.answered(out, retry_after) })
}

fn decode<'b>(call: &CallContext<'_>, body: &'b [u8]) -> Result<Envelopes<'b>, serde_json::Error> {
    let is_known = |key: &str| call.registry.knows(key);
    body::envelopes(body, &KeepRules { items: BATCH, keys: 0, is_known: &is_known })
}

/// The part of the memory for bodies that a tree of `size` bytes takes. A small one needs none; a larger
/// one is rare: its body is charged twice its length already.
fn charged(call: &CallContext<'_>, size: usize) -> Result<Option<Charge>, ()> {
    if size <= SMALL_TREE {
        return Ok(None);
    }
    let mut charge = call.engine.bodies.charge(&call.credentials.client);
    if charge.hold(size) { Ok(Some(charge)) } else { Err(()) }
}
