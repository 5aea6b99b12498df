//! How many operations a client may call in a minute, in a fixed amount of memory.
//!
//! Each client has a time at which all it did will have been paid for: every operation moves that time
//! on by a minute divided by the limit, and an operation is refused if the time is further ahead than the
//! burst allows (the generic cell rate algorithm). A table with an entry a client could be made to grow
//! by many addresses. So the times stand in `ROWS` arrays of a fixed size, in each at a place that a
//! hash of the client gives, and the earliest of its times counts: a client is slowed down by another one
//! only if all of its places are shared with busy clients (a count-min sketch): while 10,000 clients use up
//! their limits at once, that is one client in 2,500. The hash has a secret key, so nobody can choose
//! an address that shares somebody's places.

use crate::client::{Client, Share};
use crate::fault::{Exceeded, Fault};
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The limit's name in the configuration.
pub const NAME: &str = "limits.requests_per_minute";

/// How many arrays there are.
const ROWS: usize = 4;

/// How many times each array has; 2 MiB in all.
const COLUMNS: usize = 1 << 16;

const MINUTE: u64 = 60_000_000_000;

/// The limit's burst is what it allows in this many nanoseconds …
const BURST: u64 = 10_000_000_000;

/// … but at least this many operations, where the limit itself is not lower: a page asks for several
/// things at once.
const LEAST_BURST: u64 = 10;

/// The limit and what clients have used of it.
pub struct Rate {
    limit: u64,
    began: Instant,
    keys: RandomState,
    /// Nanoseconds since `began`.
    times: Box<[AtomicU64]>,
}

impl Rate {
    /// `per_minute` operations a minute for each address; `None` if that is 0, no limit.
    pub fn new(per_minute: u32) -> Option<Self> {
        (per_minute > 0).then(|| Rate {
            limit: u64::from(per_minute),
            began: Instant::now(),
            keys: RandomState::new(),
            times: (0..ROWS * COLUMNS).map(|_| AtomicU64::new(0)).collect(),
        })
    }

    /// Count one operation of this client. One that is refused is not counted.
    pub fn count(&self, client: &Client) -> Result<(), Fault> {
        self.count_at(client, self.began.elapsed())
    }

    fn count_at(&self, client: &Client, now: Duration) -> Result<(), Fault> {
        let now = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        let wait = client.shares().map(|share| self.wait(&share, now)).max().unwrap_or(0);
        if wait > 0 {
            let retry_after = wait.div_ceil(1_000_000_000);
            return Err(Fault::TooManyAttempts(Exceeded {
                limit: NAME,
                retry_after,
                instead: None,
            }));
        }
        for share in client.shares() {
            let cost = self.cost(&share);
            for time in self.places(&share) {
                // Two at the same moment may both be admitted; both are counted.
                let _ = time.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |time| {
                    Some(time.max(now).saturating_add(cost))
                });
            }
        }
        Ok(())
    }

    /// The nanoseconds that one operation costs.
    fn cost(&self, share: &Share) -> u64 {
        (MINUTE / share.scaled(self.limit).max(1)).max(1)
    }

    /// In how many nanoseconds the next operation is allowed.
    fn wait(&self, share: &Share, now: u64) -> u64 {
        let limit = share.scaled(self.limit).max(1);
        let cost = self.cost(share);
        let burst = (BURST / cost).max(LEAST_BURST.min(limit));
        let ahead = cost.saturating_mul(burst - 1);
        let used = self.places(share).map(|time| time.load(Ordering::Relaxed)).min().unwrap_or(0);
        used.saturating_sub(now.saturating_add(ahead))
    }

    /// Its times, one in each array.
    fn places(&self, share: &Share) -> impl Iterator<Item = &AtomicU64> {
        let hash = self.keys.hash_one(share);
        (0..ROWS).filter_map(move |row| {
            // Other sixteen bits of the hash for each array.
            let column = usize::try_from((hash >> (16 * row)) % COLUMNS as u64).unwrap_or(0);
            self.times.get(row * COLUMNS + column)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SharedNetworks;

    fn client(address: &str) -> Client {
        Client::new(address.parse().unwrap(), &SharedNetworks::default())
    }

    /// How many of `tries` operations are admitted at this second.
    fn admitted(rate: &Rate, client: &Client, tries: usize, second: u64) -> usize {
        let now = Duration::from_secs(second);
        (0..tries).filter(|_| rate.count_at(client, now).is_ok()).count()
    }

    #[test]
    fn burst_lasts_seconds_and_rate_is_kept() {
        let rate = Rate::new(600).unwrap();
        let one = client("192.0.2.1");
        assert_eq!(admitted(&rate, &one, 1000, 100), 100);
        assert_eq!(admitted(&rate, &one, 1000, 101), 10);
        assert_eq!(admitted(&rate, &one, 1000, 161), 100);
        assert_eq!(admitted(&rate, &client("192.0.2.2"), 1000, 161), 100);
        let few = Rate::new(3).unwrap();
        assert_eq!(admitted(&few, &one, 10, 100), 3);
        assert_eq!(admitted(&few, &one, 10, 120), 1);
    }

    #[test]
    fn refusal_tells_when_to_try_again() {
        let rate = Rate::new(1).unwrap();
        let one = client("192.0.2.1");
        assert_eq!(admitted(&rate, &one, 1, 10), 1);
        let fault = rate.count_at(&one, Duration::from_secs(30)).unwrap_err();
        let Fault::TooManyAttempts(exceeded) = fault else { panic!("{fault:?}") };
        assert_eq!(exceeded, Exceeded { limit: NAME, retry_after: 40, instead: None });
    }

    #[test]
    fn ipv6_site_is_limited_as_16_households() {
        let rate = Rate::new(6).unwrap();
        let household = |nth: u32| client(&format!("2001:db8:7:{nth:x}::1"));
        let all: usize = (0..100).map(|nth| admitted(&rate, &household(nth), 10, 50)).sum();
        assert_eq!(all, 16, "ten seconds' worth of 16 times 6 a minute");
        assert_eq!(admitted(&rate, &client("2001:db8:8::1"), 10, 50), 6);
    }

    #[test]
    fn busy_addresses_do_not_slow_down_others() {
        let rate = Rate::new(60).unwrap();
        let nth = |nth: u32| client(&std::net::Ipv4Addr::from(0x0a00_0000 + nth).to_string());
        for busy in 0..2_000 {
            admitted(&rate, &nth(busy), 12, 100);
        }
        for other in 100_000..101_000 {
            assert!(admitted(&rate, &nth(other), 5, 100) > 0, "{other}");
        }
        assert_eq!(rate.times.len(), ROWS * COLUMNS);
    }
}
