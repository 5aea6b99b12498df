//! A block: some of a board's entries, in order.

use std::ops::Range;

/// Entries a block holds, one fewer than it is given room for from the first: pieces of memory that
/// all have one size leave no holes between them.
pub(super) const MOST: usize = 256;

/// Entries in two columns, because a rank reads owners only.
#[derive(Default)]
pub(super) struct Block {
    pub(super) scores: Vec<i64>,
    pub(super) owners: Vec<u64>,
}

impl Block {
    pub(super) fn new() -> Self {
        Self { scores: Vec::with_capacity(MOST), owners: Vec::with_capacity(MOST) }
    }

    pub(super) fn len(&self) -> u32 {
        self.scores.len() as u32
    }

    pub(super) fn push(&mut self, score: i64, owner: u64) {
        self.scores.push(score);
        self.owners.push(owner);
    }

    /// Puts the entry behind all with the same score.
    pub(super) fn insert(&mut self, score: i64, owner: u64) {
        let at = self.scores.partition_point(|other| *other >= score);
        self.scores.insert(at, score);
        self.owners.insert(at, owner);
    }

    pub(super) fn remove(&mut self, at: usize) {
        if at < self.scores.len() {
            self.scores.remove(at);
            self.owners.remove(at);
        }
    }

    /// Takes a range of another block's entries in at `at`.
    pub(super) fn take(&mut self, other: &mut Self, range: Range<usize>, at: usize) {
        self.scores.splice(at..at, other.scores.drain(range.clone()));
        self.owners.splice(at..at, other.owners.drain(range));
    }
}
