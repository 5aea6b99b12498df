//! Paying with a captcha: for a message, a registration or a try to log in, once.
//!
//! Who has drawn a captcha knows its random text, so its code could be found by trying: 14^5 texts of
//! five characters. What bounds that is [`GUESSES`]: an address that sent 500 wrong proofs in five minutes,
//! the life of a captcha, is locked. A stranger finds one captcha's code with a chance of 500 in 537,824, less
//! than one in a thousand, however many requests he sends.
//!
//! Many people may share that address, and a stranger among them must not keep them out. A proof says
//! nothing of its sender, so the lock tells captchas apart, not people. At a locked address these still pay:
//!
//! - strong captchas. A locked address is shown pictures of ten characters (`generate.rs`), which
//!   nobody finds by trying. A page that is refused draws a new captcha and goes on.
//! - proofs of work, which are signed.
//!
//! Every other proof is refused there alike, right or wrong, and nothing is written for it.

use super::{EXPIRED, WRONG, pow};
use engine::client::Client;
use engine::config::CaptchaKind;
use engine::db::{Tx, View};
use engine::fault::{Exceeded, Fault};
use engine::op::WorkContext;
use engine::quota::Quota;
use engine::{args, hex};

/// Normalize a proof for comparison: hex digits in lower case; a proof of work unchanged.
fn plain(hash: &str) -> String {
    if pow::is_proof(hash) { hash.to_owned() } else { hash.to_ascii_lowercase() }
}

/// What tells a captcha from every other one, of a proof that is good: one captcha may have proofs that are
/// written in several ways.
pub fn identity(hash: &str) -> String {
    if pow::is_proof(hash) { pow::claimed(hash) } else { hash.to_ascii_lowercase() }
}

/// Does the configuration accept pictures as captchas?
fn accepts_pictures(view: &View) -> bool {
    view.config.captcha.kinds.contains(&CaptchaKind::Image)
}

/// Wrong proofs of captchas, per address.
const GUESSES: Quota = Quota { name: "captcha.wrong_per_address", window: 300 };

/// The part of the limit from which on captchas are drawn strong: one tenth before the address is locked.
/// Otherwise a stranger could have weak ones drawn and lock the address before they are typed, again and
/// again: the oldest guesses of the last five minutes leave the count every five seconds.
const RESERVE: u64 = 10;

/// Check a proof without using it up, before work that is more expensive than the check. A wrong proof is
/// counted.
pub fn is_good(context: &WorkContext, client: Client, hash: &str) -> Result<(), Fault> {
    let hash = plain(hash);
    match context.read(|view| check(view, &client, &hash)) {
        Err(fault) if fault.is(&WRONG) => context.write(move |tx| validate(tx, &client, &hash)),
        other => other,
    }
}

/// Is this the proof of a captcha that can still pay? Nothing is counted.
fn check(view: &View, client: &Client, hash: &str) -> Result<(), Fault> {
    let lock = lock(view, client)?;
    let is_good = if pow::is_proof(hash) {
        pow::solved(view, hash)?.is_some()
    } else {
        let sql = "SELECT 1 FROM captcha
                    WHERE hash = $1 AND paid = 0 AND expires_at > $2 AND strong >= $3";
        let least = i64::from(lock.is_some());
        let good = view.one(sql, args![hash, view.clock.steady(), least], |_| Ok(()))?;
        good.is_some() && accepts_pictures(view)
    };
    if is_good { Ok(()) } else { Err(lock.unwrap_or_else(|| WRONG.fault())) }
}

/// Is this the proof of a captcha that can still be redeemed? A wrong proof is counted.
pub fn validate(tx: &mut Tx, client: &Client, hash: &str) -> Result<(), Fault> {
    let hash = plain(hash);
    match check(tx, client, &hash) {
        Err(fault) if fault.is(&WRONG) => Err(wrong(tx, client, &hash)?),
        other => other,
    }
}

