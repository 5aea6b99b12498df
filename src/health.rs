//! Health: is the server alive, and can it write? Proxies and supervisors ask this.
//!
//! If not, the answer says why, without a path or a version: anyone may ask.

use crate::db::{self, Db};
use crate::fault::Fault;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::oneshot::Receiver;
use tokio::sync::oneshot::error::TryRecvError;
use tokio::sync::{Mutex, watch};
use tokio::time::timeout;

/// How long a result is reused: at most one test write per this time.
const CACHED_FOR: Duration = Duration::from_secs(1);

/// How long a test write may take before writing counts as impossible.
const TIMEOUT: Duration = Duration::from_secs(1);

/// The reason, in a few words.
pub type Why = &'static str;

const ENDING: Why = "the server is shutting down";

/// How far a server is on its way to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Serving,
    /// It still takes requests, but a load balancer is to send them to others.
    Draining,
    Ending,
}

/// What is known of a server's health.
#[derive(Debug)]
pub struct Health {
    phase: watch::Sender<Phase>,
    /// The same for each answer, which must not wait for a lock.
    is_draining: AtomicBool,
    probe: Mutex<WriteProbe>,
}

/// Test writes, one at a time.
#[derive(Debug, Default)]
struct WriteProbe {
    /// A test write that has not returned yet.
    waited_for: Option<Receiver<Result<(), Fault>>>,
    /// The last result, and when.
    told: Option<(Instant, Result<(), Why>)>,
}

impl Default for Health {
    fn default() -> Self {
        Health {
            phase: watch::Sender::new(Phase::Serving),
            is_draining: AtomicBool::new(false),
            probe: Mutex::default(),
        }
    }
}

impl Health {
    /// The server is about to shut down, and takes requests until then.
    pub fn drain(&self) {
        self.is_draining.store(true, Ordering::Relaxed);
        self.phase.send_replace(Phase::Draining);
    }

    /// Is it about to shut down? Then each connection is closed after its next answer.
    pub fn is_draining(&self) -> bool {
        self.is_draining.load(Ordering::Relaxed)
    }

    /// The server shuts down.
    pub fn end(&self) {
        self.phase.send_replace(Phase::Ending);
    }

    /// Can this server answer requests?
    pub fn alive(&self) -> Result<(), Why> {
        if *self.phase.borrow() == Phase::Ending { Err(ENDING) } else { Ok(()) }
    }

    /// Can the disk take a commit? Tests it with one, unless the last test is less than a second
    /// old.
    pub async fn ready(&self, db: &Db) -> Result<(), Why> {
        let mut phase = self.phase.subscribe();
        tokio::select! {
            biased;
            _ = phase.wait_for(|phase| *phase != Phase::Serving) => Err(ENDING),
            told = self.writable(db) => told,
        }
    }

    async fn writable(&self, db: &Db) -> Result<(), Why> {
        // Requests that waited for the lock get the result of the previous one.
        let mut probe = self.probe.lock().await;
        if let Some((at, told)) = probe.told
            && at.elapsed() < CACHED_FOR
        {
            return told;
        }
        // Check now, and not only at the next periodic check.
        db.check_file_presence();
        if db.boards_lag() > BEHIND {
            return Err("the leaderboards are behind the database");
        }
        if db.is_clock_off() {
            return Err("the clock differs from the database's");
        }
        let told = probe.ask(db).await;
        probe.told = Some((Instant::now(), told));
        told
    }
}

/// With leaderboards that are further behind other servers' writes, a server is not ready.
const BEHIND: Duration = Duration::from_secs(5);

impl WriteProbe {
    async fn ask(&mut self, db: &Db) -> Result<(), Why> {
        let written = match self.waited_for.take().map(|mut it| (it.try_recv(), it)) {
            // The earlier test write is still queued; a second one is not needed.
            Some((Err(TryRecvError::Empty), it)) => it,
            // It failed just after the time-out. Its error says more than the time-out does.
            Some((Ok(Err(fault)), _)) if self.was_asked_lately() => return Err(why(&fault)),
            _ => db.submit(|tx| tx.noop_commit()).map_err(|fault| why(&fault))?,
        };
        // Kept here for the next request, also if this one is dropped.
        let written = self.waited_for.insert(written);
        let Ok(written) = timeout(TIMEOUT, written).await else {
            return Err("a write did not reach the disk within a second");
        };
        self.waited_for = None;
        written.unwrap_or_else(|_| Err(Fault::unknown(LOST))).map_err(|fault| why(&fault))
    }

    fn was_asked_lately(&self) -> bool {
        self.told.is_some_and(|(at, _)| at.elapsed() < 2 * CACHED_FOR)
    }
}

const LOST: Why = "the database can't be written; the log says why";

/// The reason for a fault, in words for strangers.
fn why(fault: &Fault) -> Why {
    let cause = fault.cause().map(ToString::to_string).unwrap_or_default();
    // SQLite's own texts (sqlite3_errstr).
    match fault {
        Fault::Busy => "the writer's queue is full",
        _ if cause.contains(db::LOST) => "the database file was deleted or replaced",
        _ if cause.contains("disk is full") => "the database can't be written: the disk is full",
        _ if cause.contains("database is locked") => {
            "the database can't be written: another process holds it"
        }
        _ => LOST,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stopping_server_is_not_alive() {
        let health = Health::default();
        assert_eq!(health.alive(), Ok(()));
        health.end();
        assert_eq!(health.alive(), Err(ENDING));
    }

    #[test]
    fn health_reasons_do_not_quote_the_database() {
        let of = |text: &str| why(&Fault::database(text));
        assert!(of("database or disk is full").ends_with("the disk is full"));
        assert!(of("database is locked").ends_with("another process holds it"));
        assert_eq!(of("unable to open database file: /srv/x/guichet.db"), LOST);
        assert_eq!(why(&Fault::Busy), "the writer's queue is full");
    }
}
