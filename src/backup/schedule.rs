//! Backups that the server makes of its own accord.

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

/// How often the clock is looked at: it may be set, and the machine may sleep.
const CHECK_INTERVAL: Duration = Duration::from_secs(30);

/// The least time between two, unless they are configured to be more frequent: for one that failed, and
/// for a clock that is set to and fro.
const MIN_INTERVAL: Duration = Duration::from_hours(1);

/// How long the end of the server waits for a backup to break off.
const SHUTDOWN_WAIT: Duration = Duration::from_secs(2);

/// The thread that makes them.
pub(crate) struct Schedule {
    ended: Arc<AtomicBool>,
    stop: Sender<()>,
    /// Gone once the thread is.
    alive: Receiver<()>,
}

impl Schedule {
    /// Start it, if the configuration names a folder for them.
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

    /// End it. A backup that is being made is broken off; what is left of it, the next one removes.
    pub(crate) fn close(self) {
        self.ended.store(true, Ordering::Relaxed);
        drop(self.stop);
        let _ = self.alive.recv_timeout(SHUTDOWN_WAIT);
    }
}

/// When there is to be a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plan {
    /// Every day at this time.
    At(civil::Time),
    /// Whenever the newest is so many seconds old.
    Every(i64),
}

impl Plan {
    fn new(config: &Backup) -> Self {
        let seconds = |every: Duration| i64::try_from(every.as_secs()).unwrap_or(i64::MAX);
        config.every.map_or(Plan::At(config.at), |every| Plan::Every(seconds(every)))
    }

    /// Is one due `now`, where the newest was made at `last`? Both are in seconds since 1970, and
    /// `last` is not after `now`; `tried` is how long ago this server tried to make one. What was
    /// missed while it did not run is due when it does.
    fn is_due(self, clock: &Clock, last: Option<i64>, now: i64, tried: Option<Duration>) -> bool {
        match (self, last) {
            _ if tried.is_some_and(|ago| ago < self.pause()) => false,
            (_, None) => true,
            (Plan::At(time), Some(last)) => last < clock.last(time, now),
            (Plan::Every(seconds), Some(last)) => now - last >= seconds,
        }
    }

    /// The least time between two.
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
            tracing::warn!(%error, "it can't be told when the last backup was made");
            None
        });
        let mut tried: Option<Instant> = None;
        loop {
            let now = clock.now();
            // A clock that was set back makes one wait for one period, not for as long as it was ahead.
            last = last.map(|last| last.min(now));
            if self.plan.is_due(clock, last, now, tried.map(|tried| tried.elapsed())) {
                match self.once() {
                    Ok(()) => last = Some(clock.now()),
                    Err(BackupError::Stopped) => return,
                    Err(error) => {
                        let seconds = self.plan.pause().as_secs();
                        tracing::error!(%error, seconds, "there is no backup; it is tried again");
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

    /// Make a backup and remove the oldest.
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
            tracing::warn!(?missing, "pictures that the database names are not there");
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
