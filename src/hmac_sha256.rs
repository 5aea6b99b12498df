//! HMAC-SHA256, with which requests to other servers are signed.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The 32 bytes for `text` under `key`.
pub(crate) fn of(key: &[u8], text: &[u8]) -> Vec<u8> {
    // No key is refused: RFC 2104 hashes a long one and fills up a short one.
    let Ok(mut hmac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    hmac.update(text);
    hmac.finalize().into_bytes().to_vec()
}
