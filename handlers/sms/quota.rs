//! How many messages may be sent: to a number, for an address, in all.

use super::coded;
use engine::args;
use engine::client::Client;
use engine::db::{Param, Tx, View};
use engine::fault::{Class, Declared, Exceeded, Fault};
use engine::quota::Quota;
use engine::sms::codes;

/// A day, in seconds: the longest that a quota looks back.
const DAY: i64 = 86_400;

/// Too many messages to one number in half a minute.
pub static HALF_MINUTE: Declared = used_up("sms_quota_30_seconds", codes::HALF_MINUTE);

/// Too many messages to one number in an hour.
pub static HOUR: Declared = used_up("sms_quota_hour", codes::HOUR);

/// Too many messages in a day: to one number, for one address, or in all.
pub static ONE_DAY: Declared = used_up("sms_quota_day", codes::DAY);

const fn used_up(name: &'static str, code: i64) -> Declared {
    Declared { name, class: Class::Limit, status: coded(code), detail: "too many messages" }
}

/// One in this many messages of a day is kept for numbers that have an account, and no address has more
/// than one in this many.
const PART: u32 = 5;

/// Remembers that the log was told that a day's messages are nearly used up.
const WARNED: Quota = Quota { name: "sms.per_day_in_all: warned", window: DAY };

/// Removes what counts for no address any more.
pub const SWEEP_ADDRESSES: &str = "DELETE FROM sms_address WHERE at + 86400 <= $1";

/// Refuse what is one message too many. `has_account`: whether the number has one.
pub fn check(view: &View, phone: &str, client: &Client, has_account: bool) -> Result<(), Fault> {
    let limits = &view.config.sms;
    let to_number = "SELECT count(*), min(sent_at) FROM sms WHERE phone = $1 AND sent_at > $2";
    for (seconds, fault, limit, name) in [
        (30, &HALF_MINUTE, limits.per_30_seconds, "sms.per_30_seconds"),
        (3_600, &HOUR, limits.per_hour, "sms.per_hour"),
        (DAY, &ONE_DAY, limits.per_day, "sms.per_day"),
    ] {
        let since = view.clock.steady() - seconds;
        let limit = Limit { seconds, fault, messages: limit.into(), name };
        limit.check(view, to_number, args![phone, since])?;
    }
    let day = view.clock.steady() - DAY;
    // Of fewer than five messages a day no part can be kept.
    let part = limits.per_day_in_all / PART;
    let for_address = "SELECT count(*), min(at) FROM sms_address WHERE key = $1 AND at > $2";
    for share in client.scopes() {
        let messages = share.scaled(limits.per_day_per_address.into());
        for (messages, name) in
            [(messages, "sms.per_day_per_address"), (part.into(), "sms.per_day_in_all")]
        {
            let limit = Limit { seconds: DAY, fault: &ONE_DAY, messages, name };
            limit.check(view, for_address, args![&share.to_string(), day])?;
        }
    }
    let messages = limits.per_day_in_all - if has_account { 0 } else { part };
    let limit = Limit {
        seconds: DAY,
        fault: &ONE_DAY,
        messages: messages.into(),
        name: "sms.per_day_in_all",
    };
    limit.check(view, "SELECT count(*), min(sent_at) FROM sms WHERE sent_at > $1", args![day])
}

/// A limit on messages.
struct Limit {
    /// How far it looks back.
    seconds: i64,
    fault: &'static Declared,
    /// How many there may be; 0 is no limit.
    messages: u64,
    name: &'static str,
}

impl Limit {
    /// Refuse if there are as many as there may be. `sql` answers how many there are within the window,
    /// and when the oldest of them was sent.
    fn check(&self, view: &View, sql: &str, args: &[Param<'_>]) -> Result<(), Fault> {
        if self.messages == 0 {
            return Ok(());
        }
        let sent: Option<(i64, Option<i64>)> =
            view.one(sql, args, |row| Ok((row.get(0)?, row.get(1)?)))?;
        let (sent, oldest) = sent.unwrap_or((0, None));
        if u64::try_from(sent).unwrap_or(0) < self.messages {
            return Ok(());
        }
        let wait =
            oldest.map_or(self.seconds, |oldest| oldest + self.seconds - view.clock.steady());
        let retry_after = u64::try_from(wait).unwrap_or(1).max(1);
        Err(self.fault.exceeded(Exceeded { limit: self.name, retry_after, instead: None }))
    }
}

/// Count a message for the client's address and networks.
pub fn count(tx: &mut Tx, client: &Client, message: i64) -> Result<(), Fault> {
    let now = tx.clock.steady();
    for share in client.scopes() {
        tx.execute(
            "INSERT INTO sms_address (key, at, message) VALUES ($1, $2, $3)",
            args![&share.to_string(), now, message],
        )?;
    }
    Ok(())
}

/// Forget that a message was counted: it was not sent.
pub fn forget(tx: &mut Tx, message: i64) -> Result<(), Fault> {
    tx.execute("DELETE FROM sms_address WHERE message = $1", args![message])?;
    Ok(())
}

/// How many messages were sent in the last 24 hours.
pub fn today(view: &View) -> Result<u64, Fault> {
    let day = view.clock.steady() - DAY;
    let sent: Option<i64> =
        view.one("SELECT count(*) FROM sms WHERE sent_at > $1", args![day], |row| row.get(0))?;
    Ok(sent.and_then(|sent| u64::try_from(sent).ok()).unwrap_or(0))
}

/// Are four fifths of what a day allows sent?
pub fn is_nearly_used_up(sent: u64, limit: u32) -> bool {
    limit > 0 && sent * 5 >= u64::from(limit) * 4
}

/// Tell the log, once a day, that a day's messages are nearly used up.
pub fn warn(tx: &mut Tx) -> Result<(), Fault> {
    let limit = tx.config.sms.per_day_in_all;
    if limit == 0 {
        return Ok(());
    }
    let sent = today(tx)?;
    if !is_nearly_used_up(sent, limit) || WARNED.used(tx, "")? > 0 {
        return Ok(());
    }
    WARNED.add(tx, "", 1)?;
    tx.after_commit(move || {
        tracing::warn!(
            "{sent} messages were sent in 24 hours, and sms.per_day_in_all allows {limit}; the last \
             fifth is for numbers that have an account"
        );
    });
    Ok(())
}
