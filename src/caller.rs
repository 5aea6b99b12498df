//! Who calls, proven in the type: an operation whose caller is [`Account`] can't run without one.

use crate::client::Client;
use crate::db::View;
use crate::fault::Fault;
use crate::hex;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// What a request brought to prove who sends it, and where it came from.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The token as it was sent; `None` if there was none at any of its places.
    pub token: Option<String>,
    /// The client, whose address is taken from a proxy's header only if that proxy is trusted.
    pub client: Client,
    /// What the client signed, and how; `None` if it did not.
    pub signature: Option<Signature>,
}

/// A signature of a request's body, not checked yet: which key it must be made with depends on the
/// data.
#[derive(Debug, Clone)]
pub struct Signature {
    /// What was sent: HMAC-SHA256 of the body, in hex.
    pub given: String,
    /// The body, to the byte.
    pub body: Bytes,
}

impl Signature {
    /// Was it made with `key`? Takes the same time whatever it says.
    pub fn is_by(&self, key: &[u8]) -> bool {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return false };
        mac.update(&self.body);
        hex::decode(&self.given).is_some_and(|given| mac.verify_slice(&given).is_ok())
    }
}

/// Who an operation is for.
pub trait Caller: Sized + Send {
    /// Prove it from the request's credentials, or tell which proof is lacking.
    fn prove(view: &View, credentials: &Credentials) -> Result<Self, Fault>;

    /// Whether there is something to prove; where not, no database is asked.
    const PROVEN: bool;
}

/// Anyone at all. An operation may still ask for the account, where it depends on what is called.
#[derive(Debug)]
pub struct Anyone {
    credentials: Credentials,
}

impl Anyone {
    /// The client, as limits count it.
    pub fn client(&self) -> Client {
        self.credentials.client
    }

    /// Did the client sign the request's body with `key`?
    pub fn has_signed(&self, key: &[u8]) -> bool {
        self.credentials.signature.as_ref().is_some_and(|signature| signature.is_by(key))
    }

    /// The account that the credentials prove.
    pub fn account(&self, view: &View) -> Result<Account, Fault> {
        Account::prove(view, &self.credentials)
    }
}

impl Caller for Anyone {
    const PROVEN: bool = false;

    fn prove(_: &View, credentials: &Credentials) -> Result<Self, Fault> {
        Ok(Anyone { credentials: credentials.clone() })
    }
}

/// An account that is logged in.
#[derive(Debug)]
pub struct Account {
    /// The account's id.
    pub id: i64,
    /// The session's key: what [`session_key`] makes of its token.
    pub session: String,
    /// The client, as limits count it.
    pub client: Client,
}

impl Caller for Account {
    const PROVEN: bool = true;

    fn prove(view: &View, credentials: &Credentials) -> Result<Self, Fault> {
        let token = credentials.token.as_deref().ok_or(Fault::NoCredentials)?;
        let session = session_key(token).ok_or(Fault::BadToken)?;
        // A session remembers which password it was opened under; `password` counts the changes.
        let (id, expires, opened_under, password): (i64, i64, i64, Option<i64>) = view
            .one(
                "SELECT session.account, session.expires_at, session.password, account.password_count
                   FROM session LEFT JOIN account ON account.id = session.account
                  WHERE session.key = $1",
                crate::args![&session],
                |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
                },
            )?
            .ok_or(Fault::BadToken)?;
        if expires <= view.clock.steady() {
            return Err(Fault::BadToken);
        }
        match password {
            None => Err(Fault::AccountGone),
            Some(password) if password != opened_under => Err(Fault::StaleToken),
            Some(_) => Ok(Account { id, session, client: credentials.client }),
        }
    }
}

/// A new token: 128 random bits in 32 lower-case hex digits.
pub fn new_token() -> String {
    format!("{:032x}", rand::random::<u128>())
}

/// What is stored of a token: its SHA-256 in hex, so that whoever reads the database can't log in.
/// `None` if the text is not a token at all.
pub fn session_key(token: &str) -> Option<String> {
    let is_token =
        token.len() == 32 && token.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    is_token.then(|| hex::encode(&Sha256::digest(token)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_hmac_sha256_in_hex_of_the_body() {
        // RFC 4231, test case 2.
        let body = Bytes::from_static(b"what do ya want for nothing?");
        let given = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        let signature = |given: &str| Signature { given: given.into(), body: body.clone() };
        assert!(signature(given).is_by(b"Jefe") && signature(&given.to_uppercase()).is_by(b"Jefe"));
        assert!(!signature(given).is_by(b"jefe") && !signature(&given[..62]).is_by(b"Jefe"));
        assert!(!signature("").is_by(b"Jefe") && !signature("zz").is_by(b"Jefe"));
    }

    #[test]
    fn a_token_is_32_lower_case_hex_digits_and_its_key_is_not_the_token() {
        let token = new_token();
        let key = session_key(&token).unwrap();
        assert_eq!((token.len(), key.len()), (32, 64));
        assert_ne!(new_token(), token);
        for junk in ["", "abc", &token.to_uppercase().replace(|c: char| c.is_numeric(), "A")] {
            assert_eq!(session_key(junk), None, "{junk:?}");
        }
    }
}
