//! PNG (ISO/IEC 15948): a signature, then chunks of length, name, data and checksum.

use super::{ImageError, Input, exif};

/// Ancillary chunks that are kept: colours, transparency, the size of a pixel, animation. (Chunks
/// whose name begins with a capital are needed to decode, and kept too.)
const KEPT: [&[u8; 4]; 14] = [
    b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP", b"mDCV", b"cLLI", b"bKGD",
    b"pHYs", b"acTL", b"fcTL", b"fdAT",
];

pub fn strip(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), ImageError> {
    let mut input = Input(bytes);
    out.extend(input.take(8)?);
    let mut is_turned = false;
    loop {
        let length = input.array()?;
        let name = input.array()?;
        let data = input.take(u32::from_be_bytes(length) as usize)?;
        let checksum: [u8; 4] = input.array()?;
        if name[0].is_ascii_uppercase() || KEPT.contains(&&name) {
            out.extend(length.iter().chain(&name).chain(data).chain(&checksum));
        } else if &name == b"eXIf"
            && !is_turned
            && let Some(orientation) = exif::orientation(data)
        {
            chunk(b"eXIf", &exif::block(orientation), out);
            is_turned = true;
        }
        if &name == b"IEND" {
            return Ok(());
        }
    }
}

/// A small chunk.
pub(super) fn chunk(name: &[u8; 4], data: &[u8], out: &mut Vec<u8>) {
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
