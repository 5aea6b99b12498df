//! PNGs with odd chunks, and animated ones, made by code; what is expected is what Chromium showed.

use super::super::strip::png_chunk as chunk;
use super::{ImageKind, MAX, accept, check, is_broken};
use ::png::{BitDepth, ColorType, Encoder};

const WIDTH: u32 = 9;

fn encoded(colour: ColorType, depth: BitDepth, frames: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, WIDTH, 7);
    encoder.set_color(colour);
    encoder.set_depth(depth);
    if colour == ColorType::Indexed {
        encoder.set_palette(vec![5; 3 << depth as u8]);
    }
    if frames > 1 {
        encoder.set_animated(frames, 0).unwrap();
    }
    let row = colour.samples() * depth as usize * WIDTH as usize;
    let mut writer = encoder.write_header().unwrap();
    for frame in 0..frames {
        writer.write_image_data(&vec![frame as u8; row.div_ceil(8) * 7]).unwrap();
    }
    writer.finish().unwrap();
    bytes
}

fn plain() -> Vec<u8> {
    encoded(ColorType::Rgb, BitDepth::Eight, 1)
}

/// Where the data of the first chunk of this name begins; its length.
fn find(bytes: &[u8], name: &[u8; 4]) -> (usize, usize) {
    let at = bytes.windows(4).position(|four| four == name).unwrap();
    let length = u32::from_be_bytes(bytes[at - 4..at].try_into().unwrap());
    (at + 4, length as usize)
}

/// The chunk with this data in its place.
fn replaced(bytes: &[u8], name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let (at, length) = find(bytes, name);
    [&bytes[..at - 8], &chunk(name, data), &bytes[at + length + 4..]].concat()
}

/// With a part before the pixels, and one after them.
fn with(before: &[u8], after: &[u8]) -> Vec<u8> {
    let bytes = plain();
    let ((at, length), end) = (find(&bytes, b"IDAT"), bytes.len() - 12);
    assert_eq!(at + length + 4, end);
    [&bytes[..33], before, &bytes[33..end], after, &bytes[end..]].concat()
}

/// A chunk with a wrong checksum.
fn wrong(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut chunk = chunk(name, data);
    *chunk.last_mut().unwrap() ^= 1;
    chunk
}

#[test]
fn every_colour_type_and_depth_is_accepted() {
    use {BitDepth::*, ColorType::*};
    for (colour, depths) in [
        (Grayscale, &[One, Two, Four, Eight, Sixteen][..]),
        (Rgb, &[Eight, Sixteen]),
        (Indexed, &[One, Two, Four, Eight]),
        (GrayscaleAlpha, &[Eight, Sixteen]),
        (Rgba, &[Eight, Sixteen]),
    ] {
        for depth in depths {
            let bytes = encoded(colour, *depth, 1);
            assert!(check(&bytes, Some(ImageKind::Png), MAX).is_ok(), "{colour:?} {depth:?}");
        }
    }
}

