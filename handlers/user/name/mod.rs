//! User names: which are allowed, which are too similar to another, and which are held.
//!
//! A new name must differ from all others by its [keys](key), which are kept in the table `name_key`.
//! Names from before this rule stay, whatever they are: nobody is renamed.

mod hold;
mod key;

pub use hold::{SWEEP as SWEEP_HOLDS, hold};
pub use key::keys;

use crate::handlers::phone::is_mobile;
use crate::handlers::text;
use crate::handlers::user::NAME_TAKEN;
use engine::args;
use engine::data::{Field, FieldError, Text, Value, schema};
use engine::db::{Tx, View};
use engine::fault::Fault;
use schemars::Schema;
use std::collections::BTreeSet;
use std::sync::OnceLock;
use unicode_normalization::UnicodeNormalization as _;

/// The lowest id of an account.
const FIRST_ID: i64 = 100_001;

/// How many ids after the last account's can't be names yet: they will be accounts soon.
const SOON: i64 = 100_000;

/// The longest name, in characters.
const LONGEST: usize = 32;

/// Names that visitors would take for the site's own; compared as all names are. `guichet user add` may
/// give them, because whoever runs it is the site.
const RESERVED: [&str; 22] = [
    "admin",
    "administrator",
    "root",
    "system",
    "support",
    "guichet",
    "official",
    "staff",
    "moderator",
    "webmaster",
    "postmaster",
    "security",
    "helpdesk",
    "管理员",
    "系统管理员",
    "超级管理员",
    "系统",
    "客服",
    "在线客服",
    "官方",
    "官方客服",
    "版主",
];

/// A user name: 1 to 32 characters of any script, all of which can be seen. It is kept in Unicode's
/// composed form (NFC), which is how most keyboards write.
#[derive(Clone, Debug)]
pub struct Name(pub String);

impl Field for Name {
    fn read(value: Value<'_>) -> Result<Self, FieldError> {
        let text = String::read(value)?;
        if text.is_empty() {
            return Err(FieldError::Empty);
        }
        // Nothing that long composes to 32 characters; it need not be looked at.
        if text.len() > 16 * LONGEST {
            return Err(FieldError::Value("1 to 32 characters".into()));
        }
        let name: String = text.nfc().collect();
        if name.chars().count() > LONGEST {
            return Err(FieldError::Value("1 to 32 characters".into()));
        }
        match text::user_name_problem(&name) {
            Some(problem) => Err(FieldError::Value(problem.into())),
            None => Ok(Name(name)),
        }
    }

    fn schema() -> Schema {
        schema::text(1, LONGEST)
    }
}

/// A nickname: 1 to 32 characters of any script, emoji too, on one line.
#[derive(Clone, Debug)]
pub struct Nickname(pub String);

impl Field for Nickname {
    fn read(value: Value<'_>) -> Result<Self, FieldError> {
        let name = Text::<1, 32>::read(value)?.0;
        match text::line_problem(&name) {
            Some(problem) => Err(FieldError::Value(problem.into())),
            None => Ok(Nickname(name)),
        }
    }

    fn schema() -> Schema {
        schema::text(1, 32)
    }
}

/// A name as it was typed, in the form in which names are kept.
pub fn composed(typed: &str) -> String {
    typed.nfc().collect()
}

/// Refuse a name that no new account may have, and none may change to: digits that are a telephone
/// number or an account's id, and reserved names. One that reads like a telephone number is only for
/// the account whose number it is: logging in by number must reach its owner.
pub fn may_be_called(view: &View, name: &str, mobile: Option<&str>) -> Result<(), Fault> {
    if mobile == Some(name) {
        return Ok(());
    }
    is_no_number(view, name)?;
    static KEYS: OnceLock<BTreeSet<String>> = OnceLock::new();
    let reserved = KEYS.get_or_init(|| RESERVED.iter().flat_map(|name| keys(name)).collect());
    if keys(name).is_disjoint(reserved) {
        Ok(())
    } else {
        Err(Fault::value("username", "the name is reserved"))
    }
}

