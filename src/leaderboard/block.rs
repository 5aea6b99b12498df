//! A block: some of a board's entries, in order.

use std::ops::Range;

use super::scores::Scores;

/// Entries a block holds, one fewer than it is given room for from the first: pieces of memory that
/// all have one size leave no holes between them.
pub(super) const BLOCK_CAPACITY: usize = 256;

/// Entries in columns: who looks for an owner reads hashes only.
#[derive(Default)]
pub(super) struct Block {
    pub(super) scores: Scores,
    /// The high halves of the owners' numbers.
    pub(super) hashes: Vec<u32>,
    /// The low halves.
    pub(super) rests: Vec<u32>,
}

impl Block {
    /// A block of these entries (score, owner), which are in order.
    pub(super) fn of(entries: &[(i64, u64)]) -> Self {
        let scores: Vec<i64> = entries.iter().map(|(score, _)| *score).collect();
        Self {
            scores: Scores::of(&scores),
            hashes: filled(entries.iter().map(|(_, owner)| hash_of(*owner))),
            rests: filled(entries.iter().map(|(_, owner)| *owner as u32)),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.hashes.len()
    }

    /// The owner at a place.
    pub(super) fn owner(&self, at: usize) -> Option<u64> {
        Some(owner(*self.hashes.get(at)?, *self.rests.get(at)?))
    }

    /// The entries (score, owner) from a place on.
    pub(super) fn after(&self, from: usize) -> impl Iterator<Item = (i64, u64)> {
        let hashes = self.hashes.get(from..).unwrap_or_default();
        let rests = self.rests.get(from..).unwrap_or_default();
        let owners = hashes.iter().zip(rests).map(|(hash, rest)| owner(*hash, *rest));
        self.scores.after(from).zip(owners)
    }

    /// Puts the entry behind all with the same score.
    pub(super) fn insert(&mut self, score: i64, owner: u64) {
        let at = self.scores.insert(score);
        self.hashes.insert(at, hash_of(owner));
        self.rests.insert(at, owner as u32);
    }

    pub(super) fn remove(&mut self, at: usize) {
        if at < self.len() {
            self.scores.remove(at);
            self.hashes.remove(at);
            self.rests.remove(at);
        }
    }

    /// Takes a range of another block's entries in at `at`.
    pub(super) fn take(&mut self, other: &mut Self, range: Range<usize>, at: usize) {
        self.scores.take(&mut other.scores, range.clone(), at);
        self.hashes.splice(at..at, other.hashes.drain(range.clone()));
        self.rests.splice(at..at, other.rests.drain(range));
    }

    /// Heap bytes, with what the allocator adds.
    pub(super) fn bytes(&self) -> usize {
        self.scores.bytes() + super::heap(&self.hashes) + super::heap(&self.rests)
    }
}

/// The hash in the number of an owner: the high half.
pub(super) fn hash_of(owner: u64) -> u32 {
    (owner >> 32) as u32
}

fn owner(hash: u32, rest: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(rest)
}

/// A list with room for all that a block holds.
pub(super) fn filled<T>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut list = Vec::with_capacity(BLOCK_CAPACITY);
    list.extend(items);
    list
}
