//! The writer: one thread, a bounded queue, and one COMMIT for a group of jobs.
//!
//! An fsync costs the same for one row as for a thousand. So the thread waits for a first job,
//! takes all other jobs that are queued by then, runs each in a savepoint of one transaction, and
//! answers all of them after the COMMIT has reached the disk. The busier the server, the larger the
//! groups: throughput grows with load, and latency stays at about two fsyncs. The design is group
//! commit as DeWitt et al. described it in 1984 ("Implementation Techniques for Main Memory
//! Database Systems").

use super::checkpoint::Checkpointer;
use super::engine::{Location, open_writer};
use super::job::{Job, QueuedJob};
use super::journal::{self, DeferredWrite};
use super::replay::Replay;
use crate::db::tx::{Tx, noop_commit};
use crate::db::view::View;
use crate::fault::{Cause, Fault};
use crate::metrics::{Metrics, RefusalReason};
use crate::services::Services;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{
    Receiver, RecvError, RecvTimeoutError, SyncSender, TrySendError, sync_channel,
};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// The most jobs in one COMMIT. Limits how long the first job waits for the last.
pub(crate) const GROUP: usize = 1024;

/// The most jobs that may wait. Above it the server answers "busy", because jobs would wait longer
/// than clients do.
const QUEUE: usize = 8192;

/// What is queued: a job, or several that one client sent together. These are in one group.
enum Queued {
    One(Box<dyn Job>),
    Several(Vec<Box<dyn Job>>),
}

impl Queued {
    fn add_to(self, group: &mut Vec<Box<dyn Job>>) {
        match self {
            Queued::One(job) => group.push(job),
            Queued::Several(jobs) => group.extend(jobs),
        }
    }
}

/// The handle of the writer's thread and its queue.
pub(crate) struct Writer {
    queue: SyncSender<Queued>,
    thread: JoinHandle<()>,
    runtime: Arc<OnceLock<Handle>>,
    metrics: Arc<Metrics>,
}

impl Writer {
    /// Start the thread on its own connection.
    pub(crate) fn start(
        location: Location,
        services: Arc<Services>,
        tx: Tx,
        deferred: &'static [&'static DeferredWrite],
    ) -> std::io::Result<Self> {
        let (queue, jobs) = sync_channel(QUEUE);
        let metrics = Arc::clone(&services.metrics);
        let checkpointer = Checkpointer::start(location.path.clone(), Arc::clone(&metrics))?;
        let replay = Replay::start(location.path.clone(), deferred)?;
        let runtime = Arc::new(OnceLock::new());
        let state = WriterThread {
            location,
            services,
            tx: Some(tx),
            checkpointer,
            replay,
            deferred,
            runtime: Arc::clone(&runtime),
        };
        let thread =
            thread::Builder::new().name("writer".into()).spawn(move || state.serve(&jobs))?;
        Ok(Writer { queue, thread, runtime, metrics })
    }

    /// Deliver answers on this runtime from now on. Another thread would have to wake the runtime
    /// for each answer of a group; this way it is woken once.
    pub(crate) fn reply_on(&self, runtime: Handle) {
        let _ = self.runtime.set(runtime);
    }

    /// Queue `work`; the answer comes after its COMMIT. `Busy` if the queue is full.
    pub(crate) fn submit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx) -> Result<T, Fault> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T, Fault>>, Fault> {
        let (ticket, receiver) = QueuedJob::new(work);
        let writes = &self.metrics.writes;
        // Counted before it is queued: it may be taken before `send` returns.
        writes.waiting.up(1);
        let queued = self.queue.try_send(Queued::One(Box::new(ticket)));
        let Err(error) = queued else { return Ok(receiver) };
        writes.waiting.down(1);
        Err(self.refused(&error))
    }

    /// Queue jobs that one client sent together, so that they share a COMMIT. Those for which there is no room are
    /// answered that.
    pub(crate) fn submit_all(&self, mut jobs: Vec<Box<dyn Job>>) {
        let waiting = &self.metrics.writes.waiting;
        let room = QUEUE.saturating_sub(usize::try_from(waiting.get()).unwrap_or(0));
        let rest = jobs.split_off(room.min(jobs.len()));
        for job in rest {
            self.metrics.refused(RefusalReason::QueueFull);
            job.answer(Some(&Fault::Busy));
        }
        if jobs.is_empty() {
            return;
        }
        let count = jobs.len();
        waiting.up(count);
        let Err(error) = self.queue.try_send(Queued::Several(jobs)) else { return };
        waiting.down(count);
        let fault = self.refused(&error);
        let (TrySendError::Full(queued) | TrySendError::Disconnected(queued)) = error;
        let mut jobs = Vec::new();
        queued.add_to(&mut jobs);
        for job in jobs {
            job.answer(Some(&fault));
        }
    }

    /// The fault of what was not queued.
    fn refused(&self, error: &TrySendError<Queued>) -> Fault {
        match error {
            TrySendError::Full(_) => {
                self.metrics.refused(RefusalReason::QueueFull);
                Fault::Busy
            }
            TrySendError::Disconnected(_) => Fault::database("the writer has ended"),
        }
    }

    /// Finish the queue, truncate the log, end the thread.
    pub(crate) fn close(self) {
        drop(self.queue);
        if self.thread.join().is_err() {
            tracing::error!("the writer thread panicked");
        }
    }
}

