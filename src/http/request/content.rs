//! A document's body, as far as it is decoded before an operation is chosen.
//!
//! It is JSON, a form or multipart. The header `Content-Type` says which; but browsers and scripts that post
//! JSON often say nothing, or say "form" because that is their default, so between those two the first
//! character decides: no form of ours begins with a brace.

use super::body::{BodyError, BoundedBody};
use super::form;
use super::multipart::{MultipartError, Part, Reader, parameters};
use crate::budget::Charge;
use crate::data::encoding::without_bom;
use crate::document::{Document, Route};
use crate::fault::Fault;
use bytes::Bytes;
use hyper::HeaderMap;
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE};

/// The content of a body.
pub(crate) enum Content {
    /// JSON or a form.
    Text {
        /// The body.
        body: Bytes,
        /// The JSON text that the body is in spite of its form: sent as a form's only key.
        unwrapped: Option<Bytes>,
        /// What `Content-Type` says that it is.
        kind: TextKind,
    },
    /// The parts of a multipart body, and what they hold of the memory for bodies.
    Parts(Vec<(String, Part)>, #[expect(dead_code, reason = "held for its end")] Option<Charge>),
}

/// What `Content-Type` says of a body that is one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextKind {
    /// JSON.
    Json,
    /// Plain text, which may be a form with a field a line.
    Plain,
    /// A form, or anything else.
    Other,
}

impl Content {
    /// A body that is one text.
    pub(crate) fn text(body: Bytes, kind: TextKind) -> Self {
        Content::Text { unwrapped: form::json_key(&body), body, kind }
    }

