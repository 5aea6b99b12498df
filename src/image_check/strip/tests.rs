//! Every kind of picture with camera metadata inside and after it: all of that is removed, and the
//! pixels stay the same.

#![expect(clippy::cast_possible_truncation, reason = "the sizes of small test pictures")]

use super::super::{ImageKind, accept};
use super::{exif, png_chunk, strip};
use proptest::prelude::*;
use std::io::Cursor;

const PICTURES: [(ImageKind, &[u8]); 11] = [
    (ImageKind::Png, include_bytes!("../fixtures/plain.png")),
    (ImageKind::Png, include_bytes!("../fixtures/interlaced.png")),
    (ImageKind::Jpeg, include_bytes!("../fixtures/restarts.jpg")),
    (ImageKind::Jpeg, include_bytes!("../fixtures/progressive.jpg")),
    (ImageKind::Jpeg, include_bytes!("../fixtures/scans.jpg")),
    (ImageKind::Jpeg, include_bytes!("../fixtures/upright.jpg")),
    (ImageKind::Gif, include_bytes!("../fixtures/interlaced.gif")),
    (ImageKind::Gif, include_bytes!("../fixtures/animated.gif")),
    (ImageKind::Webp, include_bytes!("../fixtures/lossy.webp")),
    (ImageKind::Webp, include_bytes!("../fixtures/lossless.webp")),
    (ImageKind::Webp, include_bytes!("../fixtures/animated.webp")),
];

/// Text that must not be in any stored picture.
const SECRET: &[u8] = b"31.2304N 121.4737E, nora's camera";

/// An Exif block in either byte order, with the orientation and a GPS directory that contains
/// [`SECRET`].
fn camera(is_little: bool, orientation: u16) -> Vec<u8> {
    let short = |value: u16| if is_little { value.to_le_bytes() } else { value.to_be_bytes() };
    let long = |value: u32| if is_little { value.to_le_bytes() } else { value.to_be_bytes() };
    let mut block = if is_little { b"II*\0".to_vec() } else { b"MM\0*".to_vec() };
    block.extend(long(8));
    block.extend(short(2));
    for (tag, kind, value) in [
        (0x0112, 3, [short(orientation), [0, 0]].concat()),
        // The offset of the GPS directory.
        (0x8825, 4, long(38).to_vec()),
    ] {
        block.extend([short(tag), short(kind)].concat());
        block.extend(long(1));
        block.extend(value);
    }
    block.extend(long(0));
    block.extend(SECRET);
    block
}

fn jpeg_segment(marker: u8, data: &[&[u8]]) -> Vec<u8> {
    let data = data.concat();
    [&[0xff, marker], &(data.len() as u16 + 2).to_be_bytes()[..], &data].concat()
}

fn webp_chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let padding = &[0][..data.len() % 2];
    [&name[..], &(data.len() as u32).to_le_bytes(), data, padding].concat()
}

