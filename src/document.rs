//! What a REST document is: a value, not code.
//!
//! A [`Document`] is a list of [`Row`]s, each from a method and a path to an operation, and one
//! function, its dialect, that dresses what the operation answered. A row translates names and
//! nothing else; rules live in operations.

use crate::fault::Fault;
use crate::op::{Answer, Entry, File, Name};
use std::borrow::Cow;

/// One document's paths and its dialect.
#[derive(Clone, Copy)]
pub struct Document {
    /// What it is called in messages at start.
    pub name: &'static str,
    /// Its paths.
    pub rows: &'static [Row],
    /// From what an operation answered to what the document's client reads. `entry` is the
    /// operation that was called.
    pub dialect: fn(entry: &Entry, result: Result<Answer, Fault>) -> Response,
}

/// One path of a document.
pub struct Row {
    /// `GET` (which answers `HEAD` too), `POST`, `PUT` or `DELETE`.
    pub method: &'static str,
    /// The path; `{name}` stands for one segment, which becomes the field `name`.
    pub path: &'static str,
    /// The operation that it reaches.
    pub op: Name,
    /// For pictures that pages of foreign sites may not show: the picture they get instead.
    pub hotlinked: Option<&'static File>,
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
        }
    }

    /// A picture.
    pub fn file(status: u16, file: File) -> Self {
        Response { status, content_type: file.kind.content_type(), body: file.bytes, tag: file.tag }
    }
}