    /// How long it is, in bytes.
    pub(crate) fn length(&self) -> usize {
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

/// Why a body has no content that can be used.
pub(crate) enum ContentError {
    /// The body could not be read.
    Body(BodyError),
    /// The body could be read, but it is not what `Content-Type` says.
    Fault(Fault),
}

impl From<BodyError> for ContentError {
    fn from(error: BodyError) -> Self {
        ContentError::Body(error)
    }
}

impl From<MultipartError> for ContentError {
    fn from(broken: MultipartError) -> Self {
        ContentError::Fault(Fault::EnvelopeValue(broken.to_string().into()))
    }
}

/// Read the body of a request to a route of a document.
pub(crate) async fn read(
    body: &mut BoundedBody<'_>,
    headers: &HeaderMap,
    (document, route): (&Document, &Route),
) -> Result<Content, ContentError> {
    let fault = |why: String| ContentError::Fault(Fault::EnvelopeValue(why.into()));
    // In bytes: one foreign byte in a header costs only what it stands in.
    let media_type = headers.get(CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
    if let Some(coding) = compression(headers) {
        let body = body.whole().await?;
        if !body.is_empty() {
            return Err(fault(format!("the body is compressed ({coding}); send it as it is")));
        }
        return Ok(Content::text(body, TextKind::Other));
    }
    if !is_multipart(media_type) {
        return Ok(Content::text(body.whole().await?, text_kind(media_type)));
    }
    let Some(boundary) = boundary(media_type) else {
        return Err(fault("the multipart body has no boundary".into()));
    };
    let mut reader =
        Reader::new(&boundary, |name: &str| route.takes_part(name) || document.token_in_body(name));
    while let Some(piece) = body.next().await? {
        reader.push(&piece)?;
    }
    Ok(Content::Parts(reader.finish()?, body.take_charge()))
}

/// Does it begin `multipart/form-data`?
fn is_multipart(media_type: &[u8]) -> bool {
    const MULTIPART: &[u8] = b"multipart/form-data";
    let begin = media_type.trim_ascii_start().get(..MULTIPART.len()).unwrap_or_default();
    begin.eq_ignore_ascii_case(MULTIPART)
}

/// The boundary that a media type tells.
fn boundary(media_type: &[u8]) -> Option<Vec<u8>> {
    // Some clients leave out the semicolon before it.
    let start = media_type.iter().position(|byte| matches!(byte, b';' | b' ' | b'\t'))?;
    parameters(media_type.get(start..)?)
        .into_iter()
        .find(|parameter| parameter.name == b"boundary" && !parameter.value.is_empty())
        .map(|parameter| parameter.value)
}

fn text_kind(media_type: &[u8]) -> TextKind {
    let media_type = media_type.trim_ascii().to_ascii_lowercase();
    if media_type.windows(4).any(|text| text == b"json") {
        TextKind::Json
    } else if media_type.starts_with(b"text/plain") {
        TextKind::Plain
    } else {
        TextKind::Other
    }
}

/// How the body is compressed, if it is. Other values that clients send, `utf-8` for example, say nothing of
/// the kind.
fn compression(headers: &HeaderMap) -> Option<&'static str> {
    let coding = headers.get(CONTENT_ENCODING)?.as_bytes();
    let codings = ["gzip", "x-gzip", "deflate", "br", "zstd", "compress", "x-compress"];
    coding.split(|byte| *byte == b',').find_map(|coding| {
        codings.into_iter().find(|known| coding.trim_ascii().eq_ignore_ascii_case(known.as_bytes()))
    })
}

/// A text without the byte order mark and the white space around it.
pub(crate) fn trimmed(body: &[u8]) -> &[u8] {
    without_bom(body.trim_ascii()).trim_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boundary_is_read_in_every_spelling() {
        for (media_type, expected) in [
            ("multipart/form-data; boundary=XX", Some("XX")),
            ("multipart/form-data;boundary=XX", Some("XX")),
            ("Multipart/Form-Data; BOUNDARY=XX", Some("XX")),
            ("multipart/form-data; charset=utf-8; boundary=XX", Some("XX")),
            ("multipart/form-data; boundary=XX; charset=utf-8", Some("XX")),
            ("multipart/form-data; boundary = \"XX\" ", Some("XX")),
            ("multipart/form-data; boundary=\"a;b, c:d=e?\"; x=y", Some("a;b, c:d=e?")),
            ("multipart/form-data; boundary=a'()+_,-./:=?b", Some("a'()+_,-./:=?b")),
            ("multipart/form-data; x=\"; boundary=no\"; boundary=XX", Some("XX")),
            ("multipart/form-data boundary=XX", Some("XX")),
            ("multipart/form-data;; boundary=\"XX", Some("XX")),
            ("multipart/form-data; boundary='XX'", Some("XX")),
            (
                "  multipart/form-data;\tboundary=----WebKitFormBoundaryx",
                Some("----WebKitFormBoundaryx"),
            ),
            ("multipart/form-data; boundary=", None),
            ("multipart/form-data; boundary=\"\"", None),
            ("multipart/form-data; xboundary=XX", None),
            ("multipart/form-data", None),
        ] {
            let media_type = media_type.as_bytes();
            assert!(is_multipart(media_type));
            let expected = expected.map(|text| text.as_bytes().to_vec());
            assert_eq!(boundary(media_type), expected, "{:?}", String::from_utf8_lossy(media_type));
        }
        for other in
            ["", "text/plain", "application/json", "multipart/form", "xmultipart/form-data"]
        {
            assert!(!is_multipart(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn text_type_is_found_in_odd_media_types() {
        for (media_type, kind) in [
            ("application/json", TextKind::Json),
            ("application/json;;charset", TextKind::Json),
            ("application/vnd.api+JSON; charset=\"utf-8\"", TextKind::Json),
            ("text/json,text/html", TextKind::Json),
            ("Text/Plain; charset=GBK", TextKind::Plain),
            ("text/plain", TextKind::Plain),
            ("application/x-www-form-urlencoded; charset=GBK", TextKind::Other),
            ("", TextKind::Other),
            (";", TextKind::Other),
        ] {
            assert_eq!(text_kind(media_type.as_bytes()), kind, "{media_type}");
        }
    }
}
