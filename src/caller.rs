//! Who calls, proven by a type: an operation whose caller is [`Account`] can't run without a login.

pub(crate) mod admin;

pub use admin::{Admin, AdminRole, Moderator, Owner, Role, Viewer, new_key, stored_key};

use crate::client::Client;
use crate::db::View;
use crate::fault::{Fault, FaultKind};
use crate::hex;
use crate::signature::Signature;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// What a request brought to prove who sends it, and where it came from.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The token as it was sent; `None` if there was none at any of its places.
    pub token: Option<String>,
    /// The client, whose address is taken from a proxy's header only if that proxy is trusted.
    pub client: Client,
    /// The request's signature; `None` if it has none.
    pub signature: Option<Arc<Signature>>,
}

impl Credentials {
    /// Consider the token from one more place, after the earlier ones. It counts if it has a
    /// token's form and no earlier one had, or if there was none at all.
    pub fn offer(&mut self, held: &str) {
        let has_token = self.token.as_ref().is_some_and(|token| is_token(token.as_bytes()));
        if !has_token && (is_token(held.as_bytes()) || (self.token.is_none() && !held.is_empty())) {
            self.token = Some(held.to_owned());
        }
    }
}

/// Who an operation is for.
pub trait Caller: Sized + Send {
    /// Prove the caller of an operation by the request's credentials; the fault says which proof is missing.
    fn prove(
        view: &View,
        credentials: &Credentials,
        operation: (&str, &str),
    ) -> Result<Self, Fault>;

    /// Whether there is something to prove; where not, no database is asked.
    const NEEDS_LOGIN: bool;

    /// The role that an admin needs; `None` where it is not for admins.
    const ROLE: Option<AdminRole> = None;

    /// The faults of a proof that is missing.
    const FAULTS: &'static [FaultKind];
}

/// Anyone at all. An operation may still ask for the account, where it depends on what is called.
#[derive(Clone, Debug)]
pub struct Anyone {
    credentials: Credentials,
}

impl Anyone {
    /// The client, as limits count it.
    pub fn client(&self) -> Client {
        self.credentials.client
    }

    /// The key of the session whose token was sent, whether or not the token is still good.
    pub fn session(&self) -> Option<String> {
        self.credentials.token.as_deref().and_then(session_key)
    }

    /// The request's signature, if it has one.
    pub fn signature(&self) -> Option<&Arc<Signature>> {
        self.credentials.signature.as_ref()
    }

    /// The account that the credentials prove.
    pub fn account(&self, view: &View) -> Result<Account, Fault> {
        account(view, &self.credentials)
    }
}

impl Caller for Anyone {
    const NEEDS_LOGIN: bool = false;
    const FAULTS: &'static [FaultKind] = &[];

    fn prove(_: &View, credentials: &Credentials, _: (&str, &str)) -> Result<Self, Fault> {
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
    const NEEDS_LOGIN: bool = true;
    const FAULTS: &'static [FaultKind] = &[
        FaultKind::NoCredentials,
        FaultKind::BadToken,
        FaultKind::StaleToken,
        FaultKind::AccountGone,
    ];

    fn prove(view: &View, credentials: &Credentials, _: (&str, &str)) -> Result<Self, Fault> {
        account(view, credentials)
    }
}

/// The account whose session the credentials name.
fn account(view: &View, credentials: &Credentials) -> Result<Account, Fault> {
    let token = credentials.token.as_deref().ok_or(Fault::NoCredentials)?;
    let session = session_key(token).ok_or(Fault::BadToken)?;
    // A session remembers which password it was opened under; `password` counts the changes.
    let (id, expires, opened_under, password): (i64, i64, i64, Option<i64>) = view
        .one(
            "SELECT session.account, session.expires_at, session.password, account.password_count
               FROM session LEFT JOIN account ON account.id = session.account
              WHERE session.key = $1",
            crate::args![&session],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
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

/// A new token: 128 random bits in 32 lower-case hex digits.
pub fn new_token() -> String {
    format!("{:032x}", rand::random::<u128>())
}

/// Does it have the form of a token? Whether it is one, the database knows.
pub fn is_token(text: &[u8]) -> bool {
    text.len() == 32 && text.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// What is stored of a token: its SHA-256 in hex, so that whoever reads the database can't log in.
/// `None` if the text is not a token at all.
pub fn session_key(token: &str) -> Option<String> {
    is_token(token.as_bytes()).then(|| hex::encode(&Sha256::digest(token)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_is_32_hex_digits_and_stored_hashed() {
        let token = new_token();
        let key = session_key(&token).unwrap();
        assert_eq!((token.len(), key.len()), (32, 64));
        assert_ne!(new_token(), token);
        for junk in ["", "abc", &token.to_uppercase().replace(|c: char| c.is_numeric(), "A")] {
            assert_eq!(session_key(junk), None, "{junk:?}");
        }
    }
}
