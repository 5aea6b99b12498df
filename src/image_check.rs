//! Checks that uploaded bytes are one whole picture of a kind that we serve.
//!
//! Whole means: every pixel of it is there, in the eyes of a browser. What browsers pass over without
//! a loss (surplus bytes, odd chunks, a missing end marker) is accepted, and cut off or mended, so that
//! what is kept is a clean file. What they paint over is refused.
//!
//! A small file may unfold to gigabytes, so pixels are not kept where it can be helped. On top of the
//! file's own bytes, by calculation: JPEG needs 9 MB at most (measured: 11 MB with its request), GIF
//! next to nothing, PNG and lossless WebP 20 MB, lossy WebP 30 MB.

mod gif;
mod jpeg;
mod png;
mod strip;
#[cfg(test)]
mod tests;
mod vp8l;
mod webp;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_PAD_INDIFFERENT;
use std::borrow::Cow;
use std::fmt::Display;
use std::panic::catch_unwind;

/// The longest side of a picture, in pixels.
pub const MAX_SIDE: u32 = 4096;
/// All frames of an animation together, in pixels: four of the largest pictures.
const MAX_DRAWN: u64 = 4 * MAX_SIDE as u64 * MAX_SIDE as u64;

/// A kind of picture that is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageKind {
    /// PNG (ISO/IEC 15948).
    Png,
    /// JPEG (ITU-T T.81), baseline or progressive.
    Jpeg,
    /// GIF87a or GIF89a.
    Gif,
    /// WebP (RFC 9649), lossy or lossless.
    Webp,
}

impl ImageKind {
    /// All of them.
    pub const ALL: [ImageKind; 4] =
        [ImageKind::Png, ImageKind::Jpeg, ImageKind::Gif, ImageKind::Webp];

    /// The kind that the first bytes announce.
    pub fn sniff(bytes: &[u8]) -> Option<ImageKind> {
        match bytes {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(ImageKind::Png),
            [0xff, 0xd8, 0xff, ..] => Some(ImageKind::Jpeg),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(ImageKind::Gif),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => {
                Some(ImageKind::Webp)
            }
            _ => None,
        }
    }

    /// The usual ending of a file name, which is also the short `type` of the wire.
    pub fn extension(self) -> &'static str {
        match self {
            ImageKind::Png => "png",
            ImageKind::Jpeg => "jpg",
            ImageKind::Gif => "gif",
            ImageKind::Webp => "webp",
        }
    }

    /// The value of `Content-Type`.
    pub fn content_type(self) -> &'static str {
        match self {
            ImageKind::Png => "image/png",
            ImageKind::Jpeg => "image/jpeg",
            ImageKind::Gif => "image/gif",
            ImageKind::Webp => "image/webp",
        }
    }

    /// The kind that a client names: `png`, `jpg`, `jpeg`, `gif`, `webp`, or those as `image/…`.
    pub fn from_name(name: &str) -> Option<ImageKind> {
        let name = name.to_ascii_lowercase();
        match name.strip_prefix("image/").unwrap_or(&name) {
            "png" => Some(ImageKind::Png),
            "jpg" | "jpeg" => Some(ImageKind::Jpeg),
            "gif" => Some(ImageKind::Gif),
            "webp" => Some(ImageKind::Webp),
            _ => None,
        }
    }
}

/// Why a picture is refused, in words for the client's `detail`.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// More bytes than are accepted.
    #[error("the picture is larger than {max_bytes} bytes")]
    TooLarge {
        /// The most that are.
        max_bytes: usize,
    },
    /// The text of an upload is not base64.
    #[error("not base64 of the standard alphabet")]
    NotBase64,
    /// The first bytes announce no kind of picture that is accepted.
    #[error("not a PNG, JPEG, GIF or WebP picture")]
    NotAPicture,
    /// The upload says that it is another kind than its bytes do.
    #[error(
        "the picture is {found}, not {claimed} as its type says",
        found = found.extension(),
        claimed = claimed.extension()
    )]
    WrongKind {
        /// What the upload says.
        claimed: ImageKind,
        /// What the bytes say.
        found: ImageKind,
    },
    /// A side is too long, in pixels.
    #[error("the picture is {width} × {height} pixels; at most {max} × {max} are accepted")]
    TooWide {
        /// The picture's width.
        width: u32,
        /// The picture's height.
        height: u32,
        /// The most that either may be.
        max: u32,
    },
    /// An animation's frames are too many or too large.
    #[error("the frames of the animation have more than {MAX_DRAWN} pixels together")]
    TooLong,
    /// It does not decode to its end.
    #[error("the picture is damaged or cut off: {0}")]
    Broken(String),
}

