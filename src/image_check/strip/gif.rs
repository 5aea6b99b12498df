//! GIF89a: a header, then blocks, each of sub-blocks of up to 255 bytes.

use super::{ImageError, Input};
use crate::image_check::broken;

const EXTENSION: u8 = 0x21;
const IMAGE: u8 = 0x2c;
const TRAILER: u8 = 0x3b;
/// Delay and transparency of the next image.
const CONTROL: u8 = 0xf9;
const APPLICATION: u8 = 0xff;

/// The applications whose block tells how often an animation runs.
const LOOPS: [&[u8; 11]; 2] = [b"NETSCAPE2.0", b"ANIMEXTS1.0"];

pub fn strip(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), ImageError> {
    let mut input = Input(bytes);
    let header = input.take(13)?;
    out.extend(header);
    colours(header.get(10), &mut input, out)?;
    loop {
        match input.byte()? {
            TRAILER => {
                out.push(TRAILER);
                return Ok(());
            }
            IMAGE => {
                let place = input.take(9)?;
                out.push(IMAGE);
                out.extend(place);
                colours(place.get(8), &mut input, out)?;
                out.push(input.byte()?);
                out.extend(blocks(&mut input)?);
            }
            EXTENSION => {
                let label = input.byte()?;
                let body = blocks(&mut input)?;
                match (label, body) {
                    (CONTROL, [4, a, b, c, d, ..]) => {
                        out.extend([EXTENSION, CONTROL, 4, *a, *b, *c, *d, 0]);
                    }
                    (APPLICATION, body) => repeat(body, out),
                    _ => {}
                }
            }
            _ => return Err(broken("it has a block of an unknown kind")),
        }
    }
}

/// The table of colours that these flags announce.
fn colours(flags: Option<&u8>, input: &mut Input, out: &mut Vec<u8>) -> Result<(), ImageError> {
    let flags = flags.copied().unwrap_or_default();
    if flags & 0x80 != 0 {
        out.extend(input.take(3 << ((flags & 7) + 1))?);
    }
    Ok(())
}

/// Sub-blocks up to the empty one that ends them, as they are.
fn blocks<'a>(input: &mut Input<'a>) -> Result<&'a [u8], ImageError> {
    let whole = input.0;
    loop {
        match input.byte()? {
            0 => return Ok(whole.get(..whole.len() - input.0.len()).unwrap_or_default()),
            length => drop(input.take(length.into())?),
        }
    }
}

/// How often the animation runs, where the block of an application says so; nothing else of it.
fn repeat(body: &[u8], out: &mut Vec<u8>) {
    if let [11, rest @ ..] = body
        && let Some((name, rest)) = rest.split_first_chunk()
        && LOOPS.contains(&name)
        && let [3, 1, low, high, ..] = rest
    {
        out.extend([EXTENSION, APPLICATION, 11]);
        out.extend(name);
        out.extend([3, 1, *low, *high, 0]);
    }
}
