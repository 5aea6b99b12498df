//! Pictures of accounts: a few squares in one colour, mirrored, as pages draw them for whoever has
//! no picture.

use super::World;
use super::dice::Dice;
use super::people::Person;
use crate::handlers::portrait::NOT_STORED;
use engine::args;
use engine::db::Tx;
use engine::fault::{Cause, Fault};
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder as _};

/// Squares on a side.
const SQUARES: u32 = 5;

/// Pixels on a side of a square.
const PIXELS: u32 = 24;

const PAPER: [u8; 3] = [244, 243, 238];

/// Give this many accounts an avatar, and the same picture as a portrait.
pub fn make(world: &mut World<'_>, people: &[Person], count: u32) -> Result<(), Fault> {
    let count = people.len().min(usize::try_from(count).unwrap_or(usize::MAX));
    let mut pictures = Vec::with_capacity(count);
    for person in people.iter().take(count) {
        let bytes = draw(&mut world.dice).map_err(|cause| NOT_STORED.caused_by(cause))?;
        pictures.push((person.id, bytes));
    }
    world.write("pictures", pictures, add).map(|_| ())
}

fn add(tx: &mut Tx, (id, bytes): (i64, Vec<u8>)) -> Result<(), Fault> {
    let keep = || tx.pictures.put(&bytes, "png").map_err(|cause| NOT_STORED.caused_by(cause));
    // A file is in one place only: it goes when what names it goes.
    let (avatar, portrait) = (keep()?, keep()?);
    let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    tx.execute(
        "UPDATE account SET avatar = $1, avatar_size = $2 WHERE id = $3",
        args![&avatar, size, id],
    )?;
    let now = tx.clock.now();
    tx.execute(
        "INSERT INTO portrait (id, file, size, owner, stored_at) VALUES ($1, $2, $3, $1, $4)",
        args![id, &portrait, size, now],
    )?;
    Ok(())
}

fn draw(dice: &mut Dice) -> Result<Vec<u8>, Cause> {
    let channel = |dice: &mut Dice| u8::try_from(40 + dice.below(150)).unwrap_or(40);
    let ink = [channel(dice), channel(dice), channel(dice)];
    let cells: Vec<bool> = (0..SQUARES * SQUARES.div_ceil(2)).map(|_| dice.once_in(2)).collect();
    let side = SQUARES * PIXELS;
    let mut pixels = Vec::new();
    for (row, column) in (0..side).flat_map(|row| (0..side).map(move |column| (row, column))) {
        let (row, column) = (row / PIXELS, column / PIXELS);
        let cell = row * SQUARES.div_ceil(2) + column.min(SQUARES - 1 - column);
        let cell = usize::try_from(cell).unwrap_or(0);
        pixels.extend(if cells.get(cell) == Some(&true) { ink } else { PAPER });
    }
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes)
        .write_image(&pixels, side, side, ExtendedColorType::Rgb8)
        .map_err(Cause::new)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::image_check::{ImageKind, accept};

    #[test]
    fn drawn_picture_is_accepted_as_upload() {
        let bytes = draw(&mut Dice::new(1)).unwrap();
        let (kind, kept) = accept(&bytes, Some(ImageKind::Png), 1 << 20).unwrap();
        assert_eq!((kind, &kept[..]), (ImageKind::Png, &bytes[..]));
        assert_ne!(draw(&mut Dice::new(2)).unwrap(), bytes);
    }
}
