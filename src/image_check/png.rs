//! Runs the decoder of PNG to the end, keeping a row at a time.

use super::{Budget, ImageError, MAX_SIDE, broken, fits};
use ::png::DecodingError;
use std::io::Cursor;

/// Every row of every frame.
pub fn check(bytes: &[u8]) -> Result<(), ImageError> {
    // Covers a row and the chunks beside the pixels; texts and profiles, which unfold, are skipped.
    let limits = ::png::Limits { bytes: 16 << 20 };
    let mut decoder = ::png::Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let (width, height) = decoder.read_header_info().map_err(broken)?.size();
    fits(width, height, MAX_SIDE)?;
    let mut budget = Budget::default();
    budget.frame(width, height)?;
    let mut reader = decoder.read_info().map_err(broken)?;
    let info = reader.info();
    if info.color_type == ::png::ColorType::Indexed && info.palette.is_none() {
        return Err(broken("it has no table of colours"));
    }
    while reader.next_interlaced_row().map_err(broken)?.is_some() {}
    for _ in 0..later_frames(bytes) {
        let (width, height) = match reader.next_frame_info() {
            Ok(frame) => (frame.width, frame.height),
            // More than the animation announces.
            Err(DecodingError::Parameter(_)) => break,
            Err(error) => return Err(broken(error)),
        };
        budget.frame(width, height)?;
        while reader.next_interlaced_row().map_err(broken)?.is_some() {}
    }
    reader.finish().map_err(broken)
}

/// The frames that follow the first picture; fewer than announced are no fault.
fn later_frames(bytes: &[u8]) -> usize {
    let (mut rest, mut frames) = (bytes.get(8..).unwrap_or_default(), 0);
    while let [a, b, c, d, name @ ..] = rest {
        let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        match name.first_chunk() {
            // Those before the pixels are for the first picture.
            Some(b"IDAT") => frames = 0,
            Some(b"fcTL") => frames += 1,
            _ => {}
        }
        rest = rest.get(length.saturating_add(12)..).unwrap_or_default();
    }
    frames
}
