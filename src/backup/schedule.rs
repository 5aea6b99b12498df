//! Scheduled backups.

use super::make::BackupJob;
use super::target::Target;
use super::{BackupError, Manifest, Step, archives};
use crate::clock::Clock;
use crate::config::Backup;
use crate::db::Schema;
use crate::services::Services;
use jiff::civil;
use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// How often the schedule is checked. Not longer, because the clock may be set and the machine may
/// sleep.
const CHECK_INTERVAL: Duration = Duration::from_secs(30);

/// The shortest time between two attempts, unless backups are configured to be more frequent. It
/// applies after a failed backup, and if the clock is set back and forth.
const MIN_INTERVAL: Duration = Duration::from_hours(1);

/// How long a server that shuts down waits for a running backup to stop.
const SHUTDOWN_WAIT: Duration = Duration::from_secs(2);

/// The thread that makes scheduled backups.
pub(crate) struct Schedule {
    ended: Arc<AtomicBool>,
    stop: Sender<()>,
    /// Disconnected once the thread has ended.
    alive: Receiver<()>,
}

impl Schedule {
    /// Start the thread, if the configuration names a folder for backups.
    pub(crate) fn start(services: &Arc<Services>, schema: Schema) -> io::Result<Option<Self>> {
        let Some(folder) = services.config.backup.dir.clone() else { return Ok(None) };
        let (stop, stopped) = channel();
        let (living, alive) = channel();
        let ended = Arc::new(AtomicBool::new(false));
        let services = Arc::clone(services);
        let plan = Plan::new(&services.config.backup);
        let keeper = BackupThread { services, schema, folder, plan, ended: Arc::clone(&ended) };
        thread::Builder::new().name("backup".into()).spawn(move || {
            keeper.serve(&stopped);
            drop(living);
        })?;
        Ok(Some(Schedule { ended, stop, alive }))
    }

    /// Stop the thread. A running backup is aborted; the next backup removes what it left.
    pub(crate) fn close(self) {
        self.ended.store(true, Ordering::Relaxed);
        drop(self.stop);
        let _ = self.alive.recv_timeout(SHUTDOWN_WAIT);
    }
}

/// When backups are due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plan {
    /// Every day at this time.
    At(civil::Time),
    /// When the newest backup is this many seconds old.
    Every(i64),
}

impl Plan {
    fn new(config: &Backup) -> Self {
        let seconds = |every: Duration| i64::try_from(every.as_secs()).unwrap_or(i64::MAX);
        config.every.map_or(Plan::At(config.at), |every| Plan::Every(seconds(every)))
    }

    /// Is a backup due at `now`, if the newest was made at `last`? Both are in seconds since 1970,
    /// and `last` is not after `now`. `tried` is how long ago this server last attempted one. A
    /// backup missed while the server was down is due as soon as it runs.
    fn is_due(self, clock: &Clock, last: Option<i64>, now: i64, tried: Option<Duration>) -> bool {
        match (self, last) {
            _ if tried.is_some_and(|ago| ago < self.pause()) => false,
            (_, None) => true,
            (Plan::At(time), Some(last)) => last < clock.last(time, now),
            (Plan::Every(seconds), Some(last)) => now - last >= seconds,
        }
    }

    /// The shortest time between two attempts.
    fn pause(self) -> Duration {
        match self {
            Plan::At(_) => MIN_INTERVAL,
            Plan::Every(seconds) => MIN_INTERVAL.min(Duration::from_secs(seconds.unsigned_abs())),
        }
    }
}

struct BackupThread {
    services: Arc<Services>,
    schema: Schema,
    folder: PathBuf,
    plan: Plan,
    ended: Arc<AtomicBool>,
}

impl BackupThread {
    fn serve(&self, stopped: &Receiver<()>) {
        let clock = &self.services.clock;
        let mut last = archives::newest(&self.folder, clock, clock.now()).unwrap_or_else(|error| {
            tracing::warn!(%error, "can't find out when the last backup was made");
            None
        });
        let mut tried: Option<Instant> = None;
        loop {
            let now = clock.now();
            // After the clock was set back, wait for one interval, not for as long as it was ahead.
            last = last.map(|last| last.min(now));
            if self.plan.is_due(clock, last, now, tried.map(|tried| tried.elapsed())) {
                match self.once() {
                    Ok(()) => last = Some(clock.now()),
                    Err(BackupError::Stopped) => return,
                    Err(error) => {
                        let seconds = self.plan.pause().as_secs();
                        tracing::error!(%error, seconds, "there is no backup: it failed and is tried again");
                    }
                }
                tried = Some(Instant::now());
            } else {
                tracing::trace!("no backup is due");
            }
            match stopped.recv_timeout(CHECK_INTERVAL.min(self.plan.pause())) {
                Err(RecvTimeoutError::Timeout) => {}
                _ => return,
            }
        }
    }

    /// Make a backup, then remove the oldest.
    fn once(&self) -> Result<(), BackupError> {
        let begun = Instant::now();
        let mut on_progress = |_: Step, _, _| {
            if self.ended.load(Ordering::Relaxed) {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let target = Target::Folder(self.folder.clone());
        let making =
            BackupJob { services: &self.services, schema: self.schema, idle_priority: true };
        let made = making.run(&target, &mut on_progress)?;
        let Manifest { pictures, missing, .. } = &made.manifest;
        let (path, bytes, seconds) = (made.path.display(), made.bytes, begun.elapsed().as_secs());
        tracing::info!(%path, bytes, pictures, seconds, "a backup was made");
        if !missing.is_empty() {
            tracing::warn!(?missing, "pictures that the database names are missing");
        }
        match usize::try_from(self.services.config.backup.keep) {
            Ok(keep @ 1..) => {
                archives::remove_oldest(&self.folder, &self.services.clock, keep, &made.path)
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
