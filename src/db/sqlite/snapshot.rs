//! A copy of the database as of one commit, made while others keep writing.
//!
//! SQLite's online backup copies a few pages at a time, and starts again whenever another process
//! has written. On a busy server it would never end. So one read transaction is held from the first
//! page to the last. In WAL mode that blocks nobody, and the copy holds what was committed before
//! it began. The cost: the write-ahead log can't start over meanwhile.

use super::schema::{self, Schema};
use crate::config::Config;
use crate::db::OpenError;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Pages copied at a time: 1 MiB, some milliseconds.
const PAGES: i32 = 256;

/// How long another process may lock the database, as it does when it opens or closes it.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A read transaction of the database, for as long as this lives.
pub struct Snapshot {
    connection: Connection,
    path: PathBuf,
}

impl Snapshot {
    /// A snapshot of the configured database as of now, beside a server or without one. Refused if
    /// there is no database, or none that `schema` knows.
    pub fn take(config: &Config, schema: Schema) -> Result<Self, OpenError> {
        let path = config.database_file();
        if !path.exists() {
            return Err(OpenError::Missing(path));
        }
        schema::check(&path, schema.steps)?;
        let open = || {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = Connection::open_with_flags(&path, flags)?;
            connection.busy_timeout(TIMEOUT)?;
            // A copy must change nothing, not even the log of a killed server.
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
            connection.pragma_update(None, "query_only", true)?;
            connection.pragma_update(None, "mmap_size", 0)?;
            // The transaction begins with its first read.
            connection.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema;")?;
            Ok(connection)
        };
        match open() {
            Ok(connection) => Ok(Snapshot { connection, path }),
            Err(error) => Err(OpenError::Sqlite(path, error)),
        }
    }

    /// The texts in the first column of a query.
    pub fn texts(&self, sql: &str) -> Result<Vec<String>, OpenError> {
        let texts = || {
            let mut found = self.connection.prepare(sql)?;
            found.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()
        };
        texts().map_err(|error| self.failed(error))
    }

    /// Copy everything to `to`, where no file may exist. The copy is one file without a log; it is
    /// not synced. `on_progress` is called with the pages done and the total, and may stop the
    /// copy.
    pub fn copy(
        &self,
        to: &Path,
        on_progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, OpenError> {
        let wrong = |error| OpenError::Sqlite(to.into(), error);
        let mut copy = Connection::open(to).map_err(wrong)?;
        // An unfinished copy is deleted, so it needs no journal and no sync.
        copy.pragma_update(None, "journal_mode", "OFF").map_err(wrong)?;
        copy.pragma_update(None, "synchronous", "OFF").map_err(wrong)?;
        let backup = Backup::new(&self.connection, &mut copy).map_err(wrong)?;
        loop {
            // A step reads from one file and writes to the other; only a full disk shows which of
            // them failed.
            let step = backup.step(PAGES).map_err(|error| match error.sqlite_error_code() {
                Some(ErrorCode::DiskFull) => wrong(error),
                _ => self.failed(error),
            })?;
            let progress = backup.progress();
            let total = u64::try_from(progress.pagecount).unwrap_or(0);
            let left = u64::try_from(progress.remaining).unwrap_or(0);
            if on_progress(total.saturating_sub(left), total).is_break() {
                return Ok(ControlFlow::Break(()));
            }
            match step {
                StepResult::Done => break,
                // Happens while the log is being rebuilt or out of space.
                StepResult::Busy | StepResult::Locked => {
                    std::thread::sleep(Duration::from_millis(10))
                }
                _ => {}
            }
        }
        drop(backup);
        // The copied first page says WAL mode, which would create two more files when the copy is
        // opened.
        copy.pragma_update(None, "journal_mode", "DELETE").map_err(wrong)?;
        copy.close().map_err(|(_, error)| wrong(error))?;
        Ok(ControlFlow::Continue(()))
    }

    fn failed(&self, error: rusqlite::Error) -> OpenError {
        OpenError::Sqlite(self.path.clone(), error)
    }
}

/// Check a copy that nobody serves: is it an intact database of ours, with a schema that `schema`
/// knows? Returns how many steps it has.
pub fn examine(path: &Path, schema: Schema) -> Result<i64, OpenError> {
    schema::check(path, schema.steps)?;
    let look = || {
        let copy = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        copy.pragma_update(None, "mmap_size", 0)?;
        copy.pragma_update(None, "cache_size", -16_384)?;
        let found: String = copy.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        Ok((found, copy.pragma_query_value(None, "user_version", |row| row.get(0))?))
    };
    match look() {
        Ok((found, version)) if found == "ok" => Ok(version),
        Ok((found, _)) => Err(OpenError::Damaged(path.into(), found.replace('\n', " "))),
        Err(error) => Err(OpenError::Sqlite(path.into(), error)),
    }
}

#[cfg(test)]
mod tests;
