//! The log's writer. Lines about requests are written by a background thread, a moment later and
//! many at once, so that a line does not cost a system call. Other lines are written at once if the
//! reader of the log can take them, and otherwise by the thread. So no request and no shutdown ever
//! waits for that reader.
//!
//! If the reader is so slow that [`MAX_BYTES`] bytes are pending, lines are dropped and counted.
//! The count is logged once there is room again.

use crate::metrics::Counter;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How long lines about requests are collected before they are written. Other lines are not
/// delayed.
const BATCH_DELAY: Duration = Duration::from_millis(20);

/// The most pending bytes: some 25,000 lines. As many may be on their way to the reader.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// The most that a writable pipe is guaranteed to take at once.
const PIPE_PAGE: usize = 4096;

/// Buffer capacity that is kept after a rush.
const KEPT_CAPACITY: usize = 64 * 1024;

/// Lines that wait to be written.
pub(super) struct LogQueue {
    queue: Mutex<PendingLines>,
    /// A line has come, or one that does not wait.
    come: Condvar,
    /// All lines were written.
    done: Condvar,
    dropped: Counter,
    /// The thread was started.
    is_started: AtomicBool,
}

struct PendingLines {
    lines: Vec<u8>,
    /// The lines don't wait for others.
    is_urgent: bool,
    /// The thread is writing.
    is_writing: bool,
    /// How many dropped lines the log tells of already.
    reported: u64,
}

impl LogQueue {
    pub(super) const fn new() -> Self {
        LogQueue {
            queue: Mutex::new(PendingLines {
                lines: Vec::new(),
                is_urgent: false,
                is_writing: false,
                reported: 0,
            }),
            come: Condvar::new(),
            done: Condvar::new(),
            dropped: Counter::new(),
            is_started: AtomicBool::new(false),
        }
    }

    /// Start the thread that writes queued lines to stderr, for as long as the process lives.
    pub(super) fn start(&'static self) -> io::Result<()> {
        self.is_started.store(true, Relaxed);
        let work = move || self.write_all_to(&mut io::stderr());
        thread::Builder::new().name("log".into()).spawn(work).map(drop).inspect_err(|_| {
            self.is_started.store(false, Relaxed);
        })
    }

    /// Is there a thread that writes?
    pub(super) fn is_started(&self) -> bool {
        self.is_started.load(Relaxed)
    }

    /// Queue a line, or write it at once if it is urgent and the reader can take it.
    pub(super) fn add(&self, line: &[u8], is_urgent: bool) {
        let mut queue = self.queue();
        let is_idle = queue.lines.is_empty() && !queue.is_writing;
        if is_urgent && is_idle && self.is_started() && is_taken_now(line) {
            // Held on to the queue, so that no other line comes between.
            let _ = io::stderr().write_all(line);
            return;
        }
        if queue.lines.len() + line.len() > MAX_BYTES {
            return self.dropped.add();
        }
        let wakes = queue.lines.is_empty() || (is_urgent && !queue.is_urgent);
        queue.lines.extend_from_slice(line);
        queue.is_urgent |= is_urgent;
        drop(queue);
        if wakes {
            self.come.notify_one();
        }
    }

    /// Wait until all lines are written, at most for `timeout`; returns whether they were.
    pub(super) fn finish(&self, timeout: Duration) -> bool {
        let mut queue = self.queue();
        queue.is_urgent = true;
        self.come.notify_one();
        let is_busy = |queue: &mut PendingLines| queue.is_writing || !queue.lines.is_empty();
        let waited = self.done.wait_timeout_while(queue, timeout, is_busy);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    /// How many lines found no room.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.get()
    }

    fn write_all_to(&self, out: &mut impl Write) {
        let mut batch = Vec::new();
        loop {
            self.write_next_to(out, &mut batch);
        }
    }

    /// Wait for lines, and write them.
    fn write_next_to(&self, out: &mut impl Write, batch: &mut Vec<u8>) {
        let queue = self.come.wait_while(self.queue(), |queue| queue.lines.is_empty());
        let queue = queue.unwrap_or_else(PoisonError::into_inner);
        let gathered = self.come.wait_timeout_while(queue, BATCH_DELAY, |queue| !queue.is_urgent);
        let mut queue = gathered.unwrap_or_else(PoisonError::into_inner).0;
        std::mem::swap(batch, &mut queue.lines);
        (queue.is_urgent, queue.is_writing) = (false, true);
        drop(queue);
        // An error means that the reader of the log has gone: there is nobody to tell.
        let _ = out.write_all(batch);
        batch.clear();
        batch.shrink_to(KEPT_CAPACITY);
        let dropped = self.dropped.get();
        let mut queue = self.queue();
        queue.is_writing = false;
        let is_news = dropped > std::mem::replace(&mut queue.reported, dropped);
        drop(queue);
        if is_news {
            tracing::warn!(
                dropped,
                "the reader of the log is too slow: lines were dropped (the count is since the start)"
            );
        }
        self.done.notify_all();
    }

    fn queue(&self) -> MutexGuard<'_, PendingLines> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Can stderr take this line without waiting for its reader? A writable pipe or socket takes at
/// least a page (POSIX: `PIPE_BUF`). So a failure is in the log before whatever happens next, even
/// if the process dies.
fn is_taken_now(line: &[u8]) -> bool {
    let stderr = io::stderr();
    let mut ready = [PollFd::new(&stderr, PollFlags::OUT)];
    line.len() <= PIPE_PAGE
        && poll(&mut ready, Some(&Timespec::default())).is_ok()
        && ready[0].revents().contains(PollFlags::OUT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, channel};
    use std::time::Instant;

    /// A writer that blocks until the test allows a write.
    struct Stalled(Receiver<()>);

    impl Write for Stalled {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.recv();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn log_lines_are_written_once_and_in_order() {
        let queue = LogQueue::new();
        let (mut out, mut batch) = (Vec::new(), Vec::new());
        queue.add(b"one\n", false);
        queue.add(b"two\n", false);
        queue.write_next_to(&mut out, &mut batch);
        queue.add(b"three\n", true);
        queue.write_next_to(&mut out, &mut batch);
        assert_eq!(out, b"one\ntwo\nthree\n");
        assert!(queue.finish(Duration::ZERO));
    }

    #[test]
    fn dropped_lines_are_counted_and_none_is_cut() {
        let queue = LogQueue::new();
        let line = [b'x'; 1000];
        let fit = MAX_BYTES / line.len();
        for _ in 0..fit + 5 {
            queue.add(&line, false);
        }
        assert_eq!(queue.dropped(), 5);
        let mut out = Vec::new();
        queue.write_next_to(&mut out, &mut Vec::new());
        assert_eq!(out.len(), fit * line.len());
        queue.add(&line, false);
        assert_eq!(queue.dropped(), 5, "there is room again");
    }

    #[test]
    fn stalled_log_reader_blocks_nobody() {
        let queue: &'static LogQueue = Box::leak(Box::new(LogQueue::new()));
        let (read, reader) = channel();
        thread::spawn(move || queue.write_all_to(&mut Stalled(reader)));
        let begun = Instant::now();
        for _ in 0..10_000 {
            queue.add(&[b'x'; 1000], true);
        }
        assert!(!queue.finish(Duration::from_millis(50)));
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        assert!(queue.dropped() > 0);
        // From here on the reader reads.
        drop(read);
        assert!(queue.finish(Duration::from_secs(60)));
    }
}
