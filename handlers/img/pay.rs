//! Paying with a captcha: for a message or a registration, once.

use engine::db::{Tx, View};
use engine::fault::{Fault, Lapse};
use engine::{args, hex};

/// Would this proof pay? Looked at before work that costs more than asking does.
pub fn is_good(view: &View, hash: &str) -> Result<(), Fault> {
    let good = view.one(
        "SELECT 1 FROM captcha WHERE hash = $1 AND paid = 0 AND expires_at > $2",
        args![&hash.to_ascii_lowercase(), view.clock.steady()],
        |_| Ok(()),
    )?;
    good.ok_or(Fault::Captcha(Lapse::Wrong))
}

/// Let a captcha pay: once, and before it expires.
pub fn pay(tx: &mut Tx, hash: &str) -> Result<(), Fault> {
    let now = tx.clock.steady();
    let paid = tx.execute(
        "UPDATE captcha SET paid = 1 WHERE hash = $1 AND paid = 0 AND expires_at > $2",
        args![&hash.to_ascii_lowercase(), now],
    )?;
    if paid == 1 { Ok(()) } else { Err(Fault::Captcha(Lapse::Wrong)) }
}

/// Let a named captcha pay. It is looked at once: right or wrong, it is gone afterwards, whatever
/// becomes of the operation.
pub fn pay_named(tx: &mut Tx, name: &str, text: &str) -> Result<(), Fault> {
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
            if proof == hash { Ok(()) } else { Err(Fault::Captcha(Lapse::Wrong)) }
        }
        _ => Err(Fault::Captcha(Lapse::Expired)),
    }
}
