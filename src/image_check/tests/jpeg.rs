//! JPEGs as cameras, phones and old programs write them, made by code: all blocks are of one colour,
//! so any structure of a file is a few bytes. What is expected is what Chromium and libjpeg-turbo did
//! with the same structures: shown whole, shown with gray parts, or not at all.

use super::{ImageError, ImageKind, MAX, accept, check, is_broken};
use proptest::prelude::*;

/// A picture of any structure. `sampling` is blocks across and down of each component.
#[derive(Clone)]
struct Picture {
    width: u16,
    height: u16,
    sampling: Vec<(u8, u8)>,
    is_progressive: bool,
    is_interleaved: bool,
    interval: u16,
}

/// A picture like most.
fn plain() -> Picture {
    Picture {
        width: 40,
        height: 25,
        sampling: vec![(2, 2), (1, 1), (1, 1)],
        is_progressive: false,
        is_interleaved: true,
        interval: 0,
    }
}

fn sampled(sampling: &[(u8, u8)]) -> Picture {
    Picture { sampling: sampling.to_vec(), ..plain() }
}

fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
    [&[0xff, marker], &(body.len() as u16 + 2).to_be_bytes()[..], body].concat()
}

/// Tables whose only codes are `00` (the same DC as before) and `0000` (no AC that is not zero).
fn tables() -> Vec<u8> {
    let mut codes = [0; 36];
    codes[2] = 1;
    (codes[18], codes[22]) = (0x10, 1);
    let mut quantization = [1; 65];
    quantization[0] = 0;
    [segment(0xdb, &quantization), segment(0xc4, &codes)].concat()
}

impl Picture {
    fn most(&self) -> (u32, u32) {
        let most = |side: fn(&(u8, u8)) -> u8| self.sampling.iter().map(side).max().unwrap();
        (most(|it| it.0).into(), most(|it| it.1).into())
    }

    fn frame(&self) -> Vec<u8> {
        let mut body = vec![8];
        body.extend(self.height.to_be_bytes().iter().chain(&self.width.to_be_bytes()));
        body.push(self.sampling.len() as u8);
        for (id, (across, down)) in (1..).zip(&self.sampling) {
            body.extend([id, across << 4 | down, 0]);
        }
        segment(if self.is_progressive { 0xc2 } else { 0xc0 }, &body)
    }

    /// A scan of these components in which each block takes so many bits.
    fn scan(&self, places: &[usize], range: [u8; 3], bits: u32) -> Vec<u8> {
        let (most_across, most_down) = self.most();
        let (width, height) = (u32::from(self.width), u32::from(self.height));
        let units = |across, down| width.div_ceil(8 * across) * height.div_ceil(8 * down);
        let (units, blocks) = match places {
            [place] => {
                let (across, down) = self.sampling[*place];
                let across = (width * u32::from(across)).div_ceil(8 * most_across);
                (across * (height * u32::from(down)).div_ceil(8 * most_down), 1)
            }
            _ => {
                let blocks = |place: &usize| {
                    let (across, down) = self.sampling[*place];
                    u32::from(across) * u32::from(down)
                };
                (units(most_across, most_down), places.iter().map(blocks).sum())
            }
        };
        let mut body = vec![places.len() as u8];
        places.iter().for_each(|place| body.extend([*place as u8 + 1, 0]));
        body.extend(range);
        let mut out = segment(0xda, &body);
        let interval = if self.interval == 0 { units } else { self.interval.into() };
        let mut left = units;
        for number in 0.. {
            let now = left.min(interval);
            out.extend(vec![0; (now * blocks * bits).div_ceil(8) as usize]);
            left -= now;
            if left == 0 {
                return out;
            }
            out.extend([0xff, 0xd0 + number % 8]);
        }
        out
    }

    /// All scans, each with the end marker left out.
    fn scans(&self) -> Vec<Vec<u8>> {
        let all: Vec<usize> = (0..self.sampling.len()).collect();
        let groups = || if self.is_interleaved { vec![&all[..]] } else { all.chunks(1).collect() };
        if !self.is_progressive {
            return groups().iter().map(|group| self.scan(group, [0, 63, 0], 6)).collect();
        }
        let mut scans = Vec::new();
        scans.extend(groups().iter().map(|group| self.scan(group, [0, 0, 1], 2)));
        for place in &all {
            scans.push(self.scan(&[*place], [1, 5, 0], 4));
            scans.push(self.scan(&[*place], [6, 63, 1], 4));
            scans.push(self.scan(&[*place], [6, 63, 0x10], 4));
        }
        scans.extend(groups().iter().map(|group| self.scan(group, [0, 0, 0x10], 1)));
        scans
    }

