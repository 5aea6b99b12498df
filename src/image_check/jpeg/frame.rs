//! The header of a frame: size and components (ITU-T T.81, B.2.2).

use super::super::{ImageError, MAX_SIDE, broken, fits};

/// One of the planes that a picture is coded in: brightness, a colour, or an ink.
pub struct Component {
    id: u8,
    /// Blocks across and down in a unit of a scan of several components.
    pub across: u32,
    pub down: u32,
    pub quantization: u8,
    /// Blocks across and down in a scan of this component alone.
    pub blocks_across: u32,
    pub blocks_down: u32,
    /// How far each coefficient is known: the lowest bit that was sent, none at first.
    pub sent: [Option<u8>; 64],
    /// For progressive pictures, a bit for each coefficient of a block that is not zero: further
    /// scans send one bit more of each of those.
    pub nonzero: Vec<u64>,
}

impl Component {
    /// Has every block something to show?
    pub fn is_shown(&self) -> bool {
        self.sent[0].is_some()
    }

    /// Was everything sent?
    pub fn is_complete(&self) -> bool {
        self.sent.iter().all(|lowest| *lowest == Some(0))
    }
}

pub struct Frame {
    pub is_progressive: bool,
    pub width: u32,
    pub height: u32,
    /// The most blocks across and down that a component has in a unit.
    pub most_across: u32,
    pub most_down: u32,
    pub components: Vec<Component>,
}

impl Frame {
    /// Read a segment `SOF`.
    pub fn read(marker: u8, body: &[u8]) -> Result<Frame, ImageError> {
        match marker {
            0xc0..=0xc2 => {}
            0xc9 | 0xca => {
                return Err(broken("its coding is arithmetic, which browsers don't read"));
            }
            _ => return Err(broken("it is lossless or hierarchical, which browsers don't read")),
        }
        let wrong = || broken("its frame has a wrong header");
        let [precision, h1, h2, w1, w2, count, rest @ ..] = body else {
            return Err(wrong());
        };
        let height = u32::from(u16::from_be_bytes([*h1, *h2]));
        let width = u32::from(u16::from_be_bytes([*w1, *w2]));
        fits(width, height, MAX_SIDE)?;
        if *precision != 8 {
            return Err(broken("it has more than 8 bits a sample, which browsers don't read"));
        }
        if !matches!(count, 1 | 3 | 4) || rest.len() != 3 * usize::from(*count) {
            return Err(wrong());
        }
        let sides = rest.chunks_exact(3).filter_map(|part| part.get(1));
        let most = |side: fn(u8) -> u8| sides.clone().copied().map(side).max().unwrap_or(1).into();
        let (most_across, most_down) = (most(|sides| sides >> 4), most(|sides| sides & 15));
        let mut components = Vec::new();
        for part in rest.chunks_exact(3) {
            let [id, sides, quantization] = *part else {
                return Err(wrong());
            };
            let (across, down) = (u32::from(sides >> 4), u32::from(sides & 15));
            let is_usual = (1..=4).contains(&across) && (1..=4).contains(&down);
            // libjpeg widens samples by whole numbers alone.
            if !is_usual || most_across % across != 0 || most_down % down != 0 {
                return Err(broken("its sampling is one that browsers don't read"));
            }
            let blocks_across = (width * across).div_ceil(most_across * 8);
            let blocks_down = (height * down).div_ceil(most_down * 8);
            components.push(Component {
                id,
                across,
                down,
                quantization,
                blocks_across,
                blocks_down,
                sent: [None; 64],
                nonzero: Vec::new(),
            });
        }
        let is_progressive = marker == 0xc2;
        Ok(Frame { is_progressive, width, height, most_across, most_down, components })
    }

    /// The component that a scan names. Some files give all of them one name: those are taken in turn.
    pub fn find(&self, id: u8, taken: &[usize]) -> Option<usize> {
        (0..).zip(&self.components).find_map(|(place, component)| {
            (component.id == id && !taken.contains(&place)).then_some(place)
        })
    }
}
