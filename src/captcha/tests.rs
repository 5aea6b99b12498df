use std::collections::BTreeMap;

use rand::SeedableRng;
use rand::rngs::StdRng;

use super::colour::{SHADES, SIDES};
use super::picture::{HEIGHT, extent, text, width};
use super::*;

/// Characters that people mix up when they are distorted.
const CONFUSABLE: [&str; 13] =
    ["0o", "1ilj", "2z", "5s", "8b", "6b", "68", "9gq", "uv", "vw", "nmh", "ce", "fr"];

#[test]
fn alphabet_has_no_confusable_pair() {
    for group in CONFUSABLE {
        let present = group.bytes().filter(|c| ALPHABET.contains(c)).count();
        assert!(present <= 1, "{group}");
    }
    assert!(ALPHABET.iter().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()));
    assert!(ALPHABET.len() >= 12);
}

#[test]
fn code_has_given_length_and_alphabet() {
    for length in 0..=MAX_LENGTH {
        let code = code(length);
        assert_eq!(code.len(), length);
        assert!(code.bytes().all(|c| ALPHABET.contains(&c)), "{code}");
    }
    assert_ne!(code(10), code(10));
}

#[test]
fn every_ascii_letter_and_digit_is_drawn() {
    for c in ('0'..='9').chain('a'..='z').chain('A'..='Z') {
        for seed in 0..20 {
            let rng = &mut StdRng::seed_from_u64(seed);
            let text = text(&c.to_string(), width(1), rng).unwrap();
            // The same curves and specks without the character are no proof of it.
            let dark = |text| {
                let picture = Picture::paint(text, width(1), &mut StdRng::seed_from_u64(seed));
                picture.pixels.iter().filter(|pixel| is_ink(**pixel)).count()
            };
            let (with, without) = (dark(&text), dark(&[]));
            assert!(with > without + 100, "{c}: {with} and {without}");
        }
    }
}

/// Is this palette index ink? It is what a reader knows who has found the two hues.
fn is_ink(pixel: u8) -> bool {
    pixel / SHADES % SIDES > SIDES / 2
}

/// The mean colours of ink pixels and of paper pixels.
fn mean_colours(picture: &Picture, rgb: &[u8]) -> [[f32; 3]; 2] {
    [SIDES - 1, 0].map(|wanted| {
        let pixels = picture.pixels.iter().zip(rgb.chunks(3));
        let chosen = pixels.filter(|(pixel, _)| **pixel / SHADES % SIDES == wanted);
        let (mut sum, mut count) = ([0.0; 3], 0.0);
        for (_, colour) in chosen {
            (0..3).for_each(|channel| sum[channel] += f32::from(colour[channel]));
            count += 1.0;
        }
        sum.map(|channel| channel / count)
    })
}

/// In greyscale, ink and paper are the same. In colour they differ strongly, also in the blue
/// channel, for people who can't tell red from green.
#[test]
fn text_differs_from_background_only_in_colour() {
    for seed in 0..40 {
        let picture = Picture::draw("adek3", &mut StdRng::seed_from_u64(seed)).unwrap();
        for format in [Format::Png, Format::Jpeg] {
            let bytes = encode(&picture, format).unwrap();
            let rgb = image::load_from_memory(&bytes).unwrap().to_rgb8();
            let [ink, paper] = mean_colours(&picture, &rgb);
            let apart: Vec<f32> = (0..3).map(|channel| ink[channel] - paper[channel]).collect();
            let gray = 0.299 * apart[0] + 0.587 * apart[1] + 0.114 * apart[2];
            assert!(gray.abs() < 6.0, "{format:?} {seed}: {gray}");
            let blue = apart[2] - (apart[0] + apart[1]) / 2.0;
            assert!(blue.abs() > 100.0, "{format:?} {seed}: {apart:?}");
        }
    }
}

#[test]
fn same_code_is_drawn_differently_each_time() {
    for format in [Format::Png, Format::Jpeg] {
        assert_ne!(draw("abcde", format).unwrap(), draw("abcde", format).unwrap());
    }
}

