//! What a body and a query come to, without a connection: for the fuzz targets alone.

use super::fields::{self, Content};
use crate::document::{Document, Row};
use bytes::Bytes;
use futures_util::{FutureExt, stream};

static ROW: Row = Row { op: ("fuzz", "any"), takes: Some(&["name", "id", "file"]), ..Row::PLAIN };
const DOCUMENT: Document = Document { rows: std::slice::from_ref(&ROW), ..Document::PLAIN };

/// Gather the fields of a request. The body comes in two pieces, cut anywhere, and is multipart if
/// `boundary` says so.
pub fn gather(query: &str, body: &[u8], cut: usize, boundary: Option<&str>) {
    let content = match boundary {
        None => {
            Content::Text { body: Bytes::copy_from_slice(body), is_json: cut.is_multiple_of(2) }
        }
        Some(boundary) => {
            let (first, rest) = body.split_at(cut.min(body.len()));
            let pieces = [first, rest].map(|piece| Ok(Bytes::copy_from_slice(piece)));
            let parts = fields::parts(stream::iter(pieces), boundary.to_owned());
            // Nothing is waited for: all pieces are there.
            match parts.now_or_never() {
                Some(Ok(parts)) => Content::Parts(parts, None),
                _ => return,
            }
        }
    };
    let mut router = matchit::Router::new();
    let routed = router.insert("/", ()).is_ok();
    if let (true, Ok(found)) = (routed, router.at("/")) {
        let _ = fields::gather(&DOCUMENT, &ROW, &found.params, query, &content);
    }
}
