//! When a season of a leaderboard begins and ends.
//!
//! Seasons are computed and not scheduled: the number of the period in which a moment lies follows from the moment and
//! the time zone alone. So a score belongs to the right season whether or not anything ran at midnight.

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How long a season lasts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// There are no seasons.
    #[default]
    None,
    /// A day, from midnight on.
    Day,
    /// A week, from Monday on (ISO 8601).
    Week,
    /// A month of the calendar.
    Month,
    /// Until an operator ends it.
    Manual,
}

/// Days are counted from here; the Monday before is three days earlier.
const FIRST_DAY: Date = date(1970, 1, 1);

impl Period {
    /// Does it end by itself?
    pub fn ends(self) -> bool {
        matches!(self, Period::Day | Period::Week | Period::Month)
    }

    /// The number of the period in which `seconds` since 1970 lie in this time zone: one more for each that follows. 0
    /// where periods do not end by themselves.
    pub fn number(self, zone: &TimeZone, seconds: i64) -> i64 {
        let at = Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX);
        let day = zone.to_datetime(at).date();
        match self {
            Period::None | Period::Manual => 0,
            Period::Day => days(day),
            Period::Week => (days(day) + 3).div_euclid(7),
            Period::Month => i64::from(day.year()) * 12 + i64::from(day.month()) - 1,
        }
    }

    /// When the period with this number begins, in seconds since 1970; `None` where periods have no beginning of their
    /// own, or past the calendar.
    pub fn begins(self, zone: &TimeZone, number: i64) -> Option<i64> {
        let day = match self {
            Period::None | Period::Manual => return None,
            Period::Day => FIRST_DAY.checked_add(number.days()).ok()?,
            Period::Week => FIRST_DAY.checked_add((number.checked_mul(7)? - 3).days()).ok()?,
            Period::Month => {
                let (year, month) = (number.div_euclid(12), number.rem_euclid(12) + 1);
                Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, 1).ok()?
            }
        };
        // Where a change of the clocks skips midnight, the day begins later.
        let begins = day.to_zoned(zone.clone()).ok()?.start_of_day().ok()?;
        Some(begins.timestamp().as_second())
    }
}

fn days(day: Date) -> i64 {
    day.duration_since(FIRST_DAY).as_hours() / 24
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PERIODS: [Period; 3] = [Period::Day, Period::Week, Period::Month];

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn second(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_second()
    }

    /// Does the period that begins at this second begin there, and not before?
    fn is_boundary(period: Period, zone: &TimeZone, at: i64) -> bool {
        period.number(zone, at) == period.number(zone, at - 1) + 1
    }

    #[test]
    fn days_of_25_and_23_hours_are_one_period() {
        let paris = zone("Europe/Paris");
        for (begins, hours) in [("2026-10-24T22:00:00Z", 25), ("2026-03-28T23:00:00Z", 23)] {
            let begins = second(begins);
            assert!(is_boundary(Period::Day, &paris, begins));
            let number = Period::Day.number(&paris, begins);
            let next = Period::Day.begins(&paris, number + 1).unwrap();
            assert_eq!(next - begins, hours * 3_600);
            assert_eq!(Period::Day.number(&paris, next - 1), number);
        }
    }

    #[test]
    fn day_without_midnight_begins_at_one() {
        // Beirut's clocks went from 0:00 to 1:00 on 2021-03-28.
        let beirut = zone("Asia/Beirut");
        let first = second("2021-03-27T22:00:00Z");
        assert!(is_boundary(Period::Day, &beirut, first));
        let number = Period::Day.number(&beirut, first);
        assert_eq!(Period::Day.begins(&beirut, number), Some(first));
    }

    #[test]
    fn week_53_is_followed_by_week_1() {
        // 2020 had 53 weeks: Monday 2020-12-28 to Sunday 2021-01-03.
        let week = |at: &str| Period::Week.number(&TimeZone::UTC, second(at));
        let last = week("2020-12-28T00:00:00Z");
        assert_eq!(week("2020-12-27T23:59:59Z"), last - 1);
        assert_eq!(week("2021-01-01T00:00:00Z"), last);
        assert_eq!(week("2021-01-03T23:59:59Z"), last);
        assert_eq!(week("2021-01-04T00:00:00Z"), last + 1);
    }

    #[test]
    fn february_of_a_leap_year_has_29_days() {
        let february = Period::Month.number(&TimeZone::UTC, second("2028-02-29T23:59:59Z"));
        let begins = |number| Period::Month.begins(&TimeZone::UTC, number).unwrap();
        assert_eq!(begins(february), second("2028-02-01T00:00:00Z"));
        assert_eq!(begins(february + 1), second("2028-03-01T00:00:00Z"));
    }

    proptest! {
        #[test]
        fn every_moment_lies_in_its_period(
            at in 0_i64..8_000_000_000,
            name in prop::sample::select(vec![
                "UTC", "Europe/Paris", "Asia/Shanghai", "America/St_Johns", "Pacific/Apia",
                "Australia/Lord_Howe", "Asia/Beirut", "America/Sao_Paulo",
            ]),
        ) {
            let zone = zone(name);
            for period in PERIODS {
                let number = period.number(&zone, at);
                let begins = period.begins(&zone, number).unwrap();
                let next = period.begins(&zone, number + 1).unwrap();
                // Apia had no 2011-12-30: that day begins where the next does.
                prop_assert!(begins <= at && at < next.max(at + i64::from(begins == next)));
                prop_assert_eq!(period.number(&zone, next), number + 1 + i64::from(begins == next));
            }
        }
    }
}
