//! Rewriting the whole file after an upgrade has encrypted values.
//!
//! SQLite leaves the previous content of rows in free pages and in the log. `VACUUM` writes only
//! current content, and afterwards the log is emptied. The upgrade requests this in its own
//! transaction, so if the process ends before it is done, the next start does it.

use crate::args;
use crate::db::tx::Tx;
use crate::fault::Fault;
use rusqlite::{Connection, OptionalExtension as _};

/// The name of the task in the table `pending`.
const TASK: &str = "compact";

impl Tx {
    /// Have the file rewritten before anything is served, without any deleted or replaced content.
    /// For an [`Upgrade`](crate::db::Upgrade).
    pub fn compact(&mut self) -> Result<(), Fault> {
        let sql = "INSERT INTO pending (name) VALUES ($1) ON CONFLICT (name) DO NOTHING";
        self.execute(sql, args![TASK]).map(|_| ())
    }
}

/// Rewrite the file, if an upgrade requested it.
pub(crate) fn finish(connection: &Connection) -> rusqlite::Result<()> {
    let sql = "SELECT 1 FROM pending WHERE name = $1";
    if connection.query_row(sql, [TASK], |_| Ok(())).optional()?.is_none() {
        return Ok(());
    }
    tracing::info!("rewriting the database, so that it no longer holds unencrypted values");
    // The copy that VACUUM makes may not fit in memory.
    connection.pragma_update(None, "temp_store", "FILE")?;
    connection.execute_batch("VACUUM")?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    empty_log(connection)?;
    connection.execute("DELETE FROM pending WHERE name = $1", [TASK])?;
    Ok(())
}

/// Move the log into the file and truncate it.
fn empty_log(connection: &Connection) -> rusqlite::Result<()> {
    let is_busy: i64 =
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if is_busy != 0 {
        tracing::warn!(
            "another process is reading the database: the write-ahead log will be emptied later"
        );
    }
    Ok(())
}
