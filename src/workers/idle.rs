//! The threads that give way to everything else, and those that take their work over when nothing is
//! left for them.

use std::io;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Handle, Runtime};

/// How long work that would give way does not, once some was stuck. Whatever it was that wanted
/// every core may be over or not; trying costs whoever tries.
const HURRY: Duration = Duration::from_mins(5);

/// Two runtimes, for their blocking threads alone.
///
/// There are no more threads than places. On a busy machine a thread may have given back its place
/// and not be ready for more work yet; another one would be started instead, again and again, and
/// each keeps the memory that it hashes in.
pub(crate) struct Crews {
    /// They run when nothing else wants to (Linux: `SCHED_IDLE`). A low priority (`nice`) would not
    /// do: such a thread keeps its core for some milliseconds after somebody else is ready.
    idle: Runtime,
    /// They are like any other.
    ordinary: Runtime,
}

impl Crews {
    /// At most so many threads in each.
    pub(crate) fn new(threads: usize) -> io::Result<Self> {
        let crew = || {
            let mut crew = Builder::new_current_thread();
            crew.max_blocking_threads(threads);
            crew
        };
        let idle = crew().thread_name("background").on_thread_start(give_way).build()?;
        Ok(Crews { idle, ordinary: crew().thread_name("hurried").build()? })
    }

    /// End them; each is waited for at most so long.
    pub(crate) fn end(self, wait: Duration) {
        self.idle.shutdown_timeout(wait);
        self.ordinary.shutdown_timeout(wait);
    }
}

/// Which crew does what gives way.
#[derive(Default)]
pub(crate) struct Shift {
    crews: OnceLock<(Handle, Handle)>,
    hurry_until: Mutex<Option<Instant>>,
}

impl Shift {
    /// From now on there are crews.
    pub(crate) fn begin(&self, crews: &Crews) {
        let _ = self.crews.set((crews.idle.handle().clone(), crews.ordinary.handle().clone()));
    }

    /// Whose turn it is, and whether they give way; `None` where there are no crews.
    pub(crate) fn crew(&self) -> Option<(&Handle, bool)> {
        let (idle, ordinary) = self.crews.get()?;
        let hurry_until = *self.hurry_until.lock().unwrap_or_else(PoisonError::into_inner);
        let in_hurry = hurry_until.is_some_and(|until| Instant::now() < until);
        Some(if in_hurry { (ordinary, false) } else { (idle, true) })
    }

    /// Work was stuck: nothing is left for whoever gives way.
    pub(crate) fn hurry(&self) {
        let mut until = self.hurry_until.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if until.is_none_or(|until| until < now) {
            let seconds = HURRY.as_secs();
            tracing::warn!(
                seconds,
                "something wants every core; for a while nothing gives way to it"
            );
        }
        *until = Some(now + HURRY);
    }
}

/// Let this thread run when nothing else wants to.
pub(crate) fn give_way() {
    #[cfg(target_os = "linux")]
    {
        use thread_priority::{NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy};
        let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
        let thread = thread_priority::thread_native_id();
        let set =
            thread_priority::set_thread_priority_and_policy(thread, ThreadPriority::Min, idle);
        if let Err(error) = set {
            tracing::warn!(?error, "a background thread keeps the priority of everything else");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::sync::{Arc, Barrier};
    use std::thread;

    #[test]
    fn idle_pool_has_one_thread_per_permit() {
        let crews = Crews::new(3).unwrap();
        let (threads, turn) = (Arc::new(Mutex::new(HashSet::new())), Arc::new(Barrier::new(3)));
        let jobs: Vec<_> = (0..12)
            .map(|_| {
                let (threads, turn) = (Arc::clone(&threads), Arc::clone(&turn));
                crews.idle.spawn_blocking(move || {
                    threads.lock().unwrap().insert(thread::current().id());
                    turn.wait();
                })
            })
            .collect();
        for job in jobs {
            crews.idle.block_on(job).unwrap();
        }
        assert_eq!(threads.lock().unwrap().len(), 3);
    }
}
