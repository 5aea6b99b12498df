//! Reads a VP8L bit stream (the lossless half of WebP) to its last pixel without keeping the pixels.
//!
//! Why our own: the data may announce 65,536 groups of Huffman codes at some eighty bits each, and
//! the decoder at hand spends 56 kB on every one: 300 kB of upload, four pixels wide, took 1.7 GB.
//! Whether a stream is whole depends on its symbols alone, so only the small picture that chooses
//! the groups has to be kept. The format: RFC 9649, section 3.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the format's fields are narrower than the types they are read into"
)]

const CUT: &str = "the lossless WebP data ends too early";
const BAD_CODE: &str = "a Huffman code of the lossless WebP data is wrong";
const BAD_COPY: &str = "the lossless WebP data copies from outside the picture";

/// More groups of codes than this are refused. The reference encoder stays below 2,600.
pub const MAX_GROUPS: u32 = 4096;

/// Length and distance symbols between the 256 literals and the colour cache.
const LENGTHS: u32 = 24;

/// Width and height as the header of a VP8L chunk tells them.
pub fn size(chunk: &[u8]) -> Option<(u32, u32)> {
    let mut bits = Bits::new(chunk);
    if bits.read(8).ok()? != 0x2f {
        return None;
    }
    let (width, height) = (bits.read(14).ok()? + 1, bits.read(14).ok()? + 1);
    // One bit hints at transparency; the three bits of the version are zero.
    (bits.read(4).ok()? >> 1 == 0).then_some((width, height))
}

/// Walk what follows the header: the transforms, the codes and every pixel.
pub fn walk(stream: &[u8], mut width: u32, height: u32) -> Result<(), &'static str> {
    let mut bits = Bits::new(stream);
    let mut seen = [false; 4];
    while bits.read(1)? == 1 {
        let transform = bits.read(2)?;
        match seen.get_mut(transform as usize) {
            Some(once @ false) => *once = true,
            _ => return Err("the lossless WebP data repeats a transform"),
        }
        match transform {
            0 | 1 => {
                let block = bits.read(3)? + 2;
                small(&mut bits, blocks(width, block), blocks(height, block))?;
            }
            2 => {}
            _ => {
                let colours = bits.read(8)? + 1;
                small(&mut bits, colours, 1)?;
                // Few colours are packed, several pixels to one.
                width = blocks(
                    width,
                    match colours {
                        0..=2 => 3,
                        3..=4 => 2,
                        5..=16 => 1,
                        _ => 0,
                    },
                );
            }
        }
    }

    let cache = cache_bits(&mut bits)?;
    let mut chosen = Vec::new();
    let mut block = 0;
    if bits.read(1)? == 1 {
        block = bits.read(3)? + 2;
        chosen = small(&mut bits, blocks(width, block), blocks(height, block))?;
        for pixel in &mut chosen {
            *pixel = *pixel >> 8 & 0xffff;
        }
    }
    let count = chosen.iter().max().map_or(1, |last| last + 1);
    if count > MAX_GROUPS {
        return Err("the lossless WebP data has too many groups of codes");
    }
    let groups =
        (0..count).map(|_| Group::read(&mut bits, cache)).collect::<Result<Vec<_>, _>>()?;

    let (across, total) = (blocks(width, block), width * height);
    let mut at = 0;
    while at < total {
        let place = ((at / width) >> block) * across + ((at % width) >> block);
        let number = chosen.get(place as usize).copied().unwrap_or(0);
        let group = groups.get(number as usize).ok_or(BAD_CODE)?;
        at += match group.next(&mut bits, width)? {
            Next::Pixel(_) | Next::Cached(_) => 1,
            Next::Copy { length, back } if back <= at && length <= total - at => length,
            Next::Copy { .. } => return Err(BAD_COPY),
        };
    }
    Ok(())
}

/// A picture inside the picture: parameters of a transform, a palette, or the choice of groups.
fn small(bits: &mut Bits, width: u32, height: u32) -> Result<Vec<u32>, &'static str> {
    let cache = cache_bits(bits)?;
    let group = Group::read(bits, cache)?;
    let mut colours = vec![0u32; cache.map_or(0, |cache| 1 << cache)];
    let total = (width * height) as usize;
    let mut pixels = Vec::with_capacity(total);
    while pixels.len() < total {
        let start = pixels.len();
        match group.next(bits, width)? {
            Next::Pixel(pixel) => pixels.push(pixel),
            Next::Cached(place) => {
                pixels.push(colours.get(place as usize).copied().ok_or(BAD_CODE)?)
            }
            Next::Copy { length, back } => {
                let from = start.checked_sub(back as usize).ok_or(BAD_COPY)?;
                if length as usize > total - start {
                    return Err(BAD_COPY);
                }
                // One at a time: the copy may run into what it has just written.
                for place in from..from + length as usize {
                    pixels.push(pixels.get(place).copied().ok_or(BAD_COPY)?);
                }
            }
        }
        for &pixel in pixels.get(start..).unwrap_or_default() {
            let place =
                cache.map_or(0, |cache| 0x1e35_a7bd_u32.wrapping_mul(pixel) >> (32 - cache));
            if let Some(colour) = colours.get_mut(place as usize) {
                *colour = pixel;
            }
        }
    }
    Ok(pixels)
}

