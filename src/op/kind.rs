//! Kinds of work: how much of each is done at once, and which gives way to everything else.

use crate::fault::Fault;
use std::sync::{Arc, OnceLock};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// A kind of work, of which only so much is done at once.
pub trait Kind: Send + 'static {
    /// How many at once, on a machine with `cores`.
    fn places(cores: usize) -> usize;
    /// Its place among the kinds.
    const INDEX: usize;
    /// Does it get only the processor time that nothing else wants?
    const GIVES_WAY: bool;
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $index:literal, gives_way: $way:literal, $places:expr;)+) => {
        $(
            $(#[$doc])*
            pub struct $kind;
            impl Kind for $kind {
                const INDEX: usize = $index;
                const GIVES_WAY: bool = $way;
                fn places(cores: usize) -> usize {
                    let places: fn(usize) -> usize = $places;
                    places(cores)
                }
            }
        )+

        /// The places of every kind of work, and the threads it is done on.
        pub(crate) struct Places {
            free: [Semaphore; [$($index),+].len()],
            background: OnceLock<Handle>,
        }

        impl Places {
            /// All free.
            pub(crate) fn new() -> Self {
                let free = [$(Semaphore::new($kind::places(cores()))),+];
                Places { free, background: OnceLock::new() }
            }

            /// How much of what gives way is done at once.
            fn giving_way() -> usize {
                let all = [$(($kind::GIVES_WAY, $kind::places(cores()))),+];
                all.into_iter().filter_map(|(gives_way, places)| gives_way.then_some(places)).sum()
            }
        }
    };
}

kinds! {
    /// Password hashing: 19 MiB and 25 ms of a core each. At most two at a time on a machine of
    /// 512 MB, and never on every core: they push everything else out of the caches that they share.
    Hash = 0, gives_way: true, |cores| (cores / 2).clamp(1, 2);
    /// Drawing captchas: all of it processor time, but little.
    Draw = 1, gives_way: false, |cores| cores;
    /// Checking pictures: a decoder may need 150 MB of the 512.
    Pictures = 2, gives_way: true, |_| 1;
    /// Waiting for somebody else's server.
    Gateway = 3, gives_way: false, |_| 32;
    /// Reading many rows.
    Scan = 4, gives_way: false, |cores| 2 * cores;
    /// Keeping and reading pictures: waiting for the disk, or for the store that they are in.
    Store = 5, gives_way: false, |_| 32;
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

impl Places {
    /// Do what gives way on the blocking threads of this runtime: see [`background`].
    pub(crate) fn give_way_on(&self, background: Handle) {
        let _ = self.background.set(background);
    }

    /// Wait for a place, which is free again when what is answered is dropped.
    pub(super) async fn enter<K: Kind>(
        self: &Arc<Self>,
    ) -> Result<impl Send + 'static + use<K>, Fault> {
        let places = Arc::clone(self);
        places.free[K::INDEX].acquire().await.map_err(Fault::unknown)?.forget();
        Ok(Place { places, index: K::INDEX })
    }

    /// Do work of a kind on a thread that may block.
    pub(super) fn spawn<K: Kind, T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        match self.background.get() {
            Some(background) if K::GIVES_WAY => background.spawn_blocking(work),
            _ => tokio::task::spawn_blocking(work),
        }
    }
}

/// A place that is taken; dropping it gives it back.
struct Place {
    places: Arc<Places>,
    index: usize,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.free[self.index].add_permits(1);
    }
}

/// A runtime for its blocking threads alone, which run when nothing else wants to (Linux:
/// `SCHED_IDLE`). A low priority (`nice`) would not do: such a thread keeps its core for some
/// milliseconds after somebody else is ready.
///
/// There are no more of them than places. On a busy machine such a thread may have given back its
/// place and not be ready for more work yet; another one would be started instead, again and again,
/// and each keeps the memory that it hashes in.
pub(crate) fn background() -> std::io::Result<Runtime> {
    Builder::new_current_thread()
        .thread_name("background")
        .max_blocking_threads(Places::giving_way())
        .on_thread_start(give_way)
        .build()
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
    use std::sync::{Barrier, Mutex};
    use std::thread;

    #[test]
    fn what_gives_way_is_done_on_as_many_threads_as_there_are_places() {
        let places = Places::giving_way();
        let background = background().unwrap();
        let (threads, turn) =
            (Arc::new(Mutex::new(HashSet::new())), Arc::new(Barrier::new(places)));
        let jobs: Vec<_> = (0..4 * places)
            .map(|_| {
                let (threads, turn) = (Arc::clone(&threads), Arc::clone(&turn));
                background.spawn_blocking(move || {
                    threads.lock().unwrap().insert(thread::current().id());
                    turn.wait();
                })
            })
            .collect();
        for job in jobs {
            background.block_on(job).unwrap();
        }
        assert_eq!(threads.lock().unwrap().len(), places);
    }
}
