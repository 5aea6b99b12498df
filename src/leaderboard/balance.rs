//! How blocks keep between half full and full.
//!
//! A full block first shares with a neighbour, and is split only where both are well filled too (as
//! in a B*-tree); a block with few entries joins a neighbour. So blocks are 63 to 75 % full in measured boards,
//! whether scores come at random or always at one end.

use super::block::{BLOCK_CAPACITY, Block};
use super::index::Index;
use super::order::{Order, SortKey};

/// A neighbour with no more can take from a full block ...
const ROOMY: u32 = BLOCK_CAPACITY as u32 / 8 * 7;
/// A block with fewer may join a neighbour ...
pub(super) const FEW: usize = BLOCK_CAPACITY / 2;
/// ... if the two together have no more than this.
const JOINED: u32 = BLOCK_CAPACITY as u32 / 8 * 7;

impl Order {
    /// Makes room in a full block.
    pub(super) fn make_room(&mut self, place: usize, index: &mut Index, tie: impl Fn(u64) -> u64) {
        let own = self.size(place);
        let Some((other, size)) = self.neighbour(place) else {
            return self.split(place, index, tie);
        };
        if size > ROOMY {
            return self.split(place, index, tie);
        }
        let count = own.saturating_sub(size) / 2;
        self.move_entries(place, other, count, index);
        self.sizes.decrease(place, count);
        self.sizes.increase(other, count);
        let behind = place.max(other);
        let first = self.first_key(behind, tie);
        if let (Some(bound), Some(first)) = (self.bounds.get_mut(behind), first) {
            *bound = first;
        }
    }

    /// The key of the first entry in the block at a place.
    fn first_key(&self, place: usize, tie: impl Fn(u64) -> u64) -> Option<SortKey> {
        self.blocks.get(*self.line.get(place)? as usize)?.key(0, tie)
    }

    /// Puts the second half of a block in a block of its own.
    fn split(&mut self, place: usize, index: &mut Index, tie: impl Fn(u64) -> u64) {
        let own = self.size(place);
        let count = own / 2;
        let number = self.number(Block::of(&[]));
        self.line.insert(place + 1, number);
        self.move_entries(place, place + 1, count, index);
        let first = self.first_key(place + 1, tie);
        self.bounds.insert(place + 1, first.unwrap_or(SortKey::LAST));
        self.sizes.replace(place, 1, &[own - count, count]);
        self.renumber(place + 1);
    }

    /// Joins a block that has few entries to a neighbour, if that leaves room to grow, or the block
    /// is empty.
    pub(super) fn join(&mut self, place: usize, index: &mut Index) {
        let own = self.size(place);
        let Some((other, size)) = self.neighbour(place) else {
            return;
        };
        if own > 0 && own + size > JOINED {
            return;
        }
        // The smaller one is emptied into the larger, so that fewer owners have a new block.
        let (from, to, count) = if own < size { (place, other, own) } else { (other, place, size) };
        self.move_entries(from, to, count, index);
        let number = self.line.remove(from);
        if let Some(emptied) = self.blocks.get_mut(number as usize) {
            *emptied = Block::default();
        }
        self.spare.push(number);
        let first = place.min(other);
        self.bounds.remove(first + 1);
        self.sizes.replace(first, 2, &[own + size]);
        self.renumber(first);
    }

    fn size(&self, place: usize) -> u32 {
        self.sizes.size(place).unwrap_or(0)
    }

    /// The smaller of the blocks beside this one: its place and size.
    fn neighbour(&self, place: usize) -> Option<(usize, u32)> {
        let beside = [place.checked_sub(1), Some(place + 1)];
        let sizes =
            beside.into_iter().flatten().filter_map(|place| Some((place, self.sizes.size(place)?)));
        sizes.min_by_key(|(_, size)| *size)
    }

    /// Moves entries from one block to the next before or behind it, and tells the index. The sizes
    /// are the caller's.
    fn move_entries(&mut self, from: usize, to: usize, count: u32, index: &mut Index) {
        let (Some(&giver), Some(&taker)) = (self.line.get(from), self.line.get(to)) else {
            return;
        };
        let Ok([giving, taking]) = self.blocks.get_disjoint_mut([giver as usize, taker as usize])
        else {
            return;
        };
        let (have, count) = (giving.len(), (count as usize).min(giving.len()));
        let (range, at) =
            if from < to { (have - count..have, 0) } else { (0..count, taking.len()) };
        taking.take(giving, range, at);
        for hash in taking.hashes.iter().skip(at).take(count) {
            index.relocate(*hash, giver, taker);
        }
    }
}
