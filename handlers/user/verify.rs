//! Real names (contract page `ihome.md`): told once, never changed, shown to nobody else.

use crate::handlers::user::VERIFIED_ALREADY;
use crate::handlers::{EmptyReply, text};
use engine::caller::Account;
use engine::clock::DateTime;
use engine::data::{Field, FieldError, Text, Value, schema};
use engine::db::{Tx, View};
use engine::fault::{Fault, FaultKind};
use engine::op::{Name, Op, Read, Write};
use engine::vault::is_sealed;
use engine::{args, data};
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use unicode_normalization::UnicodeNormalization as _;

/// The encrypted columns, as they are authenticated with their values.
const REAL_NAME: &str = "account.real_name";
const ID_CARD: &str = "account.id_card";

data! {
    /// Tell the real name and the identity card of the account's owner, once.
    pub struct Verify {
        /// The owner's name, as the identity card has it.
        real_name: FullName,
        /// The number of the identity card: 17 digits and a check digit, which may be `X`.
        id_card: IdCard,
    }
}

/// What separates the parts of a real name: spaces, and the points of names that are written in Chinese.
const SEPARATORS: [char; 10] = [' ', '·', '•', '・', '‧', '.', '\'', '’', '-', '‐'];

/// A real name: 2 to 32 characters, letters of any script with accents, and separators between them. It
/// is kept composed (NFC). It has no `Debug`: it must not get into a log.
#[derive(Clone)]
pub struct FullName(String);

impl Field for FullName {
    fn read(value: Value<'_>) -> Result<Self, FieldError> {
        let expected = || FieldError::Value("2 to 32 letters".into());
        let name: String = match Text::<1, 128>::read(value) {
            Err(FieldError::Value(_)) => return Err(expected()),
            text => text?.0.nfc().collect(),
        };
        let is_inside = |c: char| text::is_letter(c) || text::is_mark(c) || SEPARATORS.contains(&c);
        let letters = name.chars().filter(|c| text::is_letter(*c)).count();
        if !(2..=32).contains(&name.chars().count()) || letters < 2 {
            return Err(expected());
        }
        if !name.starts_with(text::is_letter) || name.ends_with(' ') || !name.chars().all(is_inside)
        {
            return Err(FieldError::Value("letters, with spaces or points between names".into()));
        }
        Ok(FullName(name))
    }

    fn schema() -> Schema {
        schema::text(2, 32)
    }
}

/// An identity card's number (GB 11643-1999): 17 digits, of which eight are a date of birth, and a
/// check digit, which may be `X`. It has no `Debug`: it must not get into a log.
#[derive(Clone)]
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
    fn read(value: Value<'_>) -> Result<Self, FieldError> {
        match String::read(value)? {
            text if text.is_empty() => Err(FieldError::Empty),
            text => IdCard::parse(&text)
                .ok_or(FieldError::Value("not an identity card's number".into())),
        }
    }

    fn schema() -> Schema {
        schema::pattern("^[0-9]{17}[0-9Xx]$")
    }
}

impl Op for Verify {
    const NAME: Name = ("user", "verify");
    const FAULTS: &'static [FaultKind] = &[FaultKind::Declared(&VERIFIED_ALREADY)];
    const EXAMPLE: &'static str = r#"{"real_name": "王小明", "id_card": "11010519491231002X"}"#;
    type Caller = Account;
    type Lane = Write;
    type Reply = EmptyReply;

    fn run(self, tx: &mut Tx, caller: Account) -> Result<EmptyReply, Fault> {
        let Verify { real_name, id_card } = self;
        let is_born = id_card.born().is_some_and(|at| tx.clock.seconds(at) <= tx.clock.now());
        if !is_born {
            return Err(Fault::value("id_card", "not an identity card's number"));
        }
        let real_name = tx.vault.seal(caller.id, REAL_NAME, &real_name.0)?;
        let id_card = tx.vault.seal(caller.id, ID_CARD, &id_card.0)?;
        let verified = tx.execute(
            "UPDATE account SET real_name = $1, id_card = $2 WHERE id = $3 AND real_name IS NULL",
            args![&real_name, &id_card, caller.id],
        )?;
        if verified == 1 { Ok(EmptyReply {}) } else { Err(VERIFIED_ALREADY.fault()) }
    }
}

data! {
    /// Get the real name and the identity card that the caller told.
    pub struct Verified;
}

/// Who the account's owner is. Answered to that account alone.
#[derive(Serialize, JsonSchema)]
pub struct RealName {
    /// The account's id.
    user_id: i64,
    /// The owner's name; `null` where it was not told.
    real_name: Option<String>,
    /// The number of the owner's identity card; `null` where it was not told.
    id_card: Option<String>,
}

impl Op for Verified {
    const NAME: Name = ("user", "verified");
    const FAULTS: &'static [FaultKind] = &[];
    const EXAMPLE: &'static str = "{}";
    type Caller = Account;
    type Lane = Read;
    type Reply = RealName;

    fn run(self, view: &View, caller: Account) -> Result<RealName, Fault> {
        real_name(view, caller.id)
    }
}

/// The real name and the identity card of the account `id`, decrypted.
pub fn real_name(view: &View, id: i64) -> Result<RealName, Fault> {
    let sql = "SELECT real_name, id_card FROM account WHERE id = $1";
    let (real_name, id_card): (Option<String>, Option<String>) = view
        .one(sql, args![id], |row| Ok((row.get(0)?, row.get(1)?)))?
        .ok_or(Fault::AccountGone)?;
    let unseal = |column: &str, sealed: Option<String>| {
        sealed.map(|sealed| view.vault.unseal(id, column, &sealed)).transpose()
    };
    Ok(RealName {
        user_id: id,
        real_name: unseal(REAL_NAME, real_name)?,
        id_card: unseal(ID_CARD, id_card)?,
    })
}

/// Encrypt what an earlier version kept in the clear, and have nothing of that left in the file.
pub fn seal_all(tx: &mut Tx) -> Result<(), Fault> {
    let mut last = 0;
    loop {
        let some = tx.all(
            "SELECT id, real_name, id_card FROM account
              WHERE id > $1 AND (real_name IS NOT NULL OR id_card IS NOT NULL)
              ORDER BY id LIMIT 1000",
            args![last],
            |row| Ok((row.get::<i64>(0)?, row.get(1)?, row.get(2)?)),
        )?;
        let Some((id, ..)) = some.last() else { return Ok(()) };
        last = *id;
        for (id, real_name, id_card) in some {
            seal_row(tx, id, real_name, id_card)?;
        }
    }
}

fn seal_row(
    tx: &mut Tx,
    id: i64,
    real_name: Option<String>,
    id_card: Option<String>,
) -> Result<(), Fault> {
    let is_clear = |value: &Option<String>| value.as_deref().is_some_and(|it| !is_sealed(it));
    if !is_clear(&real_name) && !is_clear(&id_card) {
        return Ok(());
    }
    let seal = |column: &str, value: Option<String>| match value {
        Some(text) if !is_sealed(&text) => tx.vault.seal(id, column, &text).map(Some),
        sealed => Ok(sealed),
    };
    let (real_name, id_card) = (seal(REAL_NAME, real_name)?, seal(ID_CARD, id_card)?);
    tx.execute(
        "UPDATE account SET real_name = $1, id_card = $2 WHERE id = $3",
        args![real_name.as_ref(), id_card.as_ref(), id],
    )?;
    tx.compact()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_card_check_digit_follows_gb_11643() {
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