#[test]
fn same_seed_draws_the_same_picture() {
    let draw = |seed| draw_with("abcde", Format::Png, &mut StdRng::seed_from_u64(seed)).unwrap();
    assert_eq!(draw(7), draw(7));
    assert_ne!(draw(7), draw(8));
}

#[test]
fn both_formats_decode_at_every_length() {
    for (format, expected) in
        [(Format::Png, image::ImageFormat::Png), (Format::Jpeg, image::ImageFormat::Jpeg)]
    {
        for length in 1..=MAX_LENGTH {
            let bytes = draw(&code(length), format).unwrap();
            assert_eq!(image::guess_format(&bytes).unwrap(), expected);
            let picture = image::load_from_memory(&bytes).unwrap();
            let wide = 20 + 30 * u32::try_from(length).unwrap();
            assert_eq!((picture.width(), picture.height()), (wide, 60));
        }
    }
}

#[test]
fn five_character_picture_stays_small() {
    for format in [Format::Png, Format::Jpeg] {
        for _ in 0..50 {
            assert!(draw(&code(5), format).unwrap().len() < 6 * 1024);
        }
    }
}

#[test]
fn widest_and_narrowest_codes_fit_the_picture() {
    for code in ["W", "i", "WWWWWWWWWW", "iiiiiiiiii", "jjjjj", "mmmmm", "l"] {
        for seed in 0..50 {
            let width = width(code.len());
            let text = text(code, width, &mut StdRng::seed_from_u64(seed)).unwrap();
            let (left, right) = extent(text.iter().flatten());
            assert!(left >= 0.0 && right <= f32::from(width), "{code}: {left} to {right}");
            assert!(
                text.iter().flatten().flatten().all(|at| (0.0..=f32::from(HEIGHT)).contains(&at.y))
            );
        }
    }
}

#[test]
fn undrawable_code_is_an_error() {
    for code in ["ab de", "é", "abc验", "a\0b", "-"] {
        assert!(matches!(draw(code, Format::Png), Err(CaptchaError::Character(_))), "{code}");
    }
    assert!(matches!(draw("", Format::Png), Err(CaptchaError::Length(0))));
    assert!(matches!(draw("abcdefghijk", Format::Png), Err(CaptchaError::Length(11))));
}

/// Segments 200 pictures with 75 simple attackers: with or without cleaning, then by columns with
/// at least so many ink pixels, or by connected components.
///
/// A high threshold sees stems instead of characters and finds five of them by chance in a quarter
/// of the pictures, so for it the number alone means nothing: the cuts must also lie within 4
/// pixels of the true ones. For the plain projection the number alone counts.
#[test]
fn simple_segmentation_rarely_finds_the_characters() {
    for (name, tally) in attack(0.0) {
        assert!(tally.cut_right * 100 < 5 * PICTURES, "{name}: {tally:?}");
        if PLAIN.contains(&name.as_str()) {
            assert!(tally.five_parts * 100 < 5 * PICTURES, "{name}: {tally:?}");
        }
    }
}

/// A check of the attackers: they segment most pictures whose characters are 8 pixels further
/// apart, although curves, waves and specks are the same.
#[test]
fn simple_segmentation_works_on_spaced_characters() {
    let best = attack(8.0).into_values().max_by_key(|tally| tally.cut_right).unwrap();
    assert!(best.cut_right * 100 > 60 * PICTURES, "{best:?}");
}

const PICTURES: u64 = 200;
/// Column projections without cleaning; curves and specks alone reach four pixels in a column.
const PLAIN: [&str; 5] = [
    "0 of 9, columns 1",
    "0 of 9, columns 2",
    "0 of 9, columns 3",
    "0 of 9, columns 4",
    "0 of 9, columns 5",
];

/// The results of one attacker.
#[derive(Debug, Default)]
struct Tally {
    five_parts: u64,
    cut_right: u64,
}

