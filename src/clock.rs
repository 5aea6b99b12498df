//! Time: seconds since 1970 inside, `YYYY-MM-DD HH:MM:SS` in the server's time zone on the wire.

use crate::data::{Field, FieldError, Value, schema};
use jiff::civil;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use schemars::Schema;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The format of a date-time: 0 stands for a digit, everything else for itself.
const SHAPE: &[u8; 19] = b"0000-00-00 00:00:00";

/// The longest step of the system clock that [`Clock::steady`] ignores.
const STEP: Duration = Duration::from_hours(24);

/// The server's clock and its time zone.
#[derive(Debug, Clone)]
pub struct Clock {
    zone: TimeZone,
    /// When this was created, on the monotonic clock and on the system clock.
    made: (Instant, Duration),
    /// By how many seconds it has followed steps of the system clock since then.
    followed: Arc<AtomicU64>,
}

impl Clock {
    /// The system's clock, read in `zone`.
    pub fn new(zone: TimeZone) -> Self {
        Clock { zone, made: (Instant::now(), since_1970()), followed: Arc::default() }
    }

    /// Now, in whole seconds since 1970-01-01 00:00:00 UTC.
    pub fn now(&self) -> i64 {
        seconds(since_1970())
    }

    /// The time that expiry and counting use: it advances with real time, even if the system clock
    /// is set. Otherwise setting the clock back would make expired things valid again and prolong
    /// used-up quotas, and setting it forward would reset quotas.
    pub fn steady(&self) -> i64 {
        seconds(self.since_1970_steadily())
    }

    /// When `duration` will have passed, in seconds since 1970, by [`Clock::steady`].
    pub fn after(&self, duration: Duration) -> i64 {
        self.steady().saturating_add(seconds(duration))
    }

    /// Follow the system clock if it is more than a day ahead. A machine that starts without
    /// knowing the time gets it later, and must not stay in the past until the next start.
    pub fn follow(&self) {
        self.follow_to(since_1970());
    }

    fn follow_to(&self, now: Duration) {
        let ahead = now.saturating_sub(self.since_1970_steadily());
        if ahead > STEP {
            tracing::warn!(
                seconds = ahead.as_secs(),
                "the system clock was set forward by more than a day; following it"
            );
            self.followed.fetch_add(ahead.as_secs(), Ordering::Relaxed);
        }
    }

    fn since_1970_steadily(&self) -> Duration {
        let (at, since_1970) = self.made;
        since_1970 + at.elapsed() + Duration::from_secs(self.followed.load(Ordering::Relaxed))
    }

    /// `seconds` since 1970 as the contract writes a date-time.
    pub fn format(&self, seconds: i64) -> String {
        self.digits(seconds).map(char::from).iter().collect()
    }

    /// The same as ASCII, without a text on the heap: a long list has thousands. A year before 0,
    /// which no wire date-time has, begins with its sign.
    pub fn digits(&self, seconds: i64) -> [u8; 19] {
        let at = self.civil(seconds);
        let year = at.year().unsigned_abs();
        let [month, day, hour, minute, second] =
            [at.month(), at.day(), at.hour(), at.minute(), at.second()]
                .map(|part| u16::from(part.unsigned_abs()));
        let mut text = *SHAPE;
        let pairs = [year / 100, year % 100, month, day, hour, minute, second];
        for (place, pair) in [0, 2, 5, 8, 11, 14, 17].into_iter().zip(pairs) {
            text[place] += (pair / 10 % 10) as u8;
            text[place + 1] += (pair % 10) as u8;
        }
        if at.year() < 0 {
            text[0] = b'-';
        }
        text
    }

    /// When local clocks last showed `time`, at `now` or before; both in seconds since 1970. Times
    /// that a clock change skips or repeats are handled as in [`Clock::seconds`].
    pub fn last(&self, time: civil::Time, now: i64) -> i64 {
        let at = Timestamp::from_second(now).unwrap_or(Timestamp::MIN);
        let today = self.zone.to_datetime(at).date();
        let days = [today.tomorrow(), Ok(today), today.yesterday()];
        let on = |day: civil::Date| self.seconds(DateTime(day.to_datetime(time)));
        let mut times = days.into_iter().flatten().map(on);
        times.find(|at| *at <= now).unwrap_or(now)
    }

    /// The seconds since 1970 that a wire date-time means here. A time that a change of the clocks
    /// skips or repeats is read as the zone's rules commonly are: the later side of a gap, the
    /// first of two.
    pub fn seconds(&self, at: DateTime) -> i64 {
        match at.0.to_zoned(self.zone.clone()) {
            Ok(zoned) => zoned.timestamp().as_second(),
            // The last day or two of 9999 are past the library's timestamps, so that every one of them
            // has a date in every zone. No rule of a zone reaches so far: its last offset holds on.
            Err(_) => seconds_of(at.0) - i64::from(self.last_offset().seconds()),
        }
    }

