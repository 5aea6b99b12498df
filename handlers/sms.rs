//! Telephone codes (contract page `envelope.md`, "sms"; seed 003).

use super::img::{CaptchaName, pay, pay_named, random_text};
use super::phone::Phone;
use super::user::name::is_taken;
use engine::caller::Anyone;
use engine::data::{Data, Fields, Text};
use engine::db::{Tx, View};
use engine::fault::{Cause, Fault, Lapse, Unique, Window};
use engine::op::{Desk, Gateway, Name, Op, RegisteredTwice, Registry, Work, Write};
use engine::sms::{Fate, Message};
use engine::{args, data, hex};
use rand::RngExt;
use serde::Serialize;

/// A day, in seconds: the longest that a quota looks back.
const DAY: i64 = 86_400;

/// Wrong guesses that end a number's codes.
const GUESSES: i64 = 5;

/// Removes messages that no quota counts any more and whose code is no longer good.
pub const SWEEP: &str = "DELETE FROM sms WHERE sent_at + 86400 <= $1 AND expires_at <= $1";

pub fn register(registry: &mut Registry) -> Result<(), RegisteredTwice> {
    registry.op::<Generate>()?.op::<Validate>()?;
    Ok(())
}

/// Send a code to a telephone; a captcha pays for it.
struct Generate {
    phone: Phone,
    captcha: Captcha,
}

/// The captcha that pays: one with a proof, or one that goes by a name (seed 004).
enum Captcha {
    Proven { hash: String },
    Named { name: CaptchaName, text: String },
}

data! {
    struct Proven {
        phone: Phone,
        hash: String,
    }
}

data! {
    struct Named {
        phone: Phone,
        text: Text<1, 64>,
        id: CaptchaName,
    }
}

impl Data for Generate {
    const FIELDS: &'static [&'static [&'static str]] = &[Proven::FIELDS[0], Named::FIELDS[0]];

    fn read(fields: &mut Fields<'_>) -> Result<Self, Fault> {
        if fields.get("hash").is_none() && (fields.says("text") || fields.says("id")) {
            let Named { phone, text, id } = Named::read(fields)?;
            return Ok(Generate { phone, captcha: Captcha::Named { name: id, text: text.0 } });
        }
        let Proven { phone, hash } = Proven::read(fields)?;
        Ok(Generate { phone, captcha: Captcha::Proven { hash } })
    }
}

data! {
    /// Check a code that somebody typed.
    struct Validate {
        hash: String,
        phone: Option<Phone>,
    }
}

/// The random text that, behind the code, makes the proof.
#[derive(Serialize)]
struct Sent {
    rand: String,
}

impl Op for Generate {
    const NAME: Name = ("sms", "generate");
    type Caller = Anyone;
    type Lane = Work<Gateway>;
    type Reply = Sent;
    // The row of a message is gone after a day.
    const NEEDS_SPACE: bool = false;