fn attack(apart: f32) -> BTreeMap<String, Tally> {
    let mut tallies = BTreeMap::<_, Tally>::new();
    for seed in 0..PICTURES {
        let rng = &mut StdRng::seed_from_u64(seed);
        let code: String = (0..5).map(|_| char::from(*ALPHABET.choose(rng).unwrap())).collect();
        let mut text = text(&code, width(5), rng).unwrap();
        let mut shift = 0.0;
        for glyph in &mut text {
            glyph.iter_mut().flatten().for_each(|at| at.x += shift);
            shift += apart;
        }
        let truth: Vec<_> = text.iter().map(|glyph| extent(glyph.iter())).collect();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let picture = Picture::paint(&text, width(5) + (4.0 * apart) as u16, rng);
        for least_of_nine in [0, 5, 7, 8, 9] {
            let ink = clean(&picture, least_of_nine);
            let mut add = |name: String, parts: &[Part]| {
                let tally = tallies.entry(format!("{least_of_nine} of 9, {name}")).or_default();
                tally.five_parts += u64::from(parts.len() == 5);
                tally.cut_right += u64::from(parts.len() == 5 && cuts_agree(parts, &truth));
            };
            for least in 1..=14 {
                add(format!("columns {least}"), &runs(&ink, least));
            }
            add("pieces".into(), &pieces(&ink));
        }
    }
    tallies
}

/// The first and the last column of a segment.
type Part = (f32, f32);

fn cuts_agree(parts: &[Part], truth: &[Part]) -> bool {
    let cut = |pair: &[Part]| f32::midpoint(pair[0].1, pair[1].0);
    parts.windows(2).zip(truth.windows(2)).all(|(a, b)| (cut(a) - cut(b)).abs() <= 4.0)
}

/// Rows of ink flags. A pixel counts if at least so many of its 3 × 3 neighbours are dark: 5
/// removes specks, 7 to 9 remove curves.
fn clean(picture: &Picture, least_of_nine: usize) -> Vec<Vec<bool>> {
    let rows: Vec<Vec<bool>> = picture
        .pixels
        .chunks(picture.width as usize)
        .map(|row| row.iter().map(|pixel| is_ink(*pixel)).collect())
        .collect();
    if least_of_nine == 0 {
        return rows;
    }
    let mut cleaned = vec![vec![false; rows[0].len()]; rows.len()];
    for y in 1..rows.len() - 1 {
        for x in 1..rows[0].len() - 1 {
            let around = rows[y - 1..=y + 1].iter().flat_map(|row| &row[x - 1..=x + 1]);
            cleaned[y][x] = around.filter(|ink| **ink).count() >= least_of_nine;
        }
    }
    cleaned
}

/// Runs of at least 4 columns with at least `least` ink pixels each.
fn runs(ink: &[Vec<bool>], least: usize) -> Vec<Part> {
    let full = |x: usize| ink.iter().filter(|row| row[x]).count() >= least;
    let columns: Vec<_> = (0..ink[0].len()).map(|x| (x, full(x))).collect();
    columns
        .chunk_by(|a, b| a.1 == b.1)
        .filter(|run| run[0].1 && run.len() >= 4)
        .map(|run| part(run[0].0, run[run.len() - 1].0))
        .collect()
}

/// Connected components of at least 40 pixels, from left to right.
fn pieces(ink: &[Vec<bool>]) -> Vec<Part> {
    let (mut left, mut found) = (ink.to_vec(), Vec::new());
    for y in 0..ink.len() {
        for x in 0..ink[0].len() {
            let (mut open, mut first, mut last, mut pixels) = (vec![(x, y)], x, x, 0);
            while let Some((x, y)) = open.pop() {
                let Some(pixel) = left.get_mut(y).and_then(|row| row.get_mut(x)) else {
                    continue;
                };
                if std::mem::take(pixel) {
                    (first, last, pixels) = (first.min(x), last.max(x), pixels + 1);
                    let (before, above) = (x.wrapping_sub(1), y.wrapping_sub(1));
                    open.extend([(before, y), (x + 1, y), (x, above), (x, y + 1)]);
                }
            }
            if pixels >= 40 {
                found.push(part(first, last));
            }
        }
    }
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    found
}

fn part(first: usize, last: usize) -> Part {
    let column = |x| f32::from(u16::try_from(x).unwrap());
    (column(first), column(last))
}
