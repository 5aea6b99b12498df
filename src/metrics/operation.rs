//! The metrics of one operation.

use super::counter::{Counter, Statuses};
use super::histogram::{DurationHistogram, HistogramSnapshot};
use std::time::Instant;

/// How often a route of a document was asked for.
pub(crate) struct RouteSnapshot {
    pub document: String,
    pub method: &'static str,
    /// The first of its paths.
    pub path: String,
    pub requests: u64,
}

/// The metrics of an operation at one moment.
#[derive(Debug)]
pub(crate) struct OpSnapshot {
    /// Its name, `type/subtype`.
    pub name: String,
    /// Statuses, and how often each was answered.
    pub statuses: Vec<(String, u64)>,
    /// How many calls ended in a fault on our side.
    pub failed: u64,
    /// How long calls took.
    pub times: HistogramSnapshot,
}

/// The counters of an operation. All cores write to them, so each operation has cache lines of its
/// own.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct OpMetrics {
    done: Counter,
    faults: Statuses,
    failed: Counter,
    left: Counter,
    times: DurationHistogram,
}

/// A call in progress. If it is dropped before it has ended, the client has disconnected. Such
/// calls are counted too: they are the slow ones, and without them the server would seem faster
/// than it is.
#[must_use = "a call that is dropped is counted as one whose client left"]
pub(crate) struct CallTimer<'a> {
    metrics: &'a OpMetrics,
    begun: Instant,
}

impl OpMetrics {
    /// A call starts.
    pub(crate) fn begin(&self) -> CallTimer<'_> {
        CallTimer { metrics: self, begun: Instant::now() }
    }

    /// The metrics of the operation called `name`. A call whose client disconnected has the status
    /// `left`.
    pub(crate) fn get(&self, name: (&str, &str)) -> OpSnapshot {
        let mut statuses = vec![("0".to_owned(), self.done.get())];
        let faults = self.faults.get().into_iter();
        statuses.extend(faults.map(|(status, told)| (text(status), told)));
        statuses.extend(Some(("left".to_owned(), self.left.get())).filter(|(_, told)| *told > 0));
        let name = format!("{}/{}", name.0, name.1);
        OpSnapshot { name, statuses, failed: self.failed.get(), times: self.times.get() }
    }
}

/// A status as a label.
pub(crate) fn text(status: Option<i64>) -> String {
    status.map_or_else(|| "other".to_owned(), |status| status.to_string())
}

impl CallTimer<'_> {
    /// It was done.
    pub(crate) fn done(self) {
        self.metrics.done.add();
        self.end();
    }

    /// It ended with this status in its envelope. `is_ours`: the fault is on our side.
    pub(crate) fn failed(self, status: i64, is_ours: bool) {
        self.metrics.faults.add(status);
        if is_ours {
            self.metrics.failed.add();
        }
        self.end();
    }

    fn end(self) {
        self.metrics.times.add(self.begun.elapsed());
        std::mem::forget(self);
    }
}

impl Drop for CallTimer<'_> {
    fn drop(&mut self) {
        self.metrics.left.add();
        self.metrics.times.add(self.begun.elapsed());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_is_counted_once_for_any_outcome() {
        let metrics = OpMetrics::default();
        metrics.begin().done();
        metrics.begin().failed(-2, false);
        metrics.begin().failed(-2, true);
        drop(metrics.begin());
        let told = |status: &str, times| (status.to_owned(), times);
        let OpSnapshot { name, statuses, failed, times } = metrics.get(("hello", "greet"));
        assert_eq!(statuses, [told("0", 1), told("-2", 2), told("left", 1)]);
        assert_eq!((&*name, failed, times.count), ("hello/greet", 1, 4));
    }
}
