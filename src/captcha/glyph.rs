//! From characters to outlines: each glyph distorted on its own, then pushed against its neighbour.

use ab_glyph_rasterizer::{Point, point};
use rand::Rng;
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::prelude::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};

use super::{CaptchaError, between};

/// A bold sans serif, reduced to ASCII letters and digits; its licence lies beside it and inside it.
static FONT: &[u8] = include_bytes!("../../assets/font/DejaVuSans-Bold-subset.ttf");

/// Font size in pixels per em: lower case letters are about 25 pixels high.
const SIZE: f32 = 45.0;
/// The middle of a lower case letter, about which a glyph turns, in pixels from its origin.
const CENTRE: Point = Point { x: 16.0, y: 12.5 };
/// The longest straight piece of an outline in pixels; short, because the waves bend only its ends.
const STEP: f32 = 3.0;
/// Height of the bands in which neighbours are compared, in pixels. Greater than [`STEP`], so that an
/// outline leaves a point in every band it crosses.
const BAND: f32 = 4.0;
const BANDS: usize = 16;
/// How far neighbours overlap in pixels, measured in the band where they are nearest.
const OVERLAP: (f32, f32) = (0.5, 1.8);
/// The share of a glyph's width that may slide under or over its neighbour, as in "ry".
const TUCK: f32 = 0.1;

/// A closed polygon in pixels, y downwards. Filled parts lie to the right of its direction.
pub(super) type Contour = Vec<Point>;

/// One distorted glyph before it is placed along the line.
struct Glyph {
    contours: Vec<Contour>,
    /// The outline's leftmost and rightmost x in each band; infinite where the band is empty.
    left: [f32; BANDS],
    right: [f32; BANDS],
}

/// The outlines of `code`, one glyph an entry, with overlapping neighbours, from about x = 0 on
/// and inside `height` with `margin` to spare above and below.
///
/// # Errors
///
/// [`CaptchaError::Character`] for a character outside the font, [`CaptchaError::Font`] when the
/// font can't be read.
pub(super) fn set(
    code: &str,
    height: f32,
    margin: f32,
    rng: &mut impl Rng,
) -> Result<Vec<Vec<Contour>>, CaptchaError> {
    let font = FontRef::new(FONT).map_err(|error| CaptchaError::Font(error.to_string()))?;
    let mut line = Vec::with_capacity(code.len());
    let mut edge = [f32::NEG_INFINITY; BANDS];
    for character in code.chars() {
        let mut glyph = Glyph::new(&font, character, rng)?;
        glyph.drop_into(height, margin, rng);
        let shift = glyph.shift_against(&edge, between(rng, OVERLAP.0, OVERLAP.1));
        for point in glyph.contours.iter_mut().flatten() {
            point.x += shift;
        }
        for (edge, right) in edge.iter_mut().zip(glyph.right) {
            *edge = edge.max(right + shift);
        }
        line.push(glyph.contours);
    }
    Ok(line)
}

impl Glyph {
    fn new(font: &FontRef, character: char, rng: &mut impl Rng) -> Result<Self, CaptchaError> {
        let outline = font
            .charmap()
            .map(character)
            .and_then(|id| font.outline_glyphs().get(id))
            .ok_or(CaptchaError::Character(character))?;
        let mut pen = Pen { distortion: Distortion::random(rng), ..Pen::default() };
        let settings = DrawSettings::unhinted(Size::new(SIZE), LocationRef::default());
        outline.draw(settings, &mut pen).map_err(|error| CaptchaError::Font(error.to_string()))?;
        Ok(Self {
            contours: pen.contours,
            left: [f32::INFINITY; BANDS],
            right: [f32::NEG_INFINITY; BANDS],
        })
    }

    /// Moves the glyph to a random height inside the picture and measures its bands there.
    fn drop_into(&mut self, height: f32, margin: f32, rng: &mut impl Rng) {
        let points = self.contours.iter().flatten();
        let (top, bottom) = points.fold((0.0_f32, 0.0_f32), |(top, bottom), point| {
            (top.min(point.y), bottom.max(point.y))
        });
        let down = (height / 2.0 + between(rng, -4.0, 4.0))
            .min(height - margin - bottom)
            .max(margin - top);
        for point in self.contours.iter_mut().flatten() {
            point.y += down;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let band = (point.y / BAND) as usize; // A cast of a float saturates.
            if let (Some(left), Some(right)) = (self.left.get_mut(band), self.right.get_mut(band)) {
                *left = left.min(point.x);
                *right = right.max(point.x);
            }
        }
    }

