//! Which part of a file a request asks for (RFC 9110, section 14).

use crate::http::request::headers;
use hyper::header::{HeaderMap, RANGE};
use std::ops::RangeInclusive;

/// The part of a file to send.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Range {
    /// These bytes, the last included.
    Part(RangeInclusive<u64>),
    /// The whole file: nothing else is asked for, or in a way that nobody need understand.
    Whole,
    /// None: all that is asked for is behind the end.
    Unsatisfiable,
}

impl Range {
    /// What a request asks of a file of `length` bytes. Two header lines are as unclear as no range.
    pub(super) fn asked(request: &HeaderMap, length: u64) -> Self {
        let mut lines = request.get_all(RANGE).iter();
        match (lines.next().map(|line| headers::ascii(line.as_bytes())), lines.next()) {
            (Some(Some(range)), None) => Range::read(range, length),
            _ => Range::Whole,
        }
    }

    /// The value of a header. Several ranges are answered whole, as the standard allows: many small ones
    /// are an old attack, and browsers ask for one.
    fn read(range: &str, length: u64) -> Self {
        let Some((unit, set)) = range.split_once('=') else { return Range::Whole };
        if !unit.trim().eq_ignore_ascii_case("bytes") {
            return Range::Whole;
        }
        // A list may have empty elements (5.6.1).
        let mut ranges = set.split(',').map(str::trim).filter(|range| !range.is_empty());
        let (Some(range), None) = (ranges.next(), ranges.next()) else { return Range::Whole };
        let Some((first, last)) = range.split_once('-') else { return Range::Whole };
        let end = length.saturating_sub(1);
        match (position(first), position(last)) {
            (Position::At(first), Position::At(last)) if first > last => Range::Whole,
            (Position::At(first), Position::At(_) | Position::Absent) if first >= length => {
                Range::Unsatisfiable
            }
            (Position::At(first), Position::At(last)) => Range::Part(first..=last.min(end)),
            (Position::At(first), Position::Absent) => Range::Part(first..=end),
            // The last so many bytes.
            (Position::Absent, Position::At(count)) if count == 0 || length == 0 => {
                Range::Unsatisfiable
            }
            (Position::Absent, Position::At(count)) => {
                Range::Part(length.saturating_sub(count)..=end)
            }
            _ => Range::Whole,
        }
    }
}

/// A number of a range.
enum Position {
    At(u64),
    Absent,
    Junk,
}

fn position(text: &str) -> Position {
    match text {
        "" => Position::Absent,
        _ if !text.bytes().all(|byte| byte.is_ascii_digit()) => Position::Junk,
        // More digits than 64 bits have are behind the end of every file.
        _ => Position::At(text.parse().unwrap_or(u64::MAX)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ranges_are_parsed_per_rfc_9110() {
        // Public reports: denoland/std#3354, kemalcr/kemal#784 and fliks-app/fliks#350 (forms of one
        // range), dart-lang/shelf#538 and static-web-server#669 (numbers past 64 bits),
        // DataBiosphere/azul#2869 (the end of a file that is there already).
        for (range, expected) in [
            ("bytes=0-4", Range::Part(0..=4)),
            ("bytes=5-", Range::Part(5..=9)),
            ("bytes=5-99", Range::Part(5..=9)),
            ("bytes=-3", Range::Part(7..=9)),
            ("bytes=-99", Range::Part(0..=9)),
            ("bytes=0-0", Range::Part(0..=0)),
            ("Bytes=0-4", Range::Part(0..=4)),
            ("bytes= 0-4 ", Range::Part(0..=4)),
            ("bytes=,0-4,", Range::Part(0..=4)),
            ("bytes=000-0004", Range::Part(0..=4)),
            ("bytes=0-18446744073709551616", Range::Part(0..=9)),
            ("bytes=-99999999999999999999999", Range::Part(0..=9)),
            ("bytes=10-", Range::Unsatisfiable),
            ("bytes=99-100", Range::Unsatisfiable),
            ("bytes=18446744073709551616-", Range::Unsatisfiable),
            ("bytes=99999999999999999999-999999999999999999999", Range::Unsatisfiable),
            ("bytes=-0", Range::Unsatisfiable),
            ("bytes=4-2", Range::Whole),
            ("bytes=99-98", Range::Whole),
            ("bytes=0-1,3-4", Range::Whole),
            ("bytes=0-,0-,0-,0-", Range::Whole),
            ("bytes=-1,-2", Range::Whole),
            ("lines=0-1", Range::Whole),
            ("bytes=", Range::Whole),
            ("bytes=-", Range::Whole),
            ("bytes=--1", Range::Whole),
            ("bytes=+1-2", Range::Whole),
            ("bytes=1-x", Range::Whole),
            ("bytes=0x1-0x2", Range::Whole),
            ("bytes=1.0-2", Range::Whole),
            ("bytes:0-4", Range::Whole),
            ("0-4", Range::Whole),
            ("", Range::Whole),
        ] {
            assert_eq!(Range::read(range, 10), expected, "{range}");
        }
        assert_eq!(Range::read("bytes=0-", 0), Range::Unsatisfiable);
        assert_eq!(Range::read("bytes=-5", 0), Range::Unsatisfiable);
    }

    #[test]
    fn duplicate_range_header_is_ignored() {
        let asked = |lines: &[(&'static str, &[u8])]| Range::asked(&headers::of(lines), 10);
        assert_eq!(asked(&[("range", b"bytes=0-1")]), Range::Part(0..=1));
        assert_eq!(asked(&[("range", b"bytes=0-1"), ("range", b"bytes=5-6")]), Range::Whole);
        assert_eq!(asked(&[("range", b"bytes=0-1\xe9")]), Range::Whole);
        assert_eq!(asked(&[]), Range::Whole);
    }

    proptest! {
        #[test]
        fn any_range_stays_within_the_file(
            range in "(bytes=)?[0-9]{0,22}-?[0-9]{0,22}(,[0-9-]{0,5})?|.*",
            length in prop_oneof![0..20_u64, any::<u64>()],
        ) {
            if let Range::Part(part) = Range::read(&range, length) {
                prop_assert!(part.start() <= part.end() && *part.end() < length);
            }
        }
    }
}
