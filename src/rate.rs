//! The rate limit: how many operations a client may call in a minute, in a fixed amount of memory.
//!
//! It is the generic cell rate algorithm. Each client has a time at which its calls so far are paid
//! for. Each operation moves that time forward by a minute divided by the limit, and an operation
//! is refused if the time is further ahead than the burst allows.
//!
//! A table with an entry per client would grow with many addresses. So the times are in `ROWS`
//! arrays of a fixed size (a count-min sketch). A hash of the client selects one cell in each
//! array, and the earliest of these times counts. A client is slowed down by others only if all of
//! its cells are shared with busy clients: while 10,000 clients use up their limits at once, that
//! is one client in 2,500. The hash has a secret key, so nobody can choose an address that shares
//! someone's cells.

use crate::client::{Client, LimitScope};
use crate::fault::{Exceeded, Fault};
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The limit's name in the configuration.
pub const NAME: &str = "limits.requests_per_minute";

/// How many arrays there are.
const ROWS: usize = 4;

/// How many cells each array has; 2 MiB in total.
const COLUMNS: usize = 1 << 16;

const MINUTE: u64 = 60_000_000_000;

/// The burst is what the limit allows in this many nanoseconds …
const BURST: u64 = 10_000_000_000;

/// … but at least this many operations, unless the limit itself is lower: a page makes several
/// requests at once.
const LEAST_BURST: u64 = 10;

/// The limit, and what clients have used of it.
pub struct RateLimiter {
    began: Instant,
    keys: RandomState,
    /// Nanoseconds since `began`.
    /// Made when the limit is first used.
    times: OnceLock<Box<[AtomicU64]>>,
}

impl Default for RateLimiter {
    fn default() -> Self {
        RateLimiter { began: Instant::now(), keys: RandomState::new(), times: OnceLock::new() }
    }
}

impl RateLimiter {
    /// Count one operation of this client. A refused operation is not counted.
    pub fn count(&self, per_minute: u32, client: &Client) -> Result<(), Fault> {
        if per_minute == 0 {
            return Ok(());
        }
        self.count_at(per_minute.into(), client, self.began.elapsed())
    }

    fn count_at(&self, limit: u64, client: &Client, now: Duration) -> Result<(), Fault> {
        let now = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        let wait = client.scopes().map(|scope| self.wait(limit, &scope, now)).max().unwrap_or(0);
        if wait > 0 {
            let retry_after = wait.div_ceil(1_000_000_000);
            return Err(Fault::TooManyAttempts(Exceeded {
                limit: NAME,
                retry_after,
                instead: None,
            }));
        }
        for scope in client.scopes() {
            let cost = cost(limit, &scope);
            for time in self.cells(&scope) {
                // Two at the same moment may both be admitted; both are counted.
                let _ = time.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |time| {
                    Some(time.max(now).saturating_add(cost))
                });
            }
        }
        Ok(())
    }

    /// In how many nanoseconds the next operation is allowed.
    fn wait(&self, limit: u64, scope: &LimitScope, now: u64) -> u64 {
        let cost = cost(limit, scope);
        let limit = scope.scaled(limit).max(1);
        let burst = (BURST / cost).max(LEAST_BURST.min(limit));
        let ahead = cost.saturating_mul(burst - 1);
        let used = self.cells(scope).map(|time| time.load(Ordering::Relaxed)).min().unwrap_or(0);
        used.saturating_sub(now.saturating_add(ahead))
    }

    /// Its cells, one in each array.
    fn cells(&self, scope: &LimitScope) -> impl Iterator<Item = &AtomicU64> {
        let hash = self.keys.hash_one(scope);
        let times =
            self.times.get_or_init(|| (0..ROWS * COLUMNS).map(|_| AtomicU64::new(0)).collect());
        (0..ROWS).filter_map(move |row| {
            // Other sixteen bits of the hash for each array.
            let column = usize::try_from((hash >> (16 * row)) % COLUMNS as u64).unwrap_or(0);
            times.get(row * COLUMNS + column)
        })
    }
}

/// The nanoseconds that one operation costs.
fn cost(limit: u64, scope: &LimitScope) -> u64 {
    (MINUTE / scope.scaled(limit).max(1)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SharedNetworks;

    /// A rate with its limit.
    struct Limited(RateLimiter, u64);

    fn limited(limit: u64) -> Limited {
        Limited(RateLimiter::default(), limit)
    }

    fn client(address: &str) -> Client {
        Client::new(address.parse().unwrap(), &SharedNetworks::default())
    }

    /// How many of `tries` operations are admitted at this second.
    fn admitted(rate: &Limited, client: &Client, tries: usize, second: u64) -> usize {
        let now = Duration::from_secs(second);
        (0..tries).filter(|_| rate.0.count_at(rate.1, client, now).is_ok()).count()
    }

    #[test]
    fn burst_lasts_seconds_and_rate_is_kept() {
        let rate = limited(600);
        let one = client("192.0.2.1");
        assert_eq!(admitted(&rate, &one, 1000, 100), 100);
        assert_eq!(admitted(&rate, &one, 1000, 101), 10);
        assert_eq!(admitted(&rate, &one, 1000, 161), 100);
        assert_eq!(admitted(&rate, &client("192.0.2.2"), 1000, 161), 100);
        let few = limited(3);
        assert_eq!(admitted(&few, &one, 10, 100), 3);
        assert_eq!(admitted(&few, &one, 10, 120), 1);
    }

    #[test]
    fn refusal_tells_when_to_try_again() {
        let rate = limited(1);
        let one = client("192.0.2.1");
        assert_eq!(admitted(&rate, &one, 1, 10), 1);
        let fault = rate.0.count_at(1, &one, Duration::from_secs(30)).unwrap_err();
        let Fault::TooManyAttempts(exceeded) = fault else { panic!("{fault:?}") };
        assert_eq!(exceeded, Exceeded { limit: NAME, retry_after: 40, instead: None });
    }

    #[test]
    fn ipv6_site_is_limited_as_16_households() {
        let rate = limited(6);
        let household = |nth: u32| client(&format!("2001:db8:7:{nth:x}::1"));
        let all: usize = (0..100).map(|nth| admitted(&rate, &household(nth), 10, 50)).sum();
        assert_eq!(all, 16, "ten seconds' worth of 16 times 6 a minute");
        assert_eq!(admitted(&rate, &client("2001:db8:8::1"), 10, 50), 6);
    }

    #[test]
    fn busy_addresses_do_not_slow_down_others() {
        let rate = limited(60);
        let nth = |nth: u32| client(&std::net::Ipv4Addr::from(0x0a00_0000 + nth).to_string());
        for busy in 0..2_000 {
            admitted(&rate, &nth(busy), 12, 100);
        }
        for other in 100_000..101_000 {
            assert!(admitted(&rate, &nth(other), 5, 100) > 0, "{other}");
        }
        assert_eq!(rate.0.times.get().unwrap().len(), ROWS * COLUMNS);
    }
}
