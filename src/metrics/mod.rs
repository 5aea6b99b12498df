//! What the server measures of itself, and how Prometheus reads it.
//!
//! A request adds to a few atomic integers at known places; it takes no lock and looks nothing up.
//! Names, labels, file sizes and the process's own figures are collected when the metrics are read
//! (`scrape`).
//!
//! Labels have few values: operations, statuses, codes, reasons. Nothing that a client makes up
//! becomes a label, except the names of boards, whose number is limited.

mod counter;
pub(crate) mod family;
mod histogram;
pub(crate) mod operation;
pub(crate) mod process;

pub(crate) use counter::Counter;
pub(crate) use family::plain;
pub(crate) use operation::{CallTimer, OpMetrics, OpSnapshot, RouteSnapshot};
pub(crate) use process::open_files;

use counter::{Gauge, Statuses};
use histogram::{DurationHistogram, SizeHistogram};
use std::time::SystemTime;

/// Caught panics of this process. Per process, because the panic hook that counts them is per
/// process.
pub(crate) static PANICS: Counter = Counter::new();

/// What the server has counted since its start, apart from the metrics of each operation.
#[derive(Debug)]
pub struct Metrics {
    pub(crate) began: SystemTime,
    /// Statuses of what reached no operation.
    pub(crate) unrouted: Statuses,
    pub(crate) refused: [Counter; RefusalReason::ALL.len()],
    pub(crate) http: HttpMetrics,
    pub(crate) writes: WriterMetrics,
    pub(crate) messages: SmsMetrics,
}

impl Default for Metrics {
    fn default() -> Self {
        Metrics {
            began: SystemTime::now(),
            unrouted: Statuses::default(),
            refused: Default::default(),
            http: HttpMetrics::default(),
            writes: WriterMetrics::default(),
            messages: SmsMetrics::default(),
        }
    }
}

impl Metrics {
    /// Something was refused.
    pub(crate) fn refused(&self, why: RefusalReason) {
        self.refused[why as usize].add();
    }
}

/// What HTTP counts.
#[derive(Debug)]
pub(crate) struct HttpMetrics {
    /// Answers by their status, from 100 on.
    pub(crate) codes: [Counter; 500],
    /// Connections that are open.
    pub(crate) open: Gauge,
    /// Idle connections that were asked to close because places were short.
    pub(crate) evicted: Counter,
    /// New connections that were closed because their address had half of all places.
    pub(crate) refused_by_limit: Counter,
}

impl Default for HttpMetrics {
    fn default() -> Self {
        let codes = std::array::from_fn(|_| Counter::new());
        HttpMetrics {
            codes,
            open: Gauge::default(),
            evicted: Counter::new(),
            refused_by_limit: Counter::new(),
        }
    }
}

impl HttpMetrics {
    /// How many requests were answered; of these refused (400 to 499), and failed (from 500).
    pub(crate) fn totals(&self) -> [u64; 3] {
        let sum = |from: usize| self.codes.iter().skip(from).map(Counter::get).sum::<u64>();
        let (all, wrong, failed) = (sum(0), sum(300), sum(400));
        [all, wrong - failed.min(wrong), failed]
    }

    /// A request was answered with this HTTP status.
    pub(crate) fn answered(&self, code: u16) {
        if let Some(counter) = self.codes.get(usize::from(code).wrapping_sub(100)) {
            counter.add();
        }
    }
}

/// Why the engine refused a request, before an operation ran or because something the operation
/// needs was used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RefusalReason {
    /// The address has sent as many as it may.
    Rate,
    /// The body is too long.
    BodySize,
    /// The body did not come in time.
    BodyTime,
    /// There was no memory for the body.
    BodyMemory,
    /// There was no memory for the answer.
    AnswerMemory,
    /// The head is too long.
    HeadSize,
    /// It can't be read, or be read in two ways.
    Malformed,
    /// A page of another site may not ask for this.
    Foreign,
    /// As many writes wait for the writer as may.
    QueueFull,
    /// All readers of the database are taken.
    NoReader,
    /// Too many wait for a place for work of this kind, or one has waited too long.
    NoPermit,
}

impl RefusalReason {
    /// All of them in their order, each with its label.
    pub(crate) const ALL: [(RefusalReason, &'static str); 11] = [
        (RefusalReason::Rate, "rate_limit"),
        (RefusalReason::BodySize, "body_size"),
        (RefusalReason::BodyTime, "body_time"),
        (RefusalReason::BodyMemory, "body_memory"),
        (RefusalReason::AnswerMemory, "answer_memory"),
        (RefusalReason::HeadSize, "head_size"),
        (RefusalReason::Malformed, "malformed"),
        (RefusalReason::Foreign, "foreign_page"),
        (RefusalReason::QueueFull, "queue_full"),
        (RefusalReason::NoReader, "no_reader"),
        (RefusalReason::NoPermit, "no_place"),
    ];
}

/// What the writer counts.
#[derive(Debug, Default)]
pub(crate) struct WriterMetrics {
    /// Jobs that wait for it.
    pub(crate) waiting: Gauge,
    /// Jobs in a group.
    pub(crate) group: SizeHistogram,
    /// The statement COMMIT, which writes the log and syncs it.
    pub(crate) commit: DurationHistogram,
    /// Groups of which nothing was kept.
    pub(crate) lost: Counter,
    /// Transactions that were run again.
    pub(crate) retried: Counter,
    /// Moving the log into the database file.
    pub(crate) checkpoint: DurationHistogram,
}

/// SMS messages, counted by outcome.
#[derive(Debug, Default)]
pub(crate) struct SmsMetrics {
    /// The gateway took them.
    pub(crate) sent: Counter,
    /// The gateway said why it did not.
    pub(crate) refused: Counter,
    /// It did not answer in time: nobody knows.
    pub(crate) timed_out: Counter,
    /// It could not be reached, or failed without saying why.
    pub(crate) failed: Counter,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusal_reasons_are_numbered_by_their_index() {
        for (place, (why, _)) in RefusalReason::ALL.iter().enumerate() {
            assert_eq!(*why as usize, place);
        }
    }

    #[test]
    fn invalid_http_status_is_not_counted() {
        let http = HttpMetrics::default();
        for code in [0, 99, 100, 599, 600, u16::MAX] {
            http.answered(code);
        }
        let counted: Vec<u64> = http.codes.iter().map(Counter::get).collect();
        assert_eq!((counted[0], counted[499], counted.iter().sum::<u64>()), (1, 1, 2));
    }
}
