//! Colours that people tell apart and that have the same gray.
//!
//! Off-the-shelf readers turn a picture to gray first. Ink and paper have opposite hues and, but for
//! rounding, the same gray, so the text is lost there. What is left are strokes of another shade, which
//! say nothing.
//!
//! Each pair of hues differs between blue and yellow as well as between red and green: people who can't
//! tell red from green see the text, too.

use ab_glyph_rasterizer::Rasterizer;
use rand::{Rng, RngExt};

use super::between;

/// Hues along the picture, from left to right.
const HUES: u8 = 4;
/// Steps from paper to ink: more than two make the edges of the characters smooth.
pub(super) const SIDES: u8 = 5;
/// Steps from the darkest shade to the lightest.
pub(super) const SHADES: u8 = 4;
/// The gray of the middle shade, 0 to 255.
const MIDDLE: f32 = 132.0;
/// How far the darkest and the lightest shade are from the middle one.
const SHADE: f32 = 16.0;
/// What is left between the darkest or lightest shade and the end of the scale: no channel of a colour may
/// differ more from its gray, or it would be cut off, and the gray with it.
const ROOM: f32 = 255.0 - MIDDLE - SHADE;
/// The angle of the first hue in the plane of colour differences, in radians. At 0 the hues are violet and olive, at
/// a quarter turn red and green, which many people can't tell apart.
const HUE: (f32, f32) = (0.55, 0.95);
/// How far the hue turns from the left end of the picture to the right one, in radians.
const TURN: f32 = 0.2;
/// Pixels to one speck.
const SPECK_EVERY: u32 = 20;

/// Puts the palette's index of each pixel together: its hue from its column, its side from `ink`, its shade
/// from `strokes` and specks.
pub(super) fn mix(
    ink: &Rasterizer,
    strokes: &Rasterizer,
    width: u16,
    rng: &mut impl Rng,
) -> Vec<u8> {
    let (columns, rows) = ink.dimensions();
    let mut pixels = Vec::with_capacity(columns * rows);
    let mut hues = (0..width).map(|x| level(f32::from(x) / f32::from(width), HUES)).cycle();
    ink.for_each_pixel(|_, coverage| {
        let hue = hues.next().unwrap_or(0);
        pixels.push((hue * SIDES + level(coverage, SIDES)) * SHADES);
    });
    let mut places = pixels.iter_mut();
    strokes.for_each_pixel(|_, coverage| {
        let speck =
            if rng.random_range(0..SPECK_EVERY) == 0 { between(rng, -0.4, 0.4) } else { 0.0 };
        if let Some(pixel) = places.next() {
            *pixel += level(0.2 + 0.6 * coverage.abs().min(1.0) + speck, SHADES);
        }
    });
    pixels
}

/// The colours of one picture, in the order of [`mix`].
pub(super) fn palette(rng: &mut impl Rng) -> Vec<[u8; 3]> {
    let (first, turn) = (between(rng, HUE.0, HUE.1), between(rng, -TURN, TURN));
    let paper = if rng.random() { 1.0 } else { -1.0 };
    let mut palette = Vec::with_capacity(usize::from(HUES * SIDES * SHADES));
    for hue in 0..HUES {
        let (red, blue) = (first + turn * share(hue, HUES)).sin_cos();
        let strongest = (ROOM / (TO_RED * red)).min(ROOM / (TO_BLUE * blue));
        for side in 0..SIDES {
            let strength = strongest * paper * (1.0 - 2.0 * share(side, SIDES));
            for shade in 0..SHADES {
                let gray = MIDDLE + SHADE * (2.0 * share(shade, SHADES) - 1.0);
                palette.push(rgb(gray, -strength * blue, strength * red));
            }
        }
    }
    palette
}

const TO_RED: f32 = 1.402;
const TO_BLUE: f32 = 1.772;

/// A colour from its gray and its two colour differences, as JPEG has them (ITU-R BT.601).
fn rgb(gray: f32, blue: f32, red: f32) -> [u8; 3] {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    [gray + TO_RED * red, gray - 0.344_136 * blue - 0.714_136 * red, gray + TO_BLUE * blue]
        .map(|channel| channel.round() as u8) // A cast of a float saturates.
}

/// The nearest of `levels` steps to a share from 0 to 1.
fn level(share: f32, levels: u8) -> u8 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    ((share.clamp(0.0, 1.0) * f32::from(levels - 1)).round() as u8)
}

/// The share from 0 to 1 of one of `levels` steps.
fn share(level: u8, levels: u8) -> f32 {
    f32::from(level) / f32::from(levels - 1)
}
