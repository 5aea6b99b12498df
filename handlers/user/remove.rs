//! Removing an account with all its content.
//!
//! All rows go in one transaction. What is not in a table, its place on the board in memory and the files
//! of its pictures, is noted in the table `removal` in the same transaction, and the server does it: its
//! own removals and those of another process (`guichet user remove`) within a moment, those before a crash
//! at the next start. What stays is the account's id, the hashes of its sessions until they expire, the rows
//! of messages for 24 hours, and for 30 days a keyed hash of its name.

use super::name;
use crate::handlers::portrait;
use crate::handlers::portrait::NOT_STORED;
use crate::handlers::property::NOTICES;
use crate::handlers::rank;
use crate::handlers::shop::SHOPS;
use engine::args;
use engine::db::{Db, Tx, View};
use engine::fault::Fault;

/// A step that is left to do: remove the account from the rank board in memory.
const RANK: &str = "rank";

/// A step that is left to do: remove a picture's file.
const PICTURE: &str = "picture";

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
        note(tx, PICTURE, file)?;
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
    // The board of this process at once, and that of a server beside it when it does what is left.
    rank::forget(tx, id);
    note(tx, RANK, &id.to_string())
}

fn note(tx: &mut Tx, kind: &str, name: &str) -> Result<(), Fault> {
    tx.execute(
        "INSERT INTO removal (kind, name) VALUES ($1, $2) ON CONFLICT (kind, name) DO NOTHING",
        args![kind, name],
    )?;
    Ok(())
}

/// Are there removals that are not finished?
pub fn is_unfinished(view: &View) -> Result<bool, Fault> {
    Ok(view.one("SELECT 1 FROM removal LIMIT 1", args![], |_| Ok(()))?.is_some())
}

/// Finish removals. Called by the server, or by a command if no server runs.
pub fn finish(db: &Db) -> Result<(), Fault> {
    let view = db.view();
    let left = view.all("SELECT kind, name FROM removal", args![], |row| {
        Ok((row.get::<String>(0)?, row.get::<String>(1)?))
    })?;
    if left.is_empty() {
        return Ok(());
    }
    // Files first: a row may only go once its file is gone. To remove a file twice does no harm.
    for (kind, name) in &left {
        if kind == PICTURE {
            view.pictures.remove_now(name).map_err(|cause| NOT_STORED.caused_by(cause))?;
        }
    }
    drop(view);
    db.write(move |tx| {
        for (kind, name) in &left {
            if let (RANK, Ok(account)) = (kind.as_str(), name.parse()) {
                rank::forget(tx, account);
            }
            tx.execute("DELETE FROM removal WHERE kind = $1 AND name = $2", args![kind, name])?;
        }
        Ok(())
    })
}
