//! A day of figures, a minute each, for the console's graphs. They are in memory alone: a start begins anew.

use crate::metrics::Metrics;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// How many minutes are kept: a day.
pub const MINUTES: usize = 1_440;

/// What was counted in one minute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Minute {
    /// Requests that were answered.
    pub answered: u32,
    /// Of these, refused by a limit or as wrong: HTTP statuses 400 to 499.
    pub refused: u32,
    /// Of these, failed: HTTP statuses from 500.
    pub failed: u32,
}

/// The last day.
#[derive(Debug, Default)]
pub struct History {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    minutes: VecDeque<Minute>,
    /// The counters at the end of the last minute.
    before: [u64; 3],
}

impl History {
    /// A minute has passed: keep what was counted in it.
    pub(crate) fn note(&self, metrics: &Metrics) {
        self.note_totals(metrics.http.totals());
    }

    fn note_totals(&self, now: [u64; 3]) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let mut grown = now
            .iter()
            .zip(kept.before)
            .map(|(now, before)| u32::try_from(now.saturating_sub(before)).unwrap_or(u32::MAX));
        let mut next = || grown.next().unwrap_or(0);
        let minute = Minute { answered: next(), refused: next(), failed: next() };
        kept.before = now;
        if kept.minutes.len() == MINUTES {
            kept.minutes.pop_front();
        }
        kept.minutes.push_back(minute);
    }

    /// The minutes that are kept, the oldest first.
    pub fn minutes(&self) -> Vec<Minute> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).minutes.iter().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn history_keeps_counts_per_minute_for_a_day() {
        let history = History::default();
        history.note_totals([10, 2, 1]);
        history.note_totals([15, 2, 1]);
        let minute = |answered, refused, failed| Minute { answered, refused, failed };
        assert_eq!(history.minutes(), [minute(10, 2, 1), minute(5, 0, 0)]);
        for _ in 0..MINUTES {
            history.note_totals([15, 2, 1]);
        }
        assert_eq!(history.minutes().len(), MINUTES);
        assert_eq!(history.minutes()[0], minute(0, 0, 0));
    }
}
