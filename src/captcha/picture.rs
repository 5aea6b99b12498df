//! From outlines to pixels: the waves, the curves through the text, and the strokes that a reader without
//! colours sees instead of it.

use std::f32::consts::TAU;

use ab_glyph_rasterizer::{Point, Rasterizer, point};
use rand::Rng;

use super::glyph::{self, Contour};
use super::{CaptchaError, MAX_LENGTH, between, colour};

/// The picture's height in pixels.
pub(super) const HEIGHT: u16 = 60;
/// Space kept free of glyphs above and below before the waves move them, in pixels.
const MARGIN: f32 = 5.0;
/// Pixels of width to one of the strokes that a reader without colours sees.
const STROKE_EVERY: f32 = 7.0;

/// A picture with a palette.
pub(super) struct Picture {
    /// One index into the palette a pixel, row by row.
    pub(super) pixels: Vec<u8>,
    /// Red, green and blue of each colour.
    pub(super) palette: Vec<[u8; 3]>,
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
        let mut ink = rasterizer(size);
        for contour in text.iter().flatten() {
            fill(&mut ink, contour.iter(), size);
        }
        let joining = curve(size, between(rng, 1.6, 2.2), rng);
        fill(&mut ink, joining.iter(), size);
        // Against the glyphs' direction the winding numbers cancel: ink on ink is paper.
        let cutting = curve(size, between(rng, 1.2, 1.7), rng);
        fill(&mut ink, cutting.iter().rev(), size);

        let pixels = colour::mix(&ink, &strokes(size, rng), width, rng);
        Self { pixels, palette: colour::palette(rng), width: width.into(), height: HEIGHT.into() }
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

/// Strokes as thick as those of the text, in random places.
fn strokes(size: Point, rng: &mut impl Rng) -> Rasterizer {
    let mut mask = rasterizer(size);
    let mut x = 0.0;
    while x < size.x {
        let (mut at, half) = (point(x, between(rng, 0.0, size.y)), between(rng, 1.5, 3.0));
        let (mut angle, turn) = (between(rng, 0.0, TAU), between(rng, -0.5, 0.5));
        let (mut left, mut right) = (Vec::with_capacity(16), Vec::with_capacity(8));
        for _ in 0..8 {
            let (sin, cos) = angle.sin_cos();
            left.push(point(at.x - sin * half, at.y + cos * half));
            right.push(point(at.x + sin * half, at.y - cos * half));
            at = point(at.x + 4.0 * cos, at.y + 4.0 * sin);
            angle += turn;
        }
        left.extend(right.iter().rev());
        fill(&mut mask, left.iter(), size);
        x += STROKE_EVERY;
    }
    mask
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn rasterizer(size: Point) -> Rasterizer {
    Rasterizer::new(size.x as usize, size.y as usize)
}
