//! What a server counts of itself, and how Prometheus reads it.
//!
//! A request adds to a few atomic integers whose places are known beforehand; it takes no lock and
//! looks nothing up. Names, labels, sizes of files and the process's own figures are put together
//! when somebody asks (`scrape`).
//!
//! Labels are few: operations, statuses, codes, reasons. Nothing that a client makes up becomes one,
//! but for the names of boards, of which a program bounds the number.

mod count;
pub(crate) mod family;
mod histogram;
pub(crate) mod operation;
pub(crate) mod process;

pub(crate) use count::Counter;
pub(crate) use family::plain;
pub(crate) use operation::{Call, Operation, Tally};
pub(crate) use process::open_files;

use count::{Level, Statuses};
use histogram::{Sizes, Times};
use std::time::SystemTime;

/// Panics in this process, wherever they were caught. Not a server's own, because what notices them
/// is the process's.
pub(crate) static PANICS: Counter = Counter::new();

/// What a server has counted since it began, besides what each operation counts of itself.
#[derive(Debug)]
pub struct Metrics {
    pub(crate) began: SystemTime,
    /// Statuses of what reached no operation.
    pub(crate) astray: Statuses,
    pub(crate) refused: [Counter; Refused::ALL.len()],
    pub(crate) http: Http,
    pub(crate) writes: Writes,
    pub(crate) messages: Messages,
}

impl Default for Metrics {
    fn default() -> Self {
        Metrics {
            began: SystemTime::now(),
            astray: Statuses::default(),
            refused: Default::default(),
            http: Http::default(),
            writes: Writes::default(),
            messages: Messages::default(),
        }
    }
}

impl Metrics {
    /// Something was refused.
    pub(crate) fn refused(&self, why: Refused) {
        self.refused[why as usize].add();
    }
}

/// What HTTP counts.
#[derive(Debug)]
pub(crate) struct Http {
    /// Answers by their status, from 100 on.
    pub(crate) codes: [Counter; 500],
    /// Connections that are open.
    pub(crate) open: Level,
    /// Idle connections that were asked to close because places were short.
    pub(crate) evicted: Counter,
    /// New connections that were closed because their address had half of all places.
    pub(crate) turned_away: Counter,
}

impl Default for Http {
    fn default() -> Self {
        let codes = std::array::from_fn(|_| Counter::new());
        Http { codes, open: Level::default(), evicted: Counter::new(), turned_away: Counter::new() }
    }
}

impl Http {
    /// A request was answered with this HTTP status.
    pub(crate) fn answered(&self, code: u16) {
        if let Some(counter) = self.codes.get(usize::from(code).wrapping_sub(100)) {
            counter.add();
        }
    }
}

/// Why a request was refused by the engine, before an operation could look at it or while it had none
/// to spare of what the operation needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
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
    NoPlace,
}

impl Refused {
    /// All of them in their order, each with its label.
    pub(crate) const ALL: [(Refused, &'static str); 11] = [
        (Refused::Rate, "rate_limit"),
        (Refused::BodySize, "body_size"),
        (Refused::BodyTime, "body_time"),
        (Refused::BodyMemory, "body_memory"),
        (Refused::AnswerMemory, "answer_memory"),
        (Refused::HeadSize, "head_size"),
        (Refused::Malformed, "malformed"),
        (Refused::Foreign, "foreign_page"),
        (Refused::QueueFull, "queue_full"),
        (Refused::NoReader, "no_reader"),
        (Refused::NoPlace, "no_place"),
    ];
}

/// What the writer counts.
#[derive(Debug, Default)]
pub(crate) struct Writes {
    /// Jobs that wait for it.
    pub(crate) waiting: Level,
    /// Jobs in a group.
    pub(crate) group: Sizes,
    /// The statement COMMIT, which writes the log and syncs it.
    pub(crate) commit: Times,
    /// Groups of which nothing was kept.
    pub(crate) lost: Counter,
    /// Moving the log into the database file.
    pub(crate) checkpoint: Times,
}

/// Messages by what became of them.
#[derive(Debug, Default)]
pub(crate) struct Messages {
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
        for (place, (why, _)) in Refused::ALL.iter().enumerate() {
            assert_eq!(*why as usize, place);
        }
    }

    #[test]
    fn invalid_http_status_is_not_counted() {
        let http = Http::default();
        for code in [0, 99, 100, 599, 600, u16::MAX] {
            http.answered(code);
        }
        let counted: Vec<u64> = http.codes.iter().map(Counter::get).collect();
        assert_eq!((counted[0], counted[499], counted.iter().sum::<u64>()), (1, 1, 2));
    }
}
