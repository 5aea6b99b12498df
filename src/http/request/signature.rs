//! The headers of a signed request: kept with the body until an operation asks for them.

use crate::signature::{Headers, Signature};
use bytes::Bytes;
use hyper::header::HeaderName;
use hyper::http::request::Parts;
use std::sync::Arc;

// Names that are made once: the map would hash and compare the text of them in every request.
const X_SIGNATURE: HeaderName = HeaderName::from_static("x-signature");
const X_TIMESTAMP: HeaderName = HeaderName::from_static("x-timestamp");
const X_NONCE: HeaderName = HeaderName::from_static("x-nonce");

/// The signature that came with `body`, if any.
pub(crate) fn of(head: &Parts, body: &Bytes) -> Option<Arc<Signature>> {
    // A header that is not ASCII is a wrong one, not a missing one.
    let text = |name| head.headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let signature = text(X_SIGNATURE)?;
    let headers = Headers { signature, timestamp: text(X_TIMESTAMP), nonce: text(X_NONCE) };
    let signature = Signature::new(head.method.as_str(), head.uri.path(), headers, body.clone());
    Some(Arc::new(signature))
}
