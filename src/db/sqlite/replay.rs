//! When the journal's statements are run: between the writer's own work, some in each group.
//!
//! Reading and sorting a batch takes some ten milliseconds, so a background thread does it. The
//! writer runs the statements. On a busy server it runs twice as many as the group has jobs, so
//! that a batch ends before the next is due and no group becomes much longer. On an idle server it
//! runs the whole batch, piece by piece.

use super::background::BackgroundConnection;
use super::journal::{Batch, DeferredWrite};
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::time::Duration;

/// The fewest statements that a group runs, if that many are left; and all that an idle writer runs at once: a job that
/// comes meanwhile waits less than a millisecond.
const FEW: usize = 64;

/// How long the writer must be idle before it runs the journal.
const IDLE: Duration = Duration::from_secs(1);

/// How long an idle writer waits for a sorted batch before it checks again.
const SORTING: Duration = Duration::from_millis(20);

pub(crate) struct Replay {
    statements: &'static [&'static DeferredWrite],
    background: BackgroundConnection,
    /// Sorted batches; `None` if the journal is empty or sorting failed.
    sorted: Receiver<Option<Batch>>,
    state: BatchState,
    /// What was written to the journal since a batch was last requested.
    rows: usize,
    bytes: usize,
}

enum BatchState {
    Waiting,
    /// A batch is being sorted.
    Sorting,
    Running(Batch),
}

impl Replay {
    pub(crate) fn start(
        path: PathBuf,
        statements: &'static [&'static DeferredWrite],
    ) -> std::io::Result<Self> {
        let (tell, sorted) = sync_channel(1);
        let background = BackgroundConnection::start("journal", path, move |connection| {
            let (batch, done) = match connection.and_then(Batch::take) {
                Ok(batch) => (batch, Ok(())),
                Err(error) => (None, Err(error)),
            };
            // The writer waits for an answer even after a failure.
            let _ = tell.send(batch);
            done
        })?;
        Ok(Replay { statements, background, sorted, state: BatchState::Waiting, rows: 0, bytes: 0 })
    }

    /// A group has written `bytes` to the journal.
    pub(crate) fn noted(&mut self, bytes: usize) {
        if self.statements.is_empty() {
            return;
        }
        if bytes > 0 {
            (self.rows, self.bytes) = (self.rows + 1, self.bytes + bytes);
        }
        if Batch::is_due(self.rows, self.bytes) {
            self.ask();
        }
    }

    /// How long the writer may wait for a job before it calls [`Replay::idle`]; `None`: as long as
    /// it takes.
    pub(crate) fn timeout(&self) -> Option<Duration> {
        match &self.state {
            BatchState::Running(_) => Some(Duration::ZERO),
            BatchState::Sorting => Some(SORTING),
            BatchState::Waiting => (self.rows > 0).then_some(IDLE),
        }
    }

    /// Called when the writer has nothing to do.
    pub(crate) fn idle(&mut self) {
        self.ask();
    }

    /// How many statements to run in a group of `jobs` jobs.
    pub(crate) fn share(&mut self, jobs: usize) -> usize {
        if let BatchState::Sorting = self.state {
            self.state = match self.sorted.try_recv() {
                Ok(Some(batch)) => BatchState::Running(batch),
                Ok(None) | Err(TryRecvError::Disconnected) => BatchState::Waiting,
                Err(TryRecvError::Empty) => BatchState::Sorting,
            };
        }
        match &self.state {
            BatchState::Running(batch) => batch.left().min(FEW.max(2 * jobs)),
            _ => 0,
        }
    }

    /// Run the next `count` statements in the group's transaction.
    pub(crate) fn run(&self, connection: &Connection, count: usize) -> rusqlite::Result<()> {
        match &self.state {
            BatchState::Running(batch) => batch.run(connection, self.statements, count),
            _ => Ok(()),
        }
    }

    /// The group that ran `count` statements is committed.
    pub(crate) fn committed(&mut self, count: usize) {
        if let BatchState::Running(batch) = &mut self.state {
            batch.committed(count);
            if batch.left() == 0 {
                let more = batch.more;
                self.state = BatchState::Waiting;
                if more {
                    self.ask();
                }
            }
        }
    }

    /// A statement failed. The batch stays in the journal and is tried again when the next is due.
    pub(crate) fn give_up(&mut self) {
        self.state = BatchState::Waiting;
    }

    pub(crate) fn close(self) {
        // An unclaimed batch must not block the thread.
        drop(self.sorted);
        self.background.close();
    }

    fn ask(&mut self) {
        if let BatchState::Waiting = self.state {
            self.background.wake();
            self.state = BatchState::Sorting;
            (self.rows, self.bytes) = (0, 0);
        }
    }
}
