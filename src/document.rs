//! What a REST document is: a value, not code.
//!
//! A [`Document`] is a list of [`Row`]s, each from a method and its paths to an operation, and one
//! function, its dialect, that dresses what the operation answered. A row translates names and
//! nothing else; rules live in operations. What a row needs beyond names is a field of it.

use crate::fault::Fault;
use crate::op::{Answer, Entry, File, Name};
use crate::request::RequestId;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// One document's paths and its dialect.
#[derive(Clone, Copy)]
pub struct Document {
    /// Its paths.
    pub rows: &'static [Row],
    /// From what an operation answered to what the document's client reads.
    pub dialect: fn(Outcome<'_>) -> Response,
    /// In its bodies `null` says the same as a key that is not there.
    pub null_is_absent: bool,
    /// Its clients' bodies are not clean: in JSON, too, digits in text stand for an integer, and what
    /// is not UTF-8 in a form is read as well as it can be.
    pub unclean: bool,
    /// Its login travels in the cookie `session`, which a browser sends along without being asked:
    /// so writes that come from pages of other sites are refused.
    pub by_cookie: bool,
}

impl Document {
    /// A document without any peculiarity; to be completed by `..Document::PLAIN`.
    pub const PLAIN: Document = Document {
        rows: &[],
        dialect: |_| Response::json(Vec::new()),
        null_is_absent: false,
        unclean: false,
        by_cookie: false,
    };
}

/// One path of a document.
pub struct Row {
    /// `GET` (which answers `HEAD` too), `POST`, `PUT` or `DELETE`.
    pub method: &'static str,
    /// The paths; `{name}` stands for one segment, which becomes the field `name`.
    pub paths: &'static [&'static str],
    /// The operation that it reaches.
    pub op: Name,
    /// Operations that follow it, each with the same data and the login that came of the one
    /// before. The last one's answer is the row's.
    pub then: &'static [Step],
    /// The keys that the wire has, in query and body; what else a client sends is not looked at.
    /// `None` where the operation itself refuses what it does not know.
    pub takes: Option<&'static [&'static str]>,
    /// Keys among them that are lists: a form sends each element as a field of its own, `key=1&key=2` or
    /// `key[]=1&key[]=2`.
    pub lists: &'static [&'static str],
    /// Keys that the wire names otherwise than the operation: `(wire, operation)`.
    pub renames: &'static [(&'static str, &'static str)],
    /// Keys that the operation takes and the wire does not have.
    pub fixed: &'static [(&'static str, Fixed)],
    /// A key that must be 32 hex digits: the md5 of a password.
    pub md5: Option<&'static str>,
    /// Whether its requests may be signed. Of one that is, path and body alone are read: the signature
    /// does not cover the query.
    pub is_signed: bool,
    /// What becomes of the operation's answer.
    pub reply: Shape,
    /// What the row does to the cookie `session`.
    pub cookie: Cookie,
    /// For pictures that pages of foreign sites may not show: the picture they get instead.
    pub hotlinked: Option<&'static File>,
}

impl Row {
    /// A row without any peculiarity; to be completed by `..Row::PLAIN`.
    pub const PLAIN: Row = Row {
        method: "GET",
        paths: &[],
        op: ("", ""),
        then: &[],
        takes: Some(&[]),
        lists: &[],
        renames: &[],
        fixed: &[],
        md5: None,
        is_signed: false,
        reply: Shape::Whole,
        cookie: Cookie::Untouched,
        hotlinked: None,
    };

    /// Does the wire have `key`, in a query or a body?
    pub(crate) fn has(&self, key: &str) -> bool {
        self.takes.is_none_or(|keys| keys.contains(&key))
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

/// An operation that follows another.
pub struct Step {
    /// The operation.
    pub op: Name,
    /// Keys that it names otherwise than the operation before: `(before, here)`.
    pub renames: &'static [(&'static str, &'static str)],
}

/// A value that a row adds.
#[derive(Debug, Clone, Copy)]
pub enum Fixed {
    /// Text.
    Text(&'static str),
    /// `true`.
    True,
}

/// What becomes of an operation's answer before the dialect dresses it.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// All of it, as it is.
    Whole,
    /// None of it: that it was done is all there is to say.
    Nothing,
    /// These keys of it, in this order: `(wire, operation)`.
    Pick(&'static [(&'static str, &'static str)]),
    /// The text under this key, in base64: sent as the bytes that it stands for.
    Bytes {
        /// The answer's key.
        key: &'static str,
        /// The media type under which the bytes are sent.
        content_type: &'static str,
    },
}

/// What a row does to the cookie `session`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookie {
    /// Nothing.
    Untouched,
    /// Sets it to the token that the login answered.
    Set,
    /// Removes it.
    Clear,
}

/// What a dialect is given.
pub struct Outcome<'a> {
    /// The row that was asked for.
    pub row: &'static Row,
    /// The row's operation, as the registry has it.
    pub entry: Option<&'a Entry>,
    /// What it answered. Never a file: that is sent as it is.
    pub result: Result<Answer, Fault>,
    /// Names the request in the log.
    pub id: RequestId,
}

impl Outcome<'_> {
    /// The answer in the row's shape: `null` where there is nothing to say.
    pub fn shaped(self) -> Result<Value, Fault> {
        let tree = self.result?.tree().map_err(Fault::unknown);
        let tree = tree.inspect_err(|fault| self.id.log(self.row.op, fault))?;
        Ok(match self.row.reply {
            Shape::Whole | Shape::Bytes { .. } => tree,
            Shape::Nothing => Value::Null,
            Shape::Pick(keys) => {
                let value = |key: &str| tree.get(key).cloned().unwrap_or(Value::Null);
                let picked = keys.iter().map(|(wire, key)| ((*wire).to_owned(), value(key)));
                Value::Object(picked.collect::<Map<_, _>>())
            }
        })
    }
}

/// What a dialect makes of an answer.
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
