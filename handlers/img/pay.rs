//! Paying with a captcha: for a message or a registration, once.

use super::pow;
use engine::config::CaptchaKind;
use engine::db::{Tx, View};
use engine::fault::{Fault, Lapse};
use engine::{args, hex};

/// Do pictures pay here?
pub fn pictures_pay(view: &View) -> bool {
    view.config.captcha.kinds.contains(&CaptchaKind::Image)
}

/// Would this proof pay? Looked at before work that costs more than asking does.
pub fn is_good(view: &View, hash: &str) -> Result<(), Fault> {
    let is_good = if pow::is_proof(hash) {
        pow::solved(view, hash)?.is_some()
    } else {
        let sql = "SELECT 1 FROM captcha WHERE hash = $1 AND paid = 0 AND expires_at > $2";
        let hash = hash.to_ascii_lowercase();
        let good = view.one(sql, args![&hash, view.clock.steady()], |_| Ok(()))?;
        good.is_some() && pictures_pay(view)
    };
    if is_good { Ok(()) } else { Err(Fault::Captcha(Lapse::Wrong)) }
}

/// Let a captcha pay: once, and before it expires.
pub fn pay(tx: &mut Tx, hash: &str) -> Result<(), Fault> {
    let has_paid = if pow::is_proof(hash) {
        pow::pay(tx, hash)?
    } else if pictures_pay(tx) {
        let now = tx.clock.steady();
        let sql = "UPDATE captcha SET paid = 1 WHERE hash = $1 AND paid = 0 AND expires_at > $2";
        tx.execute(sql, args![&hash.to_ascii_lowercase(), now])? == 1
    } else {
        false
    };
    if has_paid { Ok(()) } else { Err(Fault::Captcha(Lapse::Wrong)) }
}

/// Let a named captcha pay. It is looked at once: right or wrong, it is gone afterwards, whatever
/// becomes of the operation.
pub fn pay_named(tx: &mut Tx, name: &str, text: &str) -> Result<(), Fault> {
    if !pictures_pay(tx) {
        return Err(Fault::Captcha(Lapse::Expired));
    }
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
