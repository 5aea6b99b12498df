//! Small pictures of every kind: complete, cut at every length, damaged at random, and
//! decompression bombs.

#![expect(clippy::cast_possible_truncation, reason = "the sizes of small test pictures")]

mod gif;
mod jpeg;
mod png;

use super::jpeg as jpeg_check;
use super::{ImageError, ImageKind, MAX_DRAWN, MAX_SIDE, accept, from_base64, vp8l};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

const PICTURES: [(&str, ImageKind, &[u8]); 11] = [
    ("plain.png", ImageKind::Png, include_bytes!("fixtures/plain.png")),
    ("interlaced.png, 16 bits", ImageKind::Png, include_bytes!("fixtures/interlaced.png")),
    ("restarts.jpg, 4:2:0", ImageKind::Jpeg, include_bytes!("fixtures/restarts.jpg")),
    ("progressive.jpg, 4:2:2", ImageKind::Jpeg, include_bytes!("fixtures/progressive.jpg")),
    ("scans.jpg, one for each colour", ImageKind::Jpeg, include_bytes!("fixtures/scans.jpg")),
    ("upright.jpg, 4:4:0", ImageKind::Jpeg, include_bytes!("fixtures/upright.jpg")),
    ("interlaced.gif", ImageKind::Gif, include_bytes!("fixtures/interlaced.gif")),
    ("animated.gif", ImageKind::Gif, include_bytes!("fixtures/animated.gif")),
    ("lossy.webp, with alpha", ImageKind::Webp, include_bytes!("fixtures/lossy.webp")),
    ("lossless.webp, with alpha", ImageKind::Webp, include_bytes!("fixtures/lossless.webp")),
    ("animated.webp, both sorts", ImageKind::Webp, include_bytes!("fixtures/animated.webp")),
];

const MAX: usize = 1 << 20;

/// Checks an upload. Returns its kind.
fn check(
    bytes: &[u8],
    claimed: Option<ImageKind>,
    max_bytes: usize,
) -> Result<ImageKind, ImageError> {
    accept(bytes, claimed, max_bytes).map(|(kind, _)| kind)
}

fn is_broken(result: Result<ImageKind, ImageError>) -> bool {
    matches!(result, Err(ImageError::Broken(_)))
}

#[test]
fn complete_pictures_pass_with_or_without_trailer() {
    for (name, kind, bytes) in PICTURES {
        assert_eq!(check(bytes, None, bytes.len()).ok(), Some(kind), "{name}");
        assert_eq!(check(bytes, Some(kind), MAX).ok(), Some(kind), "{name}");
        for tail in [&b"\n"[..], b"<script>alert(1)</script>", &[0; 100], &[0xff; 7], bytes] {
            assert_eq!(check(&[bytes, tail].concat(), None, MAX).ok(), Some(kind), "{name}");
        }
    }
}

#[test]
fn picture_cut_before_last_pixel_is_refused() {
    for (name, kind, bytes) in PICTURES {
        // Behind it stand an end code and the trailer, the end marker, or the end chunk.
        let behind = match kind {
            ImageKind::Gif => 4,
            ImageKind::Jpeg => 2,
            ImageKind::Png => 12,
            ImageKind::Webp => 0,
        };
        // A shorter animation: behind a frame, at most an end code and the byte that begins an
        // extension, and what comes next announces a frame.
        let is_between = |end: usize| {
            let near = bytes[end.saturating_sub(1)..].windows(2).take(behind + 1);
            kind == ImageKind::Gif && { near }.any(|pair| pair == b"\x21\xf9")
        };
        let mut is_whole = false;
        for end in 0..bytes.len() {
            match check(&bytes[..end], None, MAX) {
                Err(ImageError::NotAPicture) if end < 12 => {}
                Ok(_) if is_between(end) => {}
                Ok(_) if end >= bytes.len() - behind => is_whole = true,
                Err(ImageError::Broken(_)) if !is_whole => {}
                other => panic!("{name} cut at {end} of {}: {other:?}", bytes.len()),
            }
        }
        assert_eq!(is_whole, kind != ImageKind::Webp, "{name}");
    }
}