/// The next piece of a picture.
enum Next {
    Pixel(u32),
    Cached(u32),
    Copy { length: u32, back: u32 },
}

/// The five codes of a region: green with lengths and cache, red, blue, alpha, distance.
struct Group([Code; 5]);

impl Group {
    fn read(bits: &mut Bits, cache: Option<u32>) -> Result<Group, &'static str> {
        let green = 256 + LENGTHS + cache.map_or(0, |cache| 1 << cache);
        let mut code = |alphabet| Code::read(bits, alphabet);
        Ok(Group([code(green)?, code(256)?, code(256)?, code(256)?, code(40)?]))
    }

    fn next(&self, bits: &mut Bits, width: u32) -> Result<Next, &'static str> {
        let [green, red, blue, alpha, distance] = &self.0;
        let symbol = green.next(bits)?;
        if symbol < 256 {
            let (red, blue, alpha) = (red.next(bits)?, blue.next(bits)?, alpha.next(bits)?);
            return Ok(Next::Pixel(alpha << 24 | red << 16 | symbol << 8 | blue));
        }
        if symbol >= 256 + LENGTHS {
            return Ok(Next::Cached(symbol - 256 - LENGTHS));
        }
        let length = bits.extended(symbol - 256)?;
        let far = distance.next(bits)?;
        let far = bits.extended(far)?;
        let back = match NEAR.get(far as usize - 1) {
            Some(&(x, y)) => (i64::from(x) + i64::from(y) * i64::from(width)).max(1) as u32,
            None => far - NEAR.len() as u32,
        };
        Ok(Next::Copy { length, back })
    }
}

/// A canonical Huffman code: how many symbols have each length, and the symbols in order.
struct Code {
    counts: [u16; 16],
    symbols: Vec<u16>,
}

impl Code {
    fn read(bits: &mut Bits, alphabet: u32) -> Result<Code, &'static str> {
        let mut lengths = vec![0u8; alphabet as usize];
        if bits.read(1)? == 1 {
            let two = bits.read(1)? == 1;
            let wide = bits.read(1)?;
            let first = bits.read(1 + 7 * wide)?;
            *lengths.get_mut(first as usize).ok_or(BAD_CODE)? = 1;
            if two {
                *lengths.get_mut(bits.read(8)? as usize).ok_or(BAD_CODE)? = 1;
            }
            return Code::new(&lengths);
        }
        // The lengths are coded too, with a code whose own lengths come in this order.
        const ORDER: [usize; 19] =
            [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
        let mut outer = [0u8; 19];
        let given = bits.read(4)? + 4;
        for &place in ORDER.iter().take(given as usize) {
            *outer.get_mut(place).ok_or(BAD_CODE)? = bits.read(3)? as u8;
        }
        let outer = Code::new(&outer)?;
        let mut tokens = alphabet;
        if bits.read(1)? == 1 {
            let wide = 2 + 2 * bits.read(3)?;
            tokens = 2 + bits.read(wide)?;
            if tokens > alphabet {
                return Err(BAD_CODE);
            }
        }
        let (mut at, mut last) = (0, 8);
        while at < lengths.len() && tokens > 0 {
            tokens -= 1;
            let (length, times) = match outer.next(bits)? {
                16 => (last, 3 + bits.read(2)?),
                17 => (0, 3 + bits.read(3)?),
                18 => (0, 11 + bits.read(7)?),
                length => (length as u8, 1),
            };
            if length != 0 {
                last = length;
            }
            let end = at + times as usize;
            lengths.get_mut(at..end).ok_or(BAD_CODE)?.fill(length);
            at = end;
        }
        Code::new(&lengths)
    }