    /// The same; `None` for a time that a clock change skips, because it would be shown as another
    /// time.
    pub fn exact(&self, at: DateTime) -> Option<i64> {
        let seconds = self.seconds(at);
        (self.civil(seconds) == at.0).then_some(seconds)
    }

    /// The date and time of day here at `seconds` since 1970; the nearest that the calendar has, if it
    /// has none.
    fn civil(&self, seconds: i64) -> civil::DateTime {
        match Timestamp::from_second(seconds) {
            Ok(at) => self.zone.to_datetime(at),
            Err(_) if seconds < 0 => self.zone.to_datetime(Timestamp::MIN),
            Err(_) => {
                let here = seconds.saturating_add(self.last_offset().seconds().into());
                EPOCH.saturating_add(SignedDuration::from_secs(here))
            }
        }
    }

    /// The zone's offset from UTC at the end of the calendar.
    fn last_offset(&self) -> Offset {
        self.zone.to_offset(Timestamp::MAX)
    }
}

/// 1970-01-01 00:00:00 in no zone.
const EPOCH: civil::DateTime = civil::datetime(1970, 1, 1, 0, 0, 0, 0);

/// The seconds between [`EPOCH`] and `at`, both in the same place.
fn seconds_of(at: civil::DateTime) -> i64 {
    at.duration_since(EPOCH).as_secs()
}

/// How long ago 1970-01-01 00:00:00 UTC was, by the system's clock.
fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

/// A date and time of day as the wire has it: `YYYY-MM-DD HH:MM:SS`, of a day that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateTime(civil::DateTime);

impl DateTime {
    /// Read one; `None` if it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let fits = bytes.len() == SHAPE.len()
            && bytes.iter().zip(SHAPE).all(|(byte, mark)| match mark {
                b'0' => byte.is_ascii_digit(),
                mark => byte == mark,
            });
        if !fits {
            return None;
        }
        let part = |range: std::ops::Range<usize>| text.get(range)?.parse::<i8>().ok();
        let year = text.get(0..4)?.parse().ok()?;
        let (month, day) = (part(5..7)?, part(8..10)?);
        let (hour, minute, second) = (part(11..13)?, part(14..16)?, part(17..19)?);
        civil::DateTime::new(year, month, day, hour, minute, second, 0).ok().map(DateTime)
    }
}

impl Field for DateTime {
    fn read(value: Value<'_>) -> Result<Self, FieldError> {
        let text = String::read(value)?;
        DateTime::parse(&text).ok_or(FieldError::Value("expected YYYY-MM-DD HH:MM:SS".into()))
    }

