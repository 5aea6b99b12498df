//! JPEG (ITU-T T.81): segments that begin with a marker, and the coded data of scans between them.

use super::{ImageError, Input, exif};

/// Start of image.
const SOI: u8 = 0xd8;
/// End of image.
const EOI: u8 = 0xd9;
/// Start of scan: coded data follows.
const SOS: u8 = 0xda;
const APP0: u8 = 0xe0;
const APP1: u8 = 0xe1;
const APP2: u8 = 0xe2;
const APP14: u8 = 0xee;

/// The first picture of the file, up to its end: a second one (a frame of a stereo picture, a gain
/// map) and a video behind it are cut off. Where the end is missing, up to the last segment that is
/// whole: [`accept`](crate::image_check::accept) looks whether that is all of it.
pub fn strip(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), ImageError> {
    let mut input = Input(bytes);
    input.take(2)?;
    out.extend([0xff, SOI]);
    let mut is_turned = false;
    loop {
        let Ok(marker) = marker(&mut input) else {
            return Ok(());
        };
        match marker {
            EOI => {
                out.extend([0xff, EOI]);
                return Ok(());
            }
            // No length: TEM, restarts outside a scan, another start.
            0x01 | 0xd0..=SOI => {}
            marker => {
                let Ok(body) = body(&mut input) else {
                    return Ok(());
                };
                match marker {
                    // A number of lines after them and tables of arithmetic coding: browsers pass
                    // them over.
                    0xcc | 0xdc => {}
                    // Frames, tables and scans: what pixels are decoded from.
                    0xc0..=0xdf => segment(marker, &[body], out),
                    APP1 if !is_turned && body.starts_with(exif::NAME) => {
                        if let Some(orientation) = exif::orientation(body) {
                            segment(APP1, &[exif::NAME, &exif::block(orientation)], out);
                            is_turned = true;
                        }
                    }
                    _ => application(marker, body, out),
                }
                if marker == SOS {
                    scan(&mut input, out);
                }
            }
        }
    }
}

/// The next marker. Before it may stand any number of 0xff; other bytes are nobody's.
fn marker(input: &mut Input) -> Result<u8, ImageError> {
    loop {
        while input.byte()? != 0xff {}
        let mut byte = 0xff;
        while byte == 0xff {
            byte = input.byte()?;
        }
        if byte != 0 {
            return Ok(byte);
        }
    }
}

/// A segment without its marker and length.
fn body<'a>(input: &mut Input<'a>) -> Result<&'a [u8], ImageError> {
    let length = usize::from(u16::from_be_bytes(input.array()?));
    // Less than its own two bytes means nothing, as libjpeg has it.
    input.take(length.saturating_sub(2))
}

/// Segments of applications that decoders need: JFIF's without its thumbnail, colour profiles, and
/// Adobe's, which tells how colours are coded.
fn application(marker: u8, body: &[u8], out: &mut Vec<u8>) {
    match marker {
        APP0 if body.starts_with(b"JFIF\0") && body.len() >= 14 => {
            segment(APP0, &[body.get(..12).unwrap_or_default(), &[0, 0]], out);
        }
        APP2 if body.starts_with(b"ICC_PROFILE\0") => segment(APP2, &[body], out),
        APP14 if body.starts_with(b"Adobe") => {
            segment(APP14, &[body.get(..12).unwrap_or(body)], out);
        }
        _ => {}
    }
}

fn segment(marker: u8, body: &[&[u8]], out: &mut Vec<u8>) {
    let length: usize = 2 + body.iter().map(|part| part.len()).sum::<usize>();
    out.extend([0xff, marker]);
    out.extend(u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes());
    body.iter().for_each(|part| out.extend(*part));
}

/// The coded data of a scan, up to the marker that ends it or the end of the file.
fn scan(input: &mut Input, out: &mut Vec<u8>) {
    loop {
        let plain = input.0.iter().position(|byte| *byte == 0xff).unwrap_or(input.0.len());
        let (data, rest) = input.0.split_at_checked(plain).unwrap_or_default();
        out.extend(data);
        input.0 = rest;
        match rest {
            // A byte 0xff of the data itself, or a restart.
            [_, second @ (0x00 | 0xd0..=0xd7), rest @ ..] => {
                out.extend([0xff, *second]);
                input.0 = rest;
            }
            // Fill bytes.
            [_, 0xff, ..] => input.0 = rest.get(1..).unwrap_or_default(),
            _ => return,
        }
    }
}
