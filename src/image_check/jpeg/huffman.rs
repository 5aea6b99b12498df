//! Huffman tables (ITU-T T.81, annex C).

use super::standard;

/// The bits that are looked up at once. Longer codes are rare.
const FAST: u32 = 8;

/// A code as a segment `DHT` defines it, made ready for reading.
pub struct Table {
    /// Symbol and length for each pattern of [`FAST`] bits; length 0 where the code is longer.
    fast: [(u8, u8); 1 << FAST],
    /// For each length, the first pattern of 16 bits past its codes, and the place of its first
    /// symbol less its first code.
    lengths: [(u32, i32); 17],
    symbols: Vec<u8>,
}

impl Table {
    /// `counts` says how many codes have 1, 2, … 16 bits. libjpeg keeps the code of ones alone free
    /// and so refuses a table that uses it.
    pub fn new(counts: [u8; 16], symbols: &[u8]) -> Option<Table> {
        let mut table =
            Table { fast: [(0, 0); 1 << FAST], lengths: [(0, 0); 17], symbols: symbols.to_vec() };
        let (mut code, mut place) = (0_u32, 0_u32);
        for (length, count) in (1..=16_u32).zip(counts) {
            let (first, count) = (code, u32::from(count));
            code += count;
            if count > 0 && code >= 1 << length {
                return None;
            }
            let offset = i32::try_from(place).ok()? - i32::try_from(first).ok()?;
            *table.lengths.get_mut(length as usize)? = (code << (16 - length), offset);
            for nth in 0..count {
                let symbol = *symbols.get((place + nth) as usize)?;
                if let Some(spare) = FAST.checked_sub(length) {
                    let start = ((first + nth) << spare) as usize;
                    let entries = table.fast.get_mut(start..start + (1 << spare))?;
                    entries.fill((symbol, u8::try_from(length).ok()?));
                }
            }
            place += count;
            code <<= 1;
        }
        Some(table)
    }

    /// The symbol that these bits begin with, and its length.
    pub fn find(&self, bits: u16) -> Option<(u8, u32)> {
        let (symbol, length) = *self.fast.get(usize::from(bits >> (16 - FAST)))?;
        if length > 0 {
            return Some((symbol, length.into()));
        }
        let bits = u32::from(bits);
        let lengths = (1..).zip(self.lengths.iter().skip(1));
        let (length, (_, offset)) = { lengths }.find(|(_, (end, _))| bits < *end)?;
        let code = i32::try_from(bits >> (16 - length)).ok()?;
        let symbol = self.symbols.get(usize::try_from(code + offset).ok()?)?;
        Some((*symbol, length))
    }

    /// The largest symbol: of a DC code it is a number of bits, at most 15.
    pub fn largest(&self) -> u8 {
        self.symbols.iter().copied().max().unwrap_or_default()
    }
}

/// Four tables for DC, four for AC. Frames of Motion JPEG leave the usual ones out.
pub struct Tables {
    pub dc: [Option<Table>; 4],
    pub ac: [Option<Table>; 4],
}

impl Tables {
    pub fn new() -> Tables {
        let [dc_0, ac_0, dc_1, ac_1] = standard::tables();
        Tables { dc: [dc_0, dc_1, None, None], ac: [ac_0, ac_1, None, None] }
    }

    /// Read a segment `DHT`.
    pub fn define(&mut self, mut body: &[u8]) -> Option<()> {
        while let Some((&class, rest)) = body.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>()?;
            let total = counts.iter().map(|count| usize::from(*count)).sum();
            let (symbols, rest) = rest.split_at_checked(total)?;
            let tables = match class >> 4 {
                0 => &mut self.dc,
                1 => &mut self.ac,
                _ => return None,
            };
            // One that can't be used is a fault only where a scan uses it.
            *tables.get_mut(usize::from(class & 15))? = Table::new(*counts, symbols);
            body = rest;
        }
        Some(())
    }
}
