//! Accounts from the command line: `guichet user add | list | passwd | remove`.
//!
//! These run beside a server as well as without one: each is one short transaction, and SQLite
//! takes turns between processes.

use super::name::{Name, is_no_number};
use super::register::{hash_plain, insert};
use super::{COMMON, Known, password, remove};
use engine::args;
use engine::data::{Field, FieldError, Value};
use engine::db::Db;
use engine::fault::Fault;
use engine::password::{LENGTH, is_common};
use std::time::{Duration, Instant};

/// How long to wait until a running server has finished a removal.
const TIMEOUT: Duration = Duration::from_secs(5);

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

/// Create an account and return its id; the error is one line.
pub fn add(db: &Db, name: &str, password: &str) -> Result<i64, String> {
    let Name(name) = Name::read(Value::Text(name.into())).map_err(|flaw| match flaw {
        FieldError::Value(why) => format!("NAME: {why}"),
        _ => "NAME: must not be empty".into(),
    })?;
    is_no_number(&db.view(), &name).map_err(fault_text)?;
    let password = check(password)?;
    db.write(move |tx| insert(tx, &name, None, &password))
        .map_err(fault_text)?
        .ok_or_else(|| "NAME: it is taken".into())
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
pub fn passwd(db: &Db, name: &str, password: &str) -> Result<(), String> {
    let known = find(db, name)?;
    let hash = check(password)?;
    let done = db
        .write(move |tx| password::set(tx, known.id, known.password_count, &hash))
        .map_err(fault_text)?;
    if done { Ok(()) } else { Err("the password was changed at the same time; try again".into()) }
}

/// Remove an account with all its content (see [`remove`](super::remove::remove)); whether all of that was done
/// when this returns. If not, the server that runs beside this does the rest when it can.
///
/// `is_alone` says that no server runs.
pub fn remove(db: &Db, name: &str, is_alone: bool) -> Result<bool, String> {
    let known = find(db, name)?;
    db.write(move |tx| remove::remove(tx, known.id)).map_err(fault_text)?;
    if is_alone {
        return remove::finish(db).map(|()| true).map_err(fault_text);
    }
    let until = Instant::now() + TIMEOUT;
    while remove::is_unfinished(&db.view()).map_err(fault_text)? {
        if Instant::now() > until {
            return Ok(false);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(true)
}

fn find(db: &Db, name: &str) -> Result<Known, String> {
    let found = Known::by_name(&db.view(), name).map_err(fault_text)?;
    found.ok_or_else(|| format!("{name}: there is no such account"))
}

fn check(password: &str) -> Result<String, String> {
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
