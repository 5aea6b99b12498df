//! The readers: connections that can't write, handed out by r2d2.

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::path::PathBuf;
use std::time::Duration;

/// How long an operation waits for a reader before it is told that the server is busy.
const PATIENCE: Duration = Duration::from_secs(2);

/// Opens readers of one database file.
#[derive(Debug)]
pub(crate) struct Readers {
    path: PathBuf,
    /// Nothing can be written, not even what a reader needs: see [`super::look`].
    is_disk_full: bool,
}

/// A pool of at most `most` readers of the file at `path`; one is opened now, the others as
/// they are needed. `is_disk_full`: there is no room for anything beside the file.
pub(super) fn open(
    path: PathBuf,
    most: u32,
    is_disk_full: bool,
) -> Result<r2d2::Pool<Readers>, r2d2::Error> {
    r2d2::Pool::builder()
        .max_size(most)
        .min_idle(Some(1))
        .connection_timeout(PATIENCE)
        .test_on_check_out(false)
        .build(Readers { path, is_disk_full })
}

impl r2d2::ManageConnection for Readers {
    type Connection = Connection;
    type Error = rusqlite::Error;

    fn connect(&self) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = match self.is_disk_full {
            true => super::look::connect_alone(&self.path)?,
            false => Connection::open_with_flags(&self.path, flags)?,
        };
        // Opened for writing because only so can the last one out tidy the log; but it never writes.
        connection.pragma_update(None, "query_only", true)?;
        connection.pragma_update(None, "mmap_size", 0)?;
        connection.pragma_update(None, "cache_size", -4096)?;
        // Without this a statement with LIKE is compiled anew for each search text, in case the text
        // could do with an index over the column; ours begin with a wildcard, so none can.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.busy_timeout(PATIENCE)?;
        connection.set_prepared_statement_cache_capacity(super::STATEMENTS);
        Ok(connection)
    }

    fn is_valid(&self, _: &mut Connection) -> rusqlite::Result<()> {
        Ok(())
    }

    fn has_broken(&self, connection: &mut Connection) -> bool {
        !connection.is_autocommit()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use r2d2::ManageConnection;
    use rusqlite::StatementStatus;

    #[test]
    fn a_statement_with_like_is_compiled_once() {
        let reader = Readers { path: ":memory:".into(), is_disk_full: false }.connect().unwrap();
        let sql = "SELECT name FROM sqlite_schema WHERE lower(name) LIKE $1";
        let mut statement = reader.prepare(sql).unwrap();
        for text in ["%a%", "%b%"] {
            assert!(!statement.exists([text]).unwrap());
        }
        assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
    }
}
