//! One operation by a path of its own (contract page `paths.md`): the body is its data, the answer is the envelope
//! without `id`, and the HTTP status follows the fault.

use super::exchange::Exchange;
use super::reply_budget::ReplyBudget;
use super::write::{refuse, write};
use super::{Accepts, CallContext, CallSummary, ReplyText};
use crate::data::body::{self, KeepRules};
use crate::data::{Fields, Value};
use crate::fault::Fault;
use crate::op::RegisteredOp;
use crate::status::status;

/// The HTTP status of success.
const DONE: u16 = 200;

/// An answer, and the HTTP status that it is sent with.
#[derive(Debug)]
pub struct DirectReply {
    /// The status.
    pub status: u16,
    /// The answer.
    pub reply: ReplyText,
}

/// Call `entry` with `body` as its data, and keep in `summary` what becomes of it. `None`: there is no such
/// operation.
pub async fn answer_directly(
    call: &CallContext<'_>,
    entry: Option<&RegisteredOp>,
    body: &[u8],
    summary: &mut CallSummary,
) -> DirectReply {
    let out = Vec::with_capacity(256);
    let reply_budget = ReplyBudget::new();
    let mut exchange = Exchange { accepts: Accepts::Both, call, summary, out, reply_budget };
    let fault = match entry {
        None => {
            let fault = Fault::NoSuchOperation;
            exchange.unrouted(status(&fault).code);
            refuse(&mut exchange.out, None, "{}", status, &fault);
            Some(fault)
        }
        Some(entry) => exchange.directly(entry, body).await,
    };
    let retry_after = fault.as_ref().and_then(Fault::retry_after);
    let Exchange { out, reply_budget, .. } = exchange;
    DirectReply {
        status: fault.as_ref().map_or(DONE, Fault::http_status),
        reply: reply_budget.answered(out, retry_after),
    }
}

impl Exchange<'_> {
    /// Call an operation and write its answer; the fault that was told, if any.
    async fn directly(&mut self, entry: &RegisteredOp, body: &[u8]) -> Option<Fault> {
        let result = match self.admit(entry) {
            Err(fault) => Err(fault),
            Ok(()) => match data(self.call, body) {
                Err(fault) => Err(self.unreadable_data(entry, fault)),
                Ok(data) => self.run(entry, data, body.len()).await,
            },
        };
        let mut fault = result.as_ref().err().cloned();
        if let Err(unwritten) = write(&mut self.out, None, entry.empty_data, entry.status, result) {
            self.call.id.log(entry.name, &unwritten);
            self.summary.note_status((entry.status)(&unwritten).code);
            fault = Some(*unwritten);
        }
        if let Err(no_room) = self.keep(entry, 0) {
            refuse(&mut self.out, None, entry.empty_data, entry.status, &no_room);
            fault = Some(no_room);
        }
        fault
    }

    /// The fault of data that can't be read: a missing proof of a login comes before it.
    fn unreadable_data(&mut self, entry: &RegisteredOp, fault: Fault) -> Fault {
        self.summary.note_operation(Some(entry.name));
        let fault = entry.refused(self.call.engine, &self.call.credentials, fault);
        self.summary.note_status((entry.status)(&fault).code);
        fault
    }
}

/// An operation's data; an empty body is `{}`.
fn data<'b>(call: &CallContext<'_>, body: &'b [u8]) -> Result<Fields<'b>, Fault> {
    if body.trim_ascii().is_empty() {
        return Ok(Fields::default());
    }
    let is_known = |key: &str| call.registry.knows(key);
    match body::data(body, &KeepRules { items: 0, keys: 0, is_known: &is_known }) {
        Ok(Value::Map(fields)) => Ok(fields),
        Ok(_) => Err(Fault::EnvelopeValue("the body is not a JSON object".into())),
        Err(error) => Err(Fault::EnvelopeValue(format!("not a JSON text: {error}").into())),
    }
}
