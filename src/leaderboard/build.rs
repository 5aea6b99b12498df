//! Builds a board from the rows of a table.

use std::cmp::Reverse;

use super::block::{BLOCK_CAPACITY, hash_of};
use super::index::Index;
use super::order::Order;
use super::owners::Owners;
use super::{Board, InsertError, LIMIT};

/// Makes a board from rows in any order: at start, one scan of the table.
///
/// Sorting a million rows and cutting them in blocks takes a fraction of the time of a million
/// insertions, and the blocks get the memory they need and no more. Meanwhile 24 bytes more are in
/// use for each row.
#[derive(Default)]
pub struct Builder<O: Owners> {
    owners: O,
    /// Owner → which [`STRETCH`] of the entries.
    index: Index,
    entries: Vec<BuildEntry>,
}

impl<O: Owners> Builder<O> {
    /// No rows yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a row. If a player has two rows, the later one counts.
    ///
    /// # Errors
    /// A new player may be refused.
    pub fn push(&mut self, owner: O::Id<'_>, score: i64, seq: i64) -> Result<(), InsertError> {
        let hash = self.owners.hash(owner);
        let known = self.index.find(hash, |stretch| {
            let from = stretch as usize * STRETCH;
            let mut entries = self.entries.iter().enumerate().skip(from).take(STRETCH);
            let is = |entry: &BuildEntry| {
                hash_of(entry.owner) == hash && self.owners.is(entry.owner, owner)
            };
            entries.find(|(_, entry)| is(entry)).map(|(nth, _)| nth)
        });
        if let Some(entry) = known.and_then(|nth| self.entries.get_mut(nth)) {
            (entry.score, entry.seq) = (score, seq);
            return Ok(());
        }
        let nth = self.entries.len();
        if nth >= LIMIT {
            return Err(InsertError::Full);
        }
        let owner = self.owners.claim(owner, hash)?;
        self.index.insert(hash, (nth / STRETCH) as u32);
        self.entries.push(BuildEntry { score, seq, owner });
        Ok(())
    }

    /// Builds the board of all rows.
    pub fn finish(self) -> Board<O> {
        let Self { owners, index, mut entries } = self;
        drop(index);
        entries.sort_unstable_by_key(|entry| (Reverse(entry.score), entry.seq));
        let latest = entries.iter().map(|entry| entry.seq).max();
        let (order, index) =
            Order::build(entries.into_iter().map(|entry| (entry.score, entry.owner)));
        Board { owners, index, order, latest }
    }
}

/// As many entries as a block holds: the index is made to number blocks.
const STRETCH: usize = BLOCK_CAPACITY;

struct BuildEntry {
    score: i64,
    seq: i64,
    owner: u64,
}
