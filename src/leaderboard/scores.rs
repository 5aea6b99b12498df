//! The scores of a block, which are in order and so mostly near each other.

use std::ops::Range;

use super::block::filled;

/// Scores, the highest first: 32 bits each, or 64 where the highest and the lowest of the block
/// lie too far apart for that.
pub(super) enum Scores {
    /// How far each is above a base (frame of reference).
    Near { base: i64, above: Vec<u32> },
    /// As they are.
    Far(Vec<i64>),
}

impl Default for Scores {
    /// None, and no memory for any.
    fn default() -> Self {
        Self::Near { base: 0, above: Vec::new() }
    }
}

impl Scores {
    /// These scores, the highest first, with room for all that a block holds.
    pub(super) fn of(scores: &[i64]) -> Self {
        let least = scores.last().copied().unwrap_or(0);
        let span = scores.first().map_or(0, |most| most.abs_diff(least));
        match u32::try_from(span) {
            Ok(span) => {
                // As much room below as above, for those to come.
                let base = least.saturating_sub(i64::from((u32::MAX - span) / 2));
                let above = scores.iter().filter_map(|score| above(*score, base));
                Self::Near { base, above: filled(above) }
            }
            Err(_) => Self::Far(filled(scores.iter().copied())),
        }
    }

    pub(super) fn get(&self, at: usize) -> Option<i64> {
        match self {
            Self::Near { base, above } => above.get(at).map(|above| base + i64::from(*above)),
            Self::Far(scores) => scores.get(at).copied(),
        }
    }

    /// The scores from a place on.
    pub(super) fn after(&self, from: usize) -> impl Iterator<Item = i64> {
        // One of the two lists is empty.
        let (base, near, far) = match self {
            Self::Near { base, above } => (*base, above.as_slice(), [].as_slice()),
            Self::Far(scores) => (0, [].as_slice(), scores.as_slice()),
        };
        (from..).map_while(move |at| match near.get(at) {
            Some(above) => Some(base + i64::from(*above)),
            None => far.get(at).copied(),
        })
    }

    /// Where the entries with this score are, or where one would be.
    pub(super) fn equal(&self, score: i64) -> Range<usize> {
        match self {
            Self::Far(scores) => equal(scores, score),
            Self::Near { base, above: scores } => match above(score, *base) {
                Some(above) => equal(scores, above),
                // All scores of the block are lower, or all are higher.
                None if score < *base => scores.len()..scores.len(),
                None => 0..0,
            },
        }
    }

    /// Puts a score in at a place that keeps the order.
    pub(super) fn insert(&mut self, at: usize, score: i64) {
        match self {
            Self::Far(scores) => scores.insert(at, score),
            Self::Near { base, above: scores } => {
                if let Some(above) = above(score, *base) {
                    return scores.insert(at, above);
                }
                let mut scores: Vec<i64> = self.after(0).collect();
                scores.insert(at, score);
                *self = Self::of(&scores);
            }
        }
    }

    pub(super) fn remove(&mut self, at: usize) {
        match self {
            Self::Near { above, .. } => drop(above.remove(at)),
            Self::Far(scores) => drop(scores.remove(at)),
        }
    }

    /// Takes a range of another block's scores in at `at`. Both are narrow again if they can be.
    pub(super) fn take(&mut self, other: &mut Self, range: Range<usize>, at: usize) {
        let (mut taking, mut giving): (Vec<_>, Vec<_>) =
            (self.after(0).collect(), other.after(0).collect());
        taking.splice(at..at, giving.drain(range));
        (*self, *other) = (Self::of(&taking), Self::of(&giving));
    }

    /// Heap bytes, with what the allocator adds.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Near { above, .. } => super::heap(above),
            Self::Far(scores) => super::heap(scores),
        }
    }
}

/// How far a score is above a base, if it is, and no further than 32 bits can say.
fn above(score: i64, base: i64) -> Option<u32> {
    if score < base { None } else { u32::try_from(score.abs_diff(base)).ok() }
}

/// Where `score` is among scores of which the highest is first.
fn equal<T: Copy + Ord>(scores: &[T], score: T) -> Range<usize> {
    let end = scores.partition_point(|other| *other >= score);
    // Few scores are equal, so the first of them is near.
    let same = scores.iter().take(end).rev().take(8).take_while(|other| **other == score).count();
    match same {
        8 => scores.partition_point(|other| *other > score)..end,
        same => end - same..end,
    }
}
