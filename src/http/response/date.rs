//! The header `Date` while the clock is behind itself.
//!
//! hyper writes the header from a text that it keeps until the clock has passed the second that
//! follows. After a clock was set back by an hour that takes an hour, in which the header stands
//! still. So we watch the clock, and write the header ourselves until it is where it was.

use crate::services::Services;
use hyper::header::{DATE, HeaderMap, HeaderValue};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};
use tokio::time::MissedTickBehavior;

/// How often the clock is looked at: no step stays unnoticed for longer.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// Whether hyper's own header is of use.
#[derive(Default)]
pub(crate) struct Dates {
    stands_still: AtomicBool,
}

impl Dates {
    /// Write the header where hyper would write an old one.
    pub(crate) fn stamp(&self, headers: &mut HeaderMap) {
        if !self.stands_still.load(Ordering::Relaxed) {
            return;
        }
        if let Ok(now) = DateTimePrinter::new().timestamp_to_rfc9110_string(&Timestamp::now())
            && let Ok(now) = HeaderValue::try_from(now)
        {
            headers.insert(DATE, now);
        }
    }
}

/// What the clock has shown.
struct ClockState {
    latest: SystemTime,
    /// When it has caught up, by itself.
    caught_up: SystemTime,
}

impl ClockState {
    /// Does hyper's header stand still at `now`?
    fn is_behind(&mut self, now: SystemTime) -> bool {
        if now < self.latest {
            // hyper may have seen the clock a little after us, and rounds up.
            self.caught_up = self.latest + 2 * CHECK_INTERVAL;
        }
        self.latest = self.latest.max(now);
        now < self.caught_up
    }
}

/// Watch the clock, for the header and for what is measured by [`Clock::steady`].
///
/// [`Clock::steady`]: crate::clock::Clock::steady
pub(crate) async fn watch(dates: Arc<Dates>, services: Arc<Services>) {
    let mut ticks = tokio::time::interval(CHECK_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut seen = ClockState { latest: SystemTime::UNIX_EPOCH, caught_up: SystemTime::UNIX_EPOCH };
    loop {
        ticks.tick().await;
        let stands_still = seen.is_behind(SystemTime::now());
        if dates.stands_still.swap(stands_still, Ordering::Relaxed) != stands_still {
            tracing::warn!(stands_still, "the clock was set back, or has caught up again");
        }
        services.clock.follow();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_header_is_replaced_until_clock_catches_up() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let mut seen = ClockState { latest: at(0), caught_up: at(0) };
        let behind = [10, 11, 5, 6, 10, 12, 13, 14, 99].map(|now| seen.is_behind(at(now)));
        assert_eq!(behind, [false, false, true, true, true, true, false, false, false]);
    }
}
