//! The threads that give way to everything else, and those that take their work over when nothing is
//! left for them.

use crate::scheduling::set_idle_priority;
use std::io;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Handle, Runtime};

/// How long work that would give way does not, once some was stuck. Whatever it was that wanted
/// every core may be over or not; trying costs whoever tries.
const FALLBACK_TIME: Duration = Duration::from_mins(5);

/// Two runtimes, each with one thread for whole requests and blocking threads for work.
///
/// There are no more blocking threads than permits. On a busy machine a thread may have given back its permit
/// and not be ready for more work yet; another one would be started instead, again and again, and
/// each keeps the memory that it hashes in.
pub(crate) struct ThreadPools {
    /// Their threads run only when no other thread wants the processor (Linux: `SCHED_IDLE`). A low priority (`nice`) would not
    /// do: such a thread keeps its core for some milliseconds after somebody else is ready.
    idle: Runtime,
    /// Threads of ordinary priority.
    ordinary: Runtime,
}

impl ThreadPools {
    /// Pools with at most this many blocking threads each.
    pub(crate) fn new(threads: usize) -> io::Result<Self> {
        let pool = || {
            let mut pool = Builder::new_multi_thread();
            pool.worker_threads(1).max_blocking_threads(threads).enable_time();
            pool
        };
        let idle = pool().thread_name("background").on_thread_start(set_idle_priority).build()?;
        Ok(ThreadPools { idle, ordinary: pool().thread_name("hurried").build()? })
    }

    /// End them; each is waited for at most so long.
    pub(crate) fn end(self, wait: Duration) {
        self.idle.shutdown_timeout(wait);
        self.ordinary.shutdown_timeout(wait);
    }
}

/// Chooses the pool for work of idle priority.
#[derive(Default)]
pub(crate) struct PoolSelector {
    pools: OnceLock<(Handle, Handle)>,
    fallback_until: Mutex<Option<Instant>>,
}

impl PoolSelector {
    /// Set the pools.
    pub(crate) fn begin(&self, pools: &ThreadPools) {
        let _ = self.pools.set((pools.idle.handle().clone(), pools.ordinary.handle().clone()));
    }

    /// The pool in use, and whether its threads have idle priority; `None` before the pools exist.
    pub(crate) fn pool(&self) -> Option<(&Handle, bool)> {
        let (idle, ordinary) = self.pools.get()?;
        let fallback_until = *self.fallback_until.lock().unwrap_or_else(PoisonError::into_inner);
        let in_fallback = fallback_until.is_some_and(|until| Instant::now() < until);
        Some(if in_fallback { (ordinary, false) } else { (idle, true) })
    }

    /// Use the pool of ordinary priority for a while: work of idle priority was starved.
    pub(crate) fn start_fallback(&self) {
        let mut until = self.fallback_until.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if until.is_none_or(|until| until < now) {
            let seconds = FALLBACK_TIME.as_secs();
            tracing::warn!(
                seconds,
                "other programs keep every core busy: work of idle priority runs at ordinary priority for a while"
            );
        }
        *until = Some(now + FALLBACK_TIME);
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
        let pools = ThreadPools::new(3).unwrap();
        let (threads, turn) = (Arc::new(Mutex::new(HashSet::new())), Arc::new(Barrier::new(3)));
        let jobs: Vec<_> = (0..12)
            .map(|_| {
                let (threads, turn) = (Arc::clone(&threads), Arc::clone(&turn));
                pools.idle.spawn_blocking(move || {
                    threads.lock().unwrap().insert(thread::current().id());
                    turn.wait();
                })
            })
            .collect();
        for job in jobs {
            pools.idle.block_on(job).unwrap();
        }
        assert_eq!(threads.lock().unwrap().len(), 3);
    }
}