#[test]
fn cut_picture_with_end_marker_is_refused() {
    for (name, kind, bytes) in PICTURES {
        let half = bytes.len() / 2;
        let mended = match kind {
            ImageKind::Png => [&bytes[..half], &bytes[bytes.len() - 12..]].concat(),
            ImageKind::Jpeg => [&bytes[..half], &[0xff, 0xd9]].concat(),
            ImageKind::Gif => [&bytes[..half], &[0, 0x3b]].concat(),
            ImageKind::Webp => {
                let mut mended = bytes[..half].to_vec();
                mended[4..8].copy_from_slice(&(half as u32 - 8).to_le_bytes());
                mended
            }
        };
        assert!(is_broken(check(&mended, None, MAX)), "{name}");
    }
}

#[test]
fn wrong_size_or_type_is_refused() {
    let (_, _, png) = PICTURES[0];
    assert!(matches!(check(png, None, png.len() - 1), Err(ImageError::TooLarge { .. })));
    let wrong = check(png, Some(ImageKind::Jpeg), MAX).unwrap_err();
    assert_eq!(wrong.to_string(), "the picture is png, not jpg as its type says");
    for text in ["", "hello", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "BM", "GIF88a"] {
        assert!(
            matches!(check(text.as_bytes(), None, MAX), Err(ImageError::NotAPicture)),
            "{text}"
        );
    }
    for name in ["png", "PNG", "image/png", "Image/Png"] {
        assert_eq!(ImageKind::from_name(name), Some(ImageKind::Png));
    }
    for name in ["jpg", "jpeg", "image/jpeg", "image/jpg"] {
        assert_eq!(ImageKind::from_name(name), Some(ImageKind::Jpeg));
    }
    for name in ["", "svg", "image/svg+xml", "image/", "image/image/png", " png"] {
        assert_eq!(ImageKind::from_name(name), None, "{name}");
    }
    for kind in [ImageKind::Png, ImageKind::Jpeg, ImageKind::Gif, ImageKind::Webp] {
        assert_eq!(ImageKind::from_name(kind.extension()), Some(kind));
        assert_eq!(ImageKind::from_name(kind.content_type()), Some(kind));
    }
}

#[test]
fn documented_limits_and_tests_are_there() {
    let page = include_str!("../../docs/pictures.md");
    let grouped = |number: u64| {
        let digits = number.to_string();
        let groups: Vec<&str> = digits
            .as_bytes()
            .rchunks(3)
            .rev()
            .map(|group| str::from_utf8(group).unwrap())
            .collect();
        groups.join(",")
    };
    for words in [
        format!("more than {MAX_SIDE} pixels wide or high"),
        format!("more than {} pixels together", grouped(MAX_DRAWN)),
        format!("more than {} scans", jpeg_check::MAX_SCANS),
        format!("more than {} groups of codes", grouped(vp8l::MAX_GROUPS.into())),
    ] {
        assert!(page.contains(&words), "{words}");
    }
    let sources = [
        include_str!("tests.rs"),
        include_str!("tests/gif.rs"),
        include_str!("tests/jpeg.rs"),
        include_str!("tests/png.rs"),
    ];
    let refused = page.split_once("## Refused").unwrap().1;
    let tests = refused.lines().filter_map(|line| line.rsplit('|').nth(1));
    let names: Vec<&str> = tests.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    assert!(names.len() > 10);
    for name in names {
        let test = format!("fn {name}()");
        assert!(sources.iter().any(|source| source.contains(&test)), "{name}");
    }
}

#[test]
fn hidden_frames_of_webp_are_refused() {
    let bytes = PICTURES[8].2;
    let start = bytes.windows(3).position(|three| three == [0x9d, 0x01, 0x2a]).unwrap();
    // The lowest byte of the frame's tag: a key frame, its profile, and whether it is shown.
    for change in [0x10, 0x08, 0x01] {
        let mut hidden = bytes.to_vec();
        hidden[start - 3] ^= change;
        assert!(is_broken(check(&hidden, None, MAX)), "{change}");
    }
}