    /// Start, tables, frame and interval: all before the first scan.
    fn head(&self) -> Vec<u8> {
        let interval = segment(0xdd, &self.interval.to_be_bytes());
        [&[0xff, 0xd8], &tables()[..], &self.frame(), &interval].concat()
    }

    fn bytes(&self) -> Vec<u8> {
        [self.head(), self.scans().concat(), vec![0xff, 0xd9]].concat()
    }
}

/// Pictures that viewers show although something in them is unusual.
fn shown() -> Vec<(&'static str, Vec<u8>)> {
    let (base, bytes) = (plain(), plain().bytes());
    let progressive = Picture { is_progressive: true, ..plain() };
    let alone = Picture { is_interleaved: false, ..plain() };
    let restarts = Picture { interval: 2, ..plain() };
    let (body, end) = bytes.split_at(bytes.len() - 2);
    let with = |part: &[u8]| [&bytes[..2], part, &bytes[2..]].concat();
    let before_end = |part: &[u8]| [body, part, end].concat();
    let restarted = restarts.bytes();
    let first = restarted.windows(2).position(|pair| pair == [0xff, 0xd0]).unwrap();
    let mut far = restarted.clone();
    far[first + 1] = 0xd4;
    let mut names = bytes.clone();
    let frame = bytes.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    let scan = bytes.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap();
    for nth in 0..3 {
        (names[frame + 10 + 3 * nth], names[scan + 5 + 2 * nth]) = (0, 0);
    }
    let mut odd_range = bytes.clone();
    odd_range[scan + 11..scan + 14].fill(0);
    // The usual codes, for a DC as before and no AC: 00 1010, of four blocks 24 bits.
    let motion = [
        &[0xff, 0xd8][..],
        &tables()[..69],
        &Picture { width: 16, height: 16, ..sampled(&[(1, 1)]) }.frame(),
        &segment(0xda, &[1, 1, 0, 0, 63, 0]),
        &[0x28, 0xa2, 0x8a, 0xff, 0xd9],
    ];
    vec![
        ("one component", sampled(&[(1, 1)]).bytes()),
        ("one component that says 4 × 4", sampled(&[(4, 4)]).bytes()),
        ("4:4:4", sampled(&[(1, 1); 3]).bytes()),
        ("4:2:2", sampled(&[(2, 1), (1, 1), (1, 1)]).bytes()),
        ("4:4:0", sampled(&[(1, 2), (1, 1), (1, 1)]).bytes()),
        ("4:4:1", sampled(&[(1, 4), (1, 1), (1, 1)]).bytes()),
        ("4:1:1", sampled(&[(4, 1), (1, 1), (1, 1)]).bytes()),
        ("4:1:0", sampled(&[(4, 2), (1, 1), (1, 1)]).bytes()),
        ("3 × 1", sampled(&[(3, 1), (1, 1), (1, 1)]).bytes()),
        ("fewer samples of brightness", sampled(&[(1, 1), (2, 2), (2, 2)]).bytes()),
        ("each component another", sampled(&[(2, 2), (1, 2), (2, 1)]).bytes()),
        ("CMYK", sampled(&[(1, 1); 4]).bytes()),
        ("CMYK 4:2:0", sampled(&[(2, 2), (1, 1), (1, 1), (2, 2)]).bytes()),
        ("progressive", progressive.bytes()),
        ("progressive CMYK", Picture { sampling: vec![(1, 1); 4], ..progressive.clone() }.bytes()),
        ("progressive, restarts", Picture { interval: 3, ..progressive.clone() }.bytes()),
        ("a scan each", alone.bytes()),
        ("a scan each, progressive", Picture { is_progressive: true, ..alone }.bytes()),
        ("restarts", restarted.clone()),
        ("restart far out of turn", far),
        ("bytes before a restart", [&restarted[..first], b"surplus", &restarted[first..]].concat()),
        ("an interval, no restarts needed", Picture { interval: 999, ..base.clone() }.bytes()),
        ("another start", with(&[0xff, 0xd8])),
        ("bytes between segments", [&bytes[..frame], b"\0between", &bytes[frame..]].concat()),
        ("fill bytes", with(&[0xff; 5])),
        ("fill bytes at the end", before_end(&[0xff; 5])),
        ("JFIF 9.9", with(&segment(0xe0, b"JFIF\0\x09\x09\0\0\x01\0\x01\0\0"))),
        ("JFIF cut short", with(&segment(0xe0, b"JFIF\0\x01"))),
        ("Adobe, unknown transform", with(&segment(0xee, b"Adobe\0\x64\0\0\0\0\x07"))),
        ("Adobe, transform of CMYK", with(&segment(0xee, b"Adobe\0\x64\0\0\0\0\x02"))),
        ("Adobe cut short", with(&segment(0xee, b"Adobe\0"))),
        ("a segment without a length", with(&[0xff, 0xe5, 0, 0])),
        ("unknown markers", with(&[segment(0xf3, b"x"), segment(0x02, b"x")].concat())),
        ("too much data", before_end(b"too much data\xff\0")),
        ("a restart too many", before_end(&[0xff, 0xd0])),
        ("a number of lines behind", before_end(&segment(0xdc, &[0, 25]))),
        ("two ends", [&bytes, end].concat()),
        ("no end", body.to_vec()),
        ("half an end", bytes[..bytes.len() - 1].to_vec()),
        ("cut in a segment behind", [body, &[0xff, 0xe1, 0x10, 0, 1]].concat()),
        ("another picture behind", bytes.repeat(2)),
        ("another picture behind, no end", [body, &bytes].concat()),
        ("a video behind", [&bytes[..], b"\0\0\0\x18ftypmp42", &[0xff; 99]].concat()),
        ("the scan once more", [body, &base.scans().concat(), end].concat()),
        ("all names the same", names),
        ("a scan of other coefficients", odd_range),
        ("the usual Huffman tables left out", motion.concat()),
        ("fewer lines than its data", {
            let mut low = bytes.clone();
            low[frame + 5..frame + 7].copy_from_slice(&[0, 9]);
            low
        }),
        ("one scan of a progressive picture", {
            let scans = progressive.scans();
            [&progressive.head()[..], &scans[0], end].concat()
        }),
    ]
}

