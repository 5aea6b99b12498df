//! Accounts from the command line: `guichet user add | list | passwd | remove`.
//!
//! These run beside a server as well as without one: each is one short transaction, and SQLite
//! takes turns between processes.

use super::name::{Name, is_free, is_no_number, replace};
use super::register::{hash_plain, insert};
use super::{COMMON, Known, NAME_TAKEN, password, remove};
use crate::handlers::moderation::audit::{self, By};
use crate::handlers::removal;
use engine::args;
use engine::data::{Field, FieldError, Value};
use engine::db::{Db, View};
use engine::fault::Fault;
use engine::password::{LENGTH, is_common};
use serde_json::json;

/// One line of `user list`.
pub struct Listed {
    /// The account's id.
    pub id: i64,
    /// Its user name.
    pub username: String,
    /// Its mobile number, `""` where there is none.
    pub mobile: String,
    /// Its nickname.
    pub nickname: String,
    /// When it was made.
    pub created: String,
}

/// The name, if an account may have it; the error is one line.
fn good_name(db: &Db, name: &str) -> Result<String, String> {
    let Name(name) = Name::read(Value::Text(name.into())).map_err(|flaw| match flaw {
        FieldError::Value(why) => format!("NAME: {why}"),
        _ => "NAME: must not be empty".into(),
    })?;
    is_no_number(&db.view(), &name).map_err(fault_text)?;
    Ok(name)
}

/// Create an account and return its id; the error is one line.
pub fn add(db: &Db, by: &By, name: &str, password: &str) -> Result<i64, String> {
    let name = good_name(db, name)?;
    let (by, password) = (by.clone(), check(password)?);
    let added = db.write(move |tx| {
        let added = insert(tx, &name, None, &password)?;
        if let Some(id) = added {
            audit::record(tx, &by, "user add", &id.to_string(), None)?;
        }
        Ok(added)
    });
    added.map_err(fault_text)?.ok_or_else(|| "NAME: it is taken".into())
}

/// Give an account another user name; the error is one line. The old one is kept for it for a while, as when it renames
/// itself.
pub fn rename(db: &Db, by: &By, id: i64, name: &str) -> Result<(), String> {
    let name = good_name(db, name)?;
    let by = by.clone();
    let renamed = db.write(move |tx| {
        let sql = "SELECT username FROM account WHERE id = $1";
        let own: String = tx.one(sql, args![id], |row| row.get(0))?.ok_or(Fault::AccountGone)?;
        tx.turn("user name", &name)?;
        match is_free(tx, &name, Some(id)) {
            Err(fault) if fault.is(&NAME_TAKEN) => return Ok(false),
            free => free?,
        }
        replace(tx, id, &own, &name)?;
        let (earlier, later) = (json!({"user_id": id, "username": own}), json!({"username": name}));
        let change = (Some(&earlier), Some(&later));
        audit::record_change(tx, &by, "user rename", &id.to_string(), change)?;
        Ok(true)
    });
    if renamed.map_err(fault_text)? { Ok(()) } else { Err("NAME: it is taken".into()) }
}

/// List all accounts, the oldest first.
pub fn list(db: &Db) -> Result<Vec<Listed>, String> {
    let view = db.view();
    let sql = "SELECT id, username, mobile, nickname, created_at FROM account ORDER BY id";
    view.all(sql, args![], |row| {
        Ok(Listed {
            id: row.get(0)?,
            username: row.get(1)?,
            mobile: row.get::<Option<String>>(2)?.unwrap_or_default(),
            nickname: row.get(3)?,
            created: view.clock.format(row.get(4)?),
        })
    })
    .map_err(fault_text)
}

/// Give an account a new password; all its sessions end.
pub fn passwd(db: &Db, by: &By, name: &str, password: &str) -> Result<(), String> {
    let known = known(db, name)?;
    let (by, hash) = (by.clone(), check(password)?);
    let done = db
        .write(move |tx| {
            audit::record(tx, &by, "user passwd", &known.id.to_string(), None)?;
            password::set(tx, known.id, known.password_count, &hash)
        })
        .map_err(fault_text)?;
    if done { Ok(()) } else { Err("the password was changed at the same time; try again".into()) }
}

/// Remove an account with all its content (see [`remove`](super::remove::remove)); whether all of that was done
/// when this returns. If not, the server that runs beside this does the rest when it can.
///
/// `is_alone` says that no server runs.
pub fn remove(db: &Db, by: &By, name: &str, is_alone: bool) -> Result<bool, String> {
    let known = known(db, name)?;
    let by = by.clone();
    let removed = db.write(move |tx| {
        audit::record(tx, &by, "user remove", &known.id.to_string(), None)?;
        remove::remove(tx, known.id)
    });
    removed.map_err(fault_text)?;
    removal::settle(db, is_alone).map_err(fault_text)
}

/// The id of the account of this user name, mobile number or id.
pub fn find(view: &View, name: &str) -> Result<Option<i64>, Fault> {
    if let Some(known) = Known::by_name(view, name)? {
        return Ok(Some(known.id));
    }
    let id = name.parse().ok().filter(|id: &i64| id.to_string() == name);
    match id {
        Some(id) => Ok(Known::by_id(view, id)?.map(|known| known.id)),
        None => Ok(None),
    }
}

fn known(db: &Db, name: &str) -> Result<Known, String> {
    let view = db.view();
    let found = find(&view, name).and_then(|id| match id {
        Some(id) => Known::by_id(&view, id),
        None => Ok(None),
    });
    found.map_err(fault_text)?.ok_or_else(|| format!("{name}: there is no such account"))
}

/// The hash of a new password; the error is one line.
pub fn check(password: &str) -> Result<String, String> {
    if !LENGTH.contains(&password.chars().count()) {
        return Err(format!(
            "the password must have {} to {} characters",
            LENGTH.start(),
            LENGTH.end()
        ));
    }
    if is_common(password) {
        return Err(format!("the password is {COMMON}"));
    }
    hash_plain(password).map_err(fault_text)
}

/// A fault in one line for the operator, who may read causes too.
pub fn fault_text(fault: Fault) -> String {
    match (fault.cause(), fault.detail()) {
        (Some(cause), _) => cause.to_string(),
        (None, Some(detail)) => detail.into_owned(),
        (None, None) => format!("{fault:?}"),
    }
}