/// Refuse a telephone number, also as people write it, and digits that are an account's id now or soon.
pub fn is_no_number(view: &View, name: &str) -> Result<(), Fault> {
    if key::telephone_digits(name).is_some_and(|digits| is_mobile(&digits)) {
        return Err(Fault::value("username", "another's telephone number can't be a name"));
    }
    let Some(digits) = key::digits(name) else { return Ok(()) };
    let sql = "SELECT last FROM sequence WHERE name = 'account'";
    let last: i64 = view.one(sql, args![], |row| row.get(0))?.unwrap_or(FIRST_ID);
    let ids = FIRST_ID..=last.saturating_add(SOON);
    if digits.parse().is_ok_and(|number: i64| ids.contains(&number)) {
        return Err(Fault::value("username", "an account's id can't be a name"));
    }
    Ok(())
}

/// Does an account have exactly this name or mobile number?
pub fn is_taken(view: &View, name: &str) -> Result<bool, Fault> {
    let taken =
        view.one("SELECT 1 FROM account WHERE username = $1 OR mobile = $1", args![name], |_| {
            Ok(())
        })?;
    Ok(taken.is_some())
}

/// Refuse a name that another account than `own` has, or one that looks like it, or that another
/// account left not long ago.
pub fn is_free(view: &View, name: &str, own: Option<i64>) -> Result<(), Fault> {
    // No account has the id 0.
    let own = own.unwrap_or(0);
    let taken = || Err(NAME_TAKEN.fault());
    let sql = "SELECT 1 FROM account WHERE (username = $1 OR mobile = $1) AND id <> $2";
    if view.one(sql, args![name, own], |_| Ok(()))?.is_some() {
        return taken();
    }
    let keys = keys(name);
    for key in &keys {
        let sql = "SELECT 1 FROM name_key WHERE key = $1 AND account <> $2";
        if view.one(sql, args![key, own], |_| Ok(()))?.is_some() {
            return taken();
        }
    }
    if hold::is_held(view, &keys, own)? { taken() } else { Ok(()) }
}

/// Give an account another user name than `own`, which is kept for it for a while.
pub fn replace(tx: &mut Tx, account: i64, own: &str, name: &str) -> Result<(), Fault> {
    hold(tx, account, own)?;
    set_keys(tx, account, name)?;
    tx.execute("UPDATE account SET username = $1 WHERE id = $2", args![name, account])?;
    Ok(())
}

/// Store the comparison keys of an account's name, replacing earlier ones.
pub fn set_keys(tx: &mut Tx, account: i64, name: &str) -> Result<(), Fault> {
    remove_keys(tx, account)?;
    for key in keys(name) {
        tx.execute("INSERT INTO name_key (key, account) VALUES ($1, $2)", args![&key, account])?;
    }
    Ok(())
}

/// Remove the comparison keys of an account's name.
pub fn remove_keys(tx: &mut Tx, account: i64) -> Result<(), Fault> {
    tx.execute("DELETE FROM name_key WHERE account = $1", args![account])?;
    Ok(())
}

/// Make the keys of all accounts that have none: of a database from before there were any, and of
/// rows that were imported.
pub fn fill_keys(tx: &mut Tx) -> Result<(), Fault> {
    let mut last = 0;
    loop {
        let some = tx.all(
            "SELECT id, username FROM account WHERE id > $1
                AND NOT EXISTS (SELECT 1 FROM name_key WHERE name_key.account = account.id)
              ORDER BY id LIMIT 1000",
            args![last],
            |row| Ok((row.get::<i64>(0)?, row.get::<String>(1)?)),
        )?;
        let Some((id, _)) = some.last() else { return Ok(()) };
        last = *id;
        for (id, name) in &some {
            set_keys(tx, *id, name)?;
        }
    }
}

/// Find the account of a name that was typed in another Unicode form than the stored one.
pub fn find_form(view: &View, typed: &str) -> Result<Option<i64>, Fault> {
    let wanted = composed(typed);
    for key in keys(typed) {
        let found = view.all(
            "SELECT account.id, account.username FROM name_key
               JOIN account ON account.id = name_key.account
              WHERE name_key.key = $1 ORDER BY account.id",
            args![&key],
            |row| Ok((row.get::<i64>(0)?, row.get::<String>(1)?)),
        )?;
        let same = found.into_iter().find(|(_, username)| composed(username) == wanted);
        if let Some((id, _)) = same {
            return Ok(Some(id));
        }
    }
    Ok(None)
}
