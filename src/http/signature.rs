//! The header `X-Signature`: kept with the body that it signs, until an operation asks.

use crate::caller::Signature;
use bytes::Bytes;
use hyper::HeaderMap;

/// The signature that came with `body`, if any.
pub(super) fn of(headers: &HeaderMap, body: &Bytes) -> Option<Signature> {
    let given = headers.get("x-signature")?.to_str().ok()?;
    Some(Signature { given: given.trim().to_owned(), body: body.clone() })
}