    fn run(self, desk: &Desk, caller: Anyone) -> Result<Sent, Fault> {
        let phone = self.phone.number()?;
        let address = caller.client().network().to_string();
        let rand = random_text();
        let code = format!("{:06}", rand::rng().random_range(0..1_000_000));
        let row = Row { phone: phone.clone(), address, code: code.clone(), rand: rand.clone() };
        let captcha = self.captcha;
        // Counted before it is sent: of two requests at once, the quota must see the other's.
        let id = desk.write(move |tx| {
            // Each document has its own order of checks.
            match captcha {
                Captcha::Proven { hash } => {
                    check_quotas(tx, &row)?;
                    pay(tx, &hash)?;
                }
                Captcha::Named { name, text } => {
                    pay_named(tx, &name.0, &text)?;
                    if is_taken(tx, &row.phone)? {
                        return Err(Fault::Taken(Unique::Mobile));
                    }
                    check_quotas(tx, &row)?;
                }
            }
            keep(tx, &row)
        })?;
        let ttl = desk.config.sms.ttl.as_secs();
        let at = desk.clock.format(desk.clock.now());
        let message = Message { phone: &phone, code: &code, minutes: ttl.div_ceil(60), at: &at };
        let Err(refusal) = desk.sms.send(message) else { return Ok(Sent { rand }) };
        // What was not sent is not counted.
        if !refusal.fate.may_be_sent() {
            desk.write(move |tx| tx.execute("DELETE FROM sms WHERE id = $1", args![id]))?;
        }
        // Where nobody was asked, the log has been told why, once for all.
        let cause = (refusal.fate != Fate::Spared).then(|| Cause::new(&refusal));
        Err(Fault::Gateway(refusal.code, cause))
    }
}

/// A message that is about to be sent.
struct Row {
    phone: String,
    address: String,
    code: String,
    rand: String,
}

/// Refuse what is one message too many.
fn check_quotas(tx: &Tx, row: &Row) -> Result<(), Fault> {
    let now = tx.clock.steady();
    let limits = &tx.config.sms;
    for (limit, seconds, window) in [
        (limits.per_30_seconds, 30, Window::HalfMinute),
        (limits.per_hour, 3_600, Window::Hour),
        (limits.per_day, DAY, Window::Day),
    ] {
        let sent = count(
            tx,
            limit,
            "SELECT count(*) FROM sms WHERE phone = $1 AND sent_at > $2",
            args![&row.phone, now - seconds],
        )?;
        if sent {
            return Err(Fault::Quota(window));
        }
    }
    let by_address = "SELECT count(*) FROM sms WHERE address = $1 AND sent_at > $2";
    let in_all = "SELECT count(*) FROM sms WHERE sent_at > $1";
    let day = now - DAY;
    if count(tx, limits.per_day_per_address, by_address, args![&row.address, day])?
        || count(tx, limits.per_day_in_all, in_all, args![day])?
    {
        return Err(Fault::Quota(Window::Day));
    }
    Ok(())
}

/// Are there `limit` or more rows already? A limit of 0 is none.
fn count(tx: &Tx, limit: u32, sql: &str, args: &[engine::db::Param<'_>]) -> Result<bool, Fault> {
    if limit == 0 {
        return Ok(false);
    }
    let rows: i64 = tx.one(sql, args, |row| row.get(0))?.unwrap_or(0);
    Ok(rows >= i64::from(limit))
}

fn keep(tx: &mut Tx, row: &Row) -> Result<i64, Fault> {
    let id = tx.next_id("sms")?;
    let now = tx.clock.steady();
    let expires = tx.clock.after(tx.config.sms.ttl);
    let hash = hex::md5(&format!("{}{}", row.code, row.rand));
    tx.execute(
        "INSERT INTO sms (id, phone, address, sent_at, hash, rand, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        args![id, &row.phone, &row.address, now, &hash, &row.rand, expires],
    )?;
    Ok(id)
}

impl Op for Validate {
    const NAME: Name = ("sms", "validate");
    type Caller = Anyone;
    type Lane = Write;
    type Reply = super::Nothing;
    const NEEDS_SPACE: bool = false;

    fn run(self, tx: &mut Tx, _: Anyone) -> Result<super::Nothing, Fault> {
        let phone = self.phone.map(Phone::number).transpose()?;
        redeem(tx, phone.as_deref(), &self.hash)?;
        Ok(super::Nothing {})
    }
}

/// Use up a code by its proof, `md5(code + rand)`. A wrong guess at a number's code is counted even
/// though the operation fails; the fifth ends the number's codes.
pub fn redeem(tx: &mut Tx, phone: Option<&str>, hash: &str) -> Result<(), Fault> {
    let hash = hash.to_ascii_lowercase();
    let now = tx.clock.steady();
    let used = match phone {
        Some(phone) => tx.execute(
            "UPDATE sms SET expires_at = 0 WHERE hash = $1 AND expires_at > $2 AND phone = $3",
            args![&hash, now, phone],
        )?,
        None => tx.execute(
            "UPDATE sms SET expires_at = 0 WHERE hash = $1 AND expires_at > $2",
            args![&hash, now],
        )?,
    };
    if used > 0 {
        return Ok(());
    }
    if let Some(phone) = phone {
        tx.execute(
            "UPDATE sms SET wrong = wrong + 1,
                    expires_at = CASE WHEN wrong + 1 >= $1 THEN 0 ELSE expires_at END
              WHERE phone = $2 AND expires_at > $3",
            args![GUESSES, phone, now],
        )?;
        tx.keep()?;
    }
    Err(Fault::SmsCode(Lapse::Wrong))
}

/// The proof that `code` makes with a number's newest codes, if it is one of them. Nothing is
/// counted: whoever asks redeems what is answered, or has a wrong guess counted.
pub fn proof(view: &View, phone: &str, code: &str) -> Result<Option<String>, Fault> {
    let now = view.clock.steady();
    let good = view.all(
        "SELECT hash, rand FROM sms WHERE phone = $1 AND expires_at > $2",
        args![phone, now],
        |row| Ok((row.get::<String>(0)?, row.get::<String>(1)?)),
    )?;
    if good.is_empty() {
        return Err(Fault::SmsCode(Lapse::Expired));
    }
    let proves = |(hash, rand): &(String, String)| *hash == hex::md5(&format!("{code}{rand}"));
    Ok(good.into_iter().find(proves).map(|(hash, _)| hash))
}
