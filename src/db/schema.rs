//! The file: whether it is ours, which steps of the schema it has, and bringing it up to date.

use super::OpenError;
use super::journal::Deferred;
use super::search::TextIndex;
use super::view::View;
use crate::fault::Fault;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::collections::HashSet;
use std::path::Path;

/// Marks a database file as Guichet's (`PRAGMA application_id`): "GUIC" in ASCII.
const APPLICATION: i64 = 0x4755_4943;

/// What a program's database is made of.
#[derive(Debug, Clone, Copy, Default)]
pub struct Schema {
    /// The steps that make its tables, oldest first; a step once released is never edited.
    pub steps: &'static [&'static str],
    /// The statements that operations [defer](super::Tx::defer): with any, the steps make the table
    /// `journal` for them.
    pub deferred: &'static [&'static Deferred],
    /// What finds the names of all uploaded pictures that its rows name, in its only column; empty where
    /// there are none.
    pub pictures: &'static str,
}

impl Schema {
    /// The names of all uploaded pictures that rows name.
    pub fn named_pictures(&self, view: &View) -> Result<HashSet<String>, Fault> {
        Ok(view.all(self.pictures, crate::args![], |row| row.get(0))?.into_iter().collect())
    }
}

/// What a database is made of, and what of it is worth moving elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct Content {
    /// How it is made.
    pub schema: Schema,
    /// Its text indexes: they are not moved, but made anew.
    pub indexes: &'static [&'static TextIndex],
    /// The tables whose rows pass away by themselves: they stay where they are.
    pub passing: &'static [&'static str],
}

/// Refuse a file that is not ours or that a newer version made, without changing a byte of it.
pub(super) fn check(path: &Path, steps: &[&str]) -> Result<(), OpenError> {
    if !path.exists() {
        return Ok(());
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let refused = |error: rusqlite::Error| OpenError::NotOurs(path.into(), error.to_string());
    let file = Connection::open_with_flags(path, flags).map_err(refused)?;
    // The last connection to close moves the log into the file; this one must leave it alone.
    file.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(refused)?;
    examine(&file, path, steps).map(|_| ())
}

/// How many steps the file has, if it is ours and not a newer version's.
pub(super) fn examine(file: &Connection, path: &Path, steps: &[&str]) -> Result<i64, OpenError> {
    let refused = |error: rusqlite::Error| OpenError::NotOurs(path.into(), error.to_string());
    // One view for all three: another process may be making the tables at this moment.
    let view = file.unchecked_transaction().map_err(refused)?;
    let application = number(&view, "application_id").map_err(refused)?;
    let version = number(&view, "user_version").map_err(refused)?;
    let tables: i64 = view
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(refused)?;
    // A file with neither mark nor table is nobody's: a first start may have been cut off when it
    // had set up the journal and nothing else.
    if application != APPLICATION && (application, version, tables) != (0, 0, 0) {
        return Err(OpenError::NotOurs(path.into(), "it belongs to another program".into()));
    }
    let known = i64::try_from(steps.len()).unwrap_or(i64::MAX);
    if version > known {
        return Err(OpenError::Newer { path: path.into(), version, known });
    }
    Ok(version)
}

/// Take the steps that the file does not have yet: each whole or not at all.
pub(super) fn migrate(connection: &mut Connection, steps: &[&str]) -> rusqlite::Result<()> {
    let done = usize::try_from(number(connection, "user_version")?).unwrap_or(0);
    for (index, step) in steps.iter().enumerate().skip(done) {
        let tx = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        // An administrator's command, or the server, may have taken it meanwhile.
        if usize::try_from(number(&tx, "user_version")?).is_ok_and(|taken| taken > index) {
            continue;
        }
        tx.execute_batch(step)?;
        // With the first step, so that no crash leaves tables of ours that don't say so.
        tx.pragma_update(None, "application_id", APPLICATION)?;
        tx.pragma_update(None, "user_version", i64::try_from(index + 1).unwrap_or(i64::MAX))?;
        tx.commit()?;
        tracing::info!(step = index + 1, "the schema is brought up to date");
    }
    Ok(())
}

fn number(connection: &Connection, pragma: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, pragma, |row| row.get(0))
}
