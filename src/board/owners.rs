//! What a board's players are called, and the `u64` that stands for each inside.
//!
//! The high half of that number is a well-spread hash, which is all the index needs to know.

use std::hash::{BuildHasher, RandomState};

use super::Refused;

/// A kind of owner. Sealed: [`Numbers`] and [`Texts`].
pub trait Owners: Default {
    /// What the caller says.
    type Id<'a>: Copy;

    /// The high half of the number that stands for this owner.
    fn hash(&self, id: Self::Id<'_>) -> u32;

    /// Whether a number with that high half stands for this owner.
    fn is(&self, owner: u64, id: Self::Id<'_>) -> bool;

    /// A number for an owner that is not on the board.
    fn claim(&mut self, id: Self::Id<'_>) -> Result<u64, Refused>;

    /// Takes a number back.
    fn release(&mut self, owner: u64);

    /// Whom a number stands for.
    fn id(&self, owner: u64) -> Self::Id<'_>;

    /// Heap bytes.
    fn bytes(&self) -> usize;
}

/// Owners called by an `i64`, any. They cost nothing but their number.
///
/// The number inside is the id, scrambled by a bijection: nothing has to be stored to come back
/// from it. It is not keyed, for the ids of accounts are made by us and not chosen by a client.
#[derive(Default)]
pub struct Numbers;

const SCRAMBLE: u64 = 0x9E37_79B9_7F4A_7C15;
const UNSCRAMBLE: u64 = inverse(SCRAMBLE);

/// The inverse of an odd number modulo 2^64. An odd number is its own inverse in the last three
/// bits; each of Newton's steps doubles how many are right.
const fn inverse(odd: u64) -> u64 {
    let mut found = odd;
    let mut step = 0;
    while step < 5 {
        found = found.wrapping_mul(2u64.wrapping_sub(odd.wrapping_mul(found)));
        step += 1;
    }
    found
}

pub(super) fn scramble(id: i64) -> u64 {
    let folded = id.cast_unsigned() ^ (id.cast_unsigned() >> 32);
    let spread = folded.wrapping_mul(SCRAMBLE);
    (spread ^ (spread >> 32)).wrapping_mul(SCRAMBLE)
}

pub(super) fn unscramble(owner: u64) -> i64 {
    let spread = owner.wrapping_mul(UNSCRAMBLE);
    let folded = (spread ^ (spread >> 32)).wrapping_mul(UNSCRAMBLE);
    (folded ^ (folded >> 32)).cast_signed()
}

impl Owners for Numbers {
    type Id<'a> = i64;

    fn hash(&self, id: i64) -> u32 {
        (scramble(id) >> 32) as u32
    }

    fn is(&self, owner: u64, id: i64) -> bool {
        owner == scramble(id)
    }

    fn claim(&mut self, id: i64) -> Result<u64, Refused> {
        Ok(scramble(id))
    }

    fn release(&mut self, _: u64) {}

    fn id(&self, owner: u64) -> i64 {
        unscramble(owner)
    }

    fn bytes(&self) -> usize {
        0
    }
}

/// Owners called by a text of at most 255 bytes. They cost one byte more than their text.
///
/// The texts lie end to end in pages of 64 KiB, each behind a byte with its length; the number
/// inside is the hash of the text and its address. Pages are never moved or enlarged once full.
/// What a removed player leaves is used for the next text of the same length: the ids of one kind
/// nearly all have one length.
#[derive(Default)]
pub struct Texts {
    pages: Vec<Vec<u8>>,
    /// By length: the addresses that are free again.
    holes: Vec<Vec<u32>>,
    /// Keyed, because clients choose these ids: nobody can aim at one bucket.
    hasher: RandomState,
}

const PAGE: usize = 1 << 16;

impl Texts {
    fn text(&self, owner: u64) -> Option<&[u8]> {
        let (page, at) = place(owner as u32);
        let (length, rest) = self.pages.get(page)?.get(at..)?.split_first()?;
        rest.get(..usize::from(*length))
    }

    /// An address with room for a text of this length; the length is written there already.
    fn room(&mut self, length: u8) -> Result<u32, Refused> {
        if let Some(address) = self.holes.get_mut(usize::from(length)).and_then(Vec::pop) {
            return Ok(address);
        }
        let size = usize::from(length) + 1;
        if self.pages.last().is_none_or(|page| page.len() + size > PAGE) {
            if self.pages.len() == PAGE {
                return Err(Refused::Full);
            }
            // The first page grows as it fills: there may be many small boards.
            let size = if self.pages.is_empty() { 0 } else { PAGE };
            self.pages.push(Vec::with_capacity(size));
        }
        let number = self.pages.len().saturating_sub(1);
        let page = self.pages.last_mut().ok_or(Refused::Full)?;
        let at = page.len();
        page.push(length);
        page.resize(at + size, 0);
        u32::try_from(number * PAGE + at).map_err(|_| Refused::Full)
    }
}

fn place(address: u32) -> (usize, usize) {
    (address as usize / PAGE, address as usize % PAGE)
}

impl Owners for Texts {
    type Id<'a> = &'a str;

    fn hash(&self, id: &str) -> u32 {
        (self.hasher.hash_one(id) >> 32) as u32
    }

    fn is(&self, owner: u64, id: &str) -> bool {
        self.text(owner) == Some(id.as_bytes())
    }

    fn claim(&mut self, id: &str) -> Result<u64, Refused> {
        let length = u8::try_from(id.len()).map_err(|_| Refused::TooLong)?;
        let address = self.room(length)?;
        let (page, at) = place(address);
        let page = self.pages.get_mut(page).ok_or(Refused::Full)?;
        let text = page.get_mut(at + 1..at + 1 + id.len()).ok_or(Refused::Full)?;
        text.copy_from_slice(id.as_bytes());
        Ok(u64::from(self.hash(id)) << 32 | u64::from(address))
    }

    fn release(&mut self, owner: u64) {
        let Some(length) = self.text(owner).map(<[u8]>::len) else {
            return;
        };
        if self.holes.len() <= length {
            self.holes.resize_with(length + 1, Vec::new);
        }
        if let Some(holes) = self.holes.get_mut(length) {
            holes.push(owner as u32);
        }
    }

    fn id(&self, owner: u64) -> &str {
        self.text(owner).and_then(|text| str::from_utf8(text).ok()).unwrap_or_default()
    }

    fn bytes(&self) -> usize {
        let lists = self.pages.capacity() + self.holes.capacity();
        let pages = self.pages.iter().map(super::heap).sum::<usize>();
        let holes = self.holes.iter().map(super::heap).sum::<usize>();
        lists * size_of::<Vec<u8>>() + pages + holes
    }
}
