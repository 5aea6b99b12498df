//! Reads a JPEG (ITU-T T.81) to its last block, keeping no pixels.
//!
//! Why our own: decoders paint what is missing grey, and hold the whole picture, up to 176 MB.
//! Whether a picture is whole depends on its codes alone, so they are read and nothing is computed:
//! a bit for each coefficient of a progressive picture is kept, 8 MB at most.
//!
//! The measure is what browsers show, which means libjpeg: what it refuses is refused, what it passes
//! over without loss (surplus bytes, odd markers, a missing end) is accepted, and where it would
//! paint over missing or wrong data, the picture is refused.

mod bits;
mod blocks;
mod frame;
mod huffman;
mod scan;
mod standard;

use super::{ImageError, broken, cut};
use bits::Bits;
use frame::{Component, Frame};
use huffman::Tables;
use scan::Scan;
use std::ops::Range;

/// Each scan goes over the whole picture and may cost few bytes. Encoders make about ten.
pub const MAX_SCANS: u32 = 100;

const DAMAGED: &str = "its coded data is damaged";

/// Start of image, end of image, start of scan, restart interval.
const SOI: u8 = 0xd8;
const EOI: u8 = 0xd9;
const SOS: u8 = 0xda;
const DRI: u8 = 0xdd;
/// Tables of Huffman codes and of quantization.
const DHT: u8 = 0xc4;
const DQT: u8 = 0xdb;

/// Check a picture that [`strip`](super::strip) has cut to its segments. Answers it without the bytes
/// of its scans that nothing is read from, and with an end marker; nothing where it is so already.
pub fn check(bytes: &[u8]) -> Result<Option<Vec<u8>>, ImageError> {
    let mut walk = Walk {
        bytes,
        at: 2,
        frame: None,
        tables: Tables::new(),
        has_quantization: [false; 4],
        interval: 0,
        scans: 0,
        surplus: Vec::new(),
    };
    let end = walk.run()?;
    let mut out = Vec::with_capacity(bytes.len() + 2);
    let mut from = 0;
    for Range { start, end } in walk.surplus {
        out.extend(bytes.get(from..start).unwrap_or_default());
        from = end;
    }
    out.extend(bytes.get(from..end).unwrap_or_default());
    out.extend([0xff, EOI]);
    Ok((out != bytes).then_some(out))
}

struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    frame: Option<Frame>,
    tables: Tables,
    has_quantization: [bool; 4],
    /// Units between restarts.
    interval: u32,
    scans: u32,
    /// Bytes that nothing is read from.
    surplus: Vec<Range<usize>>,
}

impl<'a> Walk<'a> {
    /// Where the picture ends, its end marker not counted.
    fn run(&mut self) -> Result<usize, ImageError> {
        loop {
            let start = self.at;
            let Some((marker, body)) = self.segment() else {
                // The end marker is missing. A progressive picture may lack its finest scans there.
                return if self.is(Component::is_complete) { Ok(start) } else { Err(cut()) };
            };
            match marker {
                EOI if self.is(Component::is_shown) => return Ok(self.at - 2),
                EOI => return Err(broken("pixels are missing")),
                DHT => self.tables.define(body).ok_or_else(|| broken("it has a wrong table"))?,
                DQT => self.quantization(body)?,
                DRI => {
                    self.interval = interval(body).ok_or_else(|| broken("it has a wrong DRI"))?
                }
                0xcc | 0xdc => {}
                0xc0..=0xcf | 0xde | 0xdf if self.frame.is_some() => {
                    // A second picture after a first one that lacks its end marker.
                    return if self.is(Component::is_complete) {
                        Ok(start)
                    } else {
                        Err(broken("it has several frames"))
                    };
                }
                0xc0..=0xcf | 0xde | 0xdf => self.frame = Some(Frame::read(marker, body)?),
                SOS if self.scan(body)? => return Ok(self.at),
                _ => {}
            }
        }
    }

    /// The next segment, or a marker that ends the picture; nothing if it is cut off. Bytes before a
    /// marker, restarts and another start are passed over.
    fn segment(&mut self) -> Option<(u8, &'a [u8])> {
        let mut at = self.at;
        loop {
            match self.bytes.get(at..)? {
                [0xff, 0x00 | 0x01 | 0xd0..=SOI, ..] => at += 2,
                [0xff, EOI, ..] => {
                    self.pass_over(at);
                    self.at = at + 2;
                    return Some((EOI, &[]));
                }
                [0xff, marker @ ..=0xfe, rest @ ..] => {
                    let length = u16::from_be_bytes(*rest.first_chunk()?).into();
                    let body = rest.get(2..length)?;
                    self.pass_over(at);
                    self.at = at + 2 + length;
                    return Some((*marker, body));
                }
                [] => return None,
                _ => at += 1,
            }
        }
    }

    fn pass_over(&mut self, end: usize) {
        if self.at < end {
            self.surplus.push(self.at..end);
        }
    }

    /// Is it so of all components?
    fn is(&self, property: fn(&Component) -> bool) -> bool {
        self.frame.as_ref().is_some_and(|frame| frame.components.iter().all(property))
    }

    /// Note which tables a segment `DQT` defines.
    fn quantization(&mut self, mut body: &[u8]) -> Result<(), ImageError> {
        while let Some((&number, rest)) = body.split_first() {
            let length = if number >> 4 == 0 { 64 } else { 128 };
            let place = self.has_quantization.get_mut(usize::from(number & 15));
            let (Some(place), Some(rest)) = (place, rest.get(length..)) else {
                return Err(broken("it has a wrong table"));
            };
            *place = true;
            body = rest;
        }
        Ok(())
    }

    /// Read a scan. Does it end the picture? A sequential scan of all components does: libjpeg shows
    /// what was read, whatever follows.
    fn scan(&mut self, body: &[u8]) -> Result<bool, ImageError> {
        let frame = self.frame.as_mut().ok_or_else(|| broken("it has no frame"))?;
        self.scans += 1;
        if self.scans > MAX_SCANS {
            return Err(broken(format!("it has more than {MAX_SCANS} scans")));
        }
        let scan = Scan::read(body, frame)?;
        if !scan.has_quantization(frame, &self.has_quantization) {
            return Err(broken("it has no quantization table"));
        }
        let bits = Bits::new(self.bytes, self.at);
        self.at = scan.walk(frame, &self.tables, self.interval, bits, &mut self.surplus)?;
        Ok(!frame.is_progressive && scan.has_all(frame))
    }
}

/// The number in a segment `DRI`.
fn interval(body: &[u8]) -> Option<u32> {
    let number: [u8; 2] = body.try_into().ok()?;
    Some(u16::from_be_bytes(number).into())
}
