//! Proof of work in place of a picture, in the format of ALTCHA's challenges of version 1.
//!
//! The server makes up a random salt and a number and tells the client the SHA-256 of both, written one behind the
//! other, and the salt. The client tries numbers until the hash fits. A challenge is signed with a key of the server's
//! and not stored, so asking for challenges costs no room; [`verify`] needs two hashes.
//!
//! It costs a stranger processor time and nothing else: a phone tries some 200,000 numbers a second, a
//! program for one core of a server some millions, a graphics card thousands of millions.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use rand::RngExt;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::hex;

/// The longest proof that is looked at, in bytes. ALTCHA's widget sends some 400.
const MAX_PROOF: usize = 1024;
/// The random bytes in a salt: too many to be met twice, so nothing can be computed ahead.
const SALT_BYTES: usize = 12;
/// The only algorithm of our challenges, as ALTCHA names it.
const ALGORITHM: &str = "SHA-256";

/// A challenge, as the client gets it. The names are ALTCHA's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Challenge {
    /// How numbers are hashed: `SHA-256`.
    pub algorithm: &'static str,
    /// The hash to find, in hex: SHA-256 of `salt` and the number, in decimal digits, behind it.
    pub challenge: String,
    /// The number is from 0 to this one.
    pub maxnumber: u32,
    /// Random hex digits and `?expires=SECONDS&`, in seconds since 1970. The final `&` separates
    /// the time from the number that follows.
    pub salt: String,
    /// HMAC-SHA256 of `challenge` with the server's key, in hex.
    pub signature: String,
}

/// What the client sends, as JSON in Base64. Other keys, such as the widget's `took`, are ignored.
#[derive(Debug, Deserialize)]
struct Proof {
    algorithm: String,
    challenge: String,
    number: u64,
    salt: String,
    signature: String,
}

impl Proof {
    fn read(text: &str) -> Option<Proof> {
        if text.len() > MAX_PROOF {
            return None;
        }
        serde_json::from_slice(&STANDARD.decode(text).ok()?).ok()
    }
}

/// A challenge that was solved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Solved {
    /// Its hash, 64 lower-case hex digits, which no other challenge has.
    pub challenge: String,
    /// When it expires, in seconds since 1970.
    pub expires_at: i64,
}

/// A key for [`challenge`], from a cryptographic generator, in hex.
#[must_use]
pub fn new_key() -> String {
    hex::encode(&rand::rng().random::<[u8; 32]>())
}

/// A new challenge, signed with `key`. Solving it takes `cost / 2` hashes on average and `cost` at most.
#[must_use]
pub fn challenge(key: &str, cost: u32, expires_at: i64) -> Challenge {
    let mut rng = rand::rng();
    let salt = hex::encode(&rng.random::<[u8; SALT_BYTES]>());
    let salt = format!("{salt}?expires={expires_at}&");
    let challenge = hash(&salt, rng.random_range(0..=u64::from(cost)));
    let signature = mac(key, &challenge)
        .map(|mac| hex::encode(&mac.finalize().into_bytes()))
        .unwrap_or_default();
    Challenge { algorithm: ALGORITHM, challenge, maxnumber: cost, salt, signature }
}

/// Does this text have a proof of work's form? That of a picture, which is hex digits, never does.
#[must_use]
pub fn is_proof(text: &str) -> bool {
    // Base64 of `{`, behind which two bits of the next byte follow.
    matches!(text.as_bytes(), [b'e', b'w'..=b'z', ..])
}

/// The challenge that `proof` solves; `None` if it solves none that was signed with one of `keys` and is still
/// good at `now`, in seconds since 1970. Whether it was used before is the caller's to know.
#[must_use]
pub fn verify(keys: &[String], proof: &str, now: i64) -> Option<Solved> {
    let proof = Proof::read(proof)?;
    let expires_at = expiry(&proof.salt)?;
    // In lower case there is one way to write it, so a challenge can't be used again in another.
    let is_ours = proof.algorithm == ALGORITHM
        && expires_at > now
        && hash(&proof.salt, proof.number) == proof.challenge
        && keys.iter().any(|key| is_signed(key, &proof));
    is_ours.then_some(Solved { challenge: proof.challenge, expires_at })
}

