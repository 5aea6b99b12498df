//! Of an Exif block (a TIFF file, TIFF 6.0) only the orientation is of use to whoever looks.

/// The tag of the orientation in a TIFF directory.
const ORIENTATION: u16 = 0x0112;

/// The types that the value has: SHORT; LONG where a program took it for any number.
const SHORT: u16 = 3;
const LONG: u16 = 4;

/// What precedes the block in JPEG, and by mistake elsewhere.
pub const NAME: &[u8] = b"Exif\0\0";

/// How the picture must be turned or mirrored, 2 to 8; `None` if it stands upright, or the block
/// does not say.
pub fn orientation(block: &[u8]) -> Option<u8> {
    let tiff = block.strip_prefix(NAME).unwrap_or(block);
    let is_little = match tiff.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let short = |at: usize| {
        let bytes = *tiff.get(at..)?.first_chunk()?;
        Some(if is_little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let long = |at: usize| {
        let bytes = *tiff.get(at..)?.first_chunk()?;
        Some(if is_little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    };
    let directory = usize::try_from(long(4)?).ok()?;
    let entries = usize::from(short(directory)?);
    for nth in 0..entries {
        let entry = directory.checked_add(2 + 12 * nth)?;
        if short(entry)? == ORIENTATION {
            let value = match short(entry + 2)? {
                SHORT => u32::from(short(entry + 8)?),
                LONG => long(entry + 8)?,
                _ => return None,
            };
            return u8::try_from(value).ok().filter(|value| (2..=8).contains(value));
        }
    }
    None
}

/// A block that says the orientation and nothing else: one directory of one entry.
pub fn block(orientation: u8) -> [u8; 26] {
    let mut block = *b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x01\0\0\0\0\0\0\0";
    block[18] = orientation;
    block
}
