//! Error answers of a store, and what the operator can do about each.

/// A store's answer other than success.
///
/// Its body is never logged as it is: to a wrong signature a store answers with the key's id and with
/// the text that was to be signed. The code and the sentence are for people.
#[derive(Debug, thiserror::Error)]
#[error("{status} {code} {message}")]
pub(super) struct StoreRefusal {
    /// The HTTP status.
    pub status: u16,
    /// The store's own code, `NoSuchBucket` for example; empty if it gave none.
    pub code: String,
    message: String,
}

impl StoreRefusal {
    /// Read the body of an answer: `<Error><Code>…</Code><Message>…</Message>…`.
    pub fn read(status: u16, body: &[u8]) -> Self {
        let body = String::from_utf8_lossy(body);
        StoreRefusal {
            status,
            code: element(&body, "Code", 60),
            message: element(&body, "Message", 200),
        }
    }

    /// Is there nothing under the key? A bucket that is not there is another matter.
    pub fn is_absence(&self) -> bool {
        self.status == 404 && self.code != "NoSuchBucket"
    }

    /// What the operator can do about it, in one sentence.
    pub fn advice(&self) -> &'static str {
        match (self.status, &*self.code) {
            (_, "PathStyleDomainForbidden") => "set store.path_style to false",
            (_, "InvalidAccessKeyId") => "mend store.access_key_id",
            (_, "SignatureDoesNotMatch") => {
                "mend store.secret_access_key, or store.region, which is signed too"
            }
            (_, "RequestTimeTooSkewed") => "set the clock of this machine",
            (301 | 307 | 308, _) | (400, "AuthorizationHeaderMalformed" | "InvalidRegion") => {
                "the bucket is elsewhere: mend store.region and store.endpoint"
            }
            (401 | 403, _) => {
                "mend store.access_key_id and store.secret_access_key, and let these keys put, get, \
                 list and delete objects in the bucket"
            }
            (404, _) => {
                "make the bucket, or mend store.bucket, store.endpoint, store.region or \
                 store.path_style"
            }
            (429 | 500.., _) => "the store itself fails; try again later",
            _ => "mend store.endpoint, store.bucket, store.region or store.path_style",
        }
    }
}

/// The text of an XML element, at most so many characters of it, on one line.
fn element(xml: &str, name: &str, most: usize) -> String {
    let text = xml.split_once(&format!("<{name}>")).and_then(|(_, rest)| rest.split_once('<'));
    let text = text.map_or("", |(text, _)| text);
    text.chars().take(most).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusal_gives_the_reason_without_signed_data() {
        let body = b"<?xml version=\"1.0\"?>\n<Error><Code>SignatureDoesNotMatch</Code><Message>The request \
            signature\nwe calculated</Message><AWSAccessKeyId>AKEXAMPLE</AWSAccessKeyId>\
            <StringToSign>AWS4-HMAC-SHA256 x</StringToSign></Error>";
        let refusal = StoreRefusal::read(403, body);
        let said = "403 SignatureDoesNotMatch The request signature we calculated";
        assert_eq!(refusal.to_string(), said);
        assert!(refusal.advice().contains("store.secret_access_key"));
        let long = format!("<Code>{}</Code>", "x".repeat(1_000));
        assert_eq!(StoreRefusal::read(500, long.as_bytes()).code.len(), 60);
    }

    #[test]
    fn every_store_error_has_advice() {
        for (status, code, advice) in [
            (404, "NoSuchBucket", "make the bucket"),
            (404, "", "make the bucket"),
            (403, "PathStyleDomainForbidden", "store.path_style to false"),
            (403, "AccessDenied", "let these keys put"),
            (301, "PermanentRedirect", "store.region"),
            (503, "SlowDown", "try again later"),
            (418, "", "store.endpoint"),
        ] {
            let refusal = StoreRefusal::read(status, format!("<Code>{code}</Code>").as_bytes());
            assert!(refusal.advice().contains(advice), "{status} {code}: {}", refusal.advice());
        }
        assert!(StoreRefusal::read(404, b"<Code>NoSuchKey</Code>").is_absence());
        assert!(StoreRefusal::read(404, b"").is_absence());
        assert!(!StoreRefusal::read(404, b"<Code>NoSuchBucket</Code>").is_absence());
        assert!(!StoreRefusal::read(403, b"<Code>NoSuchKey</Code>").is_absence());
        for body in ["", "<Code>", "</Code>", "<Code></Code>", "\u{0}<Message>"] {
            assert_eq!(StoreRefusal::read(400, body.as_bytes()).to_string(), "400  ");
        }
    }
}
