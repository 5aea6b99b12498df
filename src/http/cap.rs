//! How many connections may be open at once.
//!
//! Each is an open file, and there are only so many. Where connections took all of them, those that
//! are open could no longer be served: an upload, a page and a reader of the database are files too.
//! So some are kept back; where there are pages, each connection has room for one. A connection that
//! is one too many waits in the system's queue until another ends. No peer holds its place for long
//! without sending and taking.

use crate::metrics::open_files;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// The files that are kept back for what is not a connection.
const KEPT_BACK: usize = 128;

/// The most connections where the system does not tell how many files there may be.
const UNKNOWN: usize = 4096;

/// How often the log says that all places are taken.
const REMINDER: Duration = Duration::from_secs(60);

/// The places for connections.
pub(super) struct Places {
    places: Arc<Semaphore>,
    most: usize,
    told: Option<Instant>,
}

impl Places {
    /// As many as there are files for, if a connection may take so many each.
    pub(super) fn new(each: usize) -> Self {
        let most = most(open_files(), each);
        Places { places: Arc::new(Semaphore::new(most)), most, told: None }
    }

    /// The next one that is free; it is given back when it is dropped.
    pub(super) async fn take(&mut self) -> Result<OwnedSemaphorePermit, AcquireError> {
        let told_lately = self.told.is_some_and(|told| told.elapsed() < REMINDER);
        if self.places.available_permits() == 0 && !told_lately {
            self.told = Some(Instant::now());
            tracing::warn!(most = self.most, "as many connections as may be open; others wait");
        }
        Arc::clone(&self.places).acquire_owned().await
    }
}

/// The most connections of `each` files, where there may be so many files.
fn most(files: Option<usize>, each: usize) -> usize {
    let Some(files) = files else { return UNKNOWN };
    let left = files - KEPT_BACK.min(files / 2);
    (left / each).clamp(1, Semaphore::MAX_PERMITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_files_are_kept_back() {
        assert_eq!(most(Some(1024), 1), 896);
        assert_eq!(most(Some(1024), 2), 448);
        assert_eq!(most(Some(64), 1), 32);
        assert_eq!(most(None, 1), UNKNOWN);
    }
}
