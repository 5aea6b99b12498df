//! The schema: is the file ours, which steps does it have, and how it is upgraded.

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

/// What a program's database consists of.
#[derive(Debug, Clone, Copy, Default)]
pub struct Schema {
    /// The step, counted from 1, in whose transaction it runs, after the step's own SQL.
    pub steps: &'static [&'static str],
    /// The statements that operations [defer](crate::db::Tx::defer). If there are any, the steps
    /// create the table `journal` for them.
    pub deferred: &'static [&'static DeferredWrite],
    /// The text indexes that the steps create. An index created for a table with rows is filled
    /// from it.
    pub indexes: &'static [&'static TextIndex],
    /// A query for the names of all pictures that rows name, in its only column; empty if there are
    /// none.
    pub pictures: &'static str,
    /// A query for one encrypted value, if there is any, in its only column (see [`crate::vault`]);
    /// empty if nothing is encrypted.
    pub sealed: &'static str,
    /// All tables, as PostgreSQL takes them, with the last of the steps; empty if PostgreSQL is not supported.
    pub postgres: &'static str,
    /// What brings PostgreSQL's tables from the step before to a step, with the step's number, in order. Servers
    /// of the version before go on serving meanwhile.
    pub postgres_steps: &'static [(i64, &'static str)],
    /// Code that upgrades rows where SQL alone can't. Each runs in the transaction of its step, and
    /// after an import.
    pub upgrades: &'static [Upgrade],
}

/// Code that upgrades rows for a schema step.
#[derive(Debug, Clone, Copy)]
pub struct Upgrade {
    /// The step, counted from 1, in whose transaction it runs, after the step's own statements.
    pub step: usize,
    /// The code. It changes only rows that need it, so it may run again.
    pub run: fn(&mut Tx) -> Result<(), Fault>,
}

impl Schema {
    /// No tables. Use it as `..Schema::EMPTY`.
    pub const EMPTY: Schema = Schema {
        steps: &[],
        deferred: &[],
        indexes: &[],
        pictures: "",
        sealed: "",
        postgres: "",
        postgres_steps: &[],
        upgrades: &[],
    };

    /// The names of all pictures that rows name.
    pub fn named_pictures(&self, view: &View) -> Result<HashSet<String>, Fault> {
        Ok(view.all(self.pictures, crate::args![], |row| row.get(0))?.into_iter().collect())
    }
}

/// What a database consists of, and which of its rows are worth moving elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct DatabaseSpec {
    /// Its tables.
    pub schema: Schema,
    /// Tables whose rows expire by themselves. They are not exported.
    pub ephemeral: &'static [&'static str],
}

/// Refuse a file that is not ours or was made by a newer version, without changing a byte of it.
/// Returns how many steps it has; 0 if it does not exist.
pub(crate) fn check(path: &Path, steps: &[&str]) -> Result<i64, OpenError> {
    if !path.exists() {
        return Ok(0);
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let refused = |error: rusqlite::Error| OpenError::NotOurs(path.into(), error.to_string());
    let file = Connection::open_with_flags(path, flags).map_err(refused)?;
    // The last connection to close moves the log into the file. This one must not.
    file.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(refused)?;
    examine(&file, path, steps)
}

/// How many steps the file has, if it is ours and not newer than this program.
pub(crate) fn examine(file: &Connection, path: &Path, steps: &[&str]) -> Result<i64, OpenError> {
    let refused = |error: rusqlite::Error| OpenError::NotOurs(path.into(), error.to_string());
    // One read transaction for all three: another process may be creating the tables right now.
    let view = file.unchecked_transaction().map_err(refused)?;
    let application = number(&view, "application_id").map_err(refused)?;
    let version = number(&view, "user_version").map_err(refused)?;
    let tables: i64 = view
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(refused)?;
    // A file with neither mark nor tables may be ours: a first start may have been interrupted
    // after it set the journal mode.
    if application != APPLICATION && (application, version, tables) != (0, 0, 0) {
        return Err(OpenError::NotOurs(path.into(), "it belongs to another program".into()));
    }
    let known = i64::try_from(steps.len()).unwrap_or(i64::MAX);
    if version > known {
        return Err(OpenError::Newer { path: path.into(), version, known });
    }
    Ok(version)
}

/// Run the missing steps, each with its upgrades and in one transaction.
pub(crate) fn upgrade(tx: &mut Tx, schema: &Schema) -> Result<(), Fault> {
    let done = usize::try_from(number(tx.own()?, "user_version").map_err(Fault::database)?);
    for (index, step) in schema.steps.iter().enumerate().skip(done.unwrap_or(0)) {
        tx.begin()?;
        let taken = take(tx, schema, index, step).and_then(|is_new| {
            tx.commit().map_err(Fault::database)?;
            Ok(is_new)
        });
        match taken {
            Ok(true) => tracing::info!(step = index + 1, "a step of the schema was applied"),
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

/// Run one step in an open transaction; `false` if another process ran it meanwhile.
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
    // Set with the first step, so that after a crash there are never tables of ours without the
    // mark.
    own.pragma_update(None, "application_id", APPLICATION).map_err(Fault::database)?;
    let version = i64::try_from(index + 1).unwrap_or(i64::MAX);
    own.pragma_update(None, "user_version", version).map_err(Fault::database)?;
    Ok(true)
}

/// Run the upgrades of these steps in an open transaction.
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

/// One encrypted value of the database, if there is any.
pub(crate) fn sealed(connection: &Connection, schema: &Schema) -> rusqlite::Result<Option<String>> {
    if schema.sealed.is_empty() {
        return Ok(None);
    }
    connection.query_row(schema.sealed, [], |row| row.get(0)).optional()
}

/// Run the missing steps without upgrades: for a database without rows.
pub(crate) fn migrate(connection: &mut Connection, steps: &[&str]) -> rusqlite::Result<()> {
    let done = usize::try_from(number(connection, "user_version")?).unwrap_or(0);
    for (index, step) in steps.iter().enumerate().skip(done) {
        let tx = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        // A command or a server may have run it meanwhile.
        if usize::try_from(number(&tx, "user_version")?).is_ok_and(|taken| taken > index) {
            continue;
        }
        tx.execute_batch(step)?;
        // With the first step, so that no crash leaves tables of ours that don't say so.
        tx.pragma_update(None, "application_id", APPLICATION)?;
        tx.pragma_update(None, "user_version", i64::try_from(index + 1).unwrap_or(i64::MAX))?;
        tx.commit()?;
        tracing::info!(step = index + 1, "a step of the schema was applied");
    }
    Ok(())
}

/// Does the file have any table?
pub(crate) fn has_tables(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT count(*) > 0 FROM sqlite_schema", [], |row| row.get(0))
}

fn number(connection: &Connection, pragma: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, pragma, |row| row.get(0))
}
