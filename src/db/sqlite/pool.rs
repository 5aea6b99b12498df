//! The pool of readers: connections that can't write, managed by r2d2.

use crate::db::search;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;

/// How long an operation waits for a reader before it fails with `Busy`.
const TIMEOUT: Duration = Duration::from_secs(2);

/// How many request threads may wait for a reader at once. The runtime replaces each waiting
/// thread, and has at most 512.
const MAX_WAITING: usize = 64;

/// How many SQLite instructions run between two checks of a [`Reader`]'s deadline, when it also lets other
/// threads have the processor: about 0.1 ms.
const INSTRUCTIONS: i32 = 10_000;

/// A read-only connection with a deadline after which its statements are interrupted.
pub(crate) struct Reader {
    connection: Connection,
    /// In milliseconds since [`EPOCH`]; 0: none.
    deadline: Arc<AtomicU64>,
}

static EPOCH: LazyLock<Instant> = LazyLock::new(Instant::now);

fn since_epoch() -> u64 {
    u64::try_from(EPOCH.elapsed().as_millis()).unwrap_or(u64::MAX)
}

impl Reader {
    /// From now on its statements may run for `time` in total; `None`: no limit.
    pub(crate) fn limit(&self, time: Option<Duration>) {
        let time = time.and_then(|time| u64::try_from(time.as_millis()).ok());
        let deadline = time.map_or(0, |time| since_epoch() + time.max(1));
        self.deadline.store(deadline, Ordering::Relaxed);
    }
}

impl Deref for Reader {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

/// A free reader, or the next that becomes free; `None` if that takes too long.
///
/// A request thread must not block, because other requests would stop with it: it hands them to
/// another thread first.
pub(crate) fn get(pool: &r2d2::Pool<Readers>) -> Option<r2d2::PooledConnection<Readers>> {
    static WAITING: AtomicUsize = AtomicUsize::new(0);
    if let Some(reader) = pool.try_get() {
        return Some(reader);
    }
    let serves = Handle::try_current()
        .is_ok_and(|handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread);
    if !serves {
        return pool.get().ok();
    }
    let waiting = WAITING.fetch_add(1, Ordering::Relaxed);
    let reader = if waiting < MAX_WAITING { block_in_place(|| pool.get().ok()) } else { None };
    WAITING.fetch_sub(1, Ordering::Relaxed);
    reader
}

/// Opens readers for one database file.
#[derive(Debug)]
pub(crate) struct Readers {
    path: PathBuf,
    /// Nothing can be written, not even the files that a reader needs: see [`super::inspect`].
    is_disk_full: bool,
}

/// A pool of at most `most` readers of the file at `path`. One is opened now, the others when
/// needed. `is_disk_full`: no file can be created beside the database.
pub(crate) fn open(
    path: PathBuf,
    most: u32,
    is_disk_full: bool,
) -> Result<r2d2::Pool<Readers>, r2d2::Error> {
    r2d2::Pool::builder()
        .max_size(most)
        .min_idle(Some(1))
        .connection_timeout(TIMEOUT)
        .test_on_check_out(false)
        .build(Readers { path, is_disk_full })
}

impl r2d2::ManageConnection for Readers {
    type Connection = Reader;
    type Error = rusqlite::Error;

    fn connect(&self) -> rusqlite::Result<Reader> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = match self.is_disk_full {
            true => super::inspect::connect_alone(&self.path)?,
            false => Connection::open_with_flags(&self.path, flags)?,
        };
        // Opened for writing, because the last connection to close can tidy the log only then. It
        // never writes.
        connection.pragma_update(None, "query_only", true)?;
        connection.pragma_update(None, "mmap_size", 0)?;
        connection.pragma_update(None, "cache_size", -4096)?;
        // Without this, a statement with LIKE is compiled again for each search text, in case an
        // index could serve that text. Our patterns begin with a wildcard, so none can.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.busy_timeout(TIMEOUT)?;
        connection.set_prepared_statement_cache_capacity(crate::db::STATEMENTS);
        search::add_functions(&connection)?;
        let deadline = Arc::new(AtomicU64::new(0));
        let watched = Arc::clone(&deadline);
        let is_over = move || {
            let deadline = watched.load(Ordering::Relaxed);
            if deadline != 0 {
                // A search takes milliseconds, and other requests may wait for the same processor.
                std::thread::yield_now();
            }
            deadline != 0 && since_epoch() >= deadline
        };
        connection.progress_handler(INSTRUCTIONS, Some(is_over))?;
        Ok(Reader { connection, deadline })
    }

    fn is_valid(&self, _: &mut Reader) -> rusqlite::Result<()> {
        Ok(())
    }

    fn has_broken(&self, connection: &mut Reader) -> bool {
        !connection.is_autocommit()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use r2d2::ManageConnection;
    use rusqlite::StatementStatus;

    #[test]
    fn statement_with_like_is_compiled_once() {
        let reader = Readers { path: ":memory:".into(), is_disk_full: false }.connect().unwrap();
        let sql = "SELECT name FROM sqlite_schema WHERE lower(name) LIKE $1";
        let mut statement = reader.prepare(sql).unwrap();
        for text in ["%a%", "%b%"] {
            assert!(!statement.exists([text]).unwrap());
        }
        assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
    }

    #[test]
    fn statement_is_interrupted_at_the_deadline() {
        let reader = Readers { path: ":memory:".into(), is_disk_full: false }.connect().unwrap();
        let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
                       SELECT count(*) FROM n";
        reader.limit(Some(Duration::from_millis(20)));
        let error = reader.query_row(endless, [], |row| row.get::<_, i64>(0)).unwrap_err();
        assert_eq!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::OperationInterrupted));
        reader.limit(None);
        assert_eq!(reader.query_row("SELECT 1", [], |row| row.get(0)), Ok(1));
    }

    #[test]
    fn exhausted_pool_blocks_no_other_request() {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let pool = open(":memory:".into(), 1, false).unwrap();
        let held = pool.get().unwrap();
        let (waits, begun) = std::sync::mpsc::channel();
        let waiting = runtime.spawn(async move {
            waits.send(()).unwrap();
            get(&pool).is_some()
        });
        begun.recv().unwrap();
        // The only worker goes on although the reader that the first task waits for is not free.
        assert_eq!(runtime.block_on(runtime.spawn(async { 7 })).unwrap(), 7);
        assert!(!waiting.is_finished());
        drop(held);
        assert!(runtime.block_on(waiting).unwrap());
    }
}
