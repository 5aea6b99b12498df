//! Proof of work in place of a picture: the keys that sign challenges, and that each solution pays once.
//!
//! A challenge is not stored, so a stranger who asks for many fills nothing. What is stored is which ones have paid,
//! until they expire, in the transaction of what they paid for. The key is in the database: challenges are good
//! after a restart. A new key is made every day, so an old backup is of no use for forging challenges.

use engine::args;
use engine::captcha::pow::{self, Challenge, Solved};
use engine::config::CaptchaKind;
use engine::db::{Tx, View};
use engine::fault::Fault;
use engine::op::WorkContext;

pub use pow::is_proof;

/// For how long a key signs challenges, in seconds.
const KEY_LIFE: i64 = 86_400;

/// Removes keys of challenges that have all expired.
pub const SWEEP_KEYS: &str = "DELETE FROM pow_key WHERE expires_at <= $1";

/// Removes challenges that have paid and have expired.
pub const SWEEP_PAID: &str = "DELETE FROM pow_paid WHERE expires_at <= $1";

/// A new challenge.
pub fn challenge(context: &WorkContext) -> Result<Challenge, Fault> {
    let expires_at = context.clock.after(context.config.captcha.ttl);
    let key = match context.read(|view| key_until(view, expires_at))? {
        Some(key) => key,
        None => context.write(move |tx| make_key(tx, expires_at))?,
    };
    Ok(pow::challenge(&key, context.config.captcha.pow_cost, expires_at))
}

/// The newest key that is good until `time`.
fn key_until(view: &View, time: i64) -> Result<Option<String>, Fault> {
    view.one(
        "SELECT key FROM pow_key WHERE expires_at >= $1 ORDER BY expires_at DESC LIMIT 1",
        args![time],
        |row| row.get(0),
    )
}

/// A key that is good until `time`: a new one, unless another request has made one meanwhile.
fn make_key(tx: &mut Tx, time: i64) -> Result<String, Fault> {
    if let Some(key) = key_until(tx, time)? {
        return Ok(key);
    }
    let key = pow::new_key();
    tx.execute(
        "INSERT INTO pow_key (key, expires_at) VALUES ($1, $2)",
        args![&key, time + KEY_LIFE],
    )?;
    Ok(key)
}

/// The challenge that a proof solves; `None` if the proof is wrong, expired or used, or if proofs of work don't
/// pay here.
pub fn solved(view: &View, proof: &str) -> Result<Option<Solved>, Fault> {
    if !view.config.captcha.kinds.contains(&CaptchaKind::Pow) {
        return Ok(None);
    }
    let now = view.clock.steady();
    let keys =
        view.all("SELECT key FROM pow_key WHERE expires_at > $1", args![now], |row| row.get(0))?;
    match pow::verify(&keys, proof, now) {
        Some(solved) if !has_paid(view, &solved.challenge)? => Ok(Some(solved)),
        _ => Ok(None),
    }
}

/// Has this challenge paid already?
pub fn has_paid(view: &View, challenge: &str) -> Result<bool, Fault> {
    let paid =
        view.one("SELECT 1 FROM pow_paid WHERE challenge = $1", args![challenge], |_| Ok(()))?;
    Ok(paid.is_some())
}

/// Let a proof pay; whether it did.
pub fn redeem(tx: &mut Tx, proof: &str) -> Result<bool, Fault> {
    let Some(solved) = solved(tx, proof)? else { return Ok(false) };
    tx.execute(
        "INSERT INTO pow_paid (challenge, expires_at) VALUES ($1, $2)",
        args![&solved.challenge, solved.expires_at],
    )?;
    Ok(true)
}

/// What a proof says it solves, not checked; an empty text if it says nothing. One solution can be written in many
/// ways, so what is kept about a proof is kept under this.
pub fn claimed(proof: &str) -> String {
    pow::claimed(proof).unwrap_or_default()
}
