//! The coded data of a scan as bits, up to the marker that ends it.

use super::huffman::Table;
use std::ops::Range;

/// The scan asks for bits that are not there: what viewers paint grey.
const MISSING: &str = "pixels are missing";

/// A marker that separates intervals is one of eight, in turn.
const RESTART: u8 = 0xd0;

/// Bits are taken from the front; bytes `0xff 0x00` are the byte `0xff`.
pub struct Bits<'a> {
    data: &'a [u8],
    /// The first byte that is not in `window` yet.
    at: usize,
    /// The next bits, the first at the top; zeros below them.
    window: u64,
    count: u32,
}

impl<'a> Bits<'a> {
    pub fn new(data: &'a [u8], at: usize) -> Bits<'a> {
        Bits { data, at, window: 0, count: 0 }
    }

    /// The next symbol of a Huffman code.
    pub fn symbol(&mut self, table: &Table) -> Result<u8, &'static str> {
        if self.count < 16 {
            self.fill();
        }
        let next_16 = (self.window >> 48) as u16;
        // What lies beyond the end reads as zeros, which may be no code.
        let found = table.find(next_16);
        let (symbol, length) =
            found.ok_or(if self.count < 16 { MISSING } else { super::DAMAGED })?;
        self.skip(length)?;
        Ok(symbol)
    }

    pub fn skip(&mut self, count: u32) -> Result<(), &'static str> {
        if self.count < count {
            self.fill();
        }
        self.count = self.count.checked_sub(count).ok_or(MISSING)?;
        self.window <<= count;
        Ok(())
    }

    /// A number of at most 15 bits.
    pub fn read(&mut self, count: u32) -> Result<u32, &'static str> {
        if self.count < count {
            self.fill();
        }
        // Shifted twice, because a shift by 64 is none.
        let value = u32::try_from(self.window >> 1 >> (63 - count)).unwrap_or_default();
        self.skip(count)?;
        Ok(value)
    }

    fn fill(&mut self) {
        while self.count <= 56 {
            let byte = match self.data.get(self.at..) {
                Some([0xff, 0, ..]) => {
                    self.at += 2;
                    0xff
                }
                Some([byte @ 0..=0xfe, ..]) => {
                    self.at += 1;
                    *byte
                }
                _ => return,
            };
            self.window |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    /// Where the data ends that was used. Bits up to the next byte are padding.
    pub fn end(&self) -> usize {
        let unused = self.count / 8;
        (0..unused).fold(self.at, |at, _| {
            let is_pair = matches!(self.data.get(..at), Some([.., 0xff, 0]));
            at - if is_pair { 2 } else { 1 }
        })
    }

    /// Go on behind the restart marker number `wanted` (0 to 7), which is next or follows surplus
    /// bytes. A marker out of turn is treated as libjpeg does, so that the same data is used.
    /// Answers which bytes were surplus.
    pub fn restart(&mut self, wanted: u8) -> Result<Range<usize>, &'static str> {
        let (end, mut at) = (self.end(), self.at);
        loop {
            let marker = match self.data.get(at..) {
                None | Some([] | [_]) => return Err(MISSING),
                Some([0xff, marker @ 1..=0xfe, ..]) => *marker,
                Some(_) => {
                    at += 1;
                    continue;
                }
            };
            if !(RESTART..RESTART + 8).contains(&marker) {
                return Err(MISSING);
            }
            let ahead = (marker - RESTART + 8 - wanted) % 8;
            at += 2;
            match ahead {
                // One of the next two: those between are lost.
                1 | 2 => return Err(MISSING),
                // One of the last two, once more: skipped with what follows it.
                6 | 7 => {}
                _ => {
                    *self = Bits::new(self.data, at);
                    return Ok(end..at - 2);
                }
            }
        }
    }
}
