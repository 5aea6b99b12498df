//! A block holds a contiguous piece of a board's sorted entries.

use std::ops::Range;

use super::order::SortKey;
use super::scores::Scores;
use super::stamps::Stamps;

/// Entries a block holds, one fewer than it is given room for from the first: pieces of memory that
/// all have one size leave no holes between them.
pub(super) const BLOCK_CAPACITY: usize = 256;

/// Entries stored in columns, so that a search for an owner reads only hashes.
#[derive(Default)]
pub(super) struct Block {
    pub(super) scores: Scores,
    /// When each score was reached.
    pub(super) stamps: Stamps,
    /// The high halves of the owners' numbers.
    pub(super) hashes: Vec<u32>,
    /// The low halves.
    pub(super) rests: Vec<u32>,
}

impl Block {
    /// A block of these entries (score, stamp, owner), which are in order.
    pub(super) fn of(entries: &[(i64, i64, u64)]) -> Self {
        let scores: Vec<i64> = entries.iter().map(|(score, ..)| *score).collect();
        let stamps: Vec<i64> = entries.iter().map(|(_, stamp, _)| *stamp).collect();
        Self {
            scores: Scores::of(&scores),
            stamps: Stamps::of(&stamps),
            hashes: filled(entries.iter().map(|(.., owner)| hash_of(*owner))),
            rests: filled(entries.iter().map(|(.., owner)| *owner as u32)),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.hashes.len()
    }

    /// The owner at an index of the block.
    pub(super) fn owner(&self, at: usize) -> Option<u64> {
        Some(owner(*self.hashes.get(at)?, *self.rests.get(at)?))
    }

    /// The entries (score, owner) from an index on.
    pub(super) fn after(&self, from: usize) -> impl Iterator<Item = (i64, u64)> {
        let hashes = self.hashes.get(from..).unwrap_or_default();
        let rests = self.rests.get(from..).unwrap_or_default();
        let owners = hashes.iter().zip(rests).map(|(hash, rest)| owner(*hash, *rest));
        self.scores.after(from).zip(owners)
    }

    /// The key of the entry at an index of the block.
    pub(super) fn key(&self, at: usize, tie: impl Fn(u64) -> u64) -> Option<SortKey> {
        Some(SortKey::new(self.scores.get(at)?, self.stamps.get(at)?, tie(self.owner(at)?)))
    }

    /// Inserts an entry where its key belongs.
    pub(super) fn insert(&mut self, key: SortKey, owner: u64, tie: impl Fn(u64) -> u64) {
        let Range { mut start, mut end } = self.scores.equal(key.score());
        while start < end {
            let middle = usize::midpoint(start, end);
            if self.key(middle, &tie).is_some_and(|other| other <= key) {
                start = middle + 1;
            } else {
                end = middle;
            }
        }
        self.scores.insert(start, key.score());
        self.stamps.insert(start, key.stamp);
        self.hashes.insert(start, hash_of(owner));
        self.rests.insert(start, owner as u32);
    }

    pub(super) fn remove(&mut self, at: usize) {
        if at < self.len() {
            self.scores.remove(at);
            self.stamps.remove(at);
            self.hashes.remove(at);
            self.rests.remove(at);
        }
    }

    /// Moves a range of another block's entries into this one, at index `at`.
    pub(super) fn take(&mut self, other: &mut Self, range: Range<usize>, at: usize) {
        self.scores.take(&mut other.scores, range.clone(), at);
        self.stamps.take(&mut other.stamps, range.clone(), at);
        self.hashes.splice(at..at, other.hashes.drain(range.clone()));
        self.rests.splice(at..at, other.rests.drain(range));
    }

    /// Memory on the heap in bytes, with the allocator's overhead.
    pub(super) fn bytes(&self) -> usize {
        let owners = super::heap(&self.hashes) + super::heap(&self.rests);
        self.scores.bytes() + self.stamps.bytes() + owners
    }
}

/// The hash in the number of an owner: the high half.
pub(super) fn hash_of(owner: u64) -> u32 {
    (owner >> 32) as u32
}

fn owner(hash: u32, rest: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(rest)
}

/// A list with the capacity of a block.
pub(super) fn filled<T>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut list = Vec::with_capacity(BLOCK_CAPACITY);
    list.extend(items);
    list
}
