//! Durations and sizes: a whole number with a unit, `30d` or `64KiB`; without one, seconds or bytes.

use std::fmt;
use std::time::Duration;

use serde::de::{Deserializer, Error, Visitor};

const DAY: u64 = 24 * 60 * 60;

/// The longest duration that is accepted: a hundred years. A date that far ahead can still be computed.
const LONGEST: u64 = 36_500 * DAY;

pub(super) fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    from.deserialize_any(Quantity {
        expecting: "a duration, for example \"30d\", \"12h\", \"5m\" or \"90s\"",
        parse: parse_duration,
    })
}

pub(super) fn duration_if_any<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<Duration>, D::Error> {
    duration(from).map(Some)
}

pub(super) fn size<'de, D: Deserializer<'de>>(from: D) -> Result<usize, D::Error> {
    from.deserialize_any(Quantity {
        expecting: "a size, for example \"64KiB\", \"1MiB\" or a number of bytes",
        parse: parse_size,
    })
}

/// A size, or 0 for no limit.
pub(super) fn size_or_zero<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let expecting = "a size, for example \"64KiB\", \"1MiB\" or a number of bytes; 0: no limit";
    any(from, expecting, parse_size_or_zero)
}

/// Read an integer or a text with `parse`, which gets an integer as its digits.
pub(super) fn any<'de, D: Deserializer<'de>, T>(
    from: D,
    expecting: &'static str,
    parse: fn(&str) -> Result<T, String>,
) -> Result<T, D::Error> {
    from.deserialize_any(Quantity { expecting, parse })
}

pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    let units = [("", 1), ("s", 1), ("m", 60), ("h", 60 * 60), ("d", DAY)];
    match amount(text, &units) {
        None => Err(format!("{text:?} is not a duration; write for example 30d, 12h, 5m or 90s")),
        Some(0) => Err("a duration of zero makes no sense here".to_owned()),
        Some(seconds) if seconds > LONGEST => Err(format!("{text:?} is longer than 36500d")),
        Some(seconds) => Ok(Duration::from_secs(seconds)),
    }
}

/// A duration that may be zero.
pub(super) fn parse_duration_or_zero(text: &str) -> Result<Duration, String> {
    match amount(text, &[("", 1), ("s", 1), ("m", 60)]) {
        Some(0) => Ok(Duration::ZERO),
        _ => parse_duration(text),
    }
}

pub(super) fn parse_size(text: &str) -> Result<usize, String> {
    let units = [("", 1), ("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];
    match amount(text, &units).map(usize::try_from) {
        None => Err(format!(
            "{text:?} is not a size; write for example 512B, 64KiB, 1MiB or 2GiB (units of 1024, so not KB or MB)"
        )),
        Some(Ok(0)) => Err("a size of zero makes no sense here".to_owned()),
        Some(Ok(bytes)) => Ok(bytes),
        Some(Err(_)) => Err(format!("{text:?} is more than this machine can address")),
    }
}

/// The same, but 0 is accepted too.
pub(super) fn parse_size_or_zero(text: &str) -> Result<u64, String> {
    if text == "0" { Ok(0) } else { parse_size(text).map(|bytes| bytes as u64) }
}

fn amount(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit());
    let (number, unit) = text.split_at(digits.unwrap_or(text.len()));
    let (_, scale) = units.iter().find(|(name, _)| *name == unit)?;
    number.parse::<u64>().ok()?.checked_mul(*scale)
}

/// Reads an integer as the text of its digits, so that one function knows the rules.
struct Quantity<T> {
    expecting: &'static str,
    parse: fn(&str) -> Result<T, String>,
}

impl<T> Visitor<'_> for Quantity<T> {
    type Value = T;

    fn expecting(&self, to: &mut fmt::Formatter) -> fmt::Result {
        to.write_str(self.expecting)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.parse)(text).map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ambiguous_units_are_refused() {
        for text in ["", "d", "1", "1.5h", "-1s", "1 h", "1h30m", "1D", "1w", "１d", "1d "] {
            assert_eq!(parse_duration(text).is_ok(), text == "1", "{text}");
        }
        for text in ["", "B", "1", "1KB", "1kb", "1K", "1M", "1mib", "1TiB", "-1", "1e3", "0x10"] {
            assert_eq!(parse_size(text).is_ok(), text == "1", "{text}");
        }
        for text in ["0", "0d", "36501d", "9999999999999999d", "99999999999999999999s"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
        for text in ["0", "0MiB", "18446744073709551615MiB"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn durations_round_trip(number in 1..=36_500_u64, unit in 0..5_usize) {
            let (unit, scale) = [("", 1), ("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400)][unit];
            let read = parse_duration(&format!("{number}{unit}"));
            prop_assert_eq!(read, Ok(Duration::from_secs(number * scale)));
        }

        #[test]
        fn sizes_round_trip(number in 1..=4_000_usize, unit in 0..4_usize) {
            let (unit, scale) = [("", 1), ("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20)][unit];
            prop_assert_eq!(parse_size(&format!("{number}{unit}")), Ok(number * scale));
        }

        #[test]
        fn any_unit_text_is_read_without_panic(text in ".*", number: u64, tail in ".{0,4}") {
            let _ = (parse_duration(&text), parse_size(&text));
            let text = format!("{number}{tail}");
            let _ = (parse_duration(&text), parse_size(&text));
        }
    }
}
