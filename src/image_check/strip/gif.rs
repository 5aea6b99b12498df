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

/// Up to the trailer. Browsers show what they have read where something else stands in its place,
/// or the file ends: so does this, with a trailer. Frames that were begun must be whole.
pub fn strip(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), ImageError> {
    let mut input = Input(bytes);
    let header = input.take(13)?;
    out.extend(header);
    colours(header.get(10), &mut input, out)?;
    let (mut frames, mut is_frame_next) = (0, false);
    loop {
        match input.byte() {
            // Some programs write empty blocks.
            Ok(0) => {}
            Ok(IMAGE) => {
                let place = input.take(9)?;
                out.push(IMAGE);
                out.extend(place);
                colours(place.get(8), &mut input, out)?;
                out.push(input.byte()?);
                data(&mut input, out);
                (frames, is_frame_next) = (frames + 1, false);
            }
            Ok(EXTENSION) => match (input.byte(), blocks(&mut input)) {
                (Ok(CONTROL), Ok([4, a, b, c, d, ..])) => {
                    out.extend([EXTENSION, CONTROL, 4, *a, *b, *c, *d, 0]);
                    is_frame_next = true;
                }
                (Ok(APPLICATION), Ok(body)) => repeat(body, out),
                (Ok(CONTROL), Err(cut)) => return Err(cut),
                (Err(cut), _) | (_, Err(cut)) if frames == 0 => return Err(cut),
                _ => {}
            },
            Ok(TRAILER) => break,
            Err(cut) if frames == 0 || is_frame_next => return Err(cut),
            Ok(_) if frames == 0 => return Err(broken("it has a block of an unknown kind")),
            _ => break,
        }
    }
    out.push(TRAILER);
    Ok(())
}

/// The table of colours that these flags announce.
fn colours(flags: Option<&u8>, input: &mut Input, out: &mut Vec<u8>) -> Result<(), ImageError> {
    let flags = flags.copied().unwrap_or_default();
    if flags & 0x80 != 0 {
        out.extend(input.take(3 << ((flags & 7) + 1))?);
    }
    Ok(())
}

/// The sub-blocks of an image. They end with an empty one also where the file ends within them.
fn data(input: &mut Input, out: &mut Vec<u8>) {
    loop {
        let length = input.byte().unwrap_or_default();
        let piece = input.up_to(length.into());
        // As many as the length says, or what is left of them.
        if let Some(length) = u8::try_from(piece.len()).ok().filter(|length| *length > 0) {
            out.push(length);
            out.extend(piece);
        } else {
            out.push(0);
            return;
        }
    }
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
