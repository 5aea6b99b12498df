//! The answer to one body while it is made, item by item.

use super::id::id;
use super::reply_budget::ReplyBudget;
use super::{Accepts, CallContext, CallSummary, refuse, rpc, write};
use crate::caller::Credentials;
use crate::data::span::{data_lengths, ids};
use crate::data::{Fields, Value};
use crate::fault::Fault;
use crate::op::{Answer, Called, RegisteredOp, Registry};
use crate::status::status;

/// The longest data of an operation that takes no file, in bytes of the body. The longest text that an
/// operation takes has 10,000 characters: 120,000 bytes if each is written as two escapes. It is little
/// enough to be kept while the operation waits for its turn.
pub const MOST_DATA: usize = 160 * 1024;

/// One envelope or call of a body.
pub(super) struct Item<'b> {
    pub(super) value: Value<'b>,
    /// How long its data is, in bytes, where that may be too long.
    pub(super) length: usize,
    /// Its id as it stands in the body, where it is a number that is not a 64-bit integer.
    pub(super) id: &'b [u8],
}

/// What one item of a body came to.
pub(super) enum ItemOutcome {
    Answer,
    /// An answer that it is refused because of a limit, and for how many seconds.
    Limited(u64),
    Nothing,
    /// An answer that the writer's queue is full.
    Busy,
    /// An answer that there is no memory for the answer.
    NoRoom,
}

/// Who is to be answered, and in which form.
pub(super) enum Asker<'b> {
    /// An envelope with this id.
    Envelope(i64),
    /// A call of JSON-RPC.
    Rpc(rpc::Asker<'b>),
}

/// An operation that is asked for.
pub(super) struct Asked<'e, 'b> {
    pub(super) entry: &'e RegisteredOp,
    pub(super) asker: Asker<'b>,
}