/// A black PNG of one bit per pixel.
fn black_png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = ::png::Encoder::new(&mut bytes, width, height);
    encoder.set_depth(::png::BitDepth::One);
    let data = vec![0; width.div_ceil(8) as usize * height as usize];
    encoder.write_header().unwrap().write_image_data(&data).unwrap();
    bytes
}

#[test]
fn picture_sides_are_limited() {
    assert!(check(&black_png(4096, 4096), None, MAX).is_ok());
    for (width, height) in [(4097, 1), (1, 4097), (1 << 20, 1)] {
        let refusal = check(&black_png(width, height), None, MAX).unwrap_err();
        assert!(matches!(refusal, ImageError::TooWide { .. }), "{refusal}");
    }
    // The sizes that decoders allocate, made large in each header of a small file.
    let wide = |index: usize, at: usize, side: [u8; 2]| {
        let mut bytes = PICTURES[index].2.to_vec();
        bytes[at..at + 2].copy_from_slice(&side);
        check(&bytes, None, MAX).unwrap_err()
    };
    let frame = |index: usize, marker: [u8; 2]| {
        let bytes = PICTURES[index].2;
        bytes.windows(2).position(|pair| pair == marker).unwrap() + 5
    };
    for (index, at) in [(2, frame(2, [0xff, 0xc0])), (3, frame(3, [0xff, 0xc2])), (6, 6)] {
        assert!(matches!(wide(index, at, [0x7f, 0x7f]), ImageError::TooWide { .. }), "{index}");
    }
    // A lossy frame larger than its canvas.
    let lossy = PICTURES[8].2;
    let start = lossy.windows(3).position(|three| three == [0x9d, 0x01, 0x2a]).unwrap();
    assert!(matches!(wide(8, start + 3, [0xff, 0x3f]), ImageError::Broken(_)));
}

#[test]
fn long_animations_are_refused() {
    // Frames of 4096 × 4096 without pixels suffice: the sizes are checked first.
    let mut bytes = b"GIF89a\x00\x10\x00\x10\x80\x00\x00\x00\x00\x00\xff\xff\xff".to_vec();
    let mut encoder =
        ::gif::Encoder::new(Vec::new(), 4096, 4096, &[0, 0, 0, 255, 255, 255]).unwrap();
    let frame = ::gif::Frame {
        width: 4096,
        height: 4096,
        buffer: vec![0; 1 << 24].into(),
        ..Default::default()
    };
    encoder.write_frame(&frame).unwrap();
    let single = encoder.into_inner().unwrap();
    let picture = single.iter().position(|byte| *byte == 0x2c).unwrap();
    let picture = &single[picture..single.len() - 1];
    for _ in 0..4 {
        bytes.extend(picture);
    }
    assert!(check(&[&bytes[..], b";"].concat(), None, MAX).is_ok());
    bytes.extend(picture);
    assert!(matches!(check(&[&bytes[..], b";"].concat(), None, MAX), Err(ImageError::TooLong)));
}

#[test]
fn jpeg_scans_are_limited() {
    // The first scan of the progressive picture, repeated.
    let bytes = PICTURES[3].2;
    let scans: Vec<usize> =
        (0..bytes.len() - 1).filter(|at| bytes[*at..].starts_with(&[0xff, 0xda])).collect();
    let table = (scans[0]..).find(|at| bytes[*at..].starts_with(&[0xff, 0xc4])).unwrap();
    let (head, first, rest) = (&bytes[..scans[0]], &bytes[scans[0]..table], &bytes[table..]);
    let most = 100 + 1 - scans.len();
    let with = |times: usize| check(&[head, &first.repeat(times), rest].concat(), None, MAX);
    assert!(with(most).is_ok());
    let refusal = with(most + 1).unwrap_err();
    assert!(refusal.to_string().contains("scans"), "{refusal}");
}

