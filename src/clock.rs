//! Time: seconds since 1970 inside, `YYYY-MM-DD HH:MM:SS` in the server's time zone on the wire.

use crate::data::{Field, Flaw, Value};
use jiff::civil;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

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
        let at = Timestamp::from_second(seconds).unwrap_or(Timestamp::MIN);
        let at = Zoned::new(at, self.zone.clone());
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
        let shape = b"0000-00-00 00:00:00";
        let fits = bytes.len() == shape.len()
            && bytes.iter().zip(shape).all(|(byte, mark)| match mark {
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