struct WriterThread {
    location: Location,
    services: Arc<Services>,
    /// `None` after an I/O error, until the database has been reopened.
    tx: Option<Tx>,
    checkpointer: Checkpointer,
    replay: Replay,
    deferred: &'static [&'static DeferredWrite],
    runtime: Arc<OnceLock<Handle>>,
}

impl WriterThread {
    fn serve(mut self, jobs: &Receiver<Queued>) {
        crate::scheduling::do_not_interrupt_others();
        let mut group = Vec::new();
        while let Ok(first) = self.wait(jobs) {
            if let Some(first) = first {
                first.add_to(&mut group);
            }
            while group.len() < GROUP
                && let Ok(next) = jobs.try_recv()
            {
                next.add_to(&mut group);
            }
            self.services.metrics.writes.waiting.down(group.len());
            let lost = self.commit(&mut group).err();
            let writes = &self.services.metrics.writes;
            if let Some(fault) = &lost {
                writes.lost.add();
                tracing::error!(jobs = group.len(), cause = ?fault.cause(), "a group of writes failed; nothing of it was kept");
            } else if !group.is_empty() {
                writes.group.add(group.len());
                tracing::trace!(jobs = group.len(), "a group was committed");
            }
            self.answer(std::mem::take(&mut group), lost);
        }
        self.close();
    }

    /// The next job; `None` if there is none, but a group without jobs is useful.
    fn wait(&mut self, jobs: &Receiver<Queued>) -> Result<Option<Queued>, RecvError> {
        let Some(timeout) = self.replay.timeout() else { return jobs.recv().map(Some) };
        match jobs.recv_timeout(timeout) {
            Ok(job) => Ok(Some(job)),
            Err(RecvTimeoutError::Disconnected) => Err(RecvError),
            Err(RecvTimeoutError::Timeout) => {
                self.replay.idle();
                Ok(None)
            }
        }
    }

    /// Run the rest of the journal and empty the log.
    fn close(self) {
        self.replay.close();
        self.checkpointer.close();
        let Some(tx) = self.tx else { return };
        if let Ok(connection) = tx.own()
            && let Err(error) = journal::drain(connection, self.deferred)
        {
            tracing::warn!(%error, "the journal was not run; the next start will run it");
        }
        if let Err(error) = super::checkpoint::truncate(&tx) {
            tracing::warn!(%error, "the write-ahead log was not truncated");
        }
    }

    /// Answer the jobs of a group, on the runtime if there is one.
    fn answer(&self, group: Vec<Box<dyn Job>>, lost: Option<Fault>) {
        let answer = move || {
            for job in group {
                job.answer(lost.as_ref());
            }
        };
        match self.runtime.get() {
            // A single answer wakes the runtime only once either way.
            Some(runtime) => drop(runtime.spawn(async move { answer() })),
            None => answer(),
        }
    }