/// Let a captcha pay: once, and before it expires. A wrong proof is counted.
pub fn redeem(tx: &mut Tx, client: &Client, hash: &str) -> Result<(), Fault> {
    let hash = plain(hash);
    validate(tx, client, &hash)?;
    let has_paid = if pow::is_proof(&hash) {
        pow::redeem(tx, &hash)?
    } else {
        tx.execute("UPDATE captcha SET paid = 1 WHERE hash = $1 AND paid = 0", args![&hash])? == 1
    };
    if has_paid { Ok(()) } else { Err(WRONG.fault()) }
}

/// A stored captcha that goes by a name.
struct Named {
    hash: String,
    rand: String,
    is_strong: bool,
}

/// Let a named captcha pay. It is looked at once: right or wrong, it is gone afterwards, whatever
/// becomes of the operation. A wrong text is counted. At a locked address one that is not strong is not
/// looked at.
pub fn redeem_named(tx: &mut Tx, client: &Client, name: &str, text: &str) -> Result<(), Fault> {
    if !accepts_pictures(tx) {
        return Err(EXPIRED.fault());
    }
    let lock = lock(tx, client)?;
    let now = tx.clock.steady();
    let shown = tx.one(
        "SELECT hash, rand, strong FROM named_captcha WHERE name = $1 AND expires_at > $2",
        args![name, now],
        |row| Ok(Named { hash: row.get(0)?, rand: row.get(1)?, is_strong: row.get::<i64>(2)? > 0 }),
    )?;
    let is_locked = lock.is_some();
    let Named { hash, rand, .. } = match (shown, lock) {
        (None, _) => return Err(EXPIRED.fault()),
        (Some(shown), Some(fault)) if !shown.is_strong => return Err(fault),
        (Some(shown), _) => shown,
    };
    tx.execute("DELETE FROM named_captcha WHERE name = $1", args![name])?;
    tx.keep_on_fault()?;
    match hex::md5(&format!("{}{rand}", text.to_ascii_lowercase())) == hash {
        true => Ok(()),
        false if is_locked => Err(WRONG.fault()),
        false => Err(locked_by_guesses(tx, client)?),
    }
}

/// Must a captcha that is drawn for this client be a strong one? From nine tenths of the limit on.
pub fn needs_strong(view: &View, client: &Client) -> Result<bool, Fault> {
    let limit = u64::from(view.config.captcha.wrong_per_address);
    if limit == 0 {
        return Ok(false);
    }
    for share in client.scopes() {
        let limit = share.scaled(limit);
        if GUESSES.used(view, &share.to_string())? >= limit - limit / RESERVE {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The fault of a client whose address has sent too many wrong proofs; `None`: it is not locked.
fn lock(view: &View, client: &Client) -> Result<Option<Fault>, Fault> {
    let limit = view.config.captcha.wrong_per_address;
    if limit == 0 {
        return Ok(None);
    }
    match GUESSES.check_client(view, client, limit.into()) {
        Err(Fault::TooManyAttempts(exceeded)) => Ok(Some(Fault::TooManyAttempts(Exceeded {
            // A captcha that is drawn now pays, so nobody has to wait for the end of the lock.
            retry_after: 1,
            instead: Some("ask for a new captcha"),
            ..exceeded
        }))),
        other => other.map(|()| None),
    }
}

/// The fault of a proof that can't pay. It is counted unless it is that of a captcha that has paid or
/// expired: a page that sends one again does not guess.
fn wrong(tx: &mut Tx, client: &Client, hash: &str) -> Result<Fault, Fault> {
    let was_good = if pow::is_proof(hash) {
        pow::has_paid(tx, &pow::claimed(hash))?
    } else {
        tx.one("SELECT 1 FROM captcha WHERE hash = $1", args![hash], |_| Ok(()))?.is_some()
    };
    if was_good { Ok(WRONG.fault()) } else { locked_by_guesses(tx, client) }
}

/// Count a wrong proof; the fault that it is answered with.
fn locked_by_guesses(tx: &mut Tx, client: &Client) -> Result<Fault, Fault> {
    if tx.config.captcha.wrong_per_address > 0 {
        GUESSES.add_client(tx, client, 1)?;
        tx.keep_on_fault()?;
    }
    Ok(WRONG.fault())
}
