//! The order of a board: sorted blocks of entries, a Fenwick tree over their sizes.
//!
//! A block has a number that it keeps, which is what the index remembers of an owner, and a place
//! in the line of blocks, which changes as blocks come and go. An entry is found by its block and a
//! scan for its owner, never by its score: so equal scores, however many, cost nothing more, and
//! the index need not repeat the score.

use std::cmp::Reverse;

use super::balance::FEW;
use super::block::{BLOCK_CAPACITY, Block, hash_of};
use super::fenwick::Fenwick;
use super::index::{Index, position};

/// Entries in a block made from a sorted list: nearly full, with some room so that the first writes
/// split few.
const BUILT: usize = BLOCK_CAPACITY - 12;

/// What entries are sorted by: the higher score first, then the lower stamp, then what decides between
/// owners ([`Owners::tie`](super::Owners::tie)).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SortKey {
    score: Reverse<i64>,
    pub(super) stamp: i64,
    tie: u64,
}

impl SortKey {
    /// Before all others.
    const FIRST: Self = Self::new(i64::MAX, i64::MIN, 0);

    /// Behind all others.
    pub(super) const LAST: Self = Self::new(i64::MIN, i64::MAX, u64::MAX);

    pub(super) const fn new(score: i64, stamp: i64, tie: u64) -> Self {
        Self { score: Reverse(score), stamp, tie }
    }

    pub(super) fn score(self) -> i64 {
        self.score.0
    }
}

/// Entries in the order of their [`SortKey`].
#[derive(Default)]
pub(super) struct Order {
    /// The blocks, by block number.
    pub(super) blocks: Vec<Block>,
    /// The position of each block in the order, by block number.
    pub(super) places: Vec<u32>,
    /// Block numbers that are free.
    pub(super) spare: Vec<u32>,
    /// The block numbers, by position.
    pub(super) line: Vec<u32>,
    /// By place: no key in the block is lower, none in the blocks before it higher. The first
    /// block's is the lowest there can be, so that they always rise.
    pub(super) bounds: Vec<SortKey>,
    /// The number of entries of each block, by position.
    pub(super) sizes: Fenwick,
    /// How often an entry came to one of the first two blocks, or left it. These hold more than 100
    /// (two that have fewer are joined), and moving entries between blocks changes no place.
    pub(super) first_changes: u64,
}

/// The position of an entry; valid until the order changes.
#[derive(Clone, Copy)]
pub(super) struct EntryPosition {
    block: u32,
    at: usize,
    pub(super) score: i64,
    pub(super) stamp: i64,
    pub(super) owner: u64,
}

impl Order {
    /// The order of these entries (score, stamp, owner), which are in order, and the index of their
    /// owners.
    pub(super) fn build(
        mut entries: impl ExactSizeIterator<Item = (i64, i64, u64)>,
        tie: impl Fn(u64) -> u64,
    ) -> (Self, Index) {
        let mut order = Self::default();
        let mut sizes = Vec::with_capacity(entries.len().div_ceil(BUILT));
        loop {
            let few: Vec<(i64, i64, u64)> = entries.by_ref().take(BUILT).collect();
            let Some((score, stamp, owner)) = few.first() else {
                break;
            };
            let bound = SortKey::new(*score, *stamp, tie(*owner));
            order.bounds.push(if order.line.is_empty() { SortKey::FIRST } else { bound });
            sizes.push(few.len() as u32);
            let number = order.number(Block::of(&few));
            order.line.push(number);
        }
        order.sizes.replace(0, 0, &sizes);
        order.renumber(0);
        let owners = (0..)
            .zip(&order.blocks)
            .flat_map(|(number, block)| block.hashes.iter().map(move |hash| (*hash, number)));
        let index = Index::of(owners);
        (order, index)
    }

    /// The entry in this block whose owner has this hash and `is` says yes to.
    pub(super) fn find(
        &self,
        block: u32,
        hash: u32,
        is: impl Fn(u64) -> bool,
    ) -> Option<EntryPosition> {
        let entries = self.blocks.get(block as usize)?;
        let mut from = 0;
        loop {
            let at = from + position(entries.hashes.get(from..)?, u32::MAX, hash)?;
            let owner = entries.owner(at)?;
            if is(owner) {
                let (score, stamp) = (entries.scores.get(at)?, entries.stamps.get(at)?);
                return Some(EntryPosition { block, at, score, stamp, owner });
            }
            from = at + 1;
        }
    }

    /// The number of entries before this one.
    pub(super) fn before(&self, spot: EntryPosition) -> u64 {
        self.sizes.before(self.place(spot.block)) + spot.at as u64
    }

    /// The number of entries with a higher score.
    pub(super) fn better(&self, score: i64) -> u64 {
        let place = self.place_for(SortKey::new(score, i64::MIN, 0));
        let block = self.line.get(place).and_then(|number| self.blocks.get(*number as usize));
        let within = block.map_or(0, |block| block.scores.equal(score).start);
        self.sizes.before(place) + within as u64
    }