    /// Run all jobs in one transaction; an error says why nothing of it was kept.
    fn commit(&mut self, group: &mut [Box<dyn Job>]) -> Result<(), Fault> {
        self.open()?;
        let Some(tx) = &mut self.tx else { return Err(Fault::database("no connection")) };
        match run(tx, group, &mut self.replay) {
            Ok(()) => {
                // The rows are on the disk. A panic now must not look as if they were not.
                if catch_unwind(AssertUnwindSafe(|| tx.apply_effects())).is_err() {
                    let fault = Fault::panicked();
                    tracing::error!(cause = ?fault.cause(), "a change after a commit failed");
                }
                self.checkpointer.committed(tx);
                Ok(())
            }
            Err(lost) => {
                tx.roll_back_group();
                if lost.io {
                    // After a failed fsync the page cache can't be trusted. Only what a new
                    // connection reads back from the disk is known to be there.
                    self.tx = None;
                    // Before anyone is told that nothing was written.
                    if !self.overwrite() {
                        return Err(Fault::Unsure(lost.cause));
                    }
                }
                Err(Fault::Database(lost.cause))
            }
        }
    }

    /// Commit a transaction that changes nothing; `false` if that failed.
    ///
    /// After a failed sync, the whole group may still be in the log, behind the end that readers
    /// know. If the process died now, the next one to open the database would take it for
    /// committed. The next commit overwrites it: this one, or the next group's if the disk still
    /// fails. Until then nobody knows whether the group will have been written.
    fn overwrite(&mut self) -> bool {
        let done = self.open().and_then(|()| {
            let Some(tx) = &self.tx else { return Ok(()) };
            noop_commit(tx.own()?).map_err(Fault::database)
        });
        if done.is_err() {
            self.tx = None;
        }
        done.is_ok()
    }

    /// Reopen the writer's connection after an I/O error.
    fn open(&mut self) -> Result<(), Fault> {
        if self.tx.is_none() {
            let connection = open_writer(&self.location).map_err(Fault::database)?;
            self.tx = Some(Tx::new(View::over_writer(connection, Arc::clone(&self.services))));
            tracing::warn!("the database was reopened after an I/O error");
        }
        Ok(())
    }
}

/// Why a whole group was lost.
struct Lost {
    cause: Cause,
    io: bool,
}

impl From<Fault> for Lost {
    fn from(fault: Fault) -> Self {
        let cause = fault.cause().cloned().unwrap_or_else(|| Cause::new("the group was refused"));
        Lost { cause, io: false }
    }
}

impl From<rusqlite::Error> for Lost {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseCorrupt, SystemIoFailure};
        let io = matches!(error.sqlite_error_code(), Some(SystemIoFailure | DatabaseCorrupt));
        Lost { cause: Cause::new(error), io }
    }
}

fn run(tx: &mut Tx, group: &mut [Box<dyn Job>], replay: &mut Replay) -> Result<(), Lost> {
    let share = replay.share(group.len());
    if group.is_empty() && share == 0 {
        return Ok(());
    }
    tx.begin()?;
    for job in group {
        tx.savepoint();
        let keep = job.run(tx);
        check(tx)?;
        if keep { tx.release()? } else { tx.roll_back_job()? }
    }
    if share > 0 {
        tx.savepoint();
        if let Err(error) = replay.run(tx.connection()?, share) {
            check(tx)?;
            tracing::error!(%error, "statements of the journal failed; they will be tried again");
            tx.roll_back_job()?;
            replay.give_up();
        } else {
            tx.release()?;
        }
    }
    let written = tx.commit()?;
    replay.committed(share);
    replay.noted(written);
    Ok(())
}

/// After a full disk or an I/O error, SQLite may roll back the whole transaction by itself. Then
/// earlier jobs are lost too, and the next statement would run outside of a transaction.
fn check(tx: &Tx) -> Result<(), Lost> {
    if tx.is_open() {
        return Ok(());
    }
    Err(Lost { cause: Cause::new("the transaction was ended by SQLite"), io: true })
}
