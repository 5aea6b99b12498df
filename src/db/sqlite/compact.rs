//! Writing the whole file anew once an upgrade has encrypted what was in the clear.
//!
//! SQLite leaves what a row was before in pages that are free, and in the log. `VACUUM` writes only what
//! is there now, and the log is emptied after it. An upgrade asks for it in its own transaction, so that
//! it is done at the next start if the process ends first.

use crate::args;
use crate::db::tx::Tx;
use crate::fault::Fault;
use rusqlite::{Connection, OptionalExtension as _};

/// The name of the task in the table `pending`.
const TASK: &str = "compact";

impl Tx {
    /// Have the file written anew before anybody is served, without anything that was deleted or
    /// replaced in it. For an [`Upgrade`](crate::db::Upgrade).
    pub fn compact(&mut self) -> Result<(), Fault> {
        let sql = "INSERT INTO pending (name) VALUES ($1) ON CONFLICT (name) DO NOTHING";
        self.execute(sql, args![TASK]).map(|_| ())
    }
}

/// Do it, if an upgrade has asked for it.
pub(crate) fn finish(connection: &Connection) -> rusqlite::Result<()> {
    let sql = "SELECT 1 FROM pending WHERE name = $1";
    if connection.query_row(sql, [TASK], |_| Ok(())).optional()?.is_none() {
        return Ok(());
    }
    tracing::info!("the database is written anew, without what was in the clear before");
    // The copy that VACUUM makes may be larger than memory.
    connection.pragma_update(None, "temp_store", "FILE")?;
    connection.execute_batch("VACUUM")?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    empty_log(connection)?;
    connection.execute("DELETE FROM pending WHERE name = $1", [TASK])?;
    Ok(())
}

/// Move the log into the file and cut it off.
fn empty_log(connection: &Connection) -> rusqlite::Result<()> {
    let is_busy: i64 =
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if is_busy != 0 {
        tracing::warn!("another process reads the database: the log is emptied later");
    }
    Ok(())
}
