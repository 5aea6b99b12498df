//! The boards behind their lock.

use super::Boards;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{SystemTime, UNIX_EPOCH};

/// The boards behind their lock, and the sequence that orders scores in time.
#[derive(Default)]
pub struct SharedBoards {
    boards: RwLock<Boards>,
    latest: AtomicI64,
}

impl SharedBoards {
    /// Read the boards, as of a commit. Do not wait for anything else while holding this: the
    /// writer waits for it.
    pub fn read(&self) -> RwLockReadGuard<'_, Boards> {
        // A panic while they were changed was logged; what they hold is still the better answer.
        self.boards.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Change the boards: for the writer, and at the start.
    pub fn write(&self) -> RwLockWriteGuard<'_, Boards> {
        self.boards.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number higher than any before, also in earlier processes: when a score was reached. It is
    /// the time in microseconds, if the clock allows, so no sequence is stored. After the clock was
    /// set back, the numbers count on by one.
    pub fn stamp(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
        let next = |latest: i64| now.max(latest.saturating_add(1));
        // Only the writer draws numbers; the loop is what the type asks for.
        let (Ok(latest) | Err(latest)) =
            self.latest
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |latest| Some(next(latest)));
        next(latest)
    }

    /// A stamp read from a row: later ones will be higher.
    pub fn seen(&self, stamp: i64) {
        self.latest.fetch_max(stamp, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequence_stamps_rise_when_the_clock_steps_back() {
        let shared = SharedBoards::default();
        let first = shared.stamp();
        shared.seen(first + 3_600_000_000);
        let after = shared.stamp();
        assert_eq!(after, first + 3_600_000_001);
        assert!(shared.stamp() > after);
    }
}
