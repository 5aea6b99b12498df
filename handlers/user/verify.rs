//! Real names (contract page `ihome.md`): told once, never changed, shown to nobody else.

use crate::handlers::Nothing;
use engine::caller::Account;
use engine::clock::DateTime;
use engine::data::{Field, Flaw, Text, Value};
use engine::db::{Tx, View};
use engine::fault::{Fault, Unique};
use engine::op::{Name, Op, Read, Write};
use engine::{args, data};
use serde::Serialize;

data! {
    /// Tell who the account's owner is.
    pub struct Verify {
        real_name: Text<2, 32>,
        id_card: IdCard,
    }
}

/// An identity card's number (GB 11643-1999): 17 digits, of which eight are a date of birth, and a
/// check digit, which may be `X`. It has no `Debug`: it must not get into a log.
pub struct IdCard(String);

impl IdCard {
    fn parse(text: &str) -> Option<Self> {
        let number = text.to_ascii_uppercase();
        let (digits, check) = number.split_at_checked(17)?;
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        // ISO 7064, MOD 11-2: each digit counts 2 to the power of its distance from the right.
        let weigh = |sum: u32, byte: u8| (sum + u32::from(byte - b'0')) * 2 % 11;
        let remainder = digits.bytes().fold(0, weigh);
        let expected = match (12 - remainder) % 11 {
            10 => "X".to_owned(),
            digit => digit.to_string(),
        };
        let is_right = check == expected;
        let card = IdCard(number);
        (is_right && card.born().is_some()).then_some(card)
    }

    /// The date of birth, as the contract writes a date-time.
    fn born(&self) -> Option<DateTime> {
        let part = |range: std::ops::Range<usize>| self.0.get(range);
        let (year, month, day) = (part(6..10)?, part(10..12)?, part(12..14)?);
        DateTime::parse(&format!("{year}-{month}-{day} 00:00:00"))
    }
}

impl Field for IdCard {
    fn read(value: Value<'_>) -> Result<Self, Flaw> {
        match String::read(value)? {
            text if text.is_empty() => Err(Flaw::Empty),
            text => IdCard::parse(&text).ok_or(Flaw::Value("not an identity card's number".into())),
        }
    }
}

impl Op for Verify {
    const NAME: Name = ("user", "verify");
    type Caller = Account;
    type Lane = Write;
    type Reply = Nothing;

    fn run(self, tx: &mut Tx, caller: Account) -> Result<Nothing, Fault> {
        let Verify { real_name, id_card } = self;
        let is_born = id_card.born().is_some_and(|at| tx.clock.seconds(at) <= tx.clock.now());
        if !is_born {
            return Err(Fault::value("id_card", "not an identity card's number"));
        }
        let verified = tx.execute(
            "UPDATE account SET real_name = $1, id_card = $2 WHERE id = $3 AND real_name IS NULL",
            args![&*real_name, &id_card.0, caller.id],
        )?;
        if verified == 1 { Ok(Nothing {}) } else { Err(Fault::Taken(Unique::RealName)) }
    }
}

data! {
    /// What the account told of its owner; `null` where it did not.
    pub struct Verified;
}

/// Who the account's owner is. Answered to that account alone.
#[derive(Serialize)]
pub struct RealName {
    user_id: i64,
    real_name: Option<String>,
    id_card: Option<String>,
}

impl Op for Verified {
    const NAME: Name = ("user", "verified");
    type Caller = Account;
    type Lane = Read;
    type Reply = RealName;

    fn run(self, view: &View, caller: Account) -> Result<RealName, Fault> {
        view.one("SELECT real_name, id_card FROM account WHERE id = $1", args![caller.id], |row| {
            Ok(RealName { user_id: caller.id, real_name: row.get(0)?, id_card: row.get(1)? })
        })?
        .ok_or(Fault::AccountGone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_is_that_of_gb_11643() {
        // The example in the standard's own annex, and made-up numbers of each check digit kind.
        for good in ["11010519491231002X", "11010519491231002x", "440524188001010014"] {
            assert!(IdCard::parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "110105194912310021",
            "11010519491231002",
            "11010519491231002XX",
            "1101051949123100XX",
            "110105194902300025",
            "11010519491331002X",
            "１1010519491231002X",
        ] {
            assert!(IdCard::parse(bad).is_none(), "{bad}");
        }
    }
}
