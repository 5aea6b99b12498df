//! Accounts that another service has exported, without their passwords.

use super::name::Name;
use super::register::{hash_plain, insert};
use engine::args;
use engine::data::{Field as _, Value};
use engine::db::Tx;
use engine::fault::Fault;
use engine::hex;

/// A password that nobody knows, hashed: one for all accounts of an import, because hashing one takes a while.
pub fn unknown_password() -> Result<String, Fault> {
    hash_plain(&hex::encode(&rand::random::<[u8; 32]>()))
}

/// Add an account: into it leads a code that is sent to its number. `false` if there is one of this name or number.
pub fn add(
    tx: &mut Tx,
    username: &str,
    mobile: Option<&str>,
    password: &str,
    created_at: Option<i64>,
) -> Result<bool, Fault> {
    let is_taken = "SELECT 1 FROM account WHERE mobile = $1";
    if let Some(mobile) = mobile
        && tx.one(is_taken, args![mobile], |_| Ok(()))?.is_some()
    {
        return Ok(false);
    }
    let Some(id) = insert(tx, username, mobile, password)? else { return Ok(false) };
    if let Some(created_at) = created_at {
        tx.execute("UPDATE account SET created_at = $1 WHERE id = $2", args![created_at, id])?;
    }
    Ok(true)
}

/// Why an account can't have this name; `None` if it can.
pub fn flaw_of_name(username: &str) -> Option<&'static str> {
    Name::read(Value::Text(username.into())).is_err().then_some("no name that an account may have")
}