/// The picture with all metadata that must be removed.
fn decorated(kind: ImageKind, bytes: &[u8], orientation: u16, is_little: bool) -> Vec<u8> {
    let block = camera(is_little, orientation);
    let text = [b"Comment\0", SECRET].concat();
    match kind {
        ImageKind::Png => {
            let parts: Vec<u8> = [
                png_chunk(b"eXIf", &block),
                png_chunk(b"tEXt", &text),
                png_chunk(b"zTXt", &text),
                png_chunk(b"iTXt", &text),
                png_chunk(b"tIME", &[7, 230, 1, 2, 3, 4, 5]),
                png_chunk(b"caBX", SECRET),
            ]
            .concat();
            // After IHDR, and more texts before IEND.
            let end = bytes.len() - 12;
            let late = png_chunk(b"tEXt", &text);
            [&bytes[..33], &parts, &bytes[33..end], &late, &bytes[end..], SECRET].concat()
        }
        ImageKind::Jpeg => {
            let thumbnail = [b"JFIF\0\x01\x01\0\0\x01\0\x01\x02\x02", &SECRET[..12]].concat();
            let parts = [
                jpeg_segment(0xe0, &[&thumbnail]),
                jpeg_segment(0xe0, &[b"JFXX\0", SECRET]),
                jpeg_segment(0xe1, &[exif::NAME, &block]),
                jpeg_segment(0xe1, &[b"http://ns.adobe.com/xap/1.0/\0", SECRET]),
                jpeg_segment(0xe2, &[b"MPF\0", SECRET]),
                jpeg_segment(0xed, &[b"Photoshop 3.0\0", SECRET]),
                jpeg_segment(0xfe, &[SECRET]),
            ]
            .concat();
            // A second picture and a video after the first.
            [&bytes[..2], &parts, &bytes[2..], bytes, b"ftypmp42", SECRET].concat()
        }
        ImageKind::Gif => {
            let colours = 3 << ((bytes[10] & 7) + 1);
            let start = if bytes[10] & 0x80 == 0 { 13 } else { 13 + colours };
            let comment = [&[0x21, 0xfe, SECRET.len() as u8], SECRET, &[0]].concat();
            let xmp =
                [b"\x21\xff\x0bXMP DataXMP", &[SECRET.len() as u8][..], SECRET, &[0]].concat();
            let (end, last) = bytes.split_at(bytes.len() - 1);
            [&end[..start], &comment, &xmp, &end[start..], &comment, last, SECRET].concat()
        }
        ImageKind::Webp => {
            let mut chunks = bytes[12..].to_vec();
            if !chunks.starts_with(b"VP8X") {
                let mut size = [0u8; 10];
                let decoder = image_webp::WebPDecoder::new(Cursor::new(bytes)).unwrap();
                let (width, height) = decoder.dimensions();
                size[0] = if decoder.has_alpha() { 0x10 } else { 0 };
                size[4..7].copy_from_slice(&(width - 1).to_le_bytes()[..3]);
                size[7..10].copy_from_slice(&(height - 1).to_le_bytes()[..3]);
                chunks = [webp_chunk(b"VP8X", &size), chunks].concat();
            }
            chunks[8] |= super::webp::HAS_EXIF | super::webp::HAS_XMP;
            chunks.extend(webp_chunk(b"EXIF", &block));
            chunks.extend(webp_chunk(b"XMP ", SECRET));
            chunks.extend(webp_chunk(b"spam", SECRET));
            let size = (chunks.len() as u32 + 4).to_le_bytes();
            [b"RIFF", &size[..], b"WEBP", &chunks, SECRET].concat()
        }
    }
}

