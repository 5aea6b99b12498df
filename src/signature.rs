//! Requests that are signed with a secret that client and server share.
//!
//! A signature is HMAC-SHA256, in hex, over `METHOD\nPATH\nTIMESTAMP\nNONCE\n` and the raw body. The
//! method and the path bind it to one operation, the timestamp bounds how long it is good, and the
//! nonce, which a client never uses twice, lets the server recognize a request that comes again.

use crate::hex;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::sync::{Mutex, PoisonError};

/// How far a request's timestamp may be from the server's time, in seconds, either way: a telephone's
/// clock may be off by some minutes.
pub const WINDOW: i64 = 300;

/// How many characters a nonce may have: 16 hold 96 bits, which no two requests draw by chance.
const NONCE: std::ops::RangeInclusive<usize> = 16..=64;

/// The signature headers of a request, not checked yet: which secret applies depends on
/// the data. One for all items of a batch.
#[derive(Debug)]
pub struct Signature {
    method: String,
    path: String,
    given: String,
    timestamp: Option<String>,
    nonce: Option<String>,
    body: Bytes,
    /// The results of checks by the name of the secret, so that the body is hashed once for each secret.
    checked: Mutex<Vec<(String, Verdict)>>,
    /// The names under which an item of this request has used the nonce up, and in which group of writes if that is not
    /// committed yet.
    claimed: Mutex<Vec<(String, Option<u64>)>>,
}

/// Whether a signature is right: the form it has, or which header is missing or wrong.
type Verdict = Result<Form, &'static str>;

/// The form of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Over method, path, timestamp, nonce and body; the timestamp.
    Whole(i64),
    /// Over the body alone.
    BodyAlone,
}

/// The nonce and the time of a checked request, by which a repeated one is recognized.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nonce<'a> {
    /// 16 to 64 of `A-Z a-z 0-9 _ -`.
    pub text: &'a str,
    /// When the client sent it, by its own clock, in seconds since 1970.
    pub timestamp: i64,
}

/// The headers of a signed request.
#[derive(Debug, Clone, Copy)]
pub struct Headers<'a> {
    /// `X-Signature`.
    pub signature: &'a str,
    /// `X-Timestamp`, if it was sent.
    pub timestamp: Option<&'a str>,
    /// `X-Nonce`, if it was sent.
    pub nonce: Option<&'a str>,
}

impl Signature {
    /// Read the headers of a request with this method and path.
    pub fn new(method: &str, path: &str, headers: Headers<'_>, body: Bytes) -> Self {
        let owned = |text: &str| text.trim().to_owned();
        Signature {
            method: method.to_owned(),
            path: path.to_owned(),
            given: owned(headers.signature),
            timestamp: headers.timestamp.map(owned),
            nonce: headers.nonce.map(owned),
            body,
            checked: Mutex::default(),
            claimed: Mutex::default(),
        }
    }

    /// Check it with `secret`, which is called `name`, at `now`, in seconds since 1970. With `legacy` a
    /// request without timestamp and nonce may be signed over its body alone, and has no nonce.
    ///
    /// # Errors
    /// Which header is missing or wrong, for the client to read.
    pub fn check(
        &self,
        name: &str,
        secret: &[u8],
        now: i64,
        legacy: bool,
    ) -> Result<Option<Nonce<'_>>, &'static str> {
        let mut checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        let known = checked.iter().find(|(known, _)| known == name).map(|(_, verdict)| *verdict);
        let verdict = known.unwrap_or_else(|| {
            let verdict = self.verdict(secret, now, legacy);
            checked.push((name.to_owned(), verdict));
            verdict
        });
        Ok(match verdict? {
            Form::BodyAlone => None,
            Form::Whole(timestamp) => self.nonce.as_deref().map(|text| Nonce { text, timestamp }),
        })
    }

