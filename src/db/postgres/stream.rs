//! The stream in which a connection tells other servers what it commits.

use std::time::{Duration, Instant};

/// After this time a stream is not used again: what nobody uses is removed ([`follow`](super::follow)) after an hour.
const USED_FOR: Duration = Duration::from_mins(20);

/// A stream: the rows that one connection numbers 1, 2, 3 and so on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stream {
    /// Its id in the database.
    pub(crate) id: i64,
    /// The number of the last row that was committed; 0 if there is none.
    pub(crate) n: i64,
    used: Instant,
}

impl Stream {
    /// One without rows.
    pub(crate) fn new(id: i64) -> Self {
        Stream { id, n: 0, used: Instant::now() }
    }

    /// May it be used again?
    pub(crate) fn is_usable(&self) -> bool {
        self.used.elapsed() < USED_FOR
    }

    /// The same after one more row.
    pub(crate) fn next(self) -> Self {
        Stream { n: self.n + 1, used: Instant::now(), ..self }
    }
}
