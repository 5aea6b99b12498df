//! Passwords: Argon2id over the md5 that some clients send and we make for the others.
//!
//! The entry-task client sends `md5(plain)`, the ihome client the plain text. Both come down to the
//! same lower-case md5 hex, and that is hashed (README of the contract): one account logs in
//! through both. Parameters: 19 MiB, two passes, one lane (OWASP's first choice for Argon2id).

mod common;

pub use common::is_common;

use crate::fault::Fault;
use crate::hex;
use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version};
use std::cell::RefCell;

/// The fewest and the most characters of a plain password.
pub const LENGTH: std::ops::RangeInclusive<usize> = 6..=64;

/// A password in the form that is hashed. It never reaches a log: its `Debug` says nothing.
#[derive(Clone)]
pub struct Password(String);

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(***)")
    }
}

impl Password {
    /// From what a client sent: 32 hex digits are an md5, anything else is the plain text.
    pub fn from_client(text: &str) -> Self {
        if hex::is_hex(text, 32) { Password(text.to_ascii_lowercase()) } else { Self::plain(text) }
    }

    /// From the plain text, whatever it looks like.
    pub fn plain(text: &str) -> Self {
        Password(hex::md5(text))
    }

    /// The hash to store, with a salt of its own. Takes about 25 ms and 19 MiB.
    pub fn hash(&self) -> Result<String, Fault> {
        let (params, salt) = (params()?, Salt::generate());
        let hash = PasswordHash {
            algorithm: ARGON2ID_IDENT,
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&params).map_err(Fault::unknown)?,
            salt: Some(salt),
            hash: Some(self.derive(&params, &salt, Params::DEFAULT_OUTPUT_LEN)?),
        };
        Ok(hash.to_string())
    }

    /// Is it the one whose hash is `stored`? Without a `stored` hash the same time is spent, so
    /// that nobody can tell by the clock whether an account exists.
    pub fn matches(&self, stored: Option<&str>) -> Result<bool, Fault> {
        let Some(stored) = stored else {
            self.derive(&params()?, &Salt::generate(), Params::DEFAULT_OUTPUT_LEN)?;
            return Ok(false);
        };
        let stored = PasswordHash::new(stored).map_err(Fault::unknown)?;
        let params = Params::try_from(&stored).map_err(Fault::unknown)?;
        let (Some(salt), Some(expected)) = (stored.salt, stored.hash) else {
            return Err(Fault::unknown("a stored password has no salt or no hash"));
        };
        // `Output` is compared in constant time.
        Ok(self.derive(&params, &salt, expected.len())? == expected)
    }

    fn derive(&self, params: &Params, salt: &Salt, length: usize) -> Result<Output, Fault> {
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
        let mut output = vec![0; length];
        MEMORY.with_borrow_mut(|memory| {
            if memory.len() < params.block_count() {
                memory.resize(params.block_count(), Block::default());
            }
            argon2
                .hash_password_into_with_memory(self.0.as_bytes(), salt, &mut output, memory)
                .map_err(Fault::unknown)
        })?;
        Output::new(&output).map_err(Fault::unknown)
    }
}

thread_local! {
    /// What Argon2 works in. It goes with the thread, which ends some seconds after the last
    /// password: memory that is taken and given back for each is 5,000 page faults a login, and
    /// giving it back stops whatever else runs in the process.
    static MEMORY: RefCell<Vec<Block>> = const { RefCell::new(Vec::new()) };
}

fn params() -> Result<Params, Fault> {
    Params::new(19_456, 2, 1, None).map_err(Fault::unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn md5_and_plain_text_are_the_same_password() {
        let stored = Password::plain("secret-1").hash().unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        let md5 = hex::md5("secret-1");
        for sent in ["secret-1", &md5, &md5.to_uppercase()] {
            assert!(Password::from_client(sent).matches(Some(&stored)).unwrap(), "{sent}");
        }
        assert!(!Password::from_client("secret-2").matches(Some(&stored)).unwrap());
        assert!(!Password::from_client("secret-1").matches(None).unwrap());
        assert!(!format!("{:?}", Password::plain("secret-1")).contains("secret"));
    }
}
