//! When the scores of a block were reached.

use std::ops::Range;

use super::block::filled;

/// Stamps in the order of their entries: 48 bits each, or 64 where the lowest and the highest of the
/// block lie too far apart for that.
pub(super) enum Stamps {
    /// How far each is above a base (frame of reference): the low 32 bits and the high 16.
    Near { base: i64, low: Vec<u32>, high: Vec<u16> },
    /// As they are.
    Far(Vec<i64>),
}

/// What 48 bits count up to. In microseconds, 8.9 years.
const SPAN: u64 = 1 << 48;

impl Default for Stamps {
    /// None, and no memory for any.
    fn default() -> Self {
        Self::Near { base: 0, low: Vec::new(), high: Vec::new() }
    }
}

impl Stamps {
    /// These stamps, with room for all that a block holds.
    pub(super) fn of(stamps: &[i64]) -> Self {
        let least = stamps.iter().min().copied().unwrap_or(0);
        let span = stamps.iter().max().map_or(0, |most| most.abs_diff(least));
        if span >= SPAN {
            return Self::Far(filled(stamps.iter().copied()));
        }
        // Most of the room is above, because stamps to come are higher.
        let below = (SPAN - 1 - span) / 8;
        let base = least.saturating_sub(i64::try_from(below).unwrap_or(0));
        let above = stamps.iter().filter_map(|stamp| above(*stamp, base));
        Self::Near {
            base,
            low: filled(above.clone().map(|above| above as u32)),
            high: filled(above.map(|above| (above >> 32) as u16)),
        }
    }

    pub(super) fn get(&self, at: usize) -> Option<i64> {
        match self {
            Self::Near { base, low, high } => {
                let above = u64::from(*high.get(at)?) << 32 | u64::from(*low.get(at)?);
                Some(base.wrapping_add_unsigned(above))
            }
            Self::Far(stamps) => stamps.get(at).copied(),
        }
    }

    pub(super) fn insert(&mut self, at: usize, stamp: i64) {
        match self {
            Self::Far(stamps) => stamps.insert(at, stamp),
            Self::Near { base, low, high } => {
                if let Some(above) = above(stamp, *base) {
                    low.insert(at, above as u32);
                    high.insert(at, (above >> 32) as u16);
                } else {
                    let mut stamps = self.all();
                    stamps.insert(at, stamp);
                    *self = Self::of(&stamps);
                }
            }
        }
    }

    pub(super) fn remove(&mut self, at: usize) {
        match self {
            Self::Near { low, high, .. } => {
                low.remove(at);
                high.remove(at);
            }
            Self::Far(stamps) => drop(stamps.remove(at)),
        }
    }

    /// Takes a range of another block's stamps in at `at`. Both take 48 bits again if they can.
    pub(super) fn take(&mut self, other: &mut Self, range: Range<usize>, at: usize) {
        let (mut taking, mut giving) = (self.all(), other.all());
        taking.splice(at..at, giving.drain(range));
        (*self, *other) = (Self::of(&taking), Self::of(&giving));
    }

    /// Heap bytes, with what the allocator adds.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Near { low, high, .. } => super::heap(low) + super::heap(high),
            Self::Far(stamps) => super::heap(stamps),
        }
    }

    fn all(&self) -> Vec<i64> {
        (0..).map_while(|at| self.get(at)).collect()
    }
}

/// How far a stamp is above a base, if it is, and no further than 48 bits can say.
fn above(stamp: i64, base: i64) -> Option<u64> {
    let above = stamp.abs_diff(base);
    (stamp >= base && above < SPAN).then_some(above)
}
