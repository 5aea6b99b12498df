//! Kinds of work: how much of each is done at once, and which gives way to everything else.

use std::time::Duration;

/// A kind of work, of which only so much is done at once.
pub trait Kind: Send + 'static {
    /// How many at once, on a machine with `cores`.
    fn places(cores: usize) -> usize;
    /// How many of `permits` places one client address may take at once: while no other address has
    /// work of this kind, and while another has. What is left is free for a newcomer at once.
    fn per_address(permits: usize) -> (usize, usize);
    /// Its place among the kinds.
    const INDEX: usize;
    /// Does it get only the processor time that nothing else wants?
    const GIVES_WAY: bool;
    /// How long a piece of it may take before it is plain that giving way means waiting for ever.
    const STUCK: Option<Duration>;
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $index:literal, gives_way: $way:literal, stuck: $stuck:expr, $places:expr, per_address: $share:expr;)+) => {
        $(
            $(#[$doc])*
            pub struct $kind;
            impl Kind for $kind {
                const INDEX: usize = $index;
                const GIVES_WAY: bool = $way;
                const STUCK: Option<Duration> = $stuck;
                fn places(cores: usize) -> usize {
                    let places: fn(usize) -> usize = $places;
                    places(cores)
                }
                fn per_address(permits: usize) -> (usize, usize) {
                    let share: fn(usize) -> (usize, usize) = $share;
                    share(permits)
                }
            }
        )+

        /// How many places each kind has on a machine with `cores`, and whether it gives way.
        pub(crate) fn all(cores: usize) -> [(usize, bool); [$($index),+].len()] {
            [$(($kind::places(cores), $kind::GIVES_WAY)),+]
        }
    };
}

kinds! {
    /// Password hashing: 19 MiB and 25 ms of a core each. At most two at a time on a machine of
    /// 512 MB, and never on every core: they push everything else out of the caches that they share.
    Hash = 0, gives_way: true, stuck: Some(Duration::from_secs(1)), |cores| (cores / 2).clamp(1, 2),
        per_address: |permits| (permits, permits);
    /// Drawing captchas: all of it processor time, but little.
    Draw = 1, gives_way: false, stuck: None, |cores| cores, per_address: |permits| (permits, permits);
    /// Checking pictures: a decoder may need 150 MB of the 512, so there is never a second one.
    Pictures = 2, gives_way: true, stuck: None, |_| 1, per_address: |permits| (permits, permits);
    /// Waiting for somebody else's server.
    Gateway = 3, gives_way: false, stuck: None, |_| 32, per_address: |permits| (permits / 2, permits / 2);
    /// Reading many rows.
    Scan = 4, gives_way: false, stuck: None, |cores| 2 * cores, per_address: |permits| (permits / 2, (permits / 4).max(1));
    /// Keeping and reading pictures: waiting for the disk, or for the store that they are in.
    Store = 5, gives_way: false, stuck: None, |_| 32, per_address: |permits| (permits / 2, permits / 2);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_never_takes_all_slow_permits() {
        for cores in [1, 2, 8] {
            let places = Scan::places(cores);
            assert_eq!(Scan::per_address(places), (cores, (cores / 2).max(1)));
        }
        assert_eq!(Gateway::per_address(Gateway::places(1)), (16, 16));
        assert_eq!(Hash::per_address(Hash::places(1)), (1, 1));
    }

    #[test]
    fn work_classes_have_distinct_indexes() {
        let kinds = [
            (Hash::INDEX, Hash::places(8)),
            (Draw::INDEX, Draw::places(8)),
            (Pictures::INDEX, Pictures::places(8)),
            (Gateway::INDEX, Gateway::places(8)),
            (Scan::INDEX, Scan::places(8)),
            (Store::INDEX, Store::places(8)),
        ];
        for (nth, (index, places)) in kinds.into_iter().enumerate() {
            assert_eq!((index, places), (nth, all(8)[nth].0));
        }
    }
}
