//! Checkpoints: moving the write-ahead log into the database file in the background.
//!
//! A checkpoint reads the log, and writes and syncs the database file. As an automatic checkpoint,
//! that would add milliseconds to some group of writes. Here a thread with its own connection does
//! it while the writer goes on appending. But the log can start over only when *all* of it has been
//! moved, which never happens while the writer is busy. So once the log is long, the writer itself
//! moves the small rest between two groups, and the log starts over.

use super::background::BackgroundConnection;
use crate::db::tx::Tx;
use crate::metrics::Metrics;
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// A checkpoint is made after this many changed rows: 10 to 40 MB of log.
const ROWS: u64 = 10_000;

/// A checkpoint is made after this many groups, if the groups are small.
const GROUPS: usize = 1_000;

/// Above this many pages of log (4 KiB each; 16 MB) the writer takes part.
const LONG: i64 = 4_096;

pub(crate) struct Checkpointer {
    background: BackgroundConnection,
    long: Arc<AtomicBool>,
    /// How many rows the connection had changed at the last checkpoint.
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

    /// Called after each committed group; starts a checkpoint when one is due.
    pub(crate) fn committed(&mut self, tx: &Tx) {
        let Ok(connection) = tx.own() else { return };
        let rows = connection.total_changes();
        self.groups += 1;
        // A reopened connection counts from zero.
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

/// Make a checkpoint in `mode`; returns how many pages the log has.
fn checkpoint(connection: &Connection, mode: &str, metrics: &Metrics) -> rusqlite::Result<i64> {
    let begun = Instant::now();
    let pages =
        connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| row.get(1));
    metrics.writes.checkpoint.add(begun.elapsed());
    pages
}

/// Move the whole log and leave it empty. The writer does this last.
pub(crate) fn truncate(tx: &Tx) -> rusqlite::Result<()> {
    match tx.own() {
        Ok(connection) => checkpoint(connection, "TRUNCATE", &tx.metrics).map(|_| ()),
        Err(_) => Ok(()),
    }
}
