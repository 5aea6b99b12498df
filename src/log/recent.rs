//! The last lines of the log, in memory, for the console. Lines of requests are not among them.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// How many bytes are kept at most.
const BYTES: usize = 256 * 1024;

/// The most bytes of a line that are kept.
const LINE: usize = 2 * 1024;

/// The last lines.
pub(super) struct Recent(Mutex<Kept>);

struct Kept {
    lines: VecDeque<String>,
    bytes: usize,
}

impl Recent {
    pub(super) const fn new() -> Self {
        Recent(Mutex::new(Kept { lines: VecDeque::new(), bytes: 0 }))
    }

    /// Keep a line; the oldest make room for it.
    pub(super) fn add(&self, line: &[u8]) {
        let line = line.get(..LINE).unwrap_or(line);
        let line = String::from_utf8_lossy(line).trim_end().to_owned();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.bytes += line.len();
        kept.lines.push_back(line);
        while kept.bytes > BYTES {
            let Some(oldest) = kept.lines.pop_front() else { break };
            kept.bytes -= oldest.len();
        }
    }

    /// The lines with this text, whatever the case of ASCII letters, the newest first.
    pub(super) fn with(&self, text: &str, most: usize) -> Vec<String> {
        let text = text.to_ascii_lowercase();
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.lines.iter().rev();
        found.filter(|line| line.to_ascii_lowercase().contains(&text)).take(most).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_lines_are_kept_in_bounded_memory() {
        let recent = Recent::new();
        for nth in 0..1_000 {
            recent.add(format!("Line {nth} {}\n", "x".repeat(1_000)).as_bytes());
        }
        recent.add(&[b'y'; 5_000]);
        let lines = recent.with("", usize::MAX);
        assert_eq!(lines[0].len(), LINE);
        assert!(lines.iter().map(String::len).sum::<usize>() <= BYTES);
        assert!(lines.len() > 200 && lines[1].starts_with("Line 999 "));
        assert_eq!(recent.with("LINE 998 ", 10).len(), 1);
        assert_eq!(recent.with("line", 3).len(), 3);
        assert!(recent.with("line 1 ", 10).is_empty(), "it made room");
    }
}