    /// The entries (score, owner) in order, without the first `skip`.
    pub(super) fn after(&self, skip: u64) -> impl Iterator<Item = (i64, u64)> {
        let (place, mut from) = self.sizes.seek(skip);
        let line = self.line.get(place..).unwrap_or_default().iter();
        line.filter_map(|number| self.blocks.get(*number as usize))
            .flat_map(move |block| block.after(std::mem::take(&mut from) as usize))
    }

    /// Adds an entry.
    pub(super) fn insert(
        &mut self,
        key: SortKey,
        owner: u64,
        index: &mut Index,
        tie: impl Fn(u64) -> u64,
    ) {
        if self.line.is_empty() {
            let number = self.number(Block::of(&[]));
            self.line.push(number);
            self.bounds.push(SortKey::FIRST);
            self.sizes.replace(0, 0, &[0]);
            self.renumber(0);
        }
        let place = self.place_for(key);
        let Some(number) = self.line.get(place).copied() else {
            return;
        };
        index.insert(hash_of(owner), number);
        self.add((place, number), key, owner, index, tie);
    }

    /// Removes an entry.
    pub(super) fn remove(&mut self, spot: EntryPosition, index: &mut Index) {
        index.remove(hash_of(spot.owner), spot.block);
        self.take(spot, index);
    }

    /// Gives an entry another key, and its place.
    pub(super) fn shift(
        &mut self,
        spot: EntryPosition,
        key: SortKey,
        index: &mut Index,
        tie: impl Fn(u64) -> u64,
    ) {
        let place = self.place_for(key);
        let Some(number) = self.line.get(place).copied() else {
            return;
        };
        if number == spot.block {
            self.touch(place);
            // Within one block neither the sizes nor the index change.
            if let Some(block) = self.blocks.get_mut(number as usize) {
                block.remove(spot.at);
                block.insert(key, spot.owner, tie);
            }
            return;
        }
        let blocks = self.line.len();
        self.take(spot, index);
        // Where blocks have joined, others stand elsewhere now.
        let joined = self.line.len() < blocks;
        let place = if joined { self.place_for(key) } else { place };
        let Some(number) = self.line.get(place).copied() else {
            return;
        };
        index.relocate(hash_of(spot.owner), spot.block, number);
        self.add((place, number), key, spot.owner, index, tie);
    }

    /// Heap bytes, with what the allocator adds.
    pub(super) fn bytes(&self) -> usize {
        let numbers =
            super::heap(&self.places) + super::heap(&self.spare) + super::heap(&self.line);
        let lists =
            super::heap(&self.blocks) + super::heap(&self.bounds) + self.sizes.bytes() + numbers;
        lists + self.blocks.iter().map(Block::bytes).sum::<usize>()
    }

    fn add(
        &mut self,
        (place, number): (usize, u32),
        key: SortKey,
        owner: u64,
        index: &mut Index,
        tie: impl Fn(u64) -> u64,
    ) {
        let Some(block) = self.blocks.get_mut(number as usize) else {
            return;
        };
        block.insert(key, owner, &tie);
        let full = block.len() >= BLOCK_CAPACITY;
        self.touch(place);
        self.sizes.increase(place, 1);
        if full {
            self.make_room(place, index, tie);
        }
    }

    fn take(&mut self, spot: EntryPosition, index: &mut Index) {
        let Some(block) = self.blocks.get_mut(spot.block as usize) else {
            return;
        };
        block.remove(spot.at);
        let few = block.len() < FEW;
        let place = self.place(spot.block);
        self.touch(place);
        self.sizes.decrease(place, 1);
        if few {
            self.join(place, index);
        }
    }

    /// Updates the sums after a change of the block at this position.
    fn touch(&mut self, place: usize) {
        self.first_changes += u64::from(place < 2);
    }

    fn place(&self, number: u32) -> usize {
        self.places.get(number as usize).map_or(0, |place| *place as usize)
    }

    /// The place of the last block that may hold this key.
    fn place_for(&self, key: SortKey) -> usize {
        self.bounds.partition_point(|bound| *bound <= key).saturating_sub(1)
    }

    /// A block number that is not in use.
    pub(super) fn number(&mut self, block: Block) -> u32 {
        if let Some(number) = self.spare.pop()
            && let Some(free) = self.blocks.get_mut(number as usize)
        {
            *free = block;
            return number;
        }
        self.blocks.push(block);
        self.places.push(0);
        self.blocks.len() as u32 - 1
    }

    /// Updates the positions of all blocks from this one on.
    pub(super) fn renumber(&mut self, from: usize) {
        for (place, number) in self.line.iter().enumerate().skip(from) {
            if let Some(noted) = self.places.get_mut(*number as usize) {
                *noted = place as u32;
            }
        }
    }
}
