//! Kinds of work: how much of each is done at once, and which gives way to everything else.

use std::time::Duration;

/// A kind of work, of which only so much is done at once.
pub trait WorkClass: Send + 'static {
    /// How many at once, on a machine with `cores`.
    fn permits(cores: usize) -> usize;
    /// How many of `permits` places one client address may take at once: while no other address has
    /// work of this kind, and while another has. What is left is free for a newcomer at once.
    fn per_address(permits: usize) -> (usize, usize);
    /// Its place among the kinds.
    const INDEX: usize;
    /// Does it get only the processor time that nothing else wants?
    const IDLE_PRIORITY: bool;
    /// Run time after which a job of idle priority counts as starved.
    const STARVED_AFTER: Option<Duration>;
}

macro_rules! work_classes {
    ($($(#[$doc:meta])* $class:ident = $index:literal, idle_priority: $idle:literal, starved_after: $stuck:expr, $places:expr, per_address: $share:expr;)+) => {
        $(
            $(#[$doc])*
            pub struct $class;
            impl WorkClass for $class {
                const INDEX: usize = $index;
                const IDLE_PRIORITY: bool = $idle;
                const STARVED_AFTER: Option<Duration> = $stuck;
                fn permits(cores: usize) -> usize {
                    let permits: fn(usize) -> usize = $places;
                    permits(cores)
                }
                fn per_address(permits: usize) -> (usize, usize) {
                    let share: fn(usize) -> (usize, usize) = $share;
                    share(permits)
                }
            }
        )+

        /// For each class: its permits on a machine with `cores`, and whether it has idle priority.
        pub(crate) fn all(cores: usize) -> [(usize, bool); [$($index),+].len()] {
            [$(($class::permits(cores), $class::IDLE_PRIORITY)),+]
        }
    };
}

work_classes! {
    /// Password hashing: 19 MiB and 25 ms of a core each. At most two at a time on a machine of
    /// 512 MB, and never on every core: they push everything else out of the caches that they share.
    Hash = 0, idle_priority: true, starved_after: Some(Duration::from_secs(1)), |cores| (cores / 2).clamp(1, 2),
        per_address: |permits| (permits, permits);
    /// Drawing captchas: all of it processor time, but little.
    Draw = 1, idle_priority: false, starved_after: None, |cores| cores, per_address: |permits| (permits, permits);
    /// Checking pictures: a decoder may need 30 MB of the 512, so there is never a second one.
    Pictures = 2, idle_priority: true, starved_after: None, |_| 1, per_address: |permits| (permits, permits);
    /// Waiting for somebody else's server.
    Gateway = 3, idle_priority: false, starved_after: None, |_| 32, per_address: |permits| (permits / 2, permits / 2);
    /// Reading many rows.
    Scan = 4, idle_priority: false, starved_after: None, |cores| 2 * cores, per_address: |permits| (permits / 2, (permits / 4).max(1));
    /// Keeping and reading pictures: waiting for the disk, or for the store that they are in.
    Store = 5, idle_priority: false, starved_after: None, |_| 32, per_address: |permits| (permits / 2, permits / 2);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_never_takes_all_slow_permits() {
        for cores in [1, 2, 8] {
            let permits = Scan::permits(cores);
            assert_eq!(Scan::per_address(permits), (cores, (cores / 2).max(1)));
        }
        assert_eq!(Gateway::per_address(Gateway::permits(1)), (16, 16));
        assert_eq!(Hash::per_address(Hash::permits(1)), (1, 1));
    }

    #[test]
    fn work_classes_have_distinct_indexes() {
        let work_classes = [
            (Hash::INDEX, Hash::permits(8)),
            (Draw::INDEX, Draw::permits(8)),
            (Pictures::INDEX, Pictures::permits(8)),
            (Gateway::INDEX, Gateway::permits(8)),
            (Scan::INDEX, Scan::permits(8)),
            (Store::INDEX, Store::permits(8)),
        ];
        for (nth, (index, permits)) in work_classes.into_iter().enumerate() {
            assert_eq!((index, permits), (nth, all(8)[nth].0));
        }
    }
}
