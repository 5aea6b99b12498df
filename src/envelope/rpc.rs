//! JSON-RPC 2.0 (specification of 2013-01-04), on the envelope's endpoint and on one of its own.
//!
//! `method` is `"type.subtype"` and `params` an operation's data. The standard's own codes are
//! used for what the standard defines; a fault of ours is `error.code` = its status and
//! `error.message` = its text, as in an envelope.

use super::CallContext;
use super::exchange::{Asked, Exchange, Item, ItemOutcome, Routed};
use crate::data::encoding::without_bom;
use crate::data::{Fields, Value};
use crate::fault::Fault;
use crate::op::{Answer, RegisteredOp};
use crate::status::{Status, status};
use serde::Serialize;
use serde::de::{Deserialize as _, IgnoredAny};
use std::borrow::Cow;
use std::io::Write as _;

const PARSE_ERROR: Failure = Failure { code: -32700, message: "Parse error", data: None };
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
    fn of(entry: &RegisteredOp, fault: &Fault) -> Self {
        let status = (entry.status)(fault);
        let data = fault.detail().map(|detail| detail.into_owned());
        Failure { code: status.code, message: status.message, data }
    }
}

/// The id under which a call is answered.
enum Id<'b> {
    Null,
    Int(i64),
    /// Any other number, in the digits in which it was sent: to the client two numbers may differ that
    /// are one as a double.
    Digits(&'b [u8]),
    Text(Cow<'b, str>),
}

impl<'b> Id<'b> {
    /// Read one, which stands in the body as `text` if it is a number that is no 64-bit integer; `None`
    /// if no id may be such a value.
    fn of(value: Value<'b>, text: &'b [u8]) -> Option<Self> {
        match value {
            Value::Null => Some(Id::Null),
            Value::Int(id) => Some(Id::Int(id)),
            Value::Number => Some(Id::Digits(text)),
            Value::Text(id) => Some(Id::Text(id)),
            _ => None,
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Id::Null => out.extend_from_slice(b"null"),
            Id::Int(id) => out.extend_from_slice(itoa::Buffer::new().format(*id).as_bytes()),
            Id::Digits(digits) => out.extend_from_slice(digits),
            // Writing to a Vec can't fail, and text has no value that JSON does not.
            Id::Text(id) => drop(serde_json::to_writer(out, id)),
        }
    }
}

/// Who called: the id, and whether it is a notification, which is run and not answered.
pub(super) struct Asker<'b> {
    id: Id<'b>,
    is_notification: bool,
}

/// A call that reaches no operation.
pub(super) struct Refused<'b> {
    asker: Asker<'b>,
    failure: Failure,
}

/// Does it say that it is a call of JSON-RPC 2.0?
pub(super) fn is_call(item: &Value<'_>) -> bool {
    let Value::Map(fields) = item else { return false };
    matches!(fields.get("jsonrpc"), Some(Value::Text(version)) if version == "2.0")
}

/// Has it an id whose digits the decoded value does not keep?
pub(super) fn has_odd_id(item: &Value<'_>) -> bool {
    let Value::Map(fields) = item else { return false };
    matches!(fields.get("id"), Some(Value::Number))
}

fn is_json(body: &[u8]) -> bool {
    let body = without_bom(body);
    let Ok(text) = std::str::from_utf8(body) else { return false };
    let mut json = serde_json::Deserializer::from_str(text);
    // What is ignored is read without recursion.
    json.disable_recursion_limit();
    IgnoredAny::deserialize(&mut json).is_ok() && json.end().is_ok()
}

impl Exchange<'_> {
    /// Answer a body that could not be decoded. What is JSON all the same, and refused for what it says (a
    /// key that stands twice, nesting too deep, a number too large), is an invalid request.
    pub(super) fn rpc_unreadable(&mut self, body: &[u8], error: &serde_json::Error) {
        let failure = match is_json(body) {
            true => Failure { data: Some(error.to_string()), ..INVALID_REQUEST },
            false => PARSE_ERROR,
        };
        self.unrouted(failure.code);
        refuse(&mut self.out, &Id::Null, &failure);
    }

    /// Answer a batch that is refused as a whole, and say why where the specification does not.
    pub(super) fn rpc_no_batch(&mut self, why: Option<String>) {
        self.unrouted(INVALID_REQUEST.code);
        refuse(&mut self.out, &Id::Null, &Failure { data: why, ..INVALID_REQUEST });
    }

    /// Answer what reaches no operation.
    pub(super) fn refuse_rpc(&mut self, refused: &Refused<'_>) -> ItemOutcome {
        let Refused { asker: Asker { id, is_notification }, failure } = refused;
        self.unrouted(failure.code);
        // A request so wrong that it can't be told to be a notification is answered.
        if *is_notification && failure.code != INVALID_REQUEST.code {
            return ItemOutcome::Nothing;
        }
        refuse(&mut self.out, id, failure);
        ItemOutcome::Answer
    }

    /// Answer what a call came to; a notification (no `id`) is not answered.
    pub(super) fn finish_rpc(
        &mut self,
        entry: &RegisteredOp,
        asker: &Asker<'_>,
        result: Result<Answer, Fault>,
        told: ItemOutcome,
    ) -> ItemOutcome {
        let Asker { id, is_notification } = asker;
        if *is_notification {
            return ItemOutcome::Nothing;
        }
        let start = self.out.len();
        match result {
            Err(fault) => refuse(&mut self.out, id, &Failure::of(entry, &fault)),
            Ok(answer) => {
                if let Err(fault) = write(&mut self.out, id, &answer) {
                    self.call.id.log(entry.name, &fault);
                    let failure = Failure::of(entry, &fault);
                    self.summary.note_status(failure.code);
                    refuse(&mut self.out, id, &failure);
                }
                if let Err(fault) = self.keep(entry, start) {
                    refuse(&mut self.out, id, &Failure::of(entry, &fault));
                    return ItemOutcome::NoRoom;
                }
            }
        }
        told
    }
}

