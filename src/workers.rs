//! Where each class of work waits and runs: its permits, its queue, and its threads.

mod aside;
pub(crate) mod class;
pub(crate) mod idle;
mod queue;

use crate::client::Client;
use crate::fault::{Fault, caught};
use crate::metrics::{Metrics, RefusalReason};
use crate::workers::idle::{PoolSelector, ThreadPools};
use crate::workers::queue::{Admitted, ClientShare, Permit, Queue};
use aside::Progress;
use class::WorkClass;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::time::timeout;

/// How long a request waits for a permit. Clients and proxies give up after 30 to 60 s.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(30);

/// The queues of all classes of work, and the threads that it is done on.
pub(crate) struct Workers {
    /// By [`WorkClass::INDEX`].
    queues: Vec<Arc<Queue>>,
    selector: PoolSelector,
    /// Of the requests of idle priority.
    progress: Arc<Progress>,
    /// How much work of idle priority waits or runs.
    idle_work: Arc<AtomicUsize>,
    /// The runtime whose threads do all other work.
    main: OnceLock<Handle>,
}

impl Workers {
    /// All permits free.
    pub(crate) fn new() -> Self {
        let classes = class::all(cores()).into_iter();
        let queues = classes.map(|(permits, _)| Queue::new(permits)).collect();
        Workers {
            queues,
            selector: PoolSelector::default(),
            progress: Arc::default(),
            idle_work: Arc::default(),
            main: OnceLock::new(),
        }
    }

    /// Make threads for work of idle priority, and have it done by them. All other work is done by the
    /// threads of `main`, whichever thread asks for it.
    pub(crate) fn pools(&self, main: &Handle) -> std::io::Result<ThreadPools> {
        let classes = class::all(cores()).into_iter();
        let threads =
            classes.filter_map(|(permits, idle_priority)| idle_priority.then_some(permits)).sum();
        let pools = ThreadPools::new(threads)?;
        self.selector.begin(&pools);
        let _ = self.main.set(main.clone());
        Ok(pools)
    }

    /// Run `work` at idle priority; `None` if the server ends meanwhile. Dropping this drops it. A panic in it
    /// is a panic of the caller.
    pub(crate) async fn aside<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        let _counted = IdleWork::count(&self.idle_work);
        aside::run(&self.selector, &self.progress, work).await
    }

    /// Does work of idle priority wait or run?
    pub(crate) fn has_idle_work(&self) -> bool {
        self.idle_work.load(Ordering::Relaxed) > 0
    }

    /// Do work of a class for a client once it has a permit, on a thread that may block.
    ///
    /// [`Fault::Busy`] if the queue is full or the wait takes longer than [`QUEUE_TIMEOUT`],
    /// [`Fault::TooManyAttempts`] if the client has too many requests in the queue; then nothing was
    /// done. A caller that drops this leaves the queue; work that has begun is done to its end.
    pub(crate) async fn run<K: WorkClass, T: Send + 'static>(
        &self,
        metrics: &Metrics,
        client: &Client,
        work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let permit = match self.enter::<K>(client).await {
            Ok(permit) => permit,
            Err(fault) => {
                metrics.refused(RefusalReason::NoPermit);
                // A client that is refused often tries again at once: so a refusal has idle priority too.
                Box::pin(self.aside(async {})).await;
                return Err(fault);
            }
        };
        let permit = Arc::new(Mutex::new(Some(permit)));
        let held = Arc::clone(&permit);
        let work = move || {
            let _held = PermitGuard(held);
            caught(work)
        };
        let pool = if K::IDLE_PRIORITY { self.selector.pool() } else { None };
        let _counted = pool.map(|_| IdleWork::count(&self.idle_work));
        let mut done = match pool.map(|(pool, _)| pool).or(self.main.get()) {
            Some(threads) => threads.spawn_blocking(work),
            None => tokio::task::spawn_blocking(work),
        };
        let joined = match (K::STARVED_AFTER, pool) {
            (Some(starved_after), Some((_, true))) => match timeout(starved_after, &mut done).await
            {
                Ok(joined) => joined,
                Err(_) => {
                    self.selector.start_fallback();
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
    async fn enter<K: WorkClass>(&self, client: &Client) -> Result<Permit, Fault> {
        let permits = K::permits(cores());
        let share = ClientShare::of(client, K::per_address(permits), permits);
        match self.queues[K::INDEX].enter(share)? {
            Admitted::Permit(permit) => Ok(permit),
            Admitted::Queued(mut ticket) => {
                timeout(QUEUE_TIMEOUT, ticket.permit()).await.map_err(|_| Fault::Busy)?
            }
        }
    }
}

/// Counts work of idle priority until it is dropped.
struct IdleWork(Arc<AtomicUsize>);

impl IdleWork {
    fn count(all: &Arc<AtomicUsize>) -> Self {
        all.fetch_add(1, Ordering::Relaxed);
        IdleWork(Arc::clone(all))
    }
}

impl Drop for IdleWork {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A permit that is given back at the end of the work, or before if the work is stuck.
type SharedPermit = Arc<Mutex<Option<Permit>>>;

struct PermitGuard(SharedPermit);

impl Drop for PermitGuard {
    fn drop(&mut self) {
        drop(take(&self.0));
    }
}

fn take(permit: &SharedPermit) -> Option<Permit> {
    permit.lock().unwrap_or_else(PoisonError::into_inner).take()
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

#[cfg(test)]
mod tests;
