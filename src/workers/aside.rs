//! Whole requests of idle priority: long bodies and batches.
//!
//! To decode and answer one takes up to some ten milliseconds of a processor, and there may be only one. On
//! the threads that serve requests, all others would wait behind it.

use crate::workers::idle::PoolSelector;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How long a request waits to begin while no other one begins or ends. After that the pool of idle priority
/// counts as starved.
const STARVED_AFTER: Duration = Duration::from_secs(1);

/// How many requests were begun and ended so far.
#[derive(Default)]
pub(super) struct Progress(AtomicU64);

impl Progress {
    fn made(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn so_far(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A task that is aborted when its caller is dropped.
struct OwnedTask<T>(JoinHandle<T>);

impl<T> Drop for OwnedTask<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Run `work` in the pool of idle priority, or in the one that stands in for it; `None` if the server ends
/// meanwhile.
pub(super) async fn run<T: Send + 'static>(
    selector: &PoolSelector,
    progress: &Arc<Progress>,
    work: impl Future<Output = T> + Send + 'static,
) -> Option<T> {
    let Some((pool, is_idle)) = selector.pool() else { return Some(work.await) };
    let (begins, begun) = oneshot::channel();
    let counted = Arc::clone(progress);
    let before = progress.so_far();
    let mut task = OwnedTask(pool.spawn(async move {
        counted.made();
        let _ = begins.send(());
        let done = work.await;
        counted.made();
        done
    }));
    if is_idle && timeout(STARVED_AFTER, begun).await.is_err() && progress.so_far() == before {
        selector.start_fallback();
    }
    match (&mut task.0).await {
        Ok(done) => Some(done),
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(_) => None,
        },
    }
}