/// Pictures that viewers show with gray or wrong parts, or not at all.
fn refused() -> Vec<(&'static str, Vec<u8>)> {
    let bytes = plain().bytes();
    let restarts = Picture { interval: 2, ..plain() }.bytes();
    let marker = |number| restarts.windows(2).position(|pair| pair == [0xff, number]).unwrap();
    let (first, second) = (marker(0xd0), marker(0xd1));
    let frame = bytes.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    let scan = bytes.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap();
    let end = bytes.len() - 2;
    let changed = |at: usize, value: u8| {
        let mut bytes = bytes.clone();
        bytes[at] = value;
        bytes
    };
    let renumbered = |number: u8| {
        let mut restarts = restarts.clone();
        restarts[first + 1] = number;
        restarts
    };
    let alone = Picture { is_interleaved: false, ..plain() };
    let progressive = Picture { is_progressive: true, ..plain() };
    let scans = progressive.scans();
    let table = bytes.windows(2).position(|pair| pair == [0xff, 0xc4]).unwrap();
    vec![
        ("a byte of a scan less", [&bytes[..end - 1], &bytes[end..]].concat()),
        ("half a scan", [&bytes[..(scan + end) / 2], &bytes[end..]].concat()),
        ("a code that is none", changed(end - 1, 0x7f)),
        ("a marker within", [&bytes[..end - 9], &[0xff, 0x05], &bytes[end - 9..]].concat()),
        ("more lines than its data", changed(frame + 6, 60)),
        ("an interval lost", [&restarts[..first], &restarts[second..]].concat()),
        ("an interval cut", [&restarts[..second - 1], &restarts[second..]].concat()),
        ("a restart lost", [&restarts[..first], &restarts[first + 2..]].concat()),
        ("a restart of the next interval", renumbered(0xd1)),
        ("a restart of an interval before", renumbered(0xd7)),
        ("a component without a scan", {
            let scans = alone.scans();
            [&alone.head()[..], &scans[0], &scans[1], &[0xff, 0xd9]].concat()
        }),
        ("a progressive picture without its last scans and end", {
            [&progressive.head()[..], &scans[..scans.len() - 1].concat()].concat()
        }),
        ("no lines", {
            let mut none = changed(frame + 5, 0);
            none[frame + 6] = 0;
            none
        }),
        ("12 bits", changed(frame + 4, 12)),
        ("lossless", changed(frame + 1, 0xc3)),
        ("arithmetic coding", changed(frame + 1, 0xc9)),
        ("hierarchical", [&bytes[..2], &segment(0xde, &[]), &bytes[2..]].concat()),
        ("two components", sampled(&[(1, 1); 2]).bytes()),
        ("five components", sampled(&[(1, 1); 5]).bytes()),
        ("samples in the ratio of 3 to 2", sampled(&[(3, 1), (2, 1), (1, 1)]).bytes()),
        ("lines in the ratio of 3 to 2", sampled(&[(1, 3), (1, 2), (1, 1)]).bytes()),
        ("a unit of eleven blocks", sampled(&[(3, 3), (1, 1), (1, 1)]).bytes()),
        ("no quantization table", [&bytes[..2], &bytes[table..]].concat()),
        ("a table with a code of ones alone", changed(table + 5, 2)),
        ("two frames", [&bytes[..scan], &plain().frame(), &bytes[scan..]].concat()),
        ("no frame", [&bytes[..2], &bytes[scan..]].concat()),
        ("no scan", [&bytes[..scan], &bytes[end..]].concat()),
        ("a scan of an unknown component", changed(scan + 5, 9)),
    ]
}

