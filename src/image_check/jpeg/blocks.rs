//! Reads one block of 8 × 8 coefficients, in each of the ways it can be coded (ITU-T T.81, F.2 and G.2).
//! Values are not kept: which bits follow depends on them only as far as a coefficient is zero or not.

use super::DAMAGED;
use super::bits::Bits;
use super::huffman::Table;
use std::ops::RangeInclusive;

/// The first coefficient (DC), as far as a first scan sends it.
pub fn dc(bits: &mut Bits, table: &Table) -> Result<(), &'static str> {
    let length = bits.symbol(table)?;
    bits.skip(length.into())
}

/// All other coefficients (AC) of a sequential block.
pub fn ac(bits: &mut Bits, table: &Table) -> Result<(), &'static str> {
    let mut next = 1;
    while next < 64 {
        let (zeros, length) = halves(bits.symbol(table)?);
        next += zeros + 1;
        match (zeros, length) {
            (15, 0) => {}
            (_, 0) => return Ok(()),
            _ if next > 64 => return Err(DAMAGED),
            _ => bits.skip(length)?,
        }
    }
    Ok(())
}

/// A progressive scan of AC coefficients: its band, and the blocks that are left out from here on.
pub struct Band<'a> {
    pub table: &'a Table,
    pub range: RangeInclusive<u32>,
    pub skipped: u32,
}

impl Band<'_> {
    /// The first scan of the band; coefficients that are not zero are noted in `nonzero`.
    pub fn first(&mut self, bits: &mut Bits, nonzero: &mut u64) -> Result<(), &'static str> {
        if self.skipped > 0 {
            self.skipped -= 1;
            return Ok(());
        }
        let mut next = *self.range.start();
        while next <= *self.range.end() {
            let (zeros, length) = halves(bits.symbol(self.table)?);
            match (zeros, length) {
                (15, 0) => next += 16,
                (_, 0) => {
                    // This block, and so many more.
                    self.skipped = (1 << zeros) - 1 + bits.read(zeros)?;
                    return Ok(());
                }
                _ => {
                    next += zeros;
                    if next > *self.range.end() {
                        return Err(DAMAGED);
                    }
                    bits.skip(length)?;
                    *nonzero |= 1 << next;
                    next += 1;
                }
            }
        }
        Ok(())
    }

    /// A further scan: one bit more of each coefficient that is not zero, and new ones.
    pub fn refine(&mut self, bits: &mut Bits, nonzero: &mut u64) -> Result<(), &'static str> {
        let (mut next, last) = (*self.range.start(), *self.range.end());
        if self.skipped == 0 {
            while next <= last {
                let (mut zeros, length) = halves(bits.symbol(self.table)?);
                match length {
                    0 if zeros < 15 => {
                        self.skipped = (1 << zeros) + bits.read(zeros)?;
                        break;
                    }
                    0 => {}
                    1 => bits.skip(1)?,
                    _ => return Err(DAMAGED),
                }
                // Past so many zeros; known coefficients among them have a bit each.
                while next <= last {
                    if *nonzero >> next & 1 == 1 {
                        bits.skip(1)?;
                    } else if zeros == 0 {
                        break;
                    } else {
                        zeros -= 1;
                    }
                    next += 1;
                }
                if length == 1 {
                    if next > last {
                        return Err(DAMAGED);
                    }
                    *nonzero |= 1 << next;
                }
                next += 1;
            }
        }
        if self.skipped > 0 {
            let rest = (u64::MAX >> (63 - last)).checked_shr(next).unwrap_or(0);
            let known = (nonzero.checked_shr(next).unwrap_or(0) & rest).count_ones();
            // A skip is at most 63 bits, more than are at hand at once.
            (0..known).try_for_each(|_| bits.skip(1))?;
            self.skipped -= 1;
        }
        Ok(())
    }
}

/// A symbol's zeros before a coefficient, and the bits that the coefficient has.
fn halves(symbol: u8) -> (u32, u32) {
    (u32::from(symbol >> 4), u32::from(symbol & 15))
}
