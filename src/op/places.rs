//! The places of every kind of work: who waits for one, how long, and on which threads it is done.

use super::Kind;
use super::crew::{Crews, Shift};
use super::kind;
use super::lane::caught;
use crate::fault::Fault;
use crate::metrics::{Metrics, Refused};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// So many wait for a place of a kind; whoever comes then is told so at once. The last of them waits
/// some 7 s for its password to be looked at, which is as long as people wait.
const LINE: usize = 256;

/// So long one waits. Clients and proxies give up after 30 to 60 s.
const PATIENCE: Duration = Duration::from_secs(30);

/// The places of every kind of work, and the threads it is done on.
pub(crate) struct Places {
    /// By [`Kind::INDEX`].
    queues: Vec<Queue>,
    shift: Shift,
}

/// The places of one kind, and those in the line for them.
struct Queue {
    free: Semaphore,
    line: Semaphore,
}

impl Places {
    /// All free.
    pub(crate) fn new() -> Self {
        let kinds = kind::all(cores()).into_iter();
        let queue =
            |(places, _)| Queue { free: Semaphore::new(places), line: Semaphore::new(LINE) };
        Places { queues: kinds.map(queue).collect(), shift: Shift::default() }
    }

    /// Make threads for what gives way, and have it done by them.
    pub(crate) fn crews(&self) -> std::io::Result<Crews> {
        let kinds = kind::all(cores()).into_iter();
        let threads = kinds.filter_map(|(places, gives_way)| gives_way.then_some(places)).sum();
        let crews = Crews::new(threads)?;
        self.shift.begin(&crews);
        Ok(crews)
    }

    /// Do work of a kind once there is a place for it, on a thread that may block. `Busy` if too many
    /// wait for one already or it takes too long; then nothing was done.
    ///
    /// Whoever drops this leaves the line; what has begun is done to its end.
    pub(super) async fn run<K: Kind, T: Send + 'static>(
        self: &Arc<Self>,
        metrics: &Metrics,
        work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let entered = self.enter::<K>().await;
        let place = Arc::new(entered.inspect_err(|_| metrics.refused(Refused::NoPlace))?);
        let held = Arc::clone(&place);
        let work = move || {
            let _held = held;
            caught(work)
        };
        let crew = if K::GIVES_WAY { self.shift.crew() } else { None };
        let mut done = match crew {
            Some((threads, _)) => threads.spawn_blocking(work),
            None => tokio::task::spawn_blocking(work),
        };
        let joined = match (K::STUCK, crew) {
            (Some(stuck), Some((_, true))) => match timeout(stuck, &mut done).await {
                Ok(joined) => joined,
                Err(_) => {
                    self.shift.hurry();
                    // The others need not wait for this one, too.
                    place.give_back();
                    done.await
                }
            },
            _ => done.await,
        };
        // The error would say what a panic said.
        joined.unwrap_or_else(|error| {
            Err(if error.is_panic() { Fault::panicked() } else { Fault::unknown(error) })
        })
    }

    /// Wait for a place.
    async fn enter<K: Kind>(self: &Arc<Self>) -> Result<Place, Fault> {
        let Queue { free, line } = &self.queues[K::INDEX];
        // Nobody is overtaken: a place that is given back goes to who waits for it.
        let place = match free.try_acquire() {
            Ok(place) => place,
            Err(_) => {
                let _in_line = line.try_acquire().map_err(|_| Fault::Busy)?;
                let place = timeout(PATIENCE, free.acquire()).await.map_err(|_| Fault::Busy)?;
                place.map_err(Fault::unknown)?
            }
        };
        place.forget();
        Ok(Place { places: Arc::clone(self), index: K::INDEX, is_free: AtomicBool::new(false) })
    }
}

/// A place that is taken. It is free again when this is dropped, or given back before.
struct Place {
    places: Arc<Places>,
    index: usize,
    is_free: AtomicBool,
}

impl Place {
    fn give_back(&self) {
        if !self.is_free.swap(true, Ordering::Relaxed) {
            self.places.queues[self.index].free.add_permits(1);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.give_back();
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

#[cfg(test)]
mod tests;
