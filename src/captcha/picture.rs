//! From outlines to gray pixels: the waves, the curves through the text, tones and specks.

use std::f32::consts::TAU;

use ab_glyph_rasterizer::{Point, Rasterizer, point};
use rand::{Rng, RngExt};

use super::glyph::{self, Contour};
use super::{CaptchaError, MAX_LENGTH, between};

/// The picture's height in pixels.
pub(super) const HEIGHT: u16 = 60;
/// Space kept free of glyphs above and below before the waves move them, in pixels.
const MARGIN: f32 = 5.0;
/// Pixels to one speck.
const SPECK_EVERY: usize = 80;

/// A gray picture: one byte a pixel, row by row, 0 is black.
pub(super) struct Picture {
    pub(super) pixels: Vec<u8>,
    pub(super) width: u32,
    pub(super) height: u32,
}

/// The picture's width in pixels for a code of `length` characters.
pub(super) fn width(length: usize) -> u16 {
    20 + 30 * u16::try_from(length).unwrap_or(0)
}

/// A sine wave: `height · sin(2π · at / length + phase)`, all in pixels but the phase.
struct Wave {
    height: f32,
    turns: f32,
    phase: f32,
}

impl Wave {
    fn random(rng: &mut impl Rng, height: (f32, f32), length: (f32, f32)) -> Self {
        Self {
            height: between(rng, height.0, height.1),
            turns: TAU / between(rng, length.0, length.1),
            phase: between(rng, 0.0, TAU),
        }
    }

    fn at(&self, x: f32) -> f32 {
        self.height * (self.turns * x + self.phase).sin()
    }
}

impl Picture {
    /// Draws `code` with the distortions that `rng` chooses.
    pub(super) fn draw(code: &str, rng: &mut impl Rng) -> Result<Self, CaptchaError> {
        let length = code.chars().count();
        if !(1..=MAX_LENGTH).contains(&length) {
            return Err(CaptchaError::Length(length));
        }
        let width = width(length);
        Ok(Self::paint(&text(code, width, rng)?, width, rng))
    }

    /// Fills the outlines and adds what hides them.
    pub(super) fn paint(text: &[Vec<Contour>], width: u16, rng: &mut impl Rng) -> Self {
        let size = size(width);
        let mut ink = Rasterizer::new(width.into(), HEIGHT.into());
        for contour in text.iter().flatten() {
            fill(&mut ink, contour.iter(), size);
        }
        let joining = curve(size, between(rng, 1.6, 2.2), rng);
        fill(&mut ink, joining.iter(), size);
        // Against the glyphs' direction the winding numbers cancel: ink on ink is paper.
        let cutting = curve(size, between(rng, 1.2, 1.7), rng);
        fill(&mut ink, cutting.iter().rev(), size);

        let mut pixels = tone(&ink, width, rng);
        speckle(&mut pixels, width, rng);
        Self { pixels, width: width.into(), height: HEIGHT.into() }
    }
}

/// The outlines of `code` in their final places, one character an entry.
pub(super) fn text(
    code: &str,
    width: u16,
    rng: &mut impl Rng,
) -> Result<Vec<Vec<Contour>>, CaptchaError> {
    let size = size(width);
    let mut text = glyph::set(code, size.y, MARGIN, rng)?;
    bend(&mut text, size, rng);
    Ok(text)
}

fn size(width: u16) -> Point {
    point(f32::from(width), f32::from(HEIGHT))
}