/// A lossless WebP of 4 × 4 pixels that announces 65,536 groups of codes.
#[test]
fn lossless_webp_codes_are_limited() {
    let mut bits: Vec<bool> = Vec::new();
    let mut put = |value: u32, count: u32| bits.extend((0..count).map(|bit| value >> bit & 1 == 1));
    put(0x2f, 8);
    put(3, 14);
    put(3, 14);
    put(0, 4);
    put(0, 1); // no transform
    put(0, 1); // no cache
    put(1, 1); // groups are chosen by
    put(0, 3); // a picture of one pixel,
    put(0, 1); // without cache,
    for value in [255, 255, 0, 0, 0] {
        put(0b101, 3); // whose codes have one symbol each: red and green 255
        put(value, 8);
    }
    let mut body = vec![0u8; bits.len().div_ceil(8) + 100_000];
    for (at, _) in bits.iter().enumerate().filter(|(_, bit)| **bit) {
        body[at / 8] |= 1 << (at % 8);
    }
    let mut file = b"RIFF____WEBPVP8L".to_vec();
    file.extend((body.len() as u32).to_le_bytes());
    file.extend(&body);
    let size = file.len() as u32 - 8;
    file[4..8].copy_from_slice(&size.to_le_bytes());
    let refusal = check(&file, None, MAX).unwrap_err();
    assert!(refusal.to_string().contains("too many groups"), "{refusal}");
}

#[test]
fn base64_is_decoded_with_prefix_and_white_space() {
    let (_, _, png) = PICTURES[0];
    let text = STANDARD.encode(png);
    let wrapped: String = text
        .as_bytes()
        .chunks(60)
        .map(|line| format!("{}\r\n ", String::from_utf8_lossy(line)))
        .collect();
    for text in [
        text.clone(),
        wrapped,
        text.trim_end_matches('=').to_owned(),
        format!("data:image/png;base64,{text}"),
        format!(" DATA:image/jpeg;charset=utf-8;BASE64,{text}"),
        format!("data:;base64,{text}"),
    ] {
        assert_eq!(from_base64(&text, png.len()).unwrap(), png);
        assert!(matches!(from_base64(&text, png.len() - 1), Err(ImageError::TooLarge { .. })));
    }
    assert_eq!(from_base64("", 0).unwrap(), b"");
    assert_eq!(from_base64(" \n\t ", 0).unwrap(), b"");
    for text in [
        "a",
        "abc$",
        "ab==cd==",
        "=",
        "a-b_",
        "data:image/png,abcd",
        "data:",
        "data:image/svg+xml;utf8,<svg/>",
        "头像",
    ] {
        assert!(matches!(from_base64(text, MAX), Err(ImageError::NotBase64)), "{text}");
    }
    assert!(matches!(from_base64(&"A".repeat(1 << 16), 100), Err(ImageError::TooLarge { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_bytes_are_checked_without_panic(kind in 0..4usize, rest in prop::collection::vec(any::<u8>(), 0..300)) {
        let magic = [&b"\x89PNG\r\n\x1a\n"[..], b"\xff\xd8\xff", b"GIF89a", b"RIFF\x40\0\0\0WEBP"];
        let _ = check(&rest, None, MAX);
        let _ = check(&[magic[kind], &rest].concat(), None, MAX);
    }

    #[test]
    fn damaged_pictures_are_checked_without_panic(which in 0..PICTURES.len(), changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = PICTURES[which].2.to_vec();
        for (at, value) in changes {
            *at.get_mut(&mut bytes) = value;
        }
        let _ = check(&bytes, None, MAX);
        // Our own parsers are not protected by `catch_unwind` like third-party decoders.
        let _ = vp8l::walk(&bytes, 17, 33);
        if let Some(chunk) = bytes.windows(4).position(|name| name == b"VP8L") {
            let _ = vp8l::walk(&bytes[chunk + 13..], 17, 33);
        }
    }

    #[test]
    fn any_base64_text_is_decoded_without_panic(text in "\\PC*") {
        let _ = from_base64(&text, 64);
    }

    #[test]
    fn base64_round_trips(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let text = STANDARD.encode(&bytes);
        prop_assert_eq!(from_base64(&text, bytes.len()).unwrap(), &bytes[..]);
        if !bytes.is_empty() {
            prop_assert!(from_base64(&text, bytes.len() - 1).is_err(), "one byte more than the limit");
        }
    }
}
