//! Walks the chunks of a WebP file and has each frame decoded, still or animated.
//!
//! Not through the ready-made decoder of whole files: it takes the size of a frame from whichever
//! header asks for most memory, and for lossless data it knows no bound at all (see `vp8l`).

use super::{Budget, ImageError, MAX_SIDE, broken, cut, fits, vp8l};
use image_webp::vp8::Vp8Decoder;

/// The width and height of a frame, or of the canvas.
type Size = (u32, u32);

/// Check a whole file: its RIFF size lies within the bytes, and each of its frames decodes.
pub fn check(bytes: &[u8]) -> Result<(), ImageError> {
    let size = bytes.get(4..).and_then(little).ok_or_else(cut)?;
    let riff = bytes.get(8..).and_then(|rest| rest.get(..size)).ok_or_else(cut)?;
    let mut budget = Budget::default();
    let (mut canvas, mut frames) = (None, 0);
    // Parts that belong to one frame follow each other at the top, too, unless it is an animation.
    let mut frame = Frame::default();
    for chunk in Chunks(riff.get(4..).ok_or_else(cut)?) {
        match chunk? {
            // Flags, three bytes of nothing, and the size less one.
            (b"VP8X", [flags, _, _, _, size @ ..]) => {
                let size = size_less_one(size)?;
                fits(size.0, size.1, MAX_SIDE)?;
                // The frames of an animation are of any size.
                canvas = (flags & 2 == 0).then_some(size);
            }
            // The frame's place, its size less one, duration and flags, then chunks again.
            (b"ANMF", [_, _, _, _, _, _, rest @ ..]) => {
                let size = size_less_one(rest)?;
                let mut frame = Frame::default();
                for chunk in Chunks(rest.get(10..).ok_or_else(cut)?) {
                    frames += frame.chunk(chunk?, Some(size), &mut budget)?;
                }
            }
            chunk => frames += frame.chunk(chunk, canvas, &mut budget)?,
        }
    }
    if frames == 0 { Err(broken("it has no frame")) } else { Ok(()) }
}

/// What came before the pixels of a frame.
#[derive(Default)]
struct Frame<'a> {
    alpha: Option<&'a [u8]>,
}

impl<'a> Frame<'a> {
    /// Decode the chunk if it holds the frame's pixels; the number of frames that it was.
    fn chunk(
        &mut self,
        chunk: Chunk<'a>,
        told: Option<Size>,
        budget: &mut Budget,
    ) -> Result<u32, ImageError> {
        let size = match chunk {
            (b"ALPH", body) => {
                self.alpha = Some(body);
                return Ok(0);
            }
            (b"VP8 ", body) => lossy_size(body),
            (b"VP8L", body) => vp8l::size(body),
            _ => return Ok(0),
        };
        let size = size.ok_or_else(|| broken("a frame has a wrong header"))?;
        if told.is_some_and(|told| told != size) {
            return Err(broken("a frame has another size than announced"));
        }
        let (width, height) = size;
        budget.frame(width, height)?;
        let (name, body) = chunk;
        if name == b"VP8L" {
            vp8l::walk(body.get(5..).unwrap_or_default(), width, height).map_err(broken)?;
            return Ok(1);
        }
        Vp8Decoder::decode_frame(body).map_err(broken)?;
        match self.alpha.take() {
            None => {}
            // The low bits of the first byte: plain bytes, or packed as a lossless picture.
            Some([flags, plain @ ..])
                if flags & 3 == 0 && plain.len() >= (width * height) as usize => {}
            Some([flags, packed @ ..]) if flags & 3 == 1 => {
                vp8l::walk(packed, width, height).map_err(broken)?;
            }
            Some(_) => return Err(broken("a frame's transparency is wrong")),
        }
        Ok(1)
    }
}

/// The size in the header of a key frame, the only frames that WebP has.
fn lossy_size(body: &[u8]) -> Option<Size> {
    let [tag, _, _, 0x9d, 0x01, 0x2a, w1, w2, h1, h2, ..] = body else {
        return None;
    };
    let side = |low: &u8, high: &u8| u32::from(u16::from_le_bytes([*low, *high]) & 0x3fff);
    // A key frame, of one of four profiles, and to be shown.
    let is_known = tag & 1 == 0 && tag >> 1 & 7 <= 3 && tag & 0x10 != 0;
    is_known.then(|| (side(w1, w2), side(h1, h2)))
}

fn size_less_one(bytes: &[u8]) -> Result<Size, ImageError> {
    let [a, b, c, d, e, f, ..] = bytes else {
        return Err(cut());
    };
    let side = |low: &u8, middle: &u8, high: &u8| u32::from_le_bytes([*low, *middle, *high, 0]) + 1;
    Ok((side(a, b, c), side(d, e, f)))
}

/// Four bytes, the lowest first.
fn little(bytes: &[u8]) -> Option<usize> {
    bytes.first_chunk().map(|bytes| u32::from_le_bytes(*bytes) as usize)
}

/// A chunk's name and body.
type Chunk<'a> = (&'a [u8; 4], &'a [u8]);

/// The chunks one after another; the first that is cut off is an error and the last.
struct Chunks<'a>(&'a [u8]);

impl<'a> Iterator for Chunks<'a> {
    type Item = Result<Chunk<'a>, ImageError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (name, rest) = std::mem::take(&mut self.0).split_first_chunk()?;
        let length = little(rest)?;
        let Some((body, rest)) = rest.get(4..)?.split_at_checked(length) else {
            return Some(Err(cut()));
        };
        // Bodies are padded to even lengths.
        self.0 = rest.get(length % 2..).unwrap_or_default();
        Some(Ok((name, body)))
    }
}
