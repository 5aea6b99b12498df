//! Walks the blocks of a GIF file and reads each of its frames to the last pixel, keeping none.
//!
//! Why our own: a decoder refuses what browsers show (frames without a table of colours), and whether
//! a frame is whole depends on the lengths of its codes alone. The format: GIF89a, with appendix F.

use super::strip::Input;
use super::{Budget, ImageError, MAX_SIDE, broken, fits};

const CUT: &str = "a frame lacks pixels";
const BAD_CODE: &str = "a frame's data is damaged";

const TRAILER: u8 = 0x3b;
const IMAGE: u8 = 0x2c;

/// The most bits of a colour, and of a code.
const MAX_COLOUR_BITS: u8 = 8;
const MAX_CODE_BITS: u32 = 12;

/// Check a whole file as [`strip`](super::strip) leaves it.
pub fn check(bytes: &[u8]) -> Result<(), ImageError> {
    let mut input = Input(bytes);
    let [_, _, _, _, _, _, w1, w2, h1, h2, flags, _, _] = input.array()?;
    let side = |low, high| u32::from(u16::from_le_bytes([low, high]));
    // A screen without a size is as large as its frames.
    fits(side(w1, w2).max(1), side(h1, h2).max(1), MAX_SIDE)?;
    skip_colours(flags, &mut input)?;
    let (mut budget, mut frames) = (Budget::default(), 0);
    loop {
        match input.byte()? {
            TRAILER if frames == 0 => return Err(broken("it has no frame")),
            TRAILER => return Ok(()),
            IMAGE => {
                let [x1, x2, y1, y2, w1, w2, h1, h2, flags] = input.array()?;
                let (width, height) = (side(w1, w2), side(h1, h2));
                skip_colours(flags, &mut input)?;
                let colour_bits = input.byte()?;
                let data = data(&mut input)?;
                // Browsers pass over frames without a size.
                if width > 0 && height > 0 {
                    if frames == 0 {
                        // They enlarge the screen where the first frame lies outside of it.
                        fits(side(x1, x2) + width, side(y1, y2) + height, MAX_SIDE)?;
                    }
                    budget.frame(width, height)?;
                    walk(&data, colour_bits, width * height).map_err(broken)?;
                    frames += 1;
                }
            }
            // An extension: its label, then blocks.
            _ => {
                input.byte()?;
                data(&mut input)?;
            }
        }
    }
}

fn skip_colours(flags: u8, input: &mut Input) -> Result<(), ImageError> {
    if flags & 0x80 != 0 {
        input.take(3 << ((flags & 7) + 1))?;
    }
    Ok(())
}

/// What sub-blocks hold together.
fn data(input: &mut Input) -> Result<Vec<u8>, ImageError> {
    let mut data = Vec::new();
    loop {
        match input.byte()? {
            0 => return Ok(data),
            length => data.extend(input.take(length.into())?),
        }
    }
}

/// Read this many pixels; bytes after them are ignored.
fn walk(data: &[u8], colour_bits: u8, mut pixels: u32) -> Result<(), &'static str> {
    if !(1..=MAX_COLOUR_BITS).contains(&colour_bits) {
        return Err("a frame has a wrong number of colours");
    }
    let clear = 1_u32 << colour_bits;
    let end = clear + 1;
    // How many pixels each code stands for. Codes past the colours are made up on the way.
    let mut lengths = vec![1_u32; 1 << MAX_CODE_BITS];
    let (mut next, mut width, mut last) = (end + 1, u32::from(colour_bits) + 1, None);
    let (mut window, mut count, mut bytes) = (0_u32, 0, data.iter());
    while pixels > 0 {
        while count < width {
            window |= u32::from(*bytes.next().ok_or(CUT)?) << count;
            count += 8;
        }
        let code = window & ((1 << width) - 1);
        (window, count) = (window >> width, count - width);
        if code == clear {
            (next, width, last) = (end + 1, u32::from(colour_bits) + 1, None);
            continue;
        }
        if code == end {
            return Err(CUT);
        }
        if let Some(last) = last
            && let Some(length) = lengths.get_mut(next as usize)
        {
            // The string before, and a pixel more. It may be the very code that was read.
            *length = last + 1;
            next += 1;
        }
        if code >= next {
            return Err(BAD_CODE);
        }
        let length = *lengths.get(code as usize).ok_or(BAD_CODE)?;
        last = Some(length);
        if next == 1 << width && width < MAX_CODE_BITS {
            width += 1;
        }
        pixels = pixels.saturating_sub(length);
    }
    Ok(())
}
