//! Paying with a captcha: for a message, a registration or a try to log in, once.
//!
//! Who has drawn a captcha knows its random text, so its code could be found by trying: 14^5 texts of
//! five characters. What bounds that is [`GUESSES`]: no proof of an address that sent 500 wrong ones in
//! five minutes, the life of a captcha, is looked at, right or wrong. So a stranger finds one captcha's
//! code with a chance of 500 in 537,824, less than one in a thousand, however many requests he sends.
//! The right proofs of others at the same address are refused for as long as he goes on: a proof says
//! nothing of its sender before it is looked at, and to look at it is to answer a guess.

use engine::client::Client;
use engine::db::{Tx, View};
use engine::fault::{Fault, Lapse};
use engine::op::Desk;
use engine::quota::Quota;
use engine::{args, hex};

/// Wrong proofs of captchas, per address.
const GUESSES: Quota = Quota { name: "captcha.wrong_per_address", window: 300 };

/// Would this proof pay? Looked at before work that costs more than asking does. A wrong proof is
/// counted.
pub fn is_good(desk: &Desk, client: Client, hash: &str) -> Result<(), Fault> {
    let hash = hash.to_ascii_lowercase();
    match desk.read(|view| check(view, &client, &hash)) {
        Err(Fault::Captcha(_)) => desk.write(move |tx| {
            check_guesses(tx, &client)?;
            Err(wrong(tx, &client, &hash)?)
        }),
        other => other,
    }
}

/// Is this the proof of a captcha that can still pay? Nothing is counted.
fn check(view: &View, client: &Client, hash: &str) -> Result<(), Fault> {
    check_guesses(view, client)?;
    let good = view.one(
        "SELECT 1 FROM captcha WHERE hash = $1 AND paid = 0 AND expires_at > $2",
        args![hash, view.clock.steady()],
        |_| Ok(()),
    )?;
    good.ok_or(Fault::Captcha(Lapse::Wrong))
}

/// Is this the proof of a captcha that can still pay? A wrong proof is counted.
pub fn validate(tx: &mut Tx, client: &Client, hash: &str) -> Result<(), Fault> {
    let hash = hash.to_ascii_lowercase();
    match check(tx, client, &hash) {
        Err(Fault::Captcha(_)) => Err(wrong(tx, client, &hash)?),
        other => other,
    }
}

/// Let a captcha pay: once, and before it expires. A wrong proof is counted.
pub fn pay(tx: &mut Tx, client: &Client, hash: &str) -> Result<(), Fault> {
    let hash = hash.to_ascii_lowercase();
    check_guesses(tx, client)?;
    let now = tx.clock.steady();
    let paid = tx.execute(
        "UPDATE captcha SET paid = 1 WHERE hash = $1 AND paid = 0 AND expires_at > $2",
        args![&hash, now],
    )?;
    if paid == 1 { Ok(()) } else { Err(wrong(tx, client, &hash)?) }
}

/// Let a named captcha pay. It is looked at once: right or wrong, it is gone afterwards, whatever
/// becomes of the operation. A wrong text is counted.
pub fn pay_named(tx: &mut Tx, client: &Client, name: &str, text: &str) -> Result<(), Fault> {
    check_guesses(tx, client)?;
    let now = tx.clock.steady();
    let shown = tx.one(
        "DELETE FROM named_captcha WHERE name = $1 RETURNING hash, rand, expires_at",
        args![name],
        |row| Ok((row.get::<String>(0)?, row.get::<String>(1)?, row.get::<i64>(2)?)),
    )?;
    tx.keep()?;
    match shown {
        Some((hash, rand, expires)) if expires > now => {
            let proof = hex::md5(&format!("{}{rand}", text.to_ascii_lowercase()));
            if proof == hash { Ok(()) } else { Err(guessed(tx, client)?) }
        }
        _ => Err(Fault::Captcha(Lapse::Expired)),
    }
}

/// Refuse a client that has sent too many wrong proofs, whatever it sends now.
fn check_guesses(view: &View, client: &Client) -> Result<(), Fault> {
    match view.config.captcha.wrong_per_address {
        0 => Ok(()),
        limit => GUESSES.check_client(view, client, limit.into()),
    }
}

/// The fault of a proof that can't pay. It is counted unless it is that of a captcha that has paid or
/// expired: a page that sends one again does not guess.
fn wrong(tx: &mut Tx, client: &Client, hash: &str) -> Result<Fault, Fault> {
    let was_good = tx.one("SELECT 1 FROM captcha WHERE hash = $1", args![hash], |_| Ok(()))?;
    match was_good {
        Some(()) => Ok(Fault::Captcha(Lapse::Wrong)),
        None => guessed(tx, client),
    }
}

/// Count a wrong proof; the fault that it is answered with.
fn guessed(tx: &mut Tx, client: &Client) -> Result<Fault, Fault> {
    if tx.config.captcha.wrong_per_address > 0 {
        GUESSES.add_client(tx, client, 1)?;
        tx.keep()?;
    }
    Ok(Fault::Captcha(Lapse::Wrong))
}
