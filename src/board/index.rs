//! Which block holds an owner: a hash table by linear hashing (W. Litwin, 1980).
//!
//! Cells lie in small buckets; whenever the average passes [`LOAD`], one bucket, the next in turn,
//! is split in two. So the table has no moment at which everything is hashed anew while readers
//! wait, and its memory follows the number of players: a table that doubles has between 1.1 and 2.3
//! cells for each.
//!
//! A cell is the owner's hash and the number of a block, 32 bits each, and no more: whether the
//! owner is the one meant is seen in the block. Two owners with one hash in one block have equal
//! cells, and it does not matter which is whose: whoever looks for either tries both.

/// Cells a bucket holds on average, at most.
const LOAD: usize = 64;
/// Room a bucket is given beyond what it holds, in cells.
const ROOM: usize = 8;
/// Numbers compared at once: without an early exit among them, so that the compiler compares
/// several in one instruction.
const STRIDE: usize = 16;

/// Hash of an owner → block.
pub(super) struct Index {
    buckets: Vec<Vec<u64>>,
    len: usize,
}

impl Default for Index {
    fn default() -> Self {
        Self::sized(0)
    }
}

impl Index {
    /// An empty table, made for this many owners.
    pub(super) fn sized(owners: usize) -> Self {
        Self { buckets: vec![Vec::new(); owners.div_ceil(LOAD).max(1)], len: 0 }
    }

    /// How many owners there are.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// What `look` finds in one of the blocks noted under this hash.
    pub(super) fn find<T>(&self, hash: u32, look: impl Fn(u32) -> Option<T>) -> Option<T> {
        let mut cells = self.buckets.get(self.bucket_of(hash))?.as_slice();
        loop {
            let at = position(cells, |cell| hash_of(cell) == hash)?;
            let found = look(*cells.get(at)? as u32);
            if found.is_some() {
                return found;
            }
            cells = cells.get(at + 1..)?;
        }
    }

    /// Notes the block of a new owner.
    pub(super) fn insert(&mut self, hash: u32, block: u32) {
        let number = self.bucket_of(hash);
        let Some(bucket) = self.buckets.get_mut(number) else {
            return;
        };
        push(bucket, cell(hash, block));
        self.len += 1;
        if self.len > self.buckets.len() * LOAD {
            self.grow();
        }
    }

    /// Notes that an owner went from one block to another.
    pub(super) fn relocate(&mut self, hash: u32, from: u32, to: u32) {
        let number = self.bucket_of(hash);
        let old = cell(hash, from);
        let Some(bucket) = self.buckets.get_mut(number) else {
            return;
        };
        let at = position(bucket, |cell| cell == old);
        debug_assert!(at.is_some(), "an owner that moves is in the index");
        if let Some(place) = at.and_then(|at| bucket.get_mut(at)) {
            *place = cell(hash, to);
        }
    }

    /// Forgets an owner.
    pub(super) fn remove(&mut self, hash: u32, block: u32) {
        let number = self.bucket_of(hash);
        let old = cell(hash, block);
        let Some(bucket) = self.buckets.get_mut(number) else {
            return;
        };
        let Some(at) = position(bucket, |cell| cell == old) else {
            return;
        };
        bucket.swap_remove(at);
        if bucket.capacity() > bucket.len() + 2 * ROOM {
            bucket.shrink_to(bucket.len() + ROOM);
        }
        self.len -= 1;
        if self.len < self.buckets.len() * LOAD / 2 {
            self.shrink();
        }
    }

    /// Heap bytes, with what the allocator adds.
    pub(super) fn bytes(&self) -> usize {
        super::heap(&self.buckets) + self.buckets.iter().map(super::heap).sum::<usize>()
    }

    /// With `n` buckets and `m` the power of two at or above `n`: the hash modulo `m`, or modulo `m
    /// / 2` where there is no such bucket yet.
    fn bucket_of(&self, hash: u32) -> usize {
        let mask = self.buckets.len().next_power_of_two() - 1;
        let number = hash as usize & mask;
        if number < self.buckets.len() { number } else { number & (mask >> 1) }
    }

    /// One bucket more: it takes its share of the one bucket that stood for it until now.
    fn grow(&mut self) {
        let new = self.buckets.len();
        let elder = self.bucket_of(new as u32);
        self.buckets.push(Vec::new());
        let Some(old) = self.buckets.get_mut(elder).map(std::mem::take) else {
            return;
        };
        for cell in old {
            let number = self.bucket_of(hash_of(cell));
            if let Some(bucket) = self.buckets.get_mut(number) {
                push(bucket, cell);
            }
        }
    }

    /// One bucket fewer: the last goes back to where it came from.
    fn shrink(&mut self) {
        if self.buckets.len() < 2 {
            return;
        }
        for cell in self.buckets.pop().unwrap_or_default() {
            let number = self.bucket_of(hash_of(cell));
            if let Some(bucket) = self.buckets.get_mut(number) {
                push(bucket, cell);
            }
        }
    }
}

fn cell(hash: u32, block: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(block)
}

fn push(bucket: &mut Vec<u64>, cell: u64) {
    if bucket.len() == bucket.capacity() {
        bucket.reserve_exact(ROOM);
    }
    bucket.push(cell);
}

/// The hash in a cell, or in the number of an owner: the high half.
pub(super) fn hash_of(number: u64) -> u32 {
    (number >> 32) as u32
}

/// The place of the first number that `is` says yes to.
pub(super) fn position(numbers: &[u64], is: impl Fn(u64) -> bool) -> Option<usize> {
    let (strides, rest) = numbers.as_chunks::<STRIDE>();
    for (nth, stride) in strides.iter().enumerate() {
        if stride.iter().fold(false, |hit, number| hit | is(*number)) {
            return stride.iter().position(|number| is(*number)).map(|at| nth * STRIDE + at);
        }
    }
    rest.iter().position(|number| is(*number)).map(|at| strides.len() * STRIDE + at)
}
