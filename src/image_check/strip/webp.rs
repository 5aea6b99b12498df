//! WebP (RFC 9649): RIFF chunks of name, length and data, padded to even lengths.

use super::{ImageError, Input, exif};

/// Bits of the flags in the chunk `VP8X`.
pub(super) const HAS_EXIF: u8 = 0x08;
pub(super) const HAS_XMP: u8 = 0x04;
/// All that have a meaning. Browsers refuse others.
const KNOWN_FLAGS: u8 = 0x3e;

/// Chunks that are kept as they are: still pictures, their transparency, colour profile, animation.
const KEPT: [&[u8; 4]; 5] = [b"VP8 ", b"VP8L", b"ALPH", b"ICCP", b"ANIM"];

/// A chunk's name and length. Less than that is no chunk.
const HEADER: usize = 8;

/// A frame of an animation: 16 bytes, then chunks.
const FRAME: &[u8; 4] = b"ANMF";

pub fn strip(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), ImageError> {
    let mut input = Input(bytes);
    input.take(4)?;
    let size = u32::from_le_bytes(input.array()?) as usize;
    let mut input = Input(input.take(size)?);
    input.take(4)?;
    out.extend(b"RIFF____WEBP");
    let (mut flags_at, mut orientation) = (None, None);
    while input.0.len() >= HEADER {
        let (name, data) = chunk(&mut input)?;
        match &name {
            b"VP8X" if flags_at.is_none() && !data.is_empty() => {
                flags_at = Some(out.len() + 8);
                write(&name, data, out);
            }
            b"EXIF" => orientation = orientation.or_else(|| exif::orientation(data)),
            FRAME => frame(data, out)?,
            name if KEPT.contains(&name) => write(name, data, out),
            _ => {}
        }
    }
    if let Some(flags) = flags_at.and_then(|at| out.get_mut(at)) {
        *flags &= KNOWN_FLAGS & !(HAS_EXIF | HAS_XMP);
        if let Some(orientation) = orientation {
            *flags |= HAS_EXIF;
            write(b"EXIF", &exif::block(orientation), out);
        }
    }
    let size = u32::try_from(out.len() - 8).unwrap_or(u32::MAX);
    out.get_mut(4..8).unwrap_or_default().copy_from_slice(&size.to_le_bytes());
    Ok(())
}

/// The next chunk; its padding may be missing at the end.
fn chunk<'a>(input: &mut Input<'a>) -> Result<([u8; 4], &'a [u8]), ImageError> {
    let name = input.array()?;
    let length = u32::from_le_bytes(input.array()?) as usize;
    let data = input.take(length)?;
    let _ = input.take(length % 2);
    Ok((name, data))
}

fn write(name: &[u8; 4], data: &[u8], out: &mut Vec<u8>) {
    out.extend(name);
    out.extend(u32::try_from(data.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend(data);
    out.extend(std::iter::repeat_n(0, data.len() % 2));
}

fn frame(data: &[u8], out: &mut Vec<u8>) -> Result<(), ImageError> {
    let mut input = Input(data);
    let mut kept = input.take(16)?.to_vec();
    while input.0.len() >= HEADER {
        let (name, data) = chunk(&mut input)?;
        if KEPT.contains(&&name) {
            write(&name, data, &mut kept);
        }
    }
    write(FRAME, &kept, out);
    Ok(())
}
