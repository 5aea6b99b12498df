//! The header `X-Signature`: kept with the body that it signs, until an operation asks.

use crate::caller::Signature;
use bytes::Bytes;
use hyper::HeaderMap;
use hyper::header::HeaderName;

// A name that is made once: the map would hash and compare the text of it in every request.
const X_SIGNATURE: HeaderName = HeaderName::from_static("x-signature");

/// The signature that came with `body`, if any.
pub(super) fn of(headers: &HeaderMap, body: &Bytes) -> Option<Signature> {
    let given = headers.get(X_SIGNATURE)?.to_str().ok()?;
    Some(Signature { given: given.trim().to_owned(), body: body.clone() })
}
