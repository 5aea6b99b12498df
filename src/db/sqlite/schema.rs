//! The file: whether it is ours, which steps of the schema it has, and bringing it up to date.

use super::journal::DeferredWrite;
use super::reindex;
use crate::db::OpenError;
use crate::db::search::TextIndex;
use crate::db::tx::Tx;
use crate::db::view::View;
use crate::fault::Fault;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _};
use std::collections::HashSet;
use std::path::Path;

/// Marks a database file as Guichet's (`PRAGMA application_id`): "GUIC" in ASCII.
const APPLICATION: i64 = 0x4755_4943;

/// What a program's database is made of.
#[derive(Debug, Clone, Copy, Default)]
pub struct Schema {
    /// The steps that make its tables, oldest first; a step once released is never edited.
    pub steps: &'static [&'static str],
    /// The statements that operations [defer](crate::db::Tx::defer): with any, the steps make the table
    /// `journal` for them.
    pub deferred: &'static [&'static DeferredWrite],
    /// The text indexes that the steps make. A step that makes one for a table with rows has it filled.
    pub indexes: &'static [&'static TextIndex],
    /// What finds the names of all uploaded pictures that its rows name, in its only column; empty where
    /// there are none.
    pub pictures: &'static str,
    /// What finds one encrypted value, if there is any, in its only column (see [`crate::vault`]); empty
    /// where nothing is encrypted.
    pub sealed: &'static str,
    /// What brings rows up to date where SQL alone can't. Each is run in the transaction of its step,
    /// and for rows that were imported.
    pub upgrades: &'static [Upgrade],
}

/// What brings the rows up to date with a step of the schema.
#[derive(Debug, Clone, Copy)]
pub struct Upgrade {
    /// The step, counted from 1, in whose transaction it runs, after the step's own statements.
    pub step: usize,
    /// What is run. It changes only rows that need it, so that it may be run again.
    pub run: fn(&mut Tx) -> Result<(), Fault>,
}

impl Schema {
    /// No tables at all; to be completed by `..Schema::EMPTY`.
    pub const EMPTY: Schema =
        Schema { steps: &[], deferred: &[], indexes: &[], pictures: "", sealed: "", upgrades: &[] };

    /// The names of all uploaded pictures that rows name.
    pub fn named_pictures(&self, view: &View) -> Result<HashSet<String>, Fault> {
        Ok(view.all(self.pictures, crate::args![], |row| row.get(0))?.into_iter().collect())
    }
}

/// What a database is made of, and what of it is worth moving elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct DatabaseSpec {
    /// How it is made.
    pub schema: Schema,
    /// The tables whose rows pass away by themselves: they stay where they are.
    pub ephemeral: &'static [&'static str],
}

/// Refuse a file that is not ours or that a newer version made, without changing a byte of it.
/// Answers how many steps it has, 0 where there is no file.
pub(crate) fn check(path: &Path, steps: &[&str]) -> Result<i64, OpenError> {
    if !path.exists() {
        return Ok(0);
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let refused = |error: rusqlite::Error| OpenError::NotOurs(path.into(), error.to_string());
    let file = Connection::open_with_flags(path, flags).map_err(refused)?;
    // The last connection to close moves the log into the file; this one must leave it alone.
    file.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(refused)?;
    examine(&file, path, steps)
}

/// How many steps the file has, if it is ours and not a newer version's.
pub(crate) fn examine(file: &Connection, path: &Path, steps: &[&str]) -> Result<i64, OpenError> {
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

/// Take the steps that the file does not have yet, with what brings the rows up to date: each whole or
/// not at all.
pub(crate) fn upgrade(tx: &mut Tx, schema: &Schema) -> Result<(), Fault> {
    let done = usize::try_from(number(tx.own()?, "user_version").map_err(Fault::database)?);
    for (index, step) in schema.steps.iter().enumerate().skip(done.unwrap_or(0)) {
        tx.begin()?;
        let taken = take(tx, schema, index, step).and_then(|is_new| {
            tx.commit().map_err(Fault::database)?;
            Ok(is_new)
        });
        match taken {
            Ok(true) => tracing::info!(step = index + 1, "the schema is brought up to date"),
            Ok(false) => {}
            Err(fault) => {
                tx.roll_back_group();
                return Err(fault);
            }
        }
        tx.apply_effects();
    }
    Ok(())
}

/// Take one step in an open transaction; `false` if another process took it meanwhile.
fn take(tx: &mut Tx, schema: &Schema, index: usize, step: &str) -> Result<bool, Fault> {
    let own = tx.own()?;
    let version = number(own, "user_version").map_err(Fault::database)?;
    if usize::try_from(version).is_ok_and(|taken| taken > index) {
        return Ok(false);
    }
    own.execute_batch(step).map_err(Fault::database)?;
    for text_index in schema.indexes.iter().filter(|text_index| text_index.step == index + 1) {
        reindex::fill(own, text_index).map_err(Fault::database)?;
    }
    run_upgrades(tx, schema, |step| step == index + 1)?;
    let own = tx.own()?;
    // With the first step, so that no crash leaves tables of ours that don't say so.
    own.pragma_update(None, "application_id", APPLICATION).map_err(Fault::database)?;
    let version = i64::try_from(index + 1).unwrap_or(i64::MAX);
    own.pragma_update(None, "user_version", version).map_err(Fault::database)?;
    Ok(true)
}

/// Bring the rows up to date in an open transaction, by the upgrades of these steps.
pub(crate) fn run_upgrades(
    tx: &mut Tx,
    schema: &Schema,
    is_wanted: impl Fn(usize) -> bool,
) -> Result<(), Fault> {
    for upgrade in schema.upgrades.iter().filter(|upgrade| is_wanted(upgrade.step)) {
        tx.savepoint();
        (upgrade.run)(tx)?;
        tx.release()?;
    }
    Ok(())
}

/// An encrypted value of the database, if there is one.
pub(crate) fn sealed(connection: &Connection, schema: &Schema) -> rusqlite::Result<Option<String>> {
    if schema.sealed.is_empty() {
        return Ok(None);
    }
    connection.query_row(schema.sealed, [], |row| row.get(0)).optional()
}

/// Take the steps that the file does not have yet, without what brings rows up to date: for a database
/// without rows.
pub(crate) fn migrate(connection: &mut Connection, steps: &[&str]) -> rusqlite::Result<()> {
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

/// Has the file any table?
pub(crate) fn has_tables(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT count(*) > 0 FROM sqlite_schema", [], |row| row.get(0))
}

fn number(connection: &Connection, pragma: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, pragma, |row| row.get(0))
}