pub use strip::strip;

/// Take an upload: at most `max_bytes`, of an accepted kind, which agrees with `claimed` where given,
/// at most 4096 × 4096 pixels, and whole. Answers the picture alone ([`strip`]): bytes after its end
/// are no fault, and neither they nor what a camera wrote into it are kept.
pub fn accept(
    bytes: &[u8],
    claimed: Option<ImageKind>,
    max_bytes: usize,
) -> Result<(ImageKind, Cow<'_, [u8]>), ImageError> {
    if bytes.len() > max_bytes {
        return Err(ImageError::TooLarge { max_bytes });
    }
    let found = ImageKind::sniff(bytes).ok_or(ImageError::NotAPicture)?;
    match claimed {
        Some(claimed) if claimed != found => return Err(ImageError::WrongKind { claimed, found }),
        _ => {}
    }
    // Cut first, so that what is checked is what is kept.
    let bytes = strip(bytes, found)?;
    let cut_more = check(&bytes, found)?;
    Ok((found, cut_more.map_or(bytes, Cow::Owned)))
}

/// Does it decode to its last pixel? Answers other bytes where some between are nobody's.
fn check(bytes: &[u8], kind: ImageKind) -> Result<Option<Vec<u8>>, ImageError> {
    // The decoders are written by others and the bytes by strangers: a panic is one more refusal.
    catch_unwind(|| match kind {
        ImageKind::Png => png::check(bytes).map(|()| None),
        ImageKind::Jpeg => jpeg::check(bytes),
        ImageKind::Gif => gif::check(bytes).map(|()| None),
        ImageKind::Webp => webp::check(bytes).map(|()| None),
    })
    .unwrap_or_else(|_| Err(broken("its decoder gave up")))
}

/// Decode the base64 text of an upload: the standard alphabet, with or without padding and a
/// `data:…;base64,` prefix, white space ignored. The prefix is dropped unread: browsers name it
/// after the file's name, so it proves nothing, and the claim that counts is the upload's `type`.
pub fn from_base64(text: &str, max_bytes: usize) -> Result<Vec<u8>, ImageError> {
    let text = text.trim_start();
    let text = match text.get(..5) {
        Some(start) if start.eq_ignore_ascii_case("data:") => match text.split_once(',') {
            Some((prefix, rest)) if prefix.to_ascii_lowercase().trim_end().ends_with(";base64") => {
                rest
            }
            _ => return Err(ImageError::NotBase64),
        },
        _ => text,
    };
    // Counted before anything is allocated: white space must not hide or add size.
    let plain = || text.bytes().filter(|byte| !byte.is_ascii_whitespace());
    if plain().filter(|byte| *byte != b'=').count() / 4 * 3 > max_bytes {
        return Err(ImageError::TooLarge { max_bytes });
    }
    let bytes = STANDARD_PAD_INDIFFERENT
        .decode(plain().collect::<Vec<u8>>())
        .map_err(|_| ImageError::NotBase64)?;
    if bytes.len() > max_bytes { Err(ImageError::TooLarge { max_bytes }) } else { Ok(bytes) }
}

fn broken(reason: impl Display) -> ImageError {
    ImageError::Broken(reason.to_string())
}

fn cut() -> ImageError {
    broken("its end is missing")
}

fn fits(width: u32, height: u32, max: u32) -> Result<(), ImageError> {
    match width.max(height) {
        _ if width.min(height) == 0 => Err(broken("it has no pixels")),
        side if side > max => Err(ImageError::TooWide { width, height, max }),
        _ => Ok(()),
    }
}

/// The pixels that the frames of one animation may still draw.
struct Budget(u64);

impl Default for Budget {
    fn default() -> Budget {
        Budget(MAX_DRAWN)
    }
}

impl Budget {
    fn frame(&mut self, width: u32, height: u32) -> Result<(), ImageError> {
        fits(width, height, MAX_SIDE)?;
        let pixels = u64::from(width) * u64::from(height);
        self.0 = self.0.checked_sub(pixels).ok_or(ImageError::TooLong)?;
        Ok(())
    }
}
