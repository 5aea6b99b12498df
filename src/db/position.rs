//! A row's place in the order of time, as one integer.

use crate::fault::Fault;

/// The end of the times that have room for 2^29 ids a second: the year 2514, in seconds since 1970.
const NEAR: i64 = 1 << 34;

/// The position of row `id` among rows ordered by `time` (seconds since 1970; any date-time of the
/// wire) and then by id. A larger integer is a later row. Positions are unique, so one index over
/// them serves lists, pages of lists, and searches in that order.
///
/// Half of all integers are for times from 1970 to 2514, with room for 536 million ids per second.
/// The other half is for all other times, with room for 16 million ids. A larger id is a fault of
/// the database: a wrong order would go unnoticed.
pub fn position(time: i64, id: i64) -> Result<i64, Fault> {
    let (first, since, span, bits) = match time {
        ..0 => (i64::MIN, -(1 << 36), 1 << 36, 26),
        0..NEAR => (-(1 << 62), 0, NEAR, 29),
        _ => (1 << 62, NEAR, 1 << 38, 24),
    };
    let passed = time.checked_sub(since).filter(|passed| (0..span).contains(passed));
    match passed {
        Some(passed) if (0..1 << bits).contains(&id) => Ok(first + (passed << bits) + id),
        _ => Err(Fault::database(format_args!("no place for the id {id} at the time {time}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// 0000-01-01 and 9999-12-31 23:59:59, with two days for time zones.
    const YEARS: std::ops::Range<i64> = -62_167_392_000..253_402_473_600;

    proptest! {
        #[test]
        fn positions_sort_by_time_then_id(
            a in (YEARS, 0..1_i64 << 24),
            b in (YEARS, 0..1_i64 << 24),
            near in -2..3_i64,
        ) {
            let place = |(time, id)| position(time, id).unwrap();
            prop_assert_eq!(place(a).cmp(&place(b)), a.cmp(&b));
            let close = ((a.0 + near).clamp(YEARS.start, YEARS.end - 1), b.1);
            prop_assert_eq!(place(a).cmp(&place(close)), a.cmp(&close));
        }
    }

    #[test]
    fn positions_stay_ordered_at_range_boundaries() {
        let rows = [
            (YEARS.start, 0),
            (-1, (1 << 26) - 1),
            (0, 0),
            (0, (1 << 29) - 1),
            (1, 0),
            (NEAR - 1, (1 << 29) - 1),
            (NEAR, 0),
            (YEARS.end, (1 << 24) - 1),
        ];
        let places: Vec<i64> =
            rows.iter().map(|(time, id)| position(*time, *id).unwrap()).collect();
        assert!(places.is_sorted_by(|a, b| a < b), "{places:?}");
    }

    #[test]
    fn time_or_id_out_of_range_is_an_error() {
        for (time, id) in [(0, 1 << 29), (0, -1), (-1, 1 << 26), (NEAR, 1 << 24), (i64::MIN, 1)] {
            assert!(position(time, id).is_err(), "{time} {id}");
        }
        assert!(position(i64::MAX, 1).is_err());
    }
}
