//! Moving the write-ahead log into the database file, beside the writer rather than in its way.
//!
//! A checkpoint reads the log and writes and syncs the database file: milliseconds that an
//! automatic checkpoint would add to some unlucky group. A thread with its own connection does
//! that work while the writer goes on appending. But the log starts over only when *all* of it has
//! been moved, which a busy writer never lets happen; so once the log is long, the writer moves the
//! little that is left between two groups, and it starts over.

use super::background::BackgroundConnection;
use crate::db::tx::Tx;
use crate::metrics::Metrics;
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// Changed rows after which the log is moved: 10 to 40 MB of it.
const ROWS: u64 = 10_000;

/// Groups after which it is moved, for when the groups are small.
const GROUPS: usize = 1_000;

/// Pages of log (4 KiB each) past which the writer takes part: 16 MB.
const LONG: i64 = 4_096;

pub(crate) struct Checkpointer {
    background: BackgroundConnection,
    long: Arc<AtomicBool>,
    /// How many rows the connection had changed when the log was last to be moved.
    rows: u64,
    groups: usize,
}

impl Checkpointer {
    pub(crate) fn start(path: PathBuf, metrics: Arc<Metrics>) -> std::io::Result<Self> {
        let long = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&long);
        let background = BackgroundConnection::start("checkpoint", path, move |connection| {
            told.store(checkpoint(connection?, "PASSIVE", &metrics)? > LONG, Ordering::Relaxed);
            Ok(())
        })?;
        Ok(Checkpointer { background, long, rows: 0, groups: 0 })
    }

    /// A group was committed: now and then it is time.
    pub(crate) fn committed(&mut self, tx: &Tx) {
        let Ok(connection) = tx.own() else { return };
        let rows = connection.total_changes();
        self.groups += 1;
        // A connection that was opened again counts from zero.
        if rows.wrapping_sub(self.rows) >= ROWS || self.groups >= GROUPS {
            self.background.wake();
            (self.rows, self.groups) = (rows, 0);
        }
        if self.long.swap(false, Ordering::Relaxed)
            && let Err(error) = checkpoint(connection, "PASSIVE", &tx.metrics)
        {
            tracing::warn!(%error, "the writer's checkpoint failed");
        }
    }

    pub(crate) fn close(self) {
        self.background.close();
    }
}

/// Checkpoint in `mode`; answers how many pages the log holds.
fn checkpoint(connection: &Connection, mode: &str, metrics: &Metrics) -> rusqlite::Result<i64> {
    let begun = Instant::now();
    let pages =
        connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| row.get(1));
    metrics.writes.checkpoint.add(begun.elapsed());
    pages
}

/// Move all of the log and leave it empty: the last thing that the writer does.
pub(crate) fn truncate(tx: &Tx) -> rusqlite::Result<()> {
    match tx.own() {
        Ok(connection) => checkpoint(connection, "TRUNCATE", &tx.metrics).map(|_| ()),
        Err(_) => Ok(()),
    }
}