/// The hash that a proof says it is for. Nothing is checked.
#[must_use]
pub fn claimed(proof: &str) -> Option<String> {
    Some(Proof::read(proof)?.challenge)
}

/// The time in a salt of [`challenge`]'s form.
fn expiry(salt: &str) -> Option<i64> {
    let (random, rest) = salt.split_once("?expires=")?;
    let digits = rest.strip_suffix('&')?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && hex::is_hex(random, 2 * SALT_BYTES)).then(|| digits.parse().ok())?
}

fn hash(salt: &str, number: u64) -> String {
    hex::encode(&Sha256::digest(format!("{salt}{number}")))
}

fn mac(key: &str, challenge: &str) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).ok()?;
    mac.update(challenge.as_bytes());
    Some(mac)
}

/// Is the proof's challenge signed with `key`? The comparison takes the same time for every signature.
fn is_signed(key: &str, proof: &Proof) -> bool {
    let given = hex::decode(&proof.signature);
    let mac = mac(key, &proof.challenge);
    mac.zip(given).is_some_and(|(mac, given)| mac.verify_slice(&given).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn solved(cost: u32) -> (String, Challenge, u64) {
        let key = new_key();
        let asked = challenge(&key, cost, 1000);
        let number = (0..=u64::from(cost)).find(|n| hash(&asked.salt, *n) == asked.challenge);
        (key, asked, number.unwrap())
    }

    fn payload(asked: &Challenge, number: u64) -> String {
        let mut json = serde_json::to_value(asked).unwrap();
        json["number"] = number.into();
        json["took"] = 12.into();
        STANDARD.encode(json.to_string())
    }

    #[test]
    fn solution_is_valid_until_it_expires() {
        let (key, asked, number) = solved(50);
        let proof = payload(&asked, number);
        let found = Solved { challenge: asked.challenge, expires_at: 1000 };
        let keys = [new_key(), key];
        assert!(is_proof(&proof));
        assert_eq!(verify(&keys, &proof, 999), Some(found));
        assert_eq!(verify(&keys, &proof, 1000), None);
        assert_eq!(verify(&keys[..1], &proof, 999), None);
    }

    #[test]
    fn digits_moved_from_number_to_salt_are_refused() {
        let (key, mut asked, number) = solved(50);
        // The same text to hash, divided elsewhere.
        asked.salt = format!("{}{number}", asked.salt.trim_end_matches('&'));
        assert_eq!(verify(&[key], &payload(&asked, 0), 0), None);
    }

    #[test]
    fn picture_hash_is_not_a_proof_of_work() {
        assert!(!is_proof("900150983cd24fb0d6963f7d28e17f72"));
        assert!(!is_proof("EEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEE"));
        assert!(!is_proof(""));
    }

    proptest! {
        #[test]
        fn altered_proof_of_work_is_refused(at in any::<prop::sample::Index>(), to in any::<u8>()) {
            let (key, asked, number) = solved(9);
            let json = STANDARD.decode(payload(&asked, number)).unwrap();
            let mut changed = json.clone();
            *at.get_mut(&mut changed) = to;
            let whole: serde_json::Value = serde_json::from_slice(&json).unwrap();
            let found = verify(&[key], &STANDARD.encode(&changed), 0);
            if let Some(found) = found {
                // What was changed does not matter: it is the same challenge, used up with it.
                prop_assert_eq!(found.challenge.as_str(), whole["challenge"].as_str().unwrap());
                prop_assert_eq!(found.expires_at, 1000);
            }
        }

        #[test]
        fn any_proof_text_is_parsed_without_panic(text in ".{0,200}") {
            prop_assert_eq!(verify(&[new_key()], &text, 0), None);
        }
    }
}