/// Stretches the text to the picture's width and lets waves run through it.
fn bend(glyphs: &mut [Vec<Contour>], size: Point, rng: &mut impl Rng) {
    let (left, right) = extent(glyphs.iter().flatten());
    let room = size.x - between(rng, 10.0, 18.0);
    // A lone narrow character is not blown up, and a row of "W" still fits.
    let stretch = (room / (right - left)).clamp(0.5, 1.25);
    let slack = (size.x - stretch * (right - left)) / 2.0;
    let start = slack + between(rng, -0.3, 0.3) * slack - stretch * left;
    let sideways = Wave::random(rng, (1.0, 2.0), (24.0, 40.0));
    let swell = Wave::random(rng, (1.5, 3.0), (60.0, 120.0));
    let ripple = Wave::random(rng, (0.4, 0.9), (18.0, 28.0));
    for at in glyphs.iter_mut().flatten().flatten() {
        let x = start + stretch * at.x;
        *at = point(x + sideways.at(at.y), at.y + swell.at(x) + ripple.at(x));
    }
}

/// The least and the greatest x of some contours.
pub(super) fn extent<'a>(contours: impl Iterator<Item = &'a Contour>) -> (f32, f32) {
    contours.flatten().fold((f32::INFINITY, f32::NEG_INFINITY), |(left, right), at| {
        (left.min(at.x), right.max(at.x))
    })
}

/// A wavy band across the whole text at the height of lower case letters, `thick` pixels thick.
fn curve(size: Point, thick: f32, rng: &mut impl Rng) -> Contour {
    let wave = Wave::random(rng, (3.0, 9.0), (70.0, 150.0));
    let middle = size.y / 2.0 + between(rng, -7.0, 7.0);
    let slope = between(rng, -8.0, 8.0) / size.x;
    let (start, end) = (between(rng, 1.0, 8.0), size.x - between(rng, 1.0, 8.0));
    let mut band = Vec::with_capacity(160);
    let mut x = start;
    while x < end {
        let y = middle + slope * (x - size.x / 2.0) + wave.at(x);
        band.push(point(x, y));
        x += 4.0;
    }
    let below: Vec<_> = band.iter().rev().map(|at| point(at.x, at.y + thick)).collect();
    band.extend(below);
    band
}

/// Adds a polygon to the ink. Points outside are moved to the edge: the rasteriser would carry
/// what lies beyond a row's end over into the next row.
fn fill<'a>(ink: &mut Rasterizer, points: impl Iterator<Item = &'a Point> + Clone, size: Point) {
    let inside = points.map(|at| point(at.x.clamp(0.0, size.x), at.y.clamp(0.0, size.y)));
    for (from, to) in inside.clone().zip(inside.cycle().skip(1)) {
        ink.draw_line(from, to);
    }
}

/// Turns coverage into gray. Ink and paper drift by column, so that no single threshold is best and
/// the rows stay equal for the compressor.
fn tone(ink: &Rasterizer, width: u16, rng: &mut impl Rng) -> Vec<u8> {
    let light = Wave::random(rng, (6.0, 14.0), (80.0, 200.0));
    let dark = Wave::random(rng, (12.0, 24.0), (80.0, 200.0));
    let tones: Vec<_> =
        (0..width).map(f32::from).map(|x| (230.0 + light.at(x), 60.0 + dark.at(x))).collect();
    let mut pixels = Vec::with_capacity(usize::from(width) * usize::from(HEIGHT));
    let mut columns = tones.iter().cycle();
    ink.for_each_pixel(|_, coverage| {
        if let Some((paper, ink)) = columns.next() {
            // Few levels of gray compress well, and eight steps still look smooth.
            let coverage = (coverage.min(1.0) * 8.0).round() / 8.0;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            pixels.push((paper + (ink - paper) * coverage) as u8); // Within 36 to 244.
        }
    });
    pixels
}

/// Scatters specks of any gray over ink and paper, some one pixel wide and some two.
fn speckle(pixels: &mut [u8], width: u16, rng: &mut impl Rng) {
    for _ in 0..pixels.len() / SPECK_EVERY {
        let place = rng.random_range(0..pixels.len());
        let gray = rng.random_range(50..=220);
        let wide = rng.random_range(1..=2);
        for row in [place, place + usize::from(width)] {
            if let Some(speck) = pixels.get_mut(row..row + wide) {
                speck.fill(gray);
            }
        }
    }
}
