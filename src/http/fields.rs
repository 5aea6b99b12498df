//! A document's request as an operation's fields: path, query and body.
//!
//! A body is JSON, a form or multipart. The header `Content-Type` says which; but browsers and
//! scripts that post JSON often say nothing, or say "form" because that is their default, so
//! between those two the first character decides: no form of ours begins with a brace.

use super::body::{BodyError, Bounded};
use crate::budget::Charge;
use crate::data::body::Wanted;
use crate::data::{self, Fields, Value};
use crate::document::{Document, Fixed, Row};
use crate::fault::Fault;
use crate::hex;
use bytes::Bytes;
use futures_util::{Stream, stream};
use matchit::Params;
use percent_encoding::percent_decode_str;
use std::borrow::Cow;

/// The most fields that are looked at: each new one is compared with all before it.
const MANY: usize = 256;

/// A body, as far as it is decoded before an operation is chosen.
pub(super) enum Content {
    /// JSON or a form.
    Text {
        /// The body.
        body: Bytes,
        /// `Content-Type` says that it is JSON.
        is_json: bool,
    },
    /// The parts of a multipart body, and what they hold of the memory for bodies.
    Parts(Vec<(String, Part)>, #[expect(dead_code, reason = "held for its end")] Option<Charge>),
}

impl Content {
    /// How long it is, in bytes.
    pub(super) fn length(&self) -> usize {
        match self {
            Content::Text { body, .. } => body.len(),
            Content::Parts(parts, _) => parts
                .iter()
                .map(|(name, part)| match part {
                    Part::File(bytes) => name.len() + bytes.len(),
                    Part::Text(text) => name.len() + text.len(),
                })
                .sum(),
        }
    }
}

/// One part of a multipart body.
pub(super) enum Part {
    /// A file: a part with a file name.
    File(Bytes),
    /// Anything else.
    Text(String),
}

/// Why there is no content.
pub(super) enum ContentError {
    /// The body could not be read.
    Body(BodyError),
    /// It could, and is not what it says it is.
    Fault(Fault),
}

impl From<BodyError> for ContentError {
    fn from(error: BodyError) -> Self {
        ContentError::Body(error)
    }
}

/// Read a body whose `Content-Type` is `content_type`.
pub(super) async fn read(
    body: &mut Bounded<'_>,
    content_type: &str,
) -> Result<Content, ContentError> {
    match multer::parse_boundary(content_type) {
        Ok(boundary) => {
            let pieces = stream::try_unfold(&mut *body, |body| async move {
                Ok::<_, BodyError>(body.next().await?.map(|piece| (piece, body)))
            });
            let parts = parts(pieces, boundary).await?;
            Ok(Content::Parts(parts, body.take_charge()))
        }
        Err(multer::Error::NoBoundary) => {
            let why = "the multipart body has no boundary";
            Err(ContentError::Fault(Fault::EnvelopeValue(why.into())))
        }
        Err(_) => {
            let is_json = content_type.to_ascii_lowercase().contains("json");
            Ok(Content::Text { body: body.whole().await?, is_json })
        }
    }
}

/// Read a multipart body (RFC 7578) as it comes: no more of it is held than its parts.
pub(super) async fn parts<'p>(
    pieces: impl Stream<Item = Result<Bytes, BodyError>> + Send + 'p,
    boundary: String,
) -> Result<Vec<(String, Part)>, ContentError> {
    let mut multipart = multer::Multipart::new(pieces, boundary);
    let mut parts = Vec::new();
    while let Some(field) = multipart.next_field().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        let part = match field.file_name() {
            Some(_) => Part::File(field.bytes().await.map_err(broken)?),
            None => Part::Text(field.text().await.map_err(broken)?),
        };
        parts.push((name, part));
    }
    Ok(parts)
}

fn broken(error: multer::Error) -> ContentError {
    match &error {
        multer::Error::StreamReadFailed(inner) => match inner.downcast_ref::<BodyError>() {
            Some(error) => ContentError::Body(*error),
            None => ContentError::Body(BodyError::Broken),
        },
        error => {
            let why = format!("the multipart body is not readable: {error}");
            ContentError::Fault(Fault::EnvelopeValue(why.into()))
        }
    }
}

