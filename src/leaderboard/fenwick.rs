//! A Fenwick tree over the sizes of a line of blocks.
//!
//! Cell `i` (from 1) holds the sum of the `i & -i` sizes that end at `i`, so a prefix sum, a change
//! of one size and the search for the k-th entry each visit at most `log2` cells of one flat array.
//! P. M. Fenwick, "A new data structure for cumulative frequency tables", Software: Practice and
//! Experience 24(3), 1994.

/// How many entries each block holds, with prefix sums.
#[derive(Default)]
pub(super) struct Fenwick {
    sizes: Vec<u32>,
    /// `sums[i - 1]` is the sum of the `i & -i` sizes that end with the `i`-th.
    sums: Vec<u32>,
}

impl Fenwick {
    /// More entries in block `at`.
    pub(super) fn increase(&mut self, at: usize, count: u32) {
        self.change(at, |cell| cell.saturating_add(count));
    }

    /// Subtract `count` entries from block `at`.
    pub(super) fn decrease(&mut self, at: usize, count: u32) {
        self.change(at, |cell| cell.saturating_sub(count));
    }

    fn change(&mut self, at: usize, by: impl Fn(u32) -> u32) {
        if let Some(size) = self.sizes.get_mut(at) {
            *size = by(*size);
        }
        let mut cell = at + 1;
        while let Some(sum) = self.sums.get_mut(cell - 1) {
            *sum = by(*sum);
            cell += lowest_bit(cell);
        }
    }

    /// How many entries block `at` holds.
    pub(super) fn size(&self, at: usize) -> Option<u32> {
        self.sizes.get(at).copied()
    }

    /// How many entries the blocks before `at` hold.
    pub(super) fn before(&self, at: usize) -> u64 {
        let mut total = 0;
        let mut cell = at.min(self.sums.len());
        while cell > 0 {
            total += self.sums.get(cell - 1).map_or(0, |sum| u64::from(*sum));
            cell -= lowest_bit(cell);
        }
        total
    }

    /// The block that holds the entry with `skip` entries before it, and how many of these stand in
    /// that block. Past the end: the number of blocks.
    pub(super) fn seek(&self, skip: u64) -> (usize, u64) {
        let mut at = 0;
        let mut rest = skip;
        let mut step = (self.sums.len() + 1).next_power_of_two();
        while step > 0 {
            if let Some(sum) = self.sums.get(at + step - 1)
                && u64::from(*sum) <= rest
            {
                rest -= u64::from(*sum);
                at += step;
            }
            step /= 2;
        }
        (at, rest)
    }

    /// Replaces the size of block `at` by these, and sums anew: linear in the number of blocks, but
    /// it happens once in a hundred entries or more.
    pub(super) fn replace(&mut self, at: usize, blocks: usize, sizes: &[u32]) {
        let start = at.min(self.sizes.len());
        let end = (start + blocks).min(self.sizes.len());
        self.sizes.splice(start..end, sizes.iter().copied());
        self.sums.clone_from(&self.sizes);
        for cell in 1..=self.sums.len() {
            let part = self.sums.get(cell - 1).copied().unwrap_or(0);
            if let Some(whole) = self.sums.get_mut(cell + lowest_bit(cell) - 1) {
                *whole += part;
            }
        }
    }

    /// Heap bytes.
    pub(super) fn bytes(&self) -> usize {
        super::heap(&self.sizes) + super::heap(&self.sums)
    }
}

fn lowest_bit(cell: usize) -> usize {
    cell & cell.wrapping_neg()
}
