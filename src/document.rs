//! What a REST document is: a value, not code.
//!
//! A [`Document`] is a list of [`Route`]s, each from a method and its paths to an operation. A route translates
//! names, and carries the two functions that write what its client reads: of success and of a fault. Rules of
//! the business live in operations.

use crate::fault::Fault;
use crate::op::{Answer, File, Name, RegisteredOp};
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// One document: its paths, and what its clients have in common.
#[derive(Clone, Copy)]
pub struct Document {
    /// Its name in descriptions, such as `rank`.
    pub name: &'static str,
    /// Whose clients it serves, in plain words.
    pub description: &'static str,
    /// Its paths.
    pub routes: &'static [Route],
    /// In its bodies `null` says the same as a key that is not there.
    pub null_is_absent: bool,
    /// Its clients' bodies are read leniently: in JSON, too, digits in text stand for an integer, and what is
    /// not UTF-8 in a form is read as well as it can be.
    pub lenient: bool,
    /// Its login travels in the cookie `session`, which a browser sends along without being asked:
    /// so writes that come from pages of other sites are refused.
    pub by_cookie: bool,
}

impl Document {
    /// A document without any peculiarity; to be completed by `..Document::DEFAULT`.
    pub const DEFAULT: Document = Document {
        name: "",
        description: "",
        routes: &[],
        null_is_absent: false,
        lenient: false,
        by_cookie: false,
    };
}

/// One path of a document, for one method.
pub struct Route {
    /// `GET` (which answers `HEAD` too), `POST`, `PUT` or `DELETE`.
    pub method: &'static str,
    /// The paths; `{name}` stands for one segment, which becomes the field `name`.
    pub paths: &'static [&'static str],
    /// The operation that it reaches.
    pub op: Name,
    /// Operations that follow it, each with the same data and the login that came of the one
    /// before. The last one's answer is the route's.
    pub then: &'static [Step],
    /// The keys that are read, of query and body; what else a client sends is not looked at.
    /// `None` where the operation itself refuses what it does not know.
    pub params: Option<&'static [&'static str]>,
    /// Keys among them that are lists: a form sends each element as a field of its own, `key=1&key=2` or
    /// `key[]=1&key[]=2`.
    pub lists: &'static [&'static str],
    /// Keys that the wire names otherwise than the operation: `(wire, operation)`.
    pub renames: &'static [(&'static str, &'static str)],
    /// Keys that the operation takes and the wire does not have.
    pub constants: &'static [(&'static str, Constant)],
    /// A key whose value must be 32 hex digits.
    pub digest: Option<&'static str>,
    /// Whether its requests may be signed. Of one that is, path and body alone are read: the signature
    /// does not cover the query.
    pub is_signed: bool,
    /// What the client reads where all went well. A file is sent as it is, without this.
    pub success: fn(&Answer) -> Result<Response, Fault>,
    /// What the client reads of a fault.
    pub failure: fn(&Failure<'_>) -> Response,
    /// What `success` and `failure` write, for descriptions.
    pub reply: RouteReply,
    /// What the route does to the cookie `session`.
    pub cookie: Cookie,
    /// For pictures that pages of other sites may not show: the picture that they get instead.
    pub placeholder: Option<&'static File>,
}

impl Route {
    /// A route without any peculiarity; to be completed by `..Route::DEFAULT`.
    pub const DEFAULT: Route = Route {
        method: "GET",
        paths: &[],
        op: ("", ""),
        then: &[],
        params: Some(&[]),
        lists: &[],
        renames: &[],
        constants: &[],
        digest: None,
        is_signed: false,
        success: |_| Ok(Response::json(Vec::new())),
        failure: |_| Response::json(Vec::new()),
        reply: RouteReply::Picture,
        cookie: Cookie::Untouched,
        placeholder: None,
    };

    /// Does the wire have `key`, in a query or a body?
    pub(crate) fn has(&self, key: &str) -> bool {
        self.params.is_none_or(|keys| keys.contains(&key))
    }