/// All pixels, of every frame.
fn pixels(kind: ImageKind, bytes: &[u8]) -> Vec<u8> {
    match kind {
        ImageKind::Png | ImageKind::Jpeg => image::load_from_memory(bytes).unwrap().into_bytes(),
        ImageKind::Gif => {
            let mut options = gif::DecodeOptions::new();
            options.set_color_output(gif::ColorOutput::RGBA);
            let mut decoder = options.read_info(bytes).unwrap();
            let mut pixels = Vec::new();
            while let Some(frame) = decoder.read_next_frame().unwrap() {
                pixels.extend(frame.delay.to_le_bytes());
                pixels.extend_from_slice(&frame.buffer);
            }
            pixels.extend(format!("{:?}", decoder.repeat()).bytes());
            pixels
        }
        ImageKind::Webp => {
            let mut decoder = image_webp::WebPDecoder::new(Cursor::new(bytes)).unwrap();
            let mut frame = vec![0; decoder.output_buffer_size().unwrap()];
            if !decoder.is_animated() {
                decoder.read_image(&mut frame).unwrap();
                return frame;
            }
            let mut pixels = Vec::new();
            for _ in 0..decoder.num_frames() {
                pixels.extend(decoder.read_frame(&mut frame).unwrap().to_le_bytes());
                pixels.extend_from_slice(&frame);
            }
            pixels
        }
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn metadata_and_trailers_are_removed_pixels_stay() {
    for (kind, bytes) in PICTURES {
        let plain = strip(bytes, kind).unwrap();
        assert_eq!(pixels(kind, &plain), pixels(kind, bytes), "{kind:?}");
        for is_little in [true, false] {
            let dirty = decorated(kind, bytes, 6, is_little);
            assert!(contains(&dirty, SECRET));
            let (_, clean) = accept(&dirty, Some(kind), 1 << 20).unwrap();
            // No six consecutive bytes of it anywhere.
            for part in SECRET.windows(6) {
                assert!(!contains(&clean, part), "{kind:?}: {part:?}");
            }
            assert_eq!(pixels(kind, &clean), pixels(kind, &plain), "{kind:?}");
            assert_eq!(strip(&clean, kind).unwrap(), clean, "{kind:?}: once is enough");
            // Only the orientation is left, in a block of 26 bytes.
            let has_block = contains(&clean, &exif::block(6));
            assert_eq!(has_block, kind != ImageKind::Gif, "{kind:?}");
            let block = if has_block { 26 + 12 } else { 0 };
            let more = if kind == ImageKind::Webp { 18 } else { 0 };
            assert!(clean.len() <= plain.len() + block + more + 18, "{kind:?}");
        }
        // An upright picture needs no block.
        let dirty = decorated(kind, bytes, 1, true);
        let (_, clean) = accept(&dirty, None, 1 << 20).unwrap();
        assert!(!contains(&clean, b"II*\0"), "{kind:?}");
    }
}

#[test]
fn colour_profile_and_adobe_segment_stay() {
    let (_, jpeg) = PICTURES[2];
    let profile = jpeg_segment(0xe2, &[b"ICC_PROFILE\0\x01\x01", b"a profile"]);
    let adobe = jpeg_segment(0xee, &[b"Adobe\0\x64\0\0\0\0\x01"]);
    let with = [&jpeg[..2], &profile, &adobe, &jpeg[2..]].concat();
    let clean = strip(&with, ImageKind::Jpeg).unwrap();
    assert!(contains(&clean, &profile) && contains(&clean, &adobe));

    let (_, png) = PICTURES[0];
    let profile = png_chunk(b"iCCP", b"sRGB\0\0x");
    let with = [&png[..33], &profile, &png[33..]].concat();
    assert!(contains(&strip(&with, ImageKind::Png).unwrap(), &profile));

    let dirty = decorated(ImageKind::Webp, PICTURES[8].1, 1, true);
    let profile = webp_chunk(b"ICCP", b"a profile");
    let mut with = [&dirty[..30], &profile, &dirty[30..]].concat();
    let size = u32::from_le_bytes(with[4..8].try_into().unwrap()) + profile.len() as u32;
    with[4..8].copy_from_slice(&size.to_le_bytes());
    assert!(contains(&strip(&with, ImageKind::Webp).unwrap(), &profile));
}

#[test]
fn orientation_is_read_only_within_the_exif_block() {
    assert_eq!(exif::orientation(&camera(true, 8)), Some(8));
    assert_eq!(exif::orientation(&camera(false, 3)), Some(3));
    assert_eq!(exif::orientation(&exif::block(5)), Some(5));
    for value in [0, 1, 9, 300] {
        assert_eq!(exif::orientation(&camera(true, value)), None);
    }
    let mut far = exif::block(5);
    far[4..8].copy_from_slice(&[0xff; 4]);
    assert_eq!(exif::orientation(&far), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_container_is_stripped_or_refused(
        which in 0..PICTURES.len(),
        orientation in 0..10_u16,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let (kind, bytes) = PICTURES[which];
        let mut bytes = decorated(kind, bytes, orientation, orientation % 2 == 0);
        for (at, value) in changes {
            *at.get_mut(&mut bytes) = value;
        }
        if let Ok(once) = strip(&bytes, kind) {
            prop_assert!(once.len() <= bytes.len() + 1);
            prop_assert_eq!(strip(&once, kind).unwrap(), &once[..]);
        }
    }

    #[test]
    fn any_bytes_are_stripped_without_panic(kind in 0..4usize, bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let kind = [ImageKind::Png, ImageKind::Jpeg, ImageKind::Gif, ImageKind::Webp][kind];
        let _ = (strip(&bytes, kind), exif::orientation(&bytes));
        let _ = exif::orientation(&[b"II*\0", &bytes[..]].concat());
    }
}
