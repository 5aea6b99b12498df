//! Lines that are written a moment later, many at once: a request that waited for whoever reads the
//! log would be as slow as that reader, and a line by itself costs a call of the system.
//!
//! Where the reader is so slow that [`MOST`] wait, lines are dropped and counted.

use crate::metrics::Counter;
use std::io::{self, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How long lines are gathered before they are written.
const PAUSE: Duration = Duration::from_millis(20);

/// The most bytes that wait: some 25,000 lines.
const MOST: usize = 4 * 1024 * 1024;

/// How much room stays for the next ones.
const USUAL: usize = 64 * 1024;

/// Lines that wait to be written.
pub(super) struct Later {
    lines: Mutex<Vec<u8>>,
    come: Condvar,
    /// Held while lines are written, so that they keep their order.
    writing: Mutex<Vec<u8>>,
    dropped: Counter,
}

impl Later {
    pub(super) const fn new() -> Self {
        Later {
            lines: Mutex::new(Vec::new()),
            come: Condvar::new(),
            writing: Mutex::new(Vec::new()),
            dropped: Counter::new(),
        }
    }

    /// Write what comes, for as long as the process lives.
    pub(super) fn start(&'static self) -> io::Result<()> {
        let work = move || {
            loop {
                drop(self.come.wait_while(held(&self.lines), |lines| lines.is_empty()));
                thread::sleep(PAUSE);
                // Whoever reads the log has gone: there is nobody to tell.
                let _ = self.write(&mut io::stderr());
            }
        };
        thread::Builder::new().name("log".into()).spawn(work).map(drop)
    }

    /// Have a line written.
    pub(super) fn add(&self, line: &[u8]) {
        let mut lines = held(&self.lines);
        if lines.len() + line.len() > MOST {
            return self.dropped.add();
        }
        let is_first = lines.is_empty();
        lines.extend_from_slice(line);
        drop(lines);
        if is_first {
            self.come.notify_one();
        }
    }

    /// Write now what waits.
    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let mut batch = held(&self.writing);
        std::mem::swap(&mut *batch, &mut held(&self.lines));
        let written = out.write_all(&batch);
        // A rush that is over is no reason to hold on to memory.
        batch.clear();
        batch.shrink_to(USUAL);
        written
    }

    /// How many lines found no room.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.get()
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_out_in_their_order_and_once() {
        let later = Later::new();
        later.add(b"one\n");
        later.add(b"two\n");
        let mut out = Vec::new();
        later.write(&mut out).unwrap();
        later.add(b"three\n");
        later.write(&mut out).unwrap();
        later.write(&mut out).unwrap();
        assert_eq!(out, b"one\ntwo\nthree\n");
    }

    #[test]
    fn what_finds_no_room_is_counted_and_no_line_is_torn() {
        let later = Later::new();
        let line = [b'x'; 1000];
        let fit = MOST / line.len();
        for _ in 0..fit + 5 {
            later.add(&line);
        }
        assert_eq!(later.dropped(), 5);
        let mut out = Vec::new();
        later.write(&mut out).unwrap();
        assert_eq!(out.len(), fit * line.len());
        later.add(&line);
        assert_eq!(later.dropped(), 5, "there is room again");
    }
}