    fn schema() -> Schema {
        schema::pattern("^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Zoned;
    use proptest::prelude::*;

    /// 0000-01-01 to 9999-12-31, with two days for time zones.
    const YEARS: std::ops::Range<i64> = -62_167_392_000..253_402_473_600;

    /// Zones whose clocks change by an hour, by half an hour, in winter, by a whole day, or by odd
    /// seconds (as all did long ago), and two whose clocks do not change.
    const ZONES: [&str; 9] = [
        "UTC",
        "Asia/Shanghai",
        "Asia/Kathmandu",
        "America/New_York",
        "Australia/Lord_Howe",
        "Europe/Dublin",
        "Pacific/Apia",
        "Africa/Monrovia",
        "Antarctica/Troll",
    ];

    /// `seconds` in `zone`, as the formatter of the standard library writes it.
    fn formatted(zone: &TimeZone, seconds: i64) -> String {
        let at = Zoned::new(Timestamp::from_second(seconds).unwrap(), zone.clone());
        format!(
            "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
            at.year(),
            at.month(),
            at.day(),
            at.hour(),
            at.minute(),
            at.second()
        )
    }

    proptest! {
        #[test]
        fn time_is_formatted_like_the_standard_formatter(
            zone in 0..ZONES.len(),
            seconds in prop_oneof![YEARS, 0..4_102_444_800_i64],
            near in -3_i64..=3,
        ) {
            let zone = TimeZone::get(ZONES[zone]).unwrap();
            let clock = Clock::new(zone.clone());
            let at = Timestamp::from_second(seconds.min(Timestamp::MAX.as_second())).unwrap();
            // Where the clocks change next, and what is just before and after.
            let change = zone.following(at).next().map(|change| change.timestamp().as_second());
            for seconds in [Some(at.as_second()), change.map(|change| change + near)] {
                let Some(seconds) = seconds else { continue };
                prop_assert_eq!(clock.format(seconds), formatted(&zone, seconds));
            }
        }
    }

    fn shanghai() -> Clock {
        Clock::new(TimeZone::get("Asia/Shanghai").unwrap())
    }

    #[test]
    fn date_time_in_server_zone_round_trips() {
        let clock = shanghai();
        let read = |text| clock.seconds(DateTime::parse(text).unwrap());
        assert_eq!(read("1970-01-01 08:00:00"), 0);
        for text in ["2019-04-22 16:17:42", "2024-02-29 23:59:59", "0001-01-02 00:00:00"] {
            assert_eq!(clock.format(read(text)), text);
        }
    }

    #[test]
    fn every_date_time_round_trips_in_every_zone() {
        let times = [
            "9999-12-31 23:59:59",
            "9999-12-31 00:00:00",
            "9999-12-30 22:00:00",
            "9999-12-30 21:59:59",
            "9999-12-29 12:34:56",
            "2038-01-19 03:14:08",
            "1969-12-31 23:59:59",
            "1900-01-01 00:00:00",
            "0001-01-01 00:00:00",
            "0000-01-01 00:00:00",
        ];
        for name in jiff::tz::db().available() {
            let clock = Clock::new(TimeZone::get(name.as_str()).unwrap());
            for text in times {
                let seconds = clock.seconds(DateTime::parse(text).unwrap());
                // A zone may have skipped a time, as Manila did the last day of 1844.
                let skipped = clock.format(seconds) != text && seconds < 0;
                assert!(clock.format(seconds) == text || skipped, "{text} in {name:?}");
                let exact = clock.exact(DateTime::parse(text).unwrap());
                assert_eq!(exact, (!skipped).then_some(seconds), "{text} in {name:?}");
            }
        }
    }

    #[test]
    fn skipped_local_time_is_inexact_repeated_is_exact() {
        for (zone, text, is_exact) in [
            ("America/New_York", "2024-03-10 01:59:59", true),
            ("America/New_York", "2024-03-10 02:00:00", false),
            ("America/New_York", "2024-03-10 02:59:59", false),
            ("America/New_York", "2024-03-10 03:00:00", true),
            ("America/New_York", "2024-11-03 01:30:00", true),
            ("Asia/Shanghai", "1986-05-04 02:30:00", false),
            ("Asia/Shanghai", "1986-09-14 01:30:00", true),
            ("Pacific/Apia", "2011-12-30 12:00:00", false),
            ("Australia/Lord_Howe", "2024-10-06 02:15:00", false),
            ("UTC", "2024-03-10 02:30:00", true),
        ] {
            let clock = Clock::new(TimeZone::get(zone).unwrap());
            let at = DateTime::parse(text).unwrap();
            let exact = clock.exact(at);
            assert_eq!(exact.is_some(), is_exact, "{text} in {zone}");
            assert!(exact.is_none_or(|seconds| clock.format(seconds) == text));
        }
    }

    #[test]
    fn later_date_time_is_a_larger_number() {
        let clock = shanghai();
        let at = |text| clock.seconds(DateTime::parse(text).unwrap());
        // On both sides of where the library's timestamps end.
        let times = [
            "9999-12-31 05:59:58",
            "9999-12-31 05:59:59",
            "9999-12-31 06:00:00",
            "9999-12-31 06:00:01",
            "9999-12-31 23:59:59",
        ];
        let seconds = times.map(at);
        assert_eq!(seconds[4] - seconds[0], 18 * 3_600 + 1);
        assert!(seconds.is_sorted() && seconds[0] > 253_402_200_000, "{seconds:?}");
    }

    #[test]
    fn clock_follows_only_forward_steps_over_a_day() {
        let clock = shanghai();
        let (begun, now) = (clock.steady(), since_1970());
        let hour = Duration::from_hours(1);
        for step in [now - 48 * hour, now - 2 * hour, now + 2 * hour, now + 24 * hour] {
            clock.follow_to(step);
            assert!((begun..begun + 60).contains(&clock.steady()), "{step:?}");
        }
        let copy = clock.clone();
        clock.follow_to(now + 48 * hour);
        let days = begun + 48 * 3_600;
        for clock in [clock, copy] {
            assert!((days - 1..days + 60).contains(&clock.steady()));
        }
    }

    #[test]
    fn invalid_date_time_is_refused() {
        for text in [
            "",
            "2019-04-22",
            "2019-04-22T16:17:42",
            "2019-04-22 16:17:42 ",
            "2019-4-22 16:17:42",
            "2019-02-29 00:00:00",
            "2019-13-01 00:00:00",
            "2019-04-31 00:00:00",
            "2019-04-22 24:00:00",
            "2019-04-22 16:60:00",
            "2019-04-22 16:17:60",
            "+019-04-22 16:17:42",
            "2019-04-22 16:17:4２",
        ] {
            assert_eq!(DateTime::parse(text), None, "{text:?}");
        }
    }
}