    fn new(lengths: &[u8]) -> Result<Code, &'static str> {
        let mut counts = [0u16; 16];
        let mut symbols = Vec::with_capacity(lengths.iter().filter(|length| **length > 0).count());
        for wanted in 1..16u8 {
            let before = symbols.len();
            symbols.extend(
                (0u16..)
                    .zip(lengths)
                    .filter(|(_, length)| **length == wanted)
                    .map(|(symbol, _)| symbol),
            );
            if let Some(count) = counts.get_mut(usize::from(wanted)) {
                *count = (symbols.len() - before) as u16;
            }
        }
        // Every bit pattern must mean something, unless a lone symbol needs no bits at all.
        let used: u32 =
            (0u32..).zip(counts).map(|(length, count)| u32::from(count) << (15 - length)).sum();
        if symbols.len() == 1 || (symbols.len() > 1 && used == 1 << 15) {
            Ok(Code { counts, symbols })
        } else {
            Err(BAD_CODE)
        }
    }

    fn next(&self, bits: &mut Bits) -> Result<u32, &'static str> {
        if let [only] = self.symbols[..] {
            return Ok(u32::from(only));
        }
        let (mut code, mut first, mut index) = (0, 0, 0);
        for &count in self.counts.iter().skip(1) {
            code = code << 1 | bits.read(1)?;
            first <<= 1;
            let count = u32::from(count);
            if code < first + count {
                return self
                    .symbols
                    .get((index + code - first) as usize)
                    .map(|symbol| u32::from(*symbol))
                    .ok_or(BAD_CODE);
            }
            index += count;
            first += count;
        }
        Err(BAD_CODE)
    }
}

/// Bits of a slice, the lowest of each byte first.
struct Bits<'a> {
    bytes: std::slice::Iter<'a, u8>,
    held: u32,
    count: u32,
}

impl<'a> Bits<'a> {
    fn new(bytes: &'a [u8]) -> Bits<'a> {
        Bits { bytes: bytes.iter(), held: 0, count: 0 }
    }

    /// At most 24 bits at once.
    fn read(&mut self, wanted: u32) -> Result<u32, &'static str> {
        while self.count < wanted {
            self.held |= u32::from(*self.bytes.next().ok_or(CUT)?) << self.count;
            self.count += 8;
        }
        let value = self.held & ((1 << wanted) - 1);
        self.held >>= wanted;
        self.count -= wanted;
        Ok(value)
    }

    /// A length or a distance: its symbol gives the size, further bits the exact value, from 1 up.
    fn extended(&mut self, symbol: u32) -> Result<u32, &'static str> {
        if symbol < 4 {
            return Ok(symbol + 1);
        }
        let extra = (symbol - 2) >> 1;
        Ok(((2 + (symbol & 1)) << extra) + self.read(extra)? + 1)
    }
}

fn cache_bits(bits: &mut Bits) -> Result<Option<u32>, &'static str> {
    if bits.read(1)? == 0 {
        return Ok(None);
    }
    match bits.read(4)? {
        size @ 1..=11 => Ok(Some(size)),
        _ => Err("the colour cache of the lossless WebP data has a wrong size"),
    }
}

/// How many blocks of `1 << bits` pixels cover a length.
fn blocks(length: u32, bits: u32) -> u32 {
    length.div_ceil(1 << bits)
}

/// Distances 1 to 120 mean a neighbour: so many pixels left (negative: right) and rows up.
#[rustfmt::skip]
const NEAR: [(i8, i8); 120] = [
    (0, 1),  (1, 0),  (1, 1),  (-1, 1), (0, 2),  (2, 0),  (1, 2),  (-1, 2),
    (2, 1),  (-2, 1), (2, 2),  (-2, 2), (0, 3),  (3, 0),  (1, 3),  (-1, 3),
    (3, 1),  (-3, 1), (2, 3),  (-2, 3), (3, 2),  (-3, 2), (0, 4),  (4, 0),
    (1, 4),  (-1, 4), (4, 1),  (-4, 1), (3, 3),  (-3, 3), (2, 4),  (-2, 4),
    (4, 2),  (-4, 2), (0, 5),  (3, 4),  (-3, 4), (4, 3),  (-4, 3), (5, 0),
    (1, 5),  (-1, 5), (5, 1),  (-5, 1), (2, 5),  (-2, 5), (5, 2),  (-5, 2),
    (4, 4),  (-4, 4), (3, 5),  (-3, 5), (5, 3),  (-5, 3), (0, 6),  (6, 0),
    (1, 6),  (-1, 6), (6, 1),  (-6, 1), (2, 6),  (-2, 6), (6, 2),  (-6, 2),
    (4, 5),  (-4, 5), (5, 4),  (-5, 4), (3, 6),  (-3, 6), (6, 3),  (-6, 3),
    (0, 7),  (7, 0),  (1, 7),  (-1, 7), (5, 5),  (-5, 5), (7, 1),  (-7, 1),
    (4, 6),  (-4, 6), (6, 4),  (-6, 4), (2, 7),  (-2, 7), (7, 2),  (-7, 2),
    (3, 7),  (-3, 7), (7, 3),  (-7, 3), (5, 6),  (-5, 6), (6, 5),  (-6, 5),
    (8, 0),  (4, 7),  (-4, 7), (7, 4),  (-7, 4), (8, 1),  (8, 2),  (6, 6),
    (-6, 6), (8, 3),  (5, 7),  (-5, 7), (7, 5),  (-7, 5), (8, 4),  (6, 7),
    (-6, 7), (7, 6),  (-7, 6), (8, 5),  (7, 7),  (-7, 7), (8, 6),  (8, 7),
];
