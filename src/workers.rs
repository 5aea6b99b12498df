//! Where each class of work waits and runs: its permits, its queue, and its threads.

pub(crate) mod class;
pub(crate) mod idle;
mod queue;

use crate::client::Client;
use crate::fault::{Fault, caught};
use crate::metrics::{Metrics, Refused};
use crate::workers::idle::{Crews, Shift};
use crate::workers::queue::{Entered, Permit, Queue, Share};
use class::Kind;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::timeout;

/// How long a request waits for a permit. Clients and proxies give up after 30 to 60 s.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(30);

/// The queues of all classes of work, and the threads that it is done on.
pub(crate) struct Places {
    /// By [`Kind::INDEX`].
    queues: Vec<Arc<Queue>>,
    shift: Shift,
}

impl Places {
    /// All permits free.
    pub(crate) fn new() -> Self {
        let kinds = class::all(cores()).into_iter();
        let queues = kinds.map(|(permits, _)| Queue::new(permits)).collect();
        Places { queues, shift: Shift::default() }
    }

    /// Make threads for work of idle priority, and have it done by them.
    pub(crate) fn crews(&self) -> std::io::Result<Crews> {
        let kinds = class::all(cores()).into_iter();
        let threads = kinds.filter_map(|(places, gives_way)| gives_way.then_some(places)).sum();
        let crews = Crews::new(threads)?;
        self.shift.begin(&crews);
        Ok(crews)
    }

    /// Do work of a class for a client once it has a permit, on a thread that may block.
    ///
    /// [`Fault::Busy`] if the queue is full or the wait takes longer than [`QUEUE_TIMEOUT`],
    /// [`Fault::TooManyAttempts`] if the client has too many requests in the queue; then nothing was
    /// done. A caller that drops this leaves the queue; work that has begun is done to its end.
    pub(crate) async fn run<K: Kind, T: Send + 'static>(
        &self,
        metrics: &Metrics,
        client: &Client,
        work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let permit = self.enter::<K>(client).await;
        let permit = permit.inspect_err(|_| metrics.refused(Refused::NoPlace))?;
        let permit = Arc::new(Mutex::new(Some(permit)));
        let held = Arc::clone(&permit);
        let work = move || {
            let _held = Held(held);
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
                    drop(take(&permit));
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

    /// Wait for a permit.
    async fn enter<K: Kind>(&self, client: &Client) -> Result<Permit, Fault> {
        let permits = K::places(cores());
        let share = Share::of(client, K::per_address(permits), permits);
        match self.queues[K::INDEX].enter(share)? {
            Entered::Permit(permit) => Ok(permit),
            Entered::Queued(mut ticket) => {
                timeout(QUEUE_TIMEOUT, ticket.permit()).await.map_err(|_| Fault::Busy)?
            }
        }
    }
}

/// A permit that is given back at the end of the work, or before if the work is stuck.
type Shared = Arc<Mutex<Option<Permit>>>;

struct Held(Shared);

impl Drop for Held {
    fn drop(&mut self) {
        drop(take(&self.0));
    }
}

fn take(permit: &Shared) -> Option<Permit> {
    permit.lock().unwrap_or_else(PoisonError::into_inner).take()
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

#[cfg(test)]
mod tests;