#[test]
fn unusual_pngs_are_accepted() {
    let bytes = plain();
    let end = bytes.len() - 12;
    let (at, length) = find(&bytes, b"IDAT");
    let data = &bytes[at..at + length];
    let split: Vec<u8> = data.chunks(1).flat_map(|byte| chunk(b"IDAT", byte)).collect();
    let two = encoded(ColorType::Rgb, BitDepth::Eight, 2);
    for (name, bytes) in [
        ("no end", bytes[..end].to_vec()),
        ("half an end", bytes[..end + 5].to_vec()),
        ("an end with a wrong checksum", [&bytes[..end], &wrong(b"IEND", b"")].concat()),
        ("an end with data", [&bytes[..end], &chunk(b"IEND", b"data")].concat()),
        ("other bytes in the place of the end", [&bytes[..end], b"other bytes"].concat()),
        ("a wrong checksum of a text", with(&wrong(b"tEXt", b"Comment\0x"), b"")),
        ("a wrong checksum of a gamma", with(&wrong(b"gAMA", &[0, 0, 0, 9]), b"")),
        ("a wrong checksum of transparency", with(&wrong(b"tRNS", &[0; 6]), b"")),
        ("a profile that is none", with(&chunk(b"iCCP", b"x\0\0none"), b"")),
        ("a gamma cut short", with(&chunk(b"gAMA", b"x"), b"")),
        ("a gamma of zero", with(&chunk(b"gAMA", &[0; 4]), b"")),
        ("two gammas", with(&chunk(b"gAMA", &[0, 0, 9, 9]).repeat(2), b"")),
        ("colours cut short", with(&chunk(b"cHRM", b"x"), b"")),
        ("a size of pixels cut short", with(&chunk(b"pHYs", b"x"), b"")),
        ("transparency cut short", with(&chunk(b"tRNS", &[0; 2]), b"")),
        ("a suggested palette", with(&chunk(b"PLTE", &[0; 12]), b"")),
        ("a gamma after the pixels", with(b"", &chunk(b"gAMA", &[0, 0, 9, 9]))),
        ("an unknown chunk", with(&chunk(b"abCd", b"x"), b"")),
        ("an unknown critical chunk after the pixels", with(b"", &chunk(b"ABCD", b"x"))),
        ("pixels byte by byte", [&bytes[..33], &split, &bytes[end..]].concat()),
        ("more after the compressed pixels", replaced(&bytes, b"IDAT", &[data, b"more"].concat())),
        ("a checksum of the pixels that is wrong", {
            replaced(&bytes, b"IDAT", &[&data[..length - 4], b"oops"].concat())
        }),
        ("animated", two.clone()),
        ("animated, no end", two[..two.len() - 12].to_vec()),
    ] {
        let (_, kept) = accept(&bytes, None, MAX).unwrap_or_else(|refusal| {
            panic!("{name}: {refusal}");
        });
        assert!(kept.ends_with(b"\0\0\0\0IEND\xae\x42\x60\x82"), "{name}");
    }
}

#[test]
fn pngs_without_all_pixels_are_refused() {
    let bytes = plain();
    let (at, length) = find(&bytes, b"IDAT");
    let data = &bytes[at..at + length];
    let two = encoded(ColorType::Rgb, BitDepth::Eight, 2);
    let (second, second_length) = find(&two, b"fdAT");
    let indexed = encoded(ColorType::Indexed, BitDepth::Eight, 1);
    let (palette, palette_length) = find(&indexed, b"PLTE");
    let header = |at: usize, value: u8| {
        let mut header = bytes[16..29].to_vec();
        header[at] = value;
        replaced(&bytes, b"IHDR", &header)
    };
    for (name, bytes) in [
        ("half of its pixels", replaced(&bytes, b"IDAT", &data[..length / 2])),
        ("no pixels", replaced(&bytes, b"IDAT", b"")),
        ("a row more than its pixels", header(7, 8)),
        ("no width", header(3, 0)),
        ("depth 0", header(8, 0)),
        ("depth 3", header(8, 3)),
        ("depth 99", header(8, 99)),
        ("colour type 1", header(9, 1)),
        ("colour type 9", header(9, 9)),
        ("interlacing 2", header(12, 2)),
        (
            "a wrong checksum of the header",
            [&bytes[..8], &wrong(b"IHDR", &bytes[16..29]), &bytes[33..]].concat(),
        ),
        (
            "a wrong checksum of the pixels",
            [&bytes[..at - 8], &wrong(b"IDAT", data), &bytes[at + length + 4..]].concat(),
        ),
        ("an unknown critical chunk", with(&chunk(b"ABCD", b"x"), b"")),
        ("two headers", with(&bytes[8..33], b"")),
        (
            "indexed without a palette",
            [&indexed[..palette - 8], &indexed[palette + palette_length + 4..]].concat(),
        ),
        (
            "half of a second frame",
            replaced(&two, b"fdAT", &two[second..second + second_length / 2]),
        ),
        ("no second frame, no end", two[..second - 8 - 38].to_vec()),
    ] {
        assert!(is_broken(check(&bytes, None, MAX)), "{name}");
    }
}

#[test]
fn png_cut_before_its_last_pixel_is_refused() {
    for bytes in [plain(), encoded(ColorType::Rgb, BitDepth::Eight, 3)] {
        for end in 12..bytes.len() {
            let is_whole = end >= bytes.len() - 12;
            assert_eq!(check(&bytes[..end], None, MAX).is_ok(), is_whole, "{end}");
        }
    }
}
