//! Builds a board from the rows of a table.

use super::block::{BLOCK_CAPACITY, hash_of};
use super::index::Index;
use super::order::{Order, SortKey};
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
    pub fn push(&mut self, owner: O::Id<'_>, score: i64, stamp: i64) -> Result<(), InsertError> {
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
            (entry.score, entry.stamp) = (score, stamp);
            return Ok(());
        }
        let nth = self.entries.len();
        if nth >= LIMIT {
            return Err(InsertError::Full);
        }
        let owner = self.owners.claim(owner, hash)?;
        self.index.insert(hash, (nth / STRETCH) as u32);
        self.entries.push(BuildEntry { score, stamp, owner });
        Ok(())
    }

    /// Builds the board of all rows.
    pub fn finish(self) -> Board<O> {
        let Self { owners, index, mut entries } = self;
        drop(index);
        let tie = |owner| owners.tie(owner);
        entries.sort_unstable_by_key(|entry| entry.key(0));
        // Ties are rare: only they are sorted once more.
        for tied in entries.chunk_by_mut(|one, two| one.key(0) == two.key(0)) {
            if tied.len() > 1 {
                tied.sort_unstable_by_key(|entry| entry.key(tie(entry.owner)));
            }
        }
        let entries = entries.into_iter().map(|entry| (entry.score, entry.stamp, entry.owner));
        let (order, index) = Order::build(entries, tie);
        Board { owners, index, order }
    }
}

/// As many entries as a block holds: the index is made to number blocks.
const STRETCH: usize = BLOCK_CAPACITY;

struct BuildEntry {
    score: i64,
    stamp: i64,
    owner: u64,
}

impl BuildEntry {
    fn key(&self, tie: u64) -> SortKey {
        SortKey::new(self.score, self.stamp, tie)
    }
}
