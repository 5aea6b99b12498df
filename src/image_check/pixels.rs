//! Runs the decoders of PNG, JPEG and GIF to the end marker, keeping as few pixels as they allow.

use super::{Budget, ImageError, MAX_SIDE, broken, cut, fits};
use std::io::Cursor;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace::{Luma, RGB, YCbCr};
use zune_jpeg::zune_core::options::DecoderOptions;
use zune_jpeg::{JpegDecoder, SampleRatios};

/// The longest side of a JPEG in CMYK or RGB, which would take up to 176 MB at full size.
const MAX_SIDE_RARE: u32 = 2048;
/// Each scan of a JPEG goes over the whole picture and costs few bytes. Encoders make about ten.
const MAX_SCANS: usize = 100;

/// Of an animated PNG the first frame is decoded; the others are walked with their checksums.
pub fn png(bytes: &[u8]) -> Result<(), ImageError> {
    // Covers a row and the chunks beside the pixels; texts and profiles, which unfold, are skipped.
    let limits = png::Limits { bytes: 16 << 20 };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let (width, height) = decoder.read_header_info().map_err(broken)?.size();
    fits(width, height, MAX_SIDE)?;
    let mut reader = decoder.read_info().map_err(broken)?;
    while reader.next_interlaced_row().map_err(broken)?.is_some() {}
    reader.finish().map_err(broken)
}

/// Decoders take a cut JPEG and paint the rest grey, so its end marker is looked for first.
pub fn jpeg(bytes: &[u8]) -> Result<(), ImageError> {
    let (mut rest, mut scans) = (bytes, 0);
    let end = loop {
        rest = match rest {
            [] => return Err(cut()),
            [0xff, 0xd9, tail @ ..] => break bytes.len() - tail.len(),
            // Not markers with a length: escaped data, TEM, restarts, start of image.
            [0xff, 0x00 | 0x01 | 0xd0..=0xd8, tail @ ..] => tail,
            [0xff, marker @ ..=0xfe, tail @ ..] => {
                scans += usize::from(*marker == 0xda);
                let length =
                    tail.first_chunk().map_or(0, |length| u16::from_be_bytes(*length).into());
                tail.get(length..).ok_or_else(cut)?
            }
            // Data of a scan, or fill bytes before a marker.
            [_, tail @ ..] => tail,
        };
    };
    if scans > MAX_SCANS {
        return Err(broken("it has too many scans"));
    }
    // Strict: wrong codes within a scan would be painted over, too. (A scan that ends early before
    // an end marker still is: browsers show it so.) No size is too large for the decoder itself,
    // because `fits` words that better.
    let picture = ZCursor::new(bytes.get(..end).unwrap_or(bytes));
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(usize::MAX)
        .set_max_height(usize::MAX)
        .jpeg_set_max_scans(MAX_SCANS);
    let mut decoder = JpegDecoder::new_with_options(picture, options);
    decoder.decode_headers().map_err(broken)?;
    let info = decoder.info().ok_or_else(cut)?;
    let (width, height) = (info.width.into(), info.height.into());
    fits(width, height, MAX_SIDE)?;
    let output = match (decoder.input_colorspace(), info.sample_ratio) {
        // Brightness alone takes a third of the memory, and all the other data is read all the
        // same. With colours thinned out in other ways the decoder stumbles over it.
        (Some(Luma | YCbCr), SampleRatios::None | SampleRatios::H | SampleRatios::HV) => Luma,
        (Some(Luma | YCbCr), _) => RGB,
        _ => {
            fits(width, height, MAX_SIDE_RARE)?;
            RGB
        }
    };
    decoder.set_options(options.jpeg_set_out_colorspace(output));
    decoder.decode().map_err(broken)?;
    Ok(())
}

pub fn gif(bytes: &[u8]) -> Result<(), ImageError> {
    let mut decoder = gif::DecodeOptions::new().read_info(bytes).map_err(broken)?;
    fits(decoder.width().into(), decoder.height().into(), MAX_SIDE)?;
    let (mut budget, mut frames, mut pixels) = (Budget::default(), 0, [0; 4096]);
    // Ends well only at the trailer.
    while let Some(frame) = decoder.next_frame_info().map_err(broken)? {
        let (width, height) = (frame.width.into(), frame.height.into());
        budget.frame(width, height)?;
        let mut left = (width * height) as usize;
        while left > 0 {
            let now = left.min(pixels.len());
            let part = pixels.get_mut(..now).unwrap_or_default();
            if !decoder.fill_buffer(part).map_err(broken)? {
                return Err(broken("a frame lacks pixels"));
            }
            left -= now;
        }
        frames += 1;
    }
    if frames == 0 { Err(broken("it has no frame")) } else { Ok(()) }
}