    fn verdict(&self, secret: &[u8], now: i64, legacy: bool) -> Verdict {
        let (timestamp, nonce) = match (self.timestamp.as_deref(), self.nonce.as_deref()) {
            (None, None) if legacy => {
                let is_right = self.is_over(secret, &[]);
                return is_right.then_some(Form::BodyAlone).ok_or("X-Signature: wrong");
            }
            (None, _) => return Err("X-Timestamp: missing"),
            (_, None) => return Err("X-Nonce: missing"),
            (Some(timestamp), Some(nonce)) => (timestamp, nonce),
        };
        let is_number = timestamp.bytes().all(|byte| byte.is_ascii_digit());
        let Some(at) = timestamp.parse::<i64>().ok().filter(|_| is_number) else {
            return Err("X-Timestamp: expected seconds since 1970");
        };
        if at.abs_diff(now) > WINDOW.unsigned_abs() {
            return Err("X-Timestamp: more than 5 minutes from the server's time");
        }
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if !NONCE.contains(&nonce.len()) || !nonce.bytes().all(is_plain) {
            return Err("X-Nonce: expected 16 to 64 of A-Z a-z 0-9 _ -");
        }
        let head = head(&self.method, &self.path, timestamp, nonce);
        if self.is_over(secret, head.as_bytes()) {
            Ok(Form::Whole(at))
        } else {
            Err("X-Signature: wrong")
        }
    }

    /// Is it the signature of `head` and the body? Takes the same time whatever was sent.
    fn is_over(&self, secret: &[u8], head: &[u8]) -> bool {
        let Some(mac) = mac(secret, head, &self.body) else { return false };
        hex::decode(&self.given).is_some_and(|given| mac.verify_slice(&given).is_ok())
    }

    /// Has an item of this request used the nonce up under `name`, in a group that is committed or in this one? The
    /// request's other items go on then.
    pub fn is_claimed(&self, name: &str, group: Option<u64>) -> bool {
        let claimed = self.claimed.lock().unwrap_or_else(PoisonError::into_inner);
        let is = |(own, in_group): &(String, Option<u64>)| {
            own == name && (in_group.is_none() || *in_group == group)
        };
        claimed.iter().any(is)
    }

    /// Note that an item has used the nonce up under `name`: in this group of writes, which may still be lost, or with
    /// `None` for good.
    pub fn claim(&self, name: &str, group: Option<u64>) {
        let mut claimed = self.claimed.lock().unwrap_or_else(PoisonError::into_inner);
        match claimed.iter_mut().find(|(own, _)| own == name) {
            Some((_, in_group)) if in_group.is_some() => *in_group = group,
            Some(_) => {}
            None => claimed.push((name.to_owned(), group)),
        }
    }
}

/// The signature of a request, in lower-case hex, as a client makes it.
pub fn sign(
    secret: &[u8],
    method: &str,
    path: &str,
    timestamp: &str,
    nonce: &str,
    body: &[u8],
) -> String {
    let head = head(method, path, timestamp, nonce);
    mac(secret, head.as_bytes(), body)
        .map(|mac| hex::encode(&mac.finalize().into_bytes()))
        .unwrap_or_default()
}

/// What is signed before the body.
fn head(method: &str, path: &str, timestamp: &str, nonce: &str) -> String {
    format!("{method}\n{path}\n{timestamp}\n{nonce}\n")
}

