//! Writing what many jobs defer with one statement.
//!
//! A score of a known player needs nothing of the database but that it be written. Such jobs run without a
//! connection; what they defer goes to one thread, which writes all that is there by then: one statement for all
//! rows, and a row of the stream of changes, in one transaction and one round trip. That costs PostgreSQL a tenth of
//! what a transaction for each score does.
//!
//! Where the connection is lost before the answer, the same row of the stream is sent again. If it is there
//! already, the group was committed.

use super::answer::Failure;
use super::pool::Sessions;
use super::session::Session;
use super::stream::Stream;
use crate::db::DeferredWrite;
use crate::db::after_commit::{AfterCommit, JobParts};
use crate::db::sqlite::writer::GROUP;
use crate::fault::Fault;
use crate::services::Services;
use r2d2::ManageConnection as _;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The most jobs that may wait.
const QUEUE: usize = 8192;

/// For how long a group whose end is not known is sent again.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long to wait before a connection is tried again.
const AGAIN: Duration = Duration::from_millis(50);

/// Answers a job: with the fault by which its group was lost, if it was.
pub(crate) type Answer = Box<dyn FnOnce(Option<&Fault>) + Send>;

/// A job that ran without a connection.
struct GroupJob {
    parts: JobParts,
    answer: Answer,
}

/// The thread and its queue.
pub(crate) struct GroupWriter {
    queue: Option<SyncSender<GroupJob>>,
    thread: Option<JoinHandle<()>>,
}

impl GroupWriter {
    /// Start the thread. It connects when there is something to write.
    pub(crate) fn start(
        sessions: Sessions,
        services: Arc<Services>,
        statements: &'static [&'static DeferredWrite],
    ) -> std::io::Result<Self> {
        let (queue, jobs) = sync_channel(QUEUE);
        let work = Work { sessions, services, statements, session: None, stream: None };
        let thread =
            thread::Builder::new().name("groups".into()).spawn(move || work.serve(&jobs))?;
        Ok(GroupWriter { queue: Some(queue), thread: Some(thread) })
    }

    /// Queue a job; `Busy` if the queue is full.
    pub(crate) fn submit(&self, parts: JobParts, answer: Answer) -> Result<(), Fault> {
        let Some(queue) = &self.queue else { return Err(Fault::database("it was closed")) };
        queue.try_send(GroupJob { parts, answer }).map_err(|error| match error {
            TrySendError::Full(_) => Fault::Busy,
            TrySendError::Disconnected(_) => Fault::database("the group writer has ended"),
        })
    }
}

impl Drop for GroupWriter {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the group writer panicked");
        }
    }
}

struct Work {
    sessions: Sessions,
    services: Arc<Services>,
    statements: &'static [&'static DeferredWrite],
    session: Option<Session>,
    /// The stream of this thread's changes.
    stream: Option<Stream>,
}

impl Work {
    fn serve(mut self, jobs: &Receiver<GroupJob>) {
        while let Ok(first) = jobs.recv() {
            let mut deferred = String::new();
            let (mut after, mut answers) = (AfterCommit::default(), Vec::new());
            for job in std::iter::once(first).chain(jobs.try_iter().take(GROUP - 1)) {
                deferred.push_str(&job.parts.deferred);
                after.extend(job.parts.after);
                answers.push(job.answer);
            }
            let lost = self.write(&deferred, &after).err();
            let writes = &self.services.metrics.writes;
            match &lost {
                None => {
                    writes.group.add(answers.len());
                    after.run(&self.services);
                }
                Some(fault) => {
                    writes.lost.add();
                    tracing::error!(jobs = answers.len(), cause = ?fault.cause(), "a group of writes failed");
                }
            }
            for answer in answers {
                answer(lost.as_ref());
            }
        }
    }

