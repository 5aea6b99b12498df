//! Cuts off a picture what is not the picture: bytes behind its end, and what cameras and programs
//! wrote into it (where it was taken, by whom, thumbnails, comments). Nothing is encoded again.
//!
//! Each format has a list of the parts that are kept, so what nobody thought of is cut. Kept besides
//! the pixels: colour profiles, the loop of an animation, and the orientation that a camera noted, as
//! the one entry of a new Exif block.

mod exif;
mod gif;
mod jpeg;
mod png;
#[cfg(test)]
mod tests;
mod webp;

use super::{ImageError, ImageKind};
use std::borrow::Cow;

/// The picture alone. The very bytes where there was nothing to cut.
///
/// Only the container is read: whether the pixels are whole is [`accept`](super::accept)'s to say, of
/// the bytes that come out here. A container that can't be read is refused.
pub fn strip(bytes: &[u8], kind: ImageKind) -> Result<Cow<'_, [u8]>, ImageError> {
    let mut out = Vec::with_capacity(bytes.len());
    match kind {
        ImageKind::Png => png::strip(bytes, &mut out),
        ImageKind::Jpeg => jpeg::strip(bytes, &mut out),
        ImageKind::Gif => gif::strip(bytes, &mut out),
        ImageKind::Webp => webp::strip(bytes, &mut out),
    }?;
    Ok(if out == bytes { Cow::Borrowed(bytes) } else { Cow::Owned(out) })
}

/// A chunk of a PNG, for tests.
#[cfg(test)]
pub(super) fn png_chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    png::write(name, data, &mut out);
    out
}

/// Takes pieces from the front of a slice; a piece that is not there means a picture cut off.
pub(super) struct Input<'a>(pub(super) &'a [u8]);

impl<'a> Input<'a> {
    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], ImageError> {
        let (piece, rest) = self.0.split_at_checked(length).ok_or_else(super::cut)?;
        self.0 = rest;
        Ok(piece)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], ImageError> {
        let (piece, rest) = self.0.split_first_chunk().ok_or_else(super::cut)?;
        self.0 = rest;
        Ok(*piece)
    }

    /// At most this many bytes.
    fn up_to(&mut self, length: usize) -> &'a [u8] {
        let (piece, rest) = self.0.split_at_checked(length).unwrap_or((self.0, &[]));
        self.0 = rest;
        piece
    }

    pub(super) fn byte(&mut self) -> Result<u8, ImageError> {
        self.array().map(|[byte]| byte)
    }
}
