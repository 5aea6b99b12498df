//! The names of a board's players, and the `u64` that represents each in the board.
//!
//! The high half of that number is a well-spread hash, which is all the index needs to know.

use std::hash::{BuildHasher, Hasher, RandomState};

use super::InsertError;

/// A kind of owner. Sealed: [`Numbers`] and [`Texts`].
pub trait Owners: Default {
    /// The owner's name, as callers pass it.
    type Id<'a>: Copy;

    /// The high half of the number that stands for this owner.
    fn hash(&self, id: Self::Id<'_>) -> u32;

    /// Whether a number with that high half stands for this owner.
    fn is(&self, owner: u64, id: Self::Id<'_>) -> bool;

    /// A number for an owner that is not on the board, and has this hash.
    fn claim(&mut self, id: Self::Id<'_>, hash: u32) -> Result<u64, InsertError>;

    /// Frees a number.
    fn release(&mut self, owner: u64);

    /// The owner that a number represents.
    fn id(&self, owner: u64) -> Self::Id<'_>;

    /// What decides between owners with equal scores and stamps: the same number on every machine.
    fn tie(&self, owner: u64) -> u64;

    /// Memory on the heap, in bytes.
    fn bytes(&self) -> usize;
}

/// Owners named by any `i64`. They take no memory besides their number.
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

    fn claim(&mut self, id: i64, _: u32) -> Result<u64, InsertError> {
        Ok(scramble(id))
    }

    fn release(&mut self, _: u64) {}

    fn id(&self, owner: u64) -> i64 {
        unscramble(owner)
    }

    fn tie(&self, owner: u64) -> u64 {
        owner
    }

    fn bytes(&self) -> usize {
        0
    }
}

/// Owners named by a text of at most 255 bytes. Each takes as many bytes as its text.
///
/// The texts of one length lie end to end in pages of 64 KiB, without anything between them; the
/// number inside is the hash of the text and its address. Pages are never moved or enlarged once
/// full. What a removed player leaves is used for the next text of the same length.
#[derive(Default)]
pub struct Texts {
    pages: Vec<Page>,
    /// The texts, grouped by length.
    shelves: Vec<Shelf>,
    /// Keyed, because clients choose these ids: nobody can aim at one bucket.
    hasher: RandomState,
}

/// Texts of one length.
struct Page {
    length: u8,
    texts: Vec<u8>,
}

/// Free space for texts of one length.
#[derive(Default)]
struct Shelf {
    /// The page that is being filled.
    page: Option<usize>,
    /// Addresses that are free again.
    holes: Vec<u32>,
}

const PAGE: usize = 1 << 16;

/// FNV-1a of 64 bits (Fowler, Noll, Vo; RFC 9923).
const FNV_BASIS: u64 = 0xCBF2_9CE4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01B3;

impl Texts {
    fn text(&self, owner: u64) -> Option<&[u8]> {
        let (page, at) = place(owner as u32);
        let page = self.pages.get(page)?;
        page.texts.get(at..at + usize::from(page.length))
    }

    /// The page that has room for one more text of this length.
    fn page(&mut self, length: u8) -> Result<usize, InsertError> {
        let shelf = self.shelves.get(usize::from(length)).and_then(|shelf| shelf.page);
        let last = shelf.and_then(|number| Some((number, self.pages.get(number)?)));
        match last {
            Some((number, page)) if page.texts.len() + usize::from(length) <= PAGE => Ok(number),
            _ if self.pages.len() == PAGE => Err(InsertError::Full),
            last => {
                // The first page grows as it fills: there may be many small boards.
                let size = if last.is_none() { 0 } else { PAGE };
                self.pages.push(Page { length, texts: Vec::with_capacity(size) });
                Ok(self.pages.len() - 1)
            }
        }
    }

    fn shelf(&mut self, length: usize) -> Option<&mut Shelf> {
        if self.shelves.len() <= length {
            self.shelves.resize_with(length + 1, Shelf::default);
        }
        self.shelves.get_mut(length)
    }
}

fn place(address: u32) -> (usize, usize) {
    (address as usize / PAGE, address as usize % PAGE)
}

impl Owners for Texts {
    type Id<'a> = &'a str;

    fn hash(&self, id: &str) -> u32 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(id.as_bytes());
        (hasher.finish() >> 32) as u32
    }

    fn is(&self, owner: u64, id: &str) -> bool {
        self.text(owner) == Some(id.as_bytes())
    }

    fn claim(&mut self, id: &str, hash: u32) -> Result<u64, InsertError> {
        let length = u8::try_from(id.len()).map_err(|_| InsertError::TooLong)?;
        let hole = self.shelf(id.len()).and_then(|shelf| shelf.holes.pop());
        let address = match hole {
            Some(address) => {
                let (page, at) = place(address);
                let page = self.pages.get_mut(page).ok_or(InsertError::Full)?;
                let text = page.texts.get_mut(at..at + id.len()).ok_or(InsertError::Full)?;
                text.copy_from_slice(id.as_bytes());
                address
            }
            None => {
                let number = self.page(length)?;
                let page = self.pages.get_mut(number).ok_or(InsertError::Full)?;
                let address = number * PAGE + page.texts.len();
                page.texts.extend_from_slice(id.as_bytes());
                if let Some(shelf) = self.shelf(id.len()) {
                    shelf.page = Some(number);
                }
                u32::try_from(address).map_err(|_| InsertError::Full)?
            }
        };
        Ok(u64::from(hash) << 32 | u64::from(address))
    }

    fn release(&mut self, owner: u64) {
        let length = self.text(owner).map(<[u8]>::len);
        if let Some(shelf) = length.and_then(|length| self.shelves.get_mut(length)) {
            shelf.holes.push(owner as u32);
        }
    }

    fn id(&self, owner: u64) -> &str {
        self.text(owner).and_then(|text| str::from_utf8(text).ok()).unwrap_or_default()
    }

    fn tie(&self, owner: u64) -> u64 {
        let text = self.text(owner).unwrap_or_default();
        text.iter().fold(FNV_BASIS, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(FNV_PRIME))
    }

    fn bytes(&self) -> usize {
        let lists = super::heap(&self.pages) + super::heap(&self.shelves);
        let pages = self.pages.iter().map(|page| super::heap(&page.texts)).sum::<usize>();
        let holes = self.shelves.iter().map(|shelf| super::heap(&shelf.holes)).sum::<usize>();
        lists + pages + holes
    }
}
