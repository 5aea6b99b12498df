//! How requests to servers of the operator's own are signed.
//!
//! As Standard Webhooks have it (<https://www.standardwebhooks.com>), for which every language has a library: the headers
//! `webhook-id`, `webhook-timestamp` and `webhook-signature`, the last an HMAC-SHA256 over id, time and body.

use crate::config::Secret;
use crate::hmac_sha256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::time::{SystemTime, UNIX_EPOCH};

/// The key that a secret stands for: the libraries write theirs as `whsec_` and Base64; any other
/// text is the key as it stands.
pub fn key(secret: &Secret) -> Vec<u8> {
    let encoded = secret.as_str().strip_prefix("whsec_");
    let decoded = encoded.and_then(|encoded| STANDARD.decode(encoded).ok());
    decoded.unwrap_or_else(|| secret.as_bytes().to_vec())
}

/// The headers of a request that is sent now, as names and values. The receiver knows a second try by its `id`.
pub fn headers(key: &[u8], id: &str, body: &[u8]) -> [(&'static str, String); 3] {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    [
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", now.to_string()),
        ("webhook-signature", sign(key, id, now, body)),
    ]
}

fn sign(key: &[u8], id: &str, seconds: u64, body: &[u8]) -> String {
    let signed = [format!("{id}.{seconds}.").as_bytes(), body].concat();
    format!("v1,{}", STANDARD.encode(hmac_sha256::of(key, &signed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signature_matches_the_documented_example() {
        // The example that the libraries of Standard Webhooks are tested with.
        let secret = Secret::try_from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned());
        let body = br#"{"test": 2432232314}"#;
        assert_eq!(
            sign(&key(&secret.unwrap()), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
        let secret = Secret::try_from("any other text".to_owned());
        assert_eq!(key(&secret.unwrap()), b"any other text");
    }
}
