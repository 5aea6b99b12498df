//! Removing an account with all its content.
//!
//! All rows go in one transaction. What is not in a table, its place on the board in memory and the files
//! of its pictures, is noted in the same transaction, and done afterwards ([`removal`](crate::handlers::removal)).
//! What stays is the account's id, the hashes of its sessions until they expire, the rows
//! of messages for 24 hours, and for 30 days a keyed hash of its name.

use super::name;
use crate::handlers::moderation::{audit, reviews};
use crate::handlers::portrait;
use crate::handlers::property::NOTICES;
use crate::handlers::rank;
use crate::handlers::removal::Removal;
use crate::handlers::shop::SHOPS;
use engine::args;
use engine::db::Tx;
use engine::fault::Fault;

/// Remove the account `id` with all its content; [`Fault::AccountGone`] if there is no such account.
pub fn remove(tx: &mut Tx, id: i64) -> Result<(), Fault> {
    let sql = "DELETE FROM account WHERE id = $1 RETURNING username, avatar";
    let (username, avatar): (String, String) =
        tx.one(sql, args![id], |row| Ok((row.get(0)?, row.get(1)?)))?.ok_or(Fault::AccountGone)?;
    name::hold(tx, id, &username)?;
    name::remove_keys(tx, id)?;
    let mut files = vec![avatar];
    // The portrait under its id, and those that it uploaded under free ids.
    let sql = "SELECT id FROM portrait WHERE id = $1 OR owner = $1";
    for portrait in tx.all(sql, args![id], |row| row.get(0))? {
        files.extend(portrait::limits::forgotten(tx, portrait)?);
        tx.execute("DELETE FROM portrait WHERE id = $1", args![portrait])?;
    }
    for file in files.iter().filter(|file| !file.is_empty()) {
        Removal::Picture(file.clone()).note(tx)?;
    }
    let sql = "DELETE FROM property WHERE user_id = $1 RETURNING position";
    for position in tx.all(sql, args![id], |row| row.get(0))? {
        tx.unindex(&NOTICES, position);
    }
    // Others' notices keep what they say; who took part in them is taken out.
    tx.execute(
        "UPDATE property SET user2_id = '', user2_name = '', user2_phone = '', user2_qq = ''
          WHERE user2_id = $1 AND user2_id <> ''",
        args![&id.to_string()],
    )?;
    let sql = "DELETE FROM shop WHERE owner = $1 RETURNING position";
    for position in tx.all(sql, args![id], |row| row.get(0))? {
        tx.unindex(&SHOPS, position);
    }
    tx.execute("DELETE FROM rank WHERE account = $1", args![id])?;
    tx.execute("UPDATE session SET address = '' WHERE account = $1", args![id])?;
    reviews::forget(tx, id)?;
    audit::forget(tx, id)?;
    // The board of this process at once, and that of a server beside it when it does what is left.
    rank::forget(tx, id);
    Removal::Rank(id).note(tx)
}