    /// How far right the glyph has to go to overlap what ends at `edge` by `overlap` pixels.
    fn shift_against(&self, edge: &[f32; BANDS], overlap: f32) -> f32 {
        let left = self.left.iter().copied().fold(f32::INFINITY, f32::min);
        let right = self.right.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let end = edge.iter().copied().fold(0.0, f32::max);
        let touching = edge
            .iter()
            .zip(&self.left)
            .map(|(edge, left)| edge - left)
            .fold(f32::NEG_INFINITY, f32::max);
        (touching - overlap).max(end - TUCK * (right - left) - left)
    }
}

/// A glyph's own linear distortion: size, shear and rotation in one matrix.
#[derive(Clone, Copy, Default)]
struct Distortion {
    xx: f32,
    xy: f32,
    yx: f32,
    yy: f32,
}

impl Distortion {
    fn random(rng: &mut impl Rng) -> Self {
        let (sin, cos) = between(rng, -0.2, 0.2).sin_cos();
        let shear = between(rng, -0.18, 0.18);
        let (wide, high) = (between(rng, 0.85, 1.05), between(rng, 0.88, 1.08));
        Self {
            xx: cos * wide,
            xy: cos * shear - sin * high,
            yx: sin * wide,
            yy: sin * shear + cos * high,
        }
    }

    /// From the font's coordinates, y upwards, to the picture's.
    fn apply(self, at: Point) -> Point {
        let (x, y) = (at.x - CENTRE.x, at.y - CENTRE.y);
        point(self.xx * x + self.xy * y, -(self.yx * x + self.yy * y))
    }
}

/// Receives an outline and cuts it into short straight pieces.
#[derive(Default)]
struct Pen {
    distortion: Distortion,
    contours: Vec<Contour>,
    start: Point,
    last: Point,
}

impl Pen {
    /// Adds the curve through `at(0)` to `at(1)`, whose control polygon is `path`.
    fn trace(&mut self, path: &[Point], at: impl Fn(f32) -> Point) {
        let length: f32 = path
            .iter()
            .zip(path.iter().skip(1))
            .map(|(from, to)| (to.x - from.x).hypot(to.y - from.y))
            .sum();
        let steps = (length / STEP).ceil().clamp(1.0, 64.0);
        if let Some(contour) = self.contours.last_mut() {
            let mut step = 1.0;
            while step <= steps {
                contour.push(self.distortion.apply(at(step / steps)));
                step += 1.0;
            }
        }
        self.last = at(1.0);
    }
}

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.start = point(x, y);
        self.last = self.start;
        self.contours.push(vec![self.distortion.apply(self.start)]);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (from, to) = (self.last, point(x, y));
        self.trace(&[from, to], |t| lerp(t, from, to));
    }

    fn quad_to(&mut self, cx0: f32, cy0: f32, x: f32, y: f32) {
        let (from, bend, to) = (self.last, point(cx0, cy0), point(x, y));
        self.trace(&[from, bend, to], |t| lerp(t, lerp(t, from, bend), lerp(t, bend, to)));
    }

    fn curve_to(&mut self, cx0: f32, cy0: f32, cx1: f32, cy1: f32, x: f32, y: f32) {
        let (from, to) = (self.last, point(x, y));
        let (leave, arrive) = (point(cx0, cy0), point(cx1, cy1));
        self.trace(&[from, leave, arrive, to], |t| {
            let middle = lerp(t, leave, arrive);
            let first = lerp(t, lerp(t, from, leave), middle);
            let second = lerp(t, middle, lerp(t, arrive, to));
            lerp(t, first, second)
        });
    }

    fn close(&mut self) {
        self.line_to(self.start.x, self.start.y);
    }
}

fn lerp(t: f32, a: Point, b: Point) -> Point {
    point(a.x + t * (b.x - a.x), a.y + t * (b.y - a.y))
}
