//! A scan: its header, then a pass over the blocks of one or more components (ITU-T T.81, B.2.3).

use super::super::{ImageError, broken};
use super::bits::Bits;
use super::blocks::{self, Band};
use super::frame::{Component, Frame};
use super::huffman::{Table, Tables};
use std::ops::Range;

/// The most blocks that a unit of several components has.
const MAX_UNIT: u32 = 10;

/// What a scan's header says of its data.
pub struct Scan {
    /// For each component: its place in the frame, its table for DC, and its table for AC.
    parts: Vec<(usize, usize, usize)>,
    /// The coefficients that are sent, of each the bits from the lowest that this scan sends.
    first: u32,
    last: u32,
    lowest_bit: u8,
    is_refinement: bool,
}

fn wrong() -> ImageError {
    broken("a scan has a wrong header")
}

impl Scan {
    /// Read a segment `SOS`.
    pub fn read(body: &[u8], frame: &Frame) -> Result<Scan, ImageError> {
        let (&count, rest) = body.split_first().ok_or_else(wrong)?;
        let (names, progress) = rest.split_at_checked(2 * usize::from(count)).ok_or_else(wrong)?;
        let &[first, last, bits] = progress else {
            return Err(wrong());
        };
        let mut places = Vec::new();
        let mut parts = Vec::new();
        for name in names.chunks_exact(2) {
            let &[id, tables] = name else {
                return Err(wrong());
            };
            let place = frame.find(id, &places).ok_or_else(wrong)?;
            places.push(place);
            parts.push((place, usize::from(tables >> 4), usize::from(tables & 15)));
        }
        let mut scan = Scan {
            parts,
            first: first.into(),
            last: last.into(),
            lowest_bit: bits & 15,
            is_refinement: bits >> 4 != 0,
        };
        if !frame.is_progressive {
            // Sequential scans send everything, whatever their header says.
            (scan.first, scan.last, scan.lowest_bit, scan.is_refinement) = (0, 63, 0, false);
        }
        let is_band = scan.parts.len() == 1 && scan.first <= scan.last && scan.last < 64;
        let is_dc = (scan.first, scan.last) == (0, 0);
        let is_known = !frame.is_progressive || is_dc || (is_band && scan.first > 0);
        let is_next_bit = !scan.is_refinement || bits >> 4 == scan.lowest_bit + 1;
        let unit = scan.parts.iter().filter_map(|(place, ..)| frame.components.get(*place));
        let blocks: u32 = unit.map(|component| component.across * component.down).sum();
        let is_too_large = scan.parts.len() > 1 && blocks > MAX_UNIT;
        if scan.parts.is_empty()
            || !is_known
            || !is_next_bit
            || scan.lowest_bit > 13
            || is_too_large
        {
            return Err(wrong());
        }
        Ok(scan)
    }

    /// Are all components in this scan?
    pub fn has_all(&self, frame: &Frame) -> bool {
        self.parts.len() == frame.components.len()
    }

    /// Are the quantization tables there?
    pub fn has_quantization(&self, frame: &Frame, defined: &[bool; 4]) -> bool {
        let mut components = self.parts.iter().filter_map(|part| frame.components.get(part.0));
        components.all(|it| defined.get(usize::from(it.quantization)) == Some(&true))
    }

    /// Read all blocks. `interval` is the number of units between restarts, 0 for none. Bytes that
    /// nothing is read from go to `surplus`. Answers where the data ends.
    pub fn walk(
        &self,
        frame: &mut Frame,
        tables: &Tables,
        interval: u32,
        mut bits: Bits,
        surplus: &mut Vec<Range<usize>>,
    ) -> Result<usize, ImageError> {
        let (width, height) = (frame.width, frame.height);
        let (unit_width, unit_height) = (frame.most_across * 8, frame.most_down * 8);
        let is_progressive = frame.is_progressive;
        let mut units = width.div_ceil(unit_width) * height.div_ceil(unit_height);
        let mut parts = Vec::new();
        // In the order of the scan's header, which is the order of the data.
        let mut components: Vec<_> = frame.components.iter_mut().map(Some).collect();
        for &(place, dc, ac) in &self.parts {
            let component = components.get_mut(place).and_then(Option::take).ok_or_else(wrong)?;
            let mut blocks = component.across * component.down;
            if self.parts.len() == 1 {
                (units, blocks) = (component.blocks_across * component.blocks_down, 1);
            }
            let coding = match (is_progressive, self.first, self.is_refinement) {
                (false, ..) => Coding::Sequential(find_dc(tables, dc)?, find(&tables.ac, ac)?),
                (true, 0, false) => Coding::Dc(find_dc(tables, dc)?),
                (true, 0, true) => Coding::DcBit,
                (true, _, is_refinement) => {
                    component.nonzero.resize(units as usize, 0);
                    let table = find(&tables.ac, ac)?;
                    let band = Band { table, range: self.first..=self.last, skipped: 0 };
                    if is_refinement { Coding::Refine(band) } else { Coding::First(band) }
                }
            };
            self.note(component);
            parts.push((blocks, coding, component.nonzero.as_mut_slice()));
        }
        for unit in 0..units {
            if interval > 0 && unit > 0 && unit % interval == 0 {
                let number = u8::try_from((unit / interval - 1) % 8).unwrap_or_default();
                let skipped = bits.restart(number).map_err(broken)?;
                if !skipped.is_empty() {
                    surplus.push(skipped);
                }
                parts.iter_mut().for_each(|(_, coding, _)| coding.restart());
            }
            for (blocks, coding, nonzero) in &mut parts {
                for _ in 0..*blocks {
                    let nonzero = nonzero.get_mut(unit as usize);
                    coding.block(&mut bits, nonzero).map_err(broken)?;
                }
            }
        }
        Ok(bits.end())
    }

    /// Note what this scan sends of a component.
    fn note(&self, component: &mut Component) {
        let sent = component.sent.get_mut(self.first as usize..=self.last as usize);
        sent.unwrap_or_default().fill(Some(self.lowest_bit));
    }
}

fn find(tables: &[Option<Table>; 4], number: usize) -> Result<&Table, ImageError> {
    let table = tables.get(number).and_then(Option::as_ref);
    table.ok_or_else(|| broken("a scan uses a Huffman table that is wrong or missing"))
}

fn find_dc(tables: &Tables, number: usize) -> Result<&Table, ImageError> {
    let table = find(&tables.dc, number)?;
    if table.largest() < 16 { Ok(table) } else { Err(broken("a Huffman table for DC is wrong")) }
}

/// How the blocks of a component are coded in a scan.
enum Coding<'a> {
    Sequential(&'a Table, &'a Table),
    Dc(&'a Table),
    DcBit,
    First(Band<'a>),
    Refine(Band<'a>),
}

impl Coding<'_> {
    fn block(&mut self, bits: &mut Bits, nonzero: Option<&mut u64>) -> Result<(), &'static str> {
        match (self, nonzero) {
            (Coding::Sequential(dc, ac), _) => {
                blocks::dc(bits, dc)?;
                blocks::ac(bits, ac)
            }
            (Coding::Dc(table), _) => blocks::dc(bits, table),
            (Coding::DcBit, _) => bits.skip(1),
            (Coding::First(band), Some(nonzero)) => band.first(bits, nonzero),
            (Coding::Refine(band), Some(nonzero)) => band.refine(bits, nonzero),
            (Coding::First(_) | Coding::Refine(_), None) => Err(super::DAMAGED),
        }
    }

    fn restart(&mut self) {
        if let Coding::First(band) | Coding::Refine(band) = self {
            band.skipped = 0;
        }
    }
}
