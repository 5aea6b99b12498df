//! Picture captchas, drawn in memory in a fraction of a millisecond.
//!
//! A program that reads captchas first cuts the picture into characters and then recognises each;
//! the second step is easy for a machine, so this module spends its distortion on the first:
//!
//! - Neighbours are pushed together until their outlines overlap, measured along the outlines and
//!   not between bounding boxes, so that hardly ever an empty column or slanted gap is left.
//! - Every glyph has its own rotation, shear, size and height, and the text is stretched to the
//!   picture's width as a whole, so the characters don't sit in equal slots.
//! - Waves bend the whole text, stems included, so neither a straight cut nor a template fits.
//! - One curve in the text's colour joins all characters; another turns ink to paper where it crosses
//!   a character and paper to ink elsewhere. Opening, which would remove a thin line, does not give
//!   back what the second one cut.
//! - Ink and paper have opposite hues and the same gray (`colour.rs`): off-the-shelf readers look at grays,
//!   where random strokes are all that is left. The hue drifts across the picture.
//!
//! The figures are in `docs/limits.md`, their script is `benches/captcha/ocr.py`. A program made for these pictures,
//! which looks at one colour channel, reads most of them: a captcha raises the price of a message, and quotas
//! bound the damage. People come first, so contrast stays high and the alphabet holds one character at
//! most of each group that people mix up. Proof of work (`pow.rs`) is for those who see no colours or no pictures.
//!
//! The work is pure computation without I/O: [`draw`] may run on an async worker.

mod colour;
mod glyph;
mod picture;
pub mod pow;
#[cfg(test)]
mod tests;

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder};
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt};

use picture::Picture;

/// The picture's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// PNG with a palette.
    Png,
    /// Baseline JPEG, in colour.
    Jpeg,
}

/// The characters [`code`] chooses from: lower case letters and digits that stay apart when
/// distorted, 14 of them, so a blind guess at five hits once in half a million.
///
/// Of 0/o, 1/i/l/j, 2/z, 5/s, 6/b/8, 9/g/q, c/e, n/m/h and u/v one at most is here. `f` and `r` are
/// missing too: their thin arms drown in a neighbour. Where people would type the absent twin of a
/// character (z for 2, b for 6, n for h), neither is here.
pub const ALPHABET: &[u8] = b"adekmptuwxy347";

/// The longest code that [`draw`] accepts, in characters; it bounds the memory of one call.
pub const MAX_LENGTH: usize = 10;

/// JPEG quality, 1 to 100: at 60 the ringing around strokes is weaker than our own specks.
const JPEG_QUALITY: u8 = 60;

/// Why a captcha could not be drawn.
#[derive(Debug, thiserror::Error)]
pub enum CaptchaError {
    /// The code is empty or longer than [`MAX_LENGTH`]; holds its length in characters.
    #[error("a captcha has 1 to {MAX_LENGTH} characters, not {0}")]
    Length(usize),
    /// The embedded font has no glyph for this character; it holds ASCII letters and digits.
    #[error("the captcha font has no character {0:?}")]
    Character(char),
    /// The embedded font could not be read, which is a defect of the build.
    #[error("the captcha font is damaged: {0}")]
    Font(String),
    /// The encoder failed.
    #[error("the captcha picture could not be encoded")]
    Jpeg(#[from] image::ImageError),
    /// The encoder of PNG failed.
    #[error("the captcha picture could not be encoded")]
    Png(#[from] png::EncodingError),
}

/// A random code of `length` characters from [`ALPHABET`], from a cryptographic generator.
#[must_use]
pub fn code(length: usize) -> String {
    let mut rng = rand::rng();
    (0..length).filter_map(|_| ALPHABET.choose(&mut rng).copied().map(char::from)).collect()
}

/// Draws `code`, distorted at random, and returns the encoded picture.
///
/// The picture is 60 pixels high and `20 + 30 × characters` wide, 170 for five. `code` may be any
/// 1 to [`MAX_LENGTH`] ASCII letters and digits, not only those of [`ALPHABET`].
///
/// # Errors
///
/// [`CaptchaError::Length`] and [`CaptchaError::Character`] when `code` can't be drawn; the others
/// mean a defect of the build or of the encoder.
pub fn draw(code: &str, format: Format) -> Result<Vec<u8>, CaptchaError> {
    draw_with(code, format, &mut rand::rng())
}

/// [`draw`] with the caller's random numbers: the same numbers give the same bytes.
fn draw_with(code: &str, format: Format, rng: &mut impl Rng) -> Result<Vec<u8>, CaptchaError> {
    encode(&Picture::draw(code, rng)?, format)
}

fn encode(picture: &Picture, format: Format) -> Result<Vec<u8>, CaptchaError> {
    let Picture { pixels, palette, width, height } = picture;
    let mut bytes = Vec::with_capacity(12 * 1024);
    match format {
        Format::Png => {
            let mut encoder = png::Encoder::new(&mut bytes, *width, *height);
            encoder.set_color(png::ColorType::Indexed);
            encoder.set_depth(png::BitDepth::Eight);
            encoder.set_palette(palette.as_flattened());
            encoder.set_compression(png::Compression::Fast);
            encoder.set_filter(png::Filter::Up);
            encoder.write_header()?.write_image_data(pixels)?;
        }
        Format::Jpeg => {
            let colours: Vec<u8> = pixels
                .iter()
                .flat_map(|pixel| palette.get(usize::from(*pixel)).copied().unwrap_or_default())
                .collect();
            JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY).write_image(
                &colours,
                *width,
                *height,
                ExtendedColorType::Rgb8,
            )?;
        }
    }
    Ok(bytes)
}

/// A random number between `low` and `high`.
fn between(rng: &mut impl Rng, low: f32, high: f32) -> f32 {
    low + (high - low) * rng.random::<f32>()
}
