//! Histograms: one counter for each range of values, and their sum.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of the ranges of durations, in nanoseconds: 50 µs to 10 s.
const TIMES: [u64; 17] = [
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    5_000_000_000,
    10_000_000_000,
];

/// Upper bounds of the ranges for the number of jobs in a group.
const SIZES: [u64; 11] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

/// Nanoseconds in a second.
const SECOND: u64 = 1_000_000_000;

/// A histogram of durations.
#[derive(Debug)]
pub(crate) struct DurationHistogram(Histogram<{ TIMES.len() }>);

impl DurationHistogram {
    pub(crate) fn add(&self, time: Duration) {
        // Nothing takes the 584 years after which this begins anew.
        let whole = time.as_secs().wrapping_mul(SECOND);
        self.0.add(&TIMES, whole.wrapping_add(time.subsec_nanos().into()));
    }

    /// In seconds.
    pub(crate) fn get(&self) -> HistogramSnapshot {
        self.0.get(&TIMES, SECOND)
    }
}

impl Default for DurationHistogram {
    fn default() -> Self {
        DurationHistogram(Histogram::new())
    }
}

/// A histogram of counts.
#[derive(Debug)]
pub(crate) struct SizeHistogram(Histogram<{ SIZES.len() }>);

impl SizeHistogram {
    pub(crate) fn add(&self, size: usize) {
        self.0.add(&SIZES, size as u64);
    }

    pub(crate) fn get(&self) -> HistogramSnapshot {
        self.0.get(&SIZES, 1)
    }
}

impl Default for SizeHistogram {
    fn default() -> Self {
        SizeHistogram(Histogram::new())
    }
}

/// A histogram as it was at one moment.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct HistogramSnapshot {
    /// The upper bound of each range, and how many values are in it; the last range has no bound.
    pub ranges: Vec<(f64, u64)>,
    /// How many values there are in all.
    pub count: u64,
    /// The sum of all values.
    pub sum: f64,
}

#[derive(Debug)]
struct Histogram<const RANGES: usize> {
    within: [AtomicU64; RANGES],
    beyond: AtomicU64,
    sum: AtomicU64,
}

impl<const RANGES: usize> Histogram<RANGES> {
    fn new() -> Self {
        let within = std::array::from_fn(|_| AtomicU64::new(0));
        Histogram { within, beyond: AtomicU64::new(0), sum: AtomicU64::new(0) }
    }

    fn add(&self, ends: &[u64; RANGES], value: u64) {
        // Most values are small: nearly always one of the first.
        let range = ends.iter().zip(&self.within).find(|(end, _)| value <= **end);
        range.map_or(&self.beyond, |(_, range)| range).fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    /// The unit of the bucket bounds and of the sum.
    #[allow(clippy::cast_precision_loss, reason = "past a hundred days a sum is rounded")]
    fn get(&self, ends: &[u64; RANGES], unit: u64) -> HistogramSnapshot {
        let unit = unit as f64;
        let beyond = (f64::INFINITY, self.beyond.load(Ordering::Relaxed));
        let ranges = ends.iter().zip(&self.within);
        let ranges = ranges.map(|(end, range)| (*end as f64 / unit, range.load(Ordering::Relaxed)));
        let ranges: Vec<_> = ranges.chain([beyond]).collect();
        // Counted from the ranges: a number of its own might be ahead of them or behind.
        let count = ranges.iter().map(|(_, count)| count).sum();
        HistogramSnapshot { ranges, count, sum: self.sum.load(Ordering::Relaxed) as f64 / unit }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_is_counted_in_the_first_fitting_bucket() {
        let times = DurationHistogram::default();
        let micros = Duration::from_micros;
        for time in [micros(0), micros(50), micros(51), micros(10_000_000), micros(10_000_001)] {
            times.add(time);
        }
        let HistogramSnapshot { ranges, count, sum } = times.get();
        assert_eq!((ranges[0], ranges[1]), ((0.000_05, 2), (0.000_1, 1)));
        assert_eq!(ranges[ranges.len() - 2..], [(10.0, 1), (f64::INFINITY, 1)]);
        assert_eq!(count, 5);
        assert!((sum - 20.000_102).abs() < 1e-9, "{sum}");
    }

    #[test]
    fn longest_duration_does_not_overflow() {
        let times = DurationHistogram::default();
        times.add(Duration::MAX);
        assert_eq!(times.get().count, 1);
    }
}