    /// Write a group. It is tried again while it is not known whether it was written.
    fn write(&mut self, deferred: &str, after: &AfterCommit) -> Result<(), Fault> {
        let lines = after.told()?;
        let statements = statements(self.statements, deferred);
        if lines.is_none() && statements.is_empty() {
            return Ok(());
        }
        // Not while it is tried again: the row that was sent is looked for in the same stream.
        self.stream = self.stream.filter(Stream::is_usable);
        let begun = Instant::now();
        let mut was_sent = false;
        loop {
            let fault =
                match self.try_write(&statements, lines.as_deref().unwrap_or("[]"), was_sent) {
                    Ok(()) => return Ok(()),
                    Err((Ended::Refused, fault)) if !was_sent => return Err(fault),
                    Err((Ended::Refused, fault)) => {
                        let cause = fault.cause().cloned();
                        return Err(cause.map_or(fault, Fault::Unsure));
                    }
                    Err((Ended::Lost { sent }, fault)) => {
                        was_sent |= sent;
                        self.session = None;
                        fault
                    }
                };
            if begun.elapsed() >= PATIENCE {
                let cause = fault.cause().cloned().filter(|_| was_sent);
                // A new stream: whether the number of this one is taken is not known.
                self.stream = None;
                return Err(cause.map_or(Fault::Busy, Fault::Unsure));
            }
            thread::sleep(AGAIN);
        }
    }

    fn try_write(
        &mut self,
        statements: &[(&'static str, String)],
        lines: &str,
        was_sent: bool,
    ) -> Result<(), (Ended, Fault)> {
        let unsent = |fault: Fault| (Ended::Lost { sent: false }, fault);
        let session = match self.session.take() {
            Some(session) => session,
            None => self.sessions.connect().map_err(|error| unsent(Fault::database(error)))?,
        };
        let stream = match self.stream {
            Some(stream) => stream,
            None => session.open_stream().map_err(unsent)?,
        };
        self.stream = Some(stream);
        let told = stream.next();
        let wrote = session.write_group(statements, told, lines);
        let failure = session.failure();
        let session = self.session.insert(session);
        match (wrote, failure) {
            (Ok(()), _) => {
                self.stream = Some(told);
                Ok(())
            }
            // The row of the stream is there: the group was committed when it was sent before.
            (Err(_), Some(Failure::Conflict)) if was_sent && session.has_change(told) => {
                self.stream = Some(told);
                Ok(())
            }
            (Err(fault), Some(Failure::Lost)) => Err((Ended::Lost { sent: true }, fault)),
            // Two servers wrote the same rows.
            (Err(fault), Some(Failure::Conflict)) => Err((Ended::Lost { sent: false }, fault)),
            (Err(fault), _) => Err((Ended::Refused, fault)),
        }
    }
}

/// How a try to write a group ended.
enum Ended {
    /// Without having written it.
    Refused,
    /// With the connection; `sent`: it may have been written.
    Lost { sent: bool },
}

/// The statements that write the lines of a group, each with its argument: rows with the same key are in different
/// ones, in their order.
fn statements(known: &[&'static DeferredWrite], lines: &str) -> Vec<(&'static str, String)> {
    // By which of the rows with its key it is, and by statement; by key, so that two servers do not wait for each
    // other in a circle.
    let mut layers: BTreeMap<(usize, &str), BTreeMap<&str, &str>> = BTreeMap::new();
    let mut seen: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for line in lines.lines() {
        let mut cells = line.splitn(3, '\t');
        if let (Some(name), Some(key), Some(rest)) = (cells.next(), cells.next(), cells.next()) {
            let nth = seen.entry((name, key)).or_default();
            layers.entry((*nth, name)).or_default().insert(key, rest);
            *nth += 1;
        }
    }
    let statement = |((_, name), rows): (&(usize, &str), &BTreeMap<&str, &str>)| {
        let statement = known.iter().find(|statement| statement.name == *name)?;
        let rows: Vec<String> = rows.iter().map(|(key, rest)| format!("[{key},{rest}]")).collect();
        Some((statement.postgres_batch, format!("[{}]", rows.join(","))))
    };
    layers.iter().filter_map(statement).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_with_one_key_are_written_in_their_order() {
        static KEEP: DeferredWrite =
            DeferredWrite { name: "keep", table: "kept", sql: "", postgres_batch: "MANY" };
        let lines =
            "keep\t[\"b\"]\t[1]\nkeep\t[\"a\\t\"]\t[2]\nkeep\t[\"b\"]\t[3]\nother\t[1]\t[2]\n";
        assert_eq!(
            statements(&[&KEEP], lines),
            [
                ("MANY", "[[[\"a\\t\"],[2]],[[\"b\"],[1]]]".to_owned()),
                ("MANY", "[[[\"b\"],[3]]]".to_owned()),
            ]
        );
        assert!(statements(&[&KEEP], "").is_empty());
    }
}
