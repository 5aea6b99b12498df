//! Time: seconds since 1970 inside, `YYYY-MM-DD HH:MM:SS` in the server's time zone on the wire.

use crate::data::{Field, Flaw, Value};
use jiff::Timestamp;
use jiff::civil;
use jiff::tz::TimeZone;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Where a date-time has digits, and what stands between them.
const SHAPE: &[u8; 19] = b"0000-00-00 00:00:00";

/// The server's clock and its time zone.
#[derive(Debug, Clone)]
pub struct Clock {
    zone: TimeZone,
}

impl Clock {
    /// The system's clock, read in `zone`.
    pub fn new(zone: TimeZone) -> Self {
        Clock { zone }
    }

    /// Now, in whole seconds since 1970-01-01 00:00:00 UTC.
    pub fn now(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    }

    /// When `duration` will have passed, in seconds since 1970.
    pub fn after(&self, duration: Duration) -> i64 {
        self.now().saturating_add(i64::try_from(duration.as_secs()).unwrap_or(i64::MAX))
    }

    /// `seconds` since 1970 as the contract writes a date-time.
    pub fn format(&self, seconds: i64) -> String {
        self.digits(seconds).map(char::from).iter().collect()
    }

    /// The same as ASCII, without a text on the heap: a long list has thousands. A year before 0,
    /// which no wire date-time has, begins with its sign.
    pub fn digits(&self, seconds: i64) -> [u8; 19] {
        let at = Timestamp::from_second(seconds).unwrap_or(Timestamp::MIN);
        let at = self.zone.to_datetime(at);
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

    /// The seconds since 1970 that a wire date-time means here. A time that a change of the clocks
    /// skips or repeats is read as the zone's rules commonly are: the later side of a gap, the
    /// first of two.
    pub fn seconds(&self, at: DateTime) -> i64 {
        let zoned = at.0.to_zoned(self.zone.clone());
        // Only years that no wire date-time can name are out of a zone's range.
        zoned.map_or(0, |zoned| zoned.timestamp().as_second())
    }
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
    fn read(value: Value<'_>) -> Result<Self, Flaw> {
        let text = String::read(value)?;
        DateTime::parse(&text).ok_or(Flaw::Value("expected YYYY-MM-DD HH:MM:SS".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Zoned;
    use proptest::prelude::*;

    /// 0000-01-01 to 9999-12-31, with two days for time zones.
    const YEARS: std::ops::Range<i64> = -62_167_392_000..253_402_473_600;

    /// Zones whose clocks change by an hour, by half of one, the other way round, by a whole day, or
    /// by odd seconds (as all did long ago), and two whose clocks don't.
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
        fn a_time_is_written_as_the_formatter_writes_it(
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
    fn a_date_time_is_read_in_the_servers_zone_and_written_back_the_same() {
        let clock = shanghai();
        let read = |text| clock.seconds(DateTime::parse(text).unwrap());
        assert_eq!(read("1970-01-01 08:00:00"), 0);
        for text in ["2019-04-22 16:17:42", "2024-02-29 23:59:59", "0001-01-02 00:00:00"] {
            assert_eq!(clock.format(read(text)), text);
        }
    }

    #[test]
    fn what_is_no_date_time_is_refused() {
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
