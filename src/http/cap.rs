//! How many connections may be open at once.
//!
//! Each is an open file, and there are only so many. Where connections took all of them, those that
//! are open could no longer be served: an upload, a page and a reader of the database are files too.
//! So some are kept back; where there are pages, each connection has room for one. A connection that
//! is one too many waits in the system's queue until another ends. No peer holds its place for long
//! without sending and taking.

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
        let most = most(std::fs::read_to_string("/proc/self/limits").ok().as_deref(), each);
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

/// The most connections of `each` files, by what Linux tells of a process's limits.
fn most(limits: Option<&str>, each: usize) -> usize {
    let files = limits
        .and_then(|limits| limits.lines().find_map(|line| line.strip_prefix("Max open files")))
        .and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok());
    let Some(files) = files else { return UNKNOWN };
    let left = files - KEPT_BACK.min(files / 2);
    (left / each).clamp(1, Semaphore::MAX_PERMITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_files_are_kept_back() {
        let limits = |files: &str| {
            format!(
                "Limit       Soft Limit  Hard Limit  Units\n\
                 Max processes   7   7   processes\n\
                 Max open files  {files}  524288  files\n"
            )
        };
        assert_eq!(most(Some(&limits("1024")), 1), 896);
        assert_eq!(most(Some(&limits("1024")), 2), 448);
        assert_eq!(most(Some(&limits("64")), 1), 32);
        for unknown in [Some(limits("unlimited")), Some("junk".to_owned()), None] {
            assert_eq!(most(unknown.as_deref(), 1), UNKNOWN);
        }
    }
}