#[test]
fn unusual_jpegs_are_accepted() {
    for (name, bytes) in shown() {
        let (_, kept) = accept(&bytes, Some(ImageKind::Jpeg), MAX).unwrap_or_else(|refusal| {
            panic!("{name}: {refusal}");
        });
        assert!(kept.ends_with(&[0xff, 0xd9]), "{name}");
        let (_, again) = accept(&kept, None, MAX).unwrap();
        assert_eq!(again, kept, "{name}");
    }
}

#[test]
fn jpegs_without_all_pixels_are_refused() {
    for (name, bytes) in refused() {
        assert!(is_broken(check(&bytes, None, MAX)), "{name}");
    }
}

#[test]
fn bytes_that_nothing_is_read_from_are_cut() {
    let bytes = plain().bytes();
    let end = bytes.len() - 2;
    let interval = Picture { interval: 2, ..plain() }.bytes();
    let restart = interval.windows(2).position(|pair| pair == [0xff, 0xd0]).unwrap();
    let hidden = b"hidden here\xff\0and\xff\xd3there";
    for (dirty, clean) in [
        ([&bytes[..end], hidden, &bytes[end..]].concat(), &bytes),
        ([&bytes[..end], hidden].concat(), &bytes),
        ([&bytes[..end], &segment(0xdc, hidden), &bytes[end..]].concat(), &bytes),
        ([&bytes[..end], &plain().scans().concat(), &bytes[end..]].concat(), &bytes),
        ([&interval[..restart], b"hidden\xff\0", &interval[restart..]].concat(), &interval),
    ] {
        assert_eq!(accept(&dirty, None, MAX).unwrap().1, &clean[..]);
    }
}

#[test]
fn jpegs_are_accepted_up_to_4096_pixels() {
    for sampling in [vec![(1, 1)], vec![(1, 1); 3], vec![(2, 2), (1, 1), (1, 1)], vec![(1, 1); 4]] {
        let largest = Picture { width: 4096, height: 4096, ..sampled(&sampling) };
        assert!(check(&largest.bytes(), None, MAX).is_ok(), "{sampling:?}");
        for (width, height) in [(4097, 8), (8, 4097)] {
            let refusal = check(&Picture { width, height, ..largest.clone() }.bytes(), None, MAX);
            assert!(matches!(refusal, Err(ImageError::TooWide { .. })));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..Default::default() })]

    #[test]
    fn jpeg_cut_before_its_last_pixel_is_refused(
        width in 1..70_u16,
        height in 1..70_u16,
        sampling in prop::sample::select(vec![
            vec![(1, 1)], vec![(1, 1); 3], vec![(2, 1), (1, 1), (1, 1)], vec![(2, 2), (1, 1), (1, 1)],
            vec![(1, 2), (1, 1), (1, 1)], vec![(1, 1); 4], vec![(4, 1), (2, 1), (1, 1)],
        ]),
        is_progressive: bool,
        is_interleaved: bool,
        interval in 0..5_u16,
    ) {
        let picture = Picture { width, height, sampling, is_progressive, is_interleaved, interval };
        let bytes = picture.bytes();
        let last_pixel = bytes.len() - 2;
        for end in 3..bytes.len() {
            let is_whole = end >= last_pixel;
            prop_assert_eq!(check(&bytes[..end], None, MAX).is_ok(), is_whole, "{}", end);
            // With an end marker as well, unless it is the end of a progressive picture's scan.
            let mended = [&bytes[..end], &[0xff, 0xd9]].concat();
            let is_shown = check(&mended, None, MAX).is_ok();
            prop_assert!(if is_whole { is_shown } else { !is_shown || is_progressive }, "{}", end);
        }
    }
}
