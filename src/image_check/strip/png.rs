//! PNG (ISO/IEC 15948): a signature, then chunks of length, name, data and checksum.

use super::{ImageError, Input, exif};

/// Ancillary chunks that are kept: colours, transparency, the size of a pixel, animation. (Chunks
/// whose name begins with a capital are needed to decode, and kept too.)
const KEPT: [&[u8; 4]; 14] = [
    b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP", b"mDCV", b"cLLI", b"bKGD",
    b"pHYs", b"acTL", b"fcTL", b"fdAT",
];

/// What may come after the first pixels: more of them, and the frames of an animation.
const LATE: [&[u8; 4]; 3] = [b"IDAT", b"fcTL", b"fdAT"];

/// Up to the end chunk. Where it is missing, or damaged, and all pixels may be there, the picture
/// gets one: browsers show it either way.
pub fn strip(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), ImageError> {
    let mut input = Input(bytes);
    out.extend(input.take(8)?);
    let (mut is_turned, mut has_pixels) = (false, false);
    // Frames that are announced, and those that began.
    let (mut announced, mut frames) = (0, 0);
    loop {
        let (name, data, whole) = match chunk(&mut input) {
            Ok((b"IEND", ..)) => break,
            Ok(chunk) => chunk,
            Err(_) if has_pixels && frames >= announced => break,
            Err(cut) => return Err(cut),
        };
        match name {
            b"IDAT" => has_pixels = true,
            b"acTL" => announced = data.first_chunk().map_or(0, |count| u32::from_be_bytes(*count)),
            b"fcTL" => frames += 1,
            _ => {}
        }
        let is_kept = if has_pixels {
            LATE.contains(&name)
        } else {
            name[0].is_ascii_uppercase() || KEPT.contains(&name)
        };
        if is_kept {
            out.extend(whole);
        } else if name == b"eXIf"
            && !is_turned
            && !has_pixels
            && let Some(orientation) = exif::orientation(data)
        {
            write(b"eXIf", &exif::block(orientation), out);
            is_turned = true;
        }
    }
    write(b"IEND", &[], out);
    Ok(())
}

/// A chunk's name, its data, and all of it.
type Chunk<'a> = (&'a [u8; 4], &'a [u8], &'a [u8]);

fn chunk<'a>(input: &mut Input<'a>) -> Result<Chunk<'a>, ImageError> {
    let cut = crate::image_check::cut;
    let length = u32::from_be_bytes(*input.0.first_chunk().ok_or_else(cut)?) as usize;
    let whole = input.take(length.checked_add(12).ok_or_else(cut)?)?;
    let name = whole.get(4..).and_then(<[u8]>::first_chunk).ok_or_else(cut)?;
    Ok((name, whole.get(8..8 + length).unwrap_or_default(), whole))
}

/// A small chunk.
pub(super) fn write(name: &[u8; 4], data: &[u8], out: &mut Vec<u8>) {
    let length = u32::try_from(data.len()).unwrap_or_default();
    let checksum = !name.iter().chain(data).fold(u32::MAX, |sum, byte| {
        // CRC-32 bit by bit: some thirty bytes, seldom.
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg())
        })
    });
    out.extend(length.to_be_bytes());
    out.extend(name);
    out.extend(data);
    out.extend(checksum.to_be_bytes());
}