fn mac(secret: &[u8], head: &[u8], body: &[u8]) -> Option<Hmac<Sha256>> {
    // No key is refused: RFC 2104 hashes a long one and fills up a short one.
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
    mac.update(head);
    mac.update(body);
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: i64 = 1_800_000_000;

    fn signature(headers: Headers<'_>, body: &'static [u8]) -> Signature {
        Signature::new("POST", "/lamps/api/post_score", headers, Bytes::from_static(body))
    }

    fn check(
        timestamp: Option<&str>,
        nonce: Option<&str>,
        given: &str,
    ) -> Result<(), &'static str> {
        let headers = Headers { signature: given, timestamp, nonce };
        signature(headers, b"{}").check("lamps", b"key", NOW, false).map(|_| ())
    }

    #[test]
    fn legacy_signature_is_hmac_sha256_of_the_body() {
        // RFC 4231, test case 2.
        let given = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        let body = b"what do ya want for nothing?";
        let check = |given: &str, key: &[u8], legacy| {
            let headers = Headers { signature: given, timestamp: None, nonce: None };
            signature(headers, body).check("lamps", key, NOW, legacy).map(|nonce| nonce.is_some())
        };
        assert_eq!(check(given, b"Jefe", true), Ok(false));
        assert_eq!(check(&given.to_uppercase(), b"Jefe", true), Ok(false));
        for (given, key) in [(given, &b"jefe"[..]), (&given[..62], b"Jefe"), ("", b""), ("zz", b"")]
        {
            assert_eq!(check(given, key, true), Err("X-Signature: wrong"));
        }
        assert_eq!(check(given, b"Jefe", false), Err("X-Timestamp: missing"));
    }

    #[test]
    fn signature_error_names_the_header() {
        let (nonce, path) = ("0123456789abcdef", "/lamps/api/post_score");
        let sign =
            |timestamp: &str, nonce: &str| sign(b"key", "POST", path, timestamp, nonce, b"{}");
        let now = NOW.to_string();
        let right = sign(&now, nonce);
        assert_eq!(check(Some(&now), Some(nonce), &right), Ok(()));
        assert_eq!(check(None, Some(nonce), &right), Err("X-Timestamp: missing"));
        assert_eq!(check(Some(&now), None, &right), Err("X-Nonce: missing"));
        assert_eq!(check(Some(&now), Some(nonce), "00"), Err("X-Signature: wrong"));
        for off in [-WINDOW, WINDOW] {
            let at = (NOW + off).to_string();
            assert_eq!(check(Some(&at), Some(nonce), &sign(&at, nonce)), Ok(()));
            let at = (NOW + off + off.signum()).to_string();
            let told = check(Some(&at), Some(nonce), &sign(&at, nonce));
            assert_eq!(told, Err("X-Timestamp: more than 5 minutes from the server's time"));
        }
        for at in ["", "soon", "1.8e9", "+1800000000", "-1", "99999999999999999999"] {
            let told = check(Some(at), Some(nonce), &sign(at, nonce));
            assert_eq!(told, Err("X-Timestamp: expected seconds since 1970"), "{at}");
        }
        for bad in
            ["", "0123456789abcde", "0123456789abcdef!", "0123456789abcdefé", &"a".repeat(65)]
        {
            let told = check(Some(&now), Some(bad), &sign(&now, bad));
            assert_eq!(told, Err("X-Nonce: expected 16 to 64 of A-Z a-z 0-9 _ -"), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn changing_any_signed_part_breaks_the_signature(
            path in "/[a-z]{1,8}/api/post_score",
            nonce in "[A-Za-z0-9_-]{16,64}",
            body in prop::collection::vec(any::<u8>(), 0..40),
            off in -WINDOW..=WINDOW,
            part in 0..6_usize,
        ) {
            let timestamp = (NOW + off).to_string();
            let given = sign(b"key", "POST", &path, &timestamp, &nonce, &body);
            let check = |method: &str, path: &str, timestamp: &str, nonce: &str, body: Vec<u8>, key: &[u8]| {
                let headers =
                    Headers { signature: &given, timestamp: Some(timestamp), nonce: Some(nonce) };
                let signature = Signature::new(method, path, headers, body.into());
                signature.check("lamps", key, NOW, false).map(|_| ())
            };
            prop_assert_eq!(check("POST", &path, &timestamp, &nonce, body.clone(), b"key"), Ok(()));
            let told = match part {
                0 => check("PUT", &path, &timestamp, &nonce, body, b"key"),
                1 => check("POST", &format!("{path}/"), &timestamp, &nonce, body, b"key"),
                2 => check("POST", &path, &NOW.to_string(), &nonce, body, b"key"),
                3 => check("POST", &path, &timestamp, &format!("a{}", &nonce[1..]), body, b"key"),
                4 => check("POST", &path, &timestamp, &nonce, [&body[..], b" "].concat(), b"key"),
                _ => check("POST", &path, &timestamp, &nonce, body, b"kez"),
            };
            let is_same = part == 2 && off == 0 || part == 3 && nonce.starts_with('a');
            prop_assert_eq!(told, if is_same { Ok(()) } else { Err("X-Signature: wrong") });
        }
    }
}
