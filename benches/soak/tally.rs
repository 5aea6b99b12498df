//! Counts answers by kind, and prints unexpected ones.

use std::collections::BTreeMap;
use std::time::Duration;

/// Number of unexpected answers that are printed in full.
const EXAMPLES: usize = 20;

/// The result of checking an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// An expected success.
    Done,
    /// An expected refusal.
    Refused,
    Unexpected,
}

/// Number of answers of each verdict.
#[derive(Debug, Default, Clone, Copy)]
pub struct Counts {
    pub done: u64,
    pub refused: u64,
    pub unexpected: u64,
}

impl Counts {
    fn add(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Done => self.done += 1,
            Verdict::Refused => self.refused += 1,
            Verdict::Unexpected => self.unexpected += 1,
        }
    }

    fn all(self) -> u64 {
        self.done + self.refused + self.unexpected
    }
}

#[derive(Default)]
pub struct Tally {
    by_kind: BTreeMap<&'static str, Counts>,
    /// Since the last sample.
    recent: Counts,
    /// Latencies of score requests since the last sample, in microseconds. Others are left out,
    /// because password hashing would dominate.
    latencies: Vec<u32>,
    examples: Vec<String>,
}

/// Answers between two samples.
pub struct Recent {
    pub counts: Counts,
    /// Latency of score requests, in milliseconds.
    pub p99: f64,
}

impl Tally {
    /// Records an answer to a request of this `kind` and its latency.
    pub fn add(&mut self, kind: &'static str, verdict: Verdict, took: Duration) {
        self.by_kind.entry(kind).or_default().add(verdict);
        self.recent.add(verdict);
        if kind.starts_with("score/") {
            self.latencies.push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
        }
    }

    /// Stores an unexpected answer, if there is space.
    pub fn example(&mut self, text: impl FnOnce() -> String) {
        if self.examples.len() < EXAMPLES {
            let text = text();
            eprintln!("unexpected: {text}");
            self.examples.push(text);
        }
    }

    /// Answers since the last call.
    pub fn recent(&mut self) -> Recent {
        self.latencies.sort_unstable();
        let p99 = self.latencies.get(self.latencies.len() * 99 / 100);
        let p99 = p99.map_or(f64::NAN, |us| f64::from(*us) / 1e3);
        self.latencies.clear();
        Recent { counts: std::mem::take(&mut self.recent), p99 }
    }

    /// A line for each kind, and the total number of unexpected answers.
    pub fn table(&self) -> (String, u64) {
        let mut table = format!(
            "{:<28} {:>9} {:>9} {:>11} {:>9}\n",
            "kind", "done", "refused", "unexpected", "all"
        );
        for (kind, counts) in &self.by_kind {
            let Counts { done, refused, unexpected } = counts;
            let all = counts.all();
            table += &format!("{kind:<28} {done:>9} {refused:>9} {unexpected:>11} {all:>9}\n");
        }
        (table, self.by_kind.values().map(|counts| counts.unexpected).sum())
    }
}
