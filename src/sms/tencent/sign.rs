//! TC3-HMAC-SHA256, the signature of Tencent Cloud's API 3.0, for POST requests of JSON.
//!
//! <https://cloud.tencent.com/document/api/362/4208>: the headers `content-type` and `host` are
//! signed, and the body; the key is good for one service and one day.

use crate::config::Secret;
use crate::hex;
use crate::hmac_sha256 as hmac;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// The `Content-Type` that is signed, and must be sent as it is.
pub const CONTENT_TYPE: &str = "application/json; charset=utf-8";

/// A request that is to be signed.
pub struct Signing<'a> {
    /// Part of the name of the host: `sms`.
    pub service: &'a str,
    /// The header `Host`, with the port where it is not the scheme's own.
    pub host: &'a str,
    /// The body, byte for byte.
    pub body: &'a [u8],
    /// The header `X-TC-Timestamp`: seconds since 1970. More than five minutes off are refused.
    pub seconds: i64,
}

impl Signing<'_> {
    /// The header `Authorization`.
    pub fn authorization(&self, id: &Secret, key: &Secret) -> String {
        let Signing { service, host, body, seconds } = self;
        let request = format!(
            "POST\n/\n\ncontent-type:{CONTENT_TYPE}\nhost:{host}\n\ncontent-type;host\n{}",
            digest(body)
        );
        // The day is the one in UTC, whatever the zone of the clock.
        let at = Timestamp::from_second(*seconds).unwrap_or(Timestamp::UNIX_EPOCH);
        let day = at.strftime("%Y-%m-%d").to_string();
        let scope = format!("{day}/{service}/tc3_request");
        let text = format!("TC3-HMAC-SHA256\n{seconds}\n{scope}\n{}", digest(request.as_bytes()));
        let key = [b"TC3", key.as_bytes()].concat();
        let key = [day.as_str(), *service, "tc3_request", &text]
            .iter()
            .fold(key, |key, part| hmac::of(&key, part.as_bytes()));
        format!(
            "TC3-HMAC-SHA256 Credential={}/{scope}, SignedHeaders=content-type;host, Signature={}",
            id.as_str(),
            hex::encode(&key)
        )
    }
}

fn digest(bytes: &[u8]) -> String {
    hex::encode(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signature_matches_the_published_example() {
        // The example of the page named above, whole.
        let signing = Signing {
            service: "cvm",
            host: "cvm.tencentcloudapi.com",
            body: br#"{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}"#,
            seconds: 1_551_113_065,
        };
        assert_eq!(
            digest(signing.body),
            "35e9c5b0e3ae67532d3c9f17ead6c90222632e5b1ff7f6e89887f1398934f064"
        );
        let secret = |text: &str| Secret::try_from(text.to_owned()).unwrap();
        let id = secret("AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE");
        let key = secret("Gu5t9xGARNpq86cd98joQYCN3EXAMPLE");
        assert_eq!(
            signing.authorization(&id, &key),
            "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, \
             SignedHeaders=content-type;host, \
             Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
        );
    }

    #[test]
    fn signing_date_is_in_utc() {
        let secret = Secret::try_from("x".to_owned()).unwrap();
        for (seconds, day) in [
            (1_551_113_065, "2019-02-25"),
            (1_551_139_199, "2019-02-25"),
            (1_551_139_200, "2019-02-26"),
        ] {
            let signing = Signing { service: "sms", host: "a.example", body: b"{}", seconds };
            let header = signing.authorization(&secret, &secret);
            assert!(header.contains(&format!("Credential=x/{day}/sms/tc3_request,")), "{header}");
        }
    }
}