/// What an item means.
pub(super) enum Routed<'e, 'b> {
    /// An operation with its data, and how long that is where it may be too long.
    Operation(Asked<'e, 'b>, Fields<'b>, usize),
    /// No envelope at all; why.
    Wrong(&'static str),
    /// An envelope with this id, and what is wrong with it.
    Refused(i64, Fault),
    /// A call of JSON-RPC that reaches no operation.
    RpcRefused(rpc::Refused<'b>),
    /// A call for the description of all methods, and its id in digits.
    Discovery(Value<'b>, &'b [u8]),
}

/// The answer to one body while it is made.
pub(super) struct Exchange<'a> {
    pub(super) accepts: Accepts,
    pub(super) call: &'a CallContext<'a>,
    /// What the log is told of the request.
    pub(super) summary: &'a mut CallSummary,
    /// The answer, as far as it is written.
    pub(super) out: Vec<u8>,
    /// How long the answer may be.
    pub(super) reply_budget: ReplyBudget,
}

impl<'a> Exchange<'a> {
    /// Answer all items of a body.
    pub(super) async fn items(&mut self, body: &[u8], value: Value<'_>) -> ItemOutcome {
        // In a shorter body no item's data is too long.
        let lengths = if body.len() > MOST_DATA { data_lengths(body) } else { Vec::new() };
        let mut lengths = lengths.into_iter();
        let has_odd_id = items_of(&value).iter().any(rpc::has_odd_id);
        let mut ids = if has_odd_id { ids(body) } else { Vec::new() }.into_iter();
        let mut next = |value| Item {
            value,
            length: lengths.next().unwrap_or(0),
            id: ids.next().unwrap_or_default(),
        };
        match value {
            // On the heap, so that a request without a batch needs no room for one.
            Value::List(items) => Box::pin(self.batch(items.into_iter().map(next))).await,
            value => {
                let routed = self.route(next(value));
                self.answer(routed).await
            }
        }
    }

    /// Find the operation that an item means.
    pub(super) fn route<'b>(&self, item: Item<'b>) -> Routed<'a, 'b> {
        if self.accepts == Accepts::Rpc || rpc::is_call(&item.value) {
            return self.route_rpc(item);
        }
        let Item { value: Value::Map(fields), length, .. } = item else {
            return Routed::Wrong("not an object");
        };
        let id = fields.get("id").map_or(-1, id);
        let is_lenient = self.call.engine.services.config.envelope.lenient;
        match read(fields, self.call.registry, is_lenient) {
            Ok((entry, data)) => {
                Routed::Operation(Asked { entry, asker: Asker::Envelope(id) }, data, length)
            }
            Err(fault) => Routed::Refused(id, fault),
        }
    }

    /// Answer one item: an envelope or a call of JSON-RPC.
    pub(super) async fn answer(&mut self, routed: Routed<'a, '_>) -> ItemOutcome {
        match routed {
            Routed::Operation(asked, data, length) => {
                if let Err(fault) = self.admit(asked.entry) {
                    return self.not_admitted(asked, fault);
                }
                let result = self.run(asked.entry, data, length).await;
                self.finish(asked, result)
            }
            Routed::Wrong(why) => {
                self.wrong(why.into());
                ItemOutcome::Answer
            }
            Routed::Refused(id, fault) => {
                self.unrouted(status(&fault).code);
                refuse(&mut self.out, id, "{}", status, &fault);
                ItemOutcome::Answer
            }
            Routed::RpcRefused(refused) => self.refuse_rpc(&refused),
            Routed::Discovery(value, digits) => self.discover(value, digits),
        }
    }

    /// Answer an operation that may not be called now.
    pub(super) fn not_admitted(&mut self, asked: Asked<'_, '_>, fault: Fault) -> ItemOutcome {
        let Asked { entry, asker } = asked;
        match asker {
            Asker::Envelope(id) => {
                refuse(&mut self.out, id, entry.empty_data, entry.status, &fault);
                ItemOutcome::NoRoom
            }
            Asker::Rpc(asker) => self.finish_rpc(entry, &asker, Err(fault), ItemOutcome::NoRoom),
        }
    }

    /// Answer what an operation came to.
    pub(super) fn finish(
        &mut self,
        asked: Asked<'_, '_>,
        result: Result<Answer, Fault>,
    ) -> ItemOutcome {
        let Asked { entry, asker } = asked;
        let limited = |fault: &Fault| fault.retry_after().map(ItemOutcome::Limited);
        let told = result.as_ref().err().and_then(limited).unwrap_or(ItemOutcome::Answer);
        let id = match asker {
            Asker::Rpc(asker) => return self.finish_rpc(entry, &asker, result, told),
            Asker::Envelope(id) => id,
        };
        let told = if matches!(result, Err(Fault::Busy)) { ItemOutcome::Busy } else { told };
        let start = self.out.len();
        if let Err(fault) = write(&mut self.out, id, entry.empty_data, entry.status, result) {
            self.call.id.log(entry.name, &fault);
            self.summary.note_status((entry.status)(&fault).code);
        }
        if let Err(fault) = self.keep(entry, start) {
            refuse(&mut self.out, id, entry.empty_data, entry.status, &fault);
            return ItemOutcome::NoRoom;
        }
        told
    }

    /// May an operation be called now? Where a limit forbids it, it is counted as refused.
    pub(super) fn admit(&mut self, entry: &RegisteredOp) -> Result<(), Fault> {
        self.reply_budget.admit(self.call, entry.reserved_reply_bytes, &self.out).inspect_err(
            |fault| {
                self.summary.note_operation(Some(entry.name));
                self.summary.note_status((entry.status)(fault).code);
                entry.refused_by_limit(fault);
            },
        )
    }

    /// Is there room for an operation's answer, which was written from `start` on? Otherwise it is taken
    /// back.
    pub(super) fn keep(&mut self, entry: &RegisteredOp, start: usize) -> Result<(), Fault> {
        self.reply_budget.keep(self.call, entry.changes, &self.out, start).inspect_err(|fault| {
            self.out.truncate(start);
            self.summary.note_status((entry.status)(fault).code);
        })
    }

    /// Call an operation with `data`. A failure of ours is logged here, once.
    pub(super) async fn run(
        &mut self,
        entry: &RegisteredOp,
        mut data: Fields<'_>,
        length: usize,
    ) -> Result<Answer, Fault> {
        self.summary.note_operation(Some(entry.name));
        let credentials = self.credentials(&data);
        let engine = self.call.engine;
        let called = if length > MOST_DATA && !entry.takes_file {
            Called::Ready(Err(entry.refused(engine, &credentials, too_long())))
        } else {
            entry.call(engine, &mut data, credentials)
        };
        // What was not taken out is not kept while the operation waits.
        drop(data);
        let result = match called {
            Called::Ready(result) => result,
            Called::Later(later) => later.await,
        };
        self.ended(entry, result)
    }

    /// Note what an operation came to.
    pub(super) fn ended(
        &mut self,
        entry: &RegisteredOp,
        result: Result<Answer, Fault>,
    ) -> Result<Answer, Fault> {
        self.summary.note_status(entry.code(&result));
        if let Err(fault) = &result {
            self.call.id.log(entry.name, fault);
        }
        result
    }

    /// What proves who calls: a token in the data counts where the request has no other of a token's form.
    pub(super) fn credentials(&self, data: &Fields<'_>) -> Credentials {
        let mut credentials = self.call.credentials.clone();
        match data.get("token") {
            None | Some(Value::Null) => {}
            Some(Value::Text(token)) => credentials.offer(token),
            // A number or a list is a wrong token, and not none.
            Some(_) => credentials.offer("not a text"),
        }
        credentials
    }

    /// Is the data of an item longer than its operation takes?
    pub(super) fn is_too_long(&self, asked: &Asked<'_, '_>, length: usize) -> bool {
        length > MOST_DATA && !asked.entry.takes_file
    }

    /// Answer a body that could not be decoded.
    pub(super) fn unreadable(&mut self, body: &[u8], error: &serde_json::Error) {
        match self.accepts {
            Accepts::Both => self.wrong(format!("not a JSON text: {error}")),
            Accepts::Rpc => self.rpc_unreadable(body, error),
        }
    }

    /// Answer a batch that is refused as a whole; `None`: it is empty.
    pub(super) fn refuse_batch(&mut self, why: Option<String>) {
        match self.accepts {
            Accepts::Both => self.wrong(why.unwrap_or_else(|| "an empty batch".into())),
            Accepts::Rpc => self.rpc_no_batch(why),
        }
    }

    /// Answer what is no envelope at all.
    fn wrong(&mut self, why: String) {
        let fault = Fault::EnvelopeValue(why.into());
        self.unrouted(status(&fault).code);
        refuse(&mut self.out, -1, "{}", status, &fault);
    }

    /// Something reached no operation, and was told this status.
    pub(super) fn unrouted(&mut self, status: i64) {
        self.call.engine.services.metrics.unrouted.add(status);
        self.summary.note_operation(None);
        self.summary.note_status(status);
    }
}

/// The items of a batch, or the one item.
pub(super) fn items_of<'v, 'b>(value: &'v Value<'b>) -> &'v [Value<'b>] {
    match value {
        Value::List(items) => items,
        item => std::slice::from_ref(item),
    }
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
) -> Result<(&'e RegisteredOp, Fields<'a>), Fault> {
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