impl<'a> Exchange<'a> {
    /// Find the operation that a call means.
    pub(super) fn route_rpc<'b>(&self, item: Item<'b>) -> Routed<'a, 'b> {
        let Item { value, length, id: digits } = item;
        if is_discovery(&value) {
            return Routed::Discovery(value, digits);
        }
        let (id, is_notification, found) = read(self.call, value, digits);
        let asker = Asker { id, is_notification };
        match found {
            Ok((entry, params)) => {
                let asked = Asked { entry, asker: super::exchange::Asker::Rpc(asker) };
                Routed::Operation(asked, params, length)
            }
            Err(failure) => Routed::RpcRefused(Refused { asker, failure }),
        }
    }
}

impl Exchange<'_> {
    /// Answer `rpc.discover` with the OpenRPC document (its specification, "Service Discovery Method").
    pub(super) fn discover(&mut self, value: Value<'_>, digits: &[u8]) -> ItemOutcome {
        self.unrouted(0);
        let Value::Map(mut fields) = value else { return ItemOutcome::Nothing };
        let Some(id) = fields.take("id").and_then(|id| Id::of(id, digits)) else {
            return ItemOutcome::Nothing;
        };
        let start = self.out.len();
        let address = &self.call.engine.services.public_url;
        let kept = self.reply_budget.admit(self.call, 0, &self.out).and_then(|()| {
            begin(&mut self.out, &id, "result");
            let document = self.call.descriptions.openrpc(self.call.registry, address);
            self.out.extend_from_slice(&document);
            self.out.push(b'}');
            self.reply_budget.keep(self.call, false, &self.out, start)
        });
        if let Err(fault) = kept {
            self.out.truncate(start);
            let Status { code, message } = status(&fault);
            let data = fault.detail().map(Cow::into_owned);
            refuse(&mut self.out, &id, &Failure { code, message, data });
            return ItemOutcome::NoRoom;
        }
        ItemOutcome::Answer
    }
}

/// Does a call ask for the description of all methods?
fn is_discovery(item: &Value<'_>) -> bool {
    let Value::Map(fields) = item else { return false };
    is_call(item)
        && matches!(fields.get("method"), Some(Value::Text(method)) if method == "rpc.discover")
}

/// The id under which a call is answered, whether it is a notification, and the operation that is meant
/// with its data.
fn read<'e, 'b>(
    call: &CallContext<'e>,
    value: Value<'b>,
    digits: &'b [u8],
) -> (Id<'b>, bool, Result<(&'e RegisteredOp, Fields<'b>), Failure>) {
    let is_call = is_call(&value);
    let Value::Map(mut fields) = value else { return (Id::Null, false, Err(INVALID_REQUEST)) };
    let sent = fields.take("id");
    let is_notification = sent.is_none();
    match Id::of(sent.unwrap_or(Value::Null), digits) {
        None => (Id::Null, false, Err(INVALID_REQUEST)),
        Some(id) if !is_call => (id, is_notification, Err(INVALID_REQUEST)),
        Some(id) => (id, is_notification, find(call, fields)),
    }
}

/// The operation that is meant, and its data.
fn find<'e, 'f>(
    call: &CallContext<'e>,
    mut fields: Fields<'f>,
) -> Result<(&'e RegisteredOp, Fields<'f>), Failure> {
    let Some(Value::Text(method)) = fields.take("method") else { return Err(INVALID_REQUEST) };
    let params = match fields.take("params") {
        Some(Value::Map(params)) => Some(params),
        // Clients whose parameters are positions send an empty list where there are none; others null.
        None | Some(Value::Null) => Some(Fields::default()),
        Some(Value::List(list)) if list.is_empty() => Some(Fields::default()),
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
fn write(out: &mut Vec<u8>, id: &Id<'_>, answer: &Answer) -> Result<(), Fault> {
    let start = out.len();
    begin(out, id, "result");
    answer.write(out).map_err(Fault::unknown).inspect_err(|_| out.truncate(start))?;
    out.push(b'}');
    Ok(())
}

fn refuse(out: &mut Vec<u8>, id: &Id<'_>, failure: &Failure) {
    begin(out, id, "error");
    let _ = serde_json::to_writer(&mut *out, failure);
    out.push(b'}');
}

/// All of an answer up to the value of its last key.
fn begin(out: &mut Vec<u8>, id: &Id<'_>, key: &str) {
    out.extend_from_slice(b"{\"jsonrpc\":\"2.0\",\"id\":");
    id.write(out);
    let _ = write!(out, ",\"{key}\":");
}