    /// The list of which a form's field is an element: `list`, `list[]` and `list[0]` are.
    pub(crate) fn list(&self, field: &str) -> Option<&'static str> {
        let is_index = |rest: &str| {
            let index = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
            index.is_some_and(|index| index.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let is_element = |list: &str| {
            field.strip_prefix(list).is_some_and(|rest| rest.is_empty() || is_index(rest))
        };
        self.lists.iter().copied().find(|list| is_element(list))
    }
}

/// What a route answers, for descriptions.
#[derive(Clone, Copy)]
pub enum RouteReply {
    /// A picture, whatever happens.
    Picture,
    /// A picture, or JSON of a fault with this schema.
    PictureOrFault(fn() -> Value),
    /// JSON, with these schemas. They are JSON Schema, draft 2020-12.
    Json {
        /// Of success, made from the schema of the last operation's reply.
        success: fn(&ReplySchema<'_>) -> Value,
        /// Of a fault.
        failure: fn() -> Value,
    },
}

/// The schema of an operation's reply.
pub struct ReplySchema<'a>(pub &'a Value);

impl ReplySchema<'_> {
    /// All of it.
    pub fn whole(&self) -> Value {
        self.0.clone()
    }

    /// The schema of one of its keys; anything where it has no such key.
    pub fn key(&self, key: &str) -> Value {
        self.0["properties"].get(key).cloned().unwrap_or_else(|| json!({}))
    }

    /// An object with these keys of it, as [`pick`] picks them: `(wire, operation)`.
    pub fn pick(&self, keys: &[(&str, &str)]) -> Value {
        let property = |(wire, key): &(&str, &str)| ((*wire).to_owned(), self.key(key));
        let properties: Map<String, Value> = keys.iter().map(property).collect();
        let required: Vec<&str> = keys.iter().map(|(wire, _)| *wire).collect();
        json!({"type": "object", "properties": properties, "required": required})
    }
}

/// An operation that follows another.
pub struct Step {
    /// The operation.
    pub op: Name,
    /// Keys that it names otherwise than the operation before: `(before, here)`.
    pub renames: &'static [(&'static str, &'static str)],
}

/// A value that a route adds.
#[derive(Debug, Clone, Copy)]
pub enum Constant {
    /// Text.
    Text(&'static str),
    /// `true`.
    True,
}

/// What a route does to the cookie `session`.
#[derive(Clone, Copy)]
pub enum Cookie {
    /// Nothing.
    Untouched,
    /// Sets it to the token of the session that was opened; the function finds it in an operation's answer,
    /// `None` where that opened none.
    Set(fn(&Answer) -> Option<String>),
    /// Removes it.
    Clear,
}

/// What a route's client is to be told of a fault.
pub struct Failure<'a> {
    /// The fault, its keys as the wire has them.
    pub fault: &'a Fault,
    /// The route's operation, as the registry has it.
    pub entry: Option<&'a RegisteredOp>,
}

/// These keys of an answer, in this order: `(wire, operation)`. A key that the answer lacks is `null`.
pub fn pick(answer: &Answer, keys: &[(&str, &str)]) -> Result<Value, Fault> {
    let tree = tree(answer)?;
    let value = |key: &str| tree.get(key).cloned().unwrap_or(Value::Null);
    let picked = keys.iter().map(|(wire, key)| ((*wire).to_owned(), value(key)));
    Ok(Value::Object(picked.collect::<Map<_, _>>()))
}

/// An answer as a tree.
pub fn tree(answer: &Answer) -> Result<Value, Fault> {
    answer.tree().map_err(Fault::unknown)
}

/// What a client reads.
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The media type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: Cow<'static, [u8]>,
    /// Names this very content, for `ETag`; empty if it must not be kept.
    pub tag: Cow<'static, str>,
    /// Whether it has the envelope's form: then its media type is what the configuration says.
    pub is_envelope: bool,
}

impl Response {
    /// A JSON text under HTTP 200: a document's answer is never another status, because its
    /// clients read the body only then.
    pub fn json(body: Vec<u8>) -> Self {
        Response {
            status: 200,
            content_type: "application/json; charset=utf-8",
            body: body.into(),
            tag: Cow::Borrowed(""),
            is_envelope: false,
        }
    }

    /// A JSON text in the envelope's form.
    pub fn envelope(body: Vec<u8>) -> Self {
        Response { is_envelope: true, ..Response::json(body) }
    }

    /// The same of a tree.
    pub fn tree(body: &Value) -> Self {
        Response::json(body.to_string().into_bytes())
    }

    /// Bytes that no client may keep.
    pub fn bytes(body: Vec<u8>, content_type: &'static str) -> Self {
        Response { content_type, ..Response::json(body) }
    }

    /// A picture.
    pub fn file(status: u16, file: File) -> Self {
        Response {
            status,
            content_type: file.kind.content_type(),
            body: file.bytes,
            tag: file.tag,
            is_envelope: false,
        }
    }
}
