//! Counters and gauges, each one atomic integer.

use std::sync::atomic::{AtomicU64, Ordering};

/// A number that only grows.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) const fn new() -> Self {
        Counter(AtomicU64::new(0))
    }

    /// One more.
    pub(crate) fn add(&self) {
        // Nothing else is told by these numbers, so no order with anything else is needed.
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The current number of something.
#[derive(Debug, Default)]
pub(crate) struct Gauge(AtomicU64);

impl Gauge {
    /// Add `count`.
    pub(crate) fn up(&self, count: usize) {
        self.0.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// Subtract `count`, which was added before.
    pub(crate) fn down(&self, count: usize) {
        self.0.fetch_sub(count as u64, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Answers counted by their integer status, without a lock.
///
/// Only the operations know which statuses exist, so a status takes the first free slot when it
/// first occurs. There are few; beyond [`Statuses::SLOTS`] all other statuses share one counter, so
/// that no gateway or client can create counters without end.
#[derive(Debug)]
pub(crate) struct Statuses {
    slots: [Slot; Self::SLOTS],
    others: Counter,
}

/// A status (0 while the slot is free), and how often it occurred.
#[derive(Debug, Default)]
struct Slot {
    status: std::sync::atomic::AtomicI64,
    told: Counter,
}

impl Statuses {
    /// More statuses than any operation has: `sms/generate` has up to 50.
    const SLOTS: usize = 64;

    /// Told once more. 0 is no status of a fault.
    pub(crate) fn add(&self, status: i64) {
        for place in &self.slots {
            let mut held = place.status.load(Ordering::Relaxed);
            if held == 0 {
                let taken =
                    place.status.compare_exchange(0, status, Ordering::Relaxed, Ordering::Relaxed);
                held = taken.map_or_else(|by_another| by_another, |_| status);
            }
            if held == status {
                return place.told.add();
            }
        }
        self.others.add();
    }

    /// Each status and how often it occurred; `None` stands for all statuses without a slot.
    pub(crate) fn get(&self) -> Vec<(Option<i64>, u64)> {
        let taken = |place: &Slot| match place.status.load(Ordering::Relaxed) {
            0 => None,
            status => Some((Some(status), place.told.get())),
        };
        let others = Some((None, self.others.get())).filter(|(_, told)| *told > 0);
        self.slots.iter().filter_map(taken).chain(others).collect()
    }
}

impl Default for Statuses {
    fn default() -> Self {
        Statuses { slots: std::array::from_fn(|_| Slot::default()), others: Counter::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread::scope;

    #[test]
    fn each_status_has_its_own_counter() {
        let statuses = Statuses::default();
        scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..3_000).for_each(|nth| statuses.add(-2 - nth % 3)));
            }
        });
        let mut told = statuses.get();
        told.sort_unstable();
        assert_eq!(told, [(Some(-4), 8_000), (Some(-3), 8_000), (Some(-2), 8_000)]);
    }

    #[test]
    fn statuses_past_the_limit_share_a_counter() {
        let statuses = Statuses::default();
        (1..=10_000).for_each(|status| statuses.add(status));
        let told = statuses.get();
        assert_eq!(told.len(), Statuses::SLOTS + 1);
        assert_eq!(told.iter().map(|(_, count)| count).sum::<u64>(), 10_000);
        assert_eq!(told.last(), Some(&(None, 10_000 - Statuses::SLOTS as u64)));
    }
}
