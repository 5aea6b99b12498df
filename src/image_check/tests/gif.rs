//! GIFs with odd blocks and frames, made by code; what is expected is what Chromium showed of them.

use super::{ImageKind, MAX, accept, check, is_broken};

/// Two colours for a screen or a frame.
const COLOURS: &[u8] = b"\x10\x20\x30\x40\x50\x60";
/// A delay, which announces a frame.
const CONTROL: &[u8] = b"\x21\xf9\x04\x08\x0a\0\0\0";

fn head(width: u8, height: u8, has_colours: bool) -> Vec<u8> {
    let colours = if has_colours { COLOURS } else { &[] };
    [b"GIF89a", &[width, 0, height, 0, u8::from(has_colours) << 7, 0, 0][..], colours].concat()
}

/// The pixels of a frame one by one: a code of 3 bits each, and a code that clears the table before
/// the codes get longer. `end` is the code after them, 5 to end.
fn codes(pixels: usize, end: Option<u8>) -> Vec<u8> {
    let mut codes = Vec::new();
    for at in 0..pixels {
        if at % 2 == 0 {
            codes.push(4);
        }
        codes.push((at % 2) as u8);
    }
    codes.extend(end);
    let bits: Vec<bool> =
        codes.iter().flat_map(|code| (0..3).map(move |bit| code >> bit & 1 == 1)).collect();
    let byte = |bits: &[bool]| bits.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
    bits.chunks(8).map(byte).collect()
}

/// A frame of 8 × 8 pixels at this place, with this data.
fn frame_of(place: [u8; 4], data: &[u8]) -> Vec<u8> {
    let [left, top, width, height] = place;
    let place = [b',', left, 0, top, 0, width, 0, height, 0, 0, 2];
    let mut out = place.to_vec();
    for block in data.chunks(255) {
        out.push(block.len() as u8);
        out.extend(block);
    }
    out.push(0);
    out
}

fn frame() -> Vec<u8> {
    frame_of([0, 0, 8, 8], &codes(64, Some(5)))
}

fn gif(parts: &[&[u8]]) -> Vec<u8> {
    [head(8, 8, true), parts.concat()].concat()
}

#[test]
fn unusual_gifs_are_accepted() {
    let frame = &frame()[..];
    let at = |place| frame_of(place, &codes(64, Some(5)));
    let with = |data: &[u8]| gif(&[&frame_of([0, 0, 8, 8], data), b";"]);
    let local = [&frame[..9], &[0x80], COLOURS, &frame[10..]].concat();
    let whole = gif(&[frame, b";"]);
    let two = gif(&[CONTROL, frame, CONTROL, frame, b";"]);
    for (name, bytes, expected) in [
        ("plain", whole.clone(), Some(&whole)),
        ("empty blocks before the trailer", gif(&[frame, b"\0\0\0;"]), Some(&whole)),
        (
            "empty blocks between frames",
            gif(&[CONTROL, frame, b"\0\0", CONTROL, frame, b";"]),
            Some(&two),
        ),
        ("empty blocks first", gif(&[b"\0", frame, b";"]), Some(&whole)),
        ("other bytes behind", gif(&[frame, b"\x01hello"]), Some(&whole)),
        ("no trailer", gif(&[frame]), Some(&whole)),
        ("no trailer, two frames", gif(&[CONTROL, frame, CONTROL, frame]), Some(&two)),
        ("no end of the last frame's blocks", gif(&[&frame[..frame.len() - 1]]), Some(&whole)),
        ("cut in a comment behind", gif(&[frame, b"\x21\xfe\x10abc"]), Some(&whole)),
        ("two trailers", gif(&[frame, b";;"]), Some(&whole)),
        ("a frame behind the trailer", gif(&[frame, b";", frame, b";"]), Some(&whole)),
        ("an unknown extension", gif(&[b"\x21\x42\x03abc\0", frame, b";"]), Some(&whole)),
        ("a control block too long", gif(&[b"\x21\xf9\x05\x08\x0a\0\0\0\0", frame, b";"]), None),
        ("no colours", [&head(8, 8, false), frame, b";"].concat(), None),
        ("colours of the frame alone", [&head(8, 8, false), &local[..], b";"].concat(), None),
        ("partly outside", gif(&[&at([4, 4, 8, 8]), b";"]), None),
        ("outside", gif(&[&at([20, 20, 8, 8]), b";"]), None),
        ("larger than the screen", [&head(4, 4, true), frame, b";"].concat(), None),
        ("no screen", [&head(0, 0, true), frame, b";"].concat(), None),
        ("no width of the screen", [&head(0, 8, true), frame, b";"].concat(), None),
        ("a frame without a size as well", gif(&[frame, &at([0, 0, 0, 8]), b";"]), None),
        ("no end code", with(&codes(64, None)), None),
        ("too many pixels", with(&codes(80, Some(5))), None),
        ("bytes after the end code", with(&[&codes(64, Some(5))[..], b"surplus"].concat()), None),
        (
            "GIF87a",
            whole.iter().enumerate().map(|(at, byte)| if at == 4 { b'7' } else { *byte }).collect(),
            None,
        ),
    ] {
        let (_, kept) = accept(&bytes, Some(ImageKind::Gif), MAX).unwrap_or_else(|refusal| {
            panic!("{name}: {refusal}");
        });
        assert!(kept.ends_with(b"\0;"), "{name}");
        assert!(expected.is_none_or(|expected| kept == &expected[..]), "{name}");
    }
}

#[test]
fn gifs_without_all_pixels_are_refused() {
    let frame = &frame()[..];
    let with = |data: &[u8]| gif(&[&frame_of([0, 0, 8, 8], data), b";"]);
    for (name, bytes) in [
        ("no frame", gif(&[b";"])),
        ("a frame without a size alone", gif(&[&frame_of([0, 0, 0, 8], &[]), b";"])),
        ("other bytes first", gif(&[b"\x01", frame, b";"])),
        ("ends a pixel early", with(&codes(63, Some(5)))),
        ("stops two pixels early", with(&codes(62, None))),
        ("the second frame ends early", {
            gif(&[CONTROL, frame, CONTROL, &frame_of([0, 0, 8, 8], &codes(40, Some(5))), b";"])
        }),
        (
            "a code that is not defined yet",
            with(&codes(64, Some(5)).into_iter().map(|byte| byte | 6).collect::<Vec<_>>()),
        ),
        ("a frame is announced and not there", gif(&[frame, CONTROL])),
        ("cut where a frame is announced", gif(&[frame, &CONTROL[..4]])),
        ("cut in a second frame's head", gif(&[frame, &frame[..5]])),
        ("codes of 1 bit", {
            let mut bytes = with(&codes(64, Some(5)));
            bytes[29] = 0;
            bytes
        }),
        ("codes of 10 bits", {
            let mut bytes = with(&codes(64, Some(5)));
            bytes[29] = 9;
            bytes
        }),
    ] {
        assert!(is_broken(check(&bytes, None, MAX)), "{name}");
    }
}

#[test]
fn gif_cut_before_its_last_pixel_is_refused() {
    for end_code in [None, Some(5)] {
        let bytes = gif(&[&frame_of([0, 0, 8, 8], &codes(64, end_code)), b";"]);
        let last_pixel = 30 + 1 + codes(64, None).len();
        for end in 12..bytes.len() {
            let is_whole = end >= last_pixel;
            assert_eq!(check(&bytes[..end], None, MAX).is_ok(), is_whole, "{end}");
        }
    }
}