/// All fields of a request, under the operation's names. None may come twice, from wherever.
pub(super) fn gather<'a>(
    document: &Document,
    row: &'static Row,
    params: &Params<'_, 'a>,
    query: &'a str,
    content: &'a Content,
) -> Result<Fields<'a>, Fault> {
    let mut fields = Fields::default();
    let mut add = |name: Cow<'a, str>, value: Value<'a>| {
        let renamed = row.renames.iter().find(|(wire, _)| *wire == name);
        let key = renamed.map_or(name.clone(), |(_, key)| Cow::Borrowed(*key));
        if value == Value::Null && document.null_is_absent {
            return Ok(());
        }
        let value = match value {
            Value::Text(text) if document.unclean => Value::Word(text),
            value => value,
        };
        if fields.insert(key, value) {
            Ok(())
        } else {
            Err(Fault::WrongValue(Cow::Owned(name.into_owned()), "sent twice".into()))
        }
    };
    for (name, segment) in params.iter() {
        let text = percent_decode_str(segment).decode_utf8();
        let text =
            text.map_err(|_| Fault::WrongValue(name.to_owned().into(), "not UTF-8".into()))?;
        add(Cow::Owned(name.to_owned()), Value::Word(text))?;
    }
    let mut count = 0;
    let mut add = |name: Cow<'a, str>, value: Value<'a>| {
        count += 1;
        if count > MANY {
            return Err(Fault::EnvelopeValue("more fields than any operation has".into()));
        }
        // What the path has said already may not be said again, unless nobody would mean it.
        let is_in_path = || !document.unclean && params.iter().any(|(param, _)| param == name);
        if row.has(&name) || is_in_path() { add(name, value) } else { Ok(()) }
    };
    // Decoding a form puts U+FFFD for what is not UTF-8: two passwords could become one.
    let word = |name: &str, text: Cow<'a, str>| match text.contains(char::REPLACEMENT_CHARACTER) {
        true if !document.unclean => {
            Err(Fault::WrongValue(name.to_owned().into(), "not UTF-8".into()))
        }
        _ => Ok(Value::Word(text)),
    };
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        // The query's token is a credential; an operation may still name it among its parameters.
        let value = word(&name, value)?;
        add(name, value)?;
    }
    match content {
        Content::Parts(parts, _) => {
            for (name, part) in parts {
                let value = match part {
                    Part::File(bytes) => Value::Bytes(bytes.clone()),
                    Part::Text(text) => word(name, Cow::Borrowed(text))?,
                };
                add(Cow::Borrowed(name), value)?;
            }
        }
        Content::Text { body, .. } if body.trim_ascii_start().starts_with(b"{") => {
            let not_json = |why: String| Fault::EnvelopeValue(why.into());
            // One more than are looked at, so that it is noticed.
            let wanted = Wanted { items: 0, keys: MANY + 1, is_known: &|key| row.has(key) };
            let value = data::body::data(body, &wanted);
            let value = value.map_err(|e| not_json(format!("not a JSON text: {e}")))?;
            if let Value::Map(map) = value {
                for (name, value) in map {
                    add(name, value)?;
                }
            }
        }
        Content::Text { body, is_json } => {
            let body = body.trim_ascii();
            // What says that it is JSON and has no `key=value` either is neither.
            let is_neither = *is_json && !body.is_empty() && !body.contains(&b'=');
            if is_neither || body.starts_with(b"[") {
                return Err(Fault::EnvelopeValue("the body is not a JSON object".into()));
            }
            for (name, value) in form_urlencoded::parse(body) {
                let value = word(&name, value)?;
                add(name, value)?;
            }
        }
    }
    for (key, value) in row.fixed {
        let value = match value {
            Fixed::Text(text) => Value::Text(Cow::Borrowed(text)),
            Fixed::True => Value::Bool(true),
        };
        fields.set(Cow::Borrowed(key), value);
    }
    if let Some(key) = row.md5
        && let Some(Value::Text(text) | Value::Word(text)) = fields.get(key)
        && !text.is_empty()
        && !hex::is_hex(text, 32)
    {
        return Err(Fault::WrongValue(key.into(), "expected an md5, 32 hex digits".into()));
    }
    Ok(fields)
}
