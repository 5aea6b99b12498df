//! Which block holds an owner: a hash table by linear hashing (W. Litwin, 1980).
//!
//! Cells lie in small buckets; whenever the average passes [`LOAD`], one bucket, the next in turn,
//! is split in two. So the table has no moment at which everything is hashed anew while readers
//! wait, and its memory follows the number of players: a table that doubles has between 1.1 and 2.3
//! cells for each.
//!
//! A cell is 32 bits: the owner's hash, whose low end makes room for the number of a block.
//!
//! ```text
//! hash   hhhhhhhhhhhhhhh bbbbbbbbbbbbb uuuu   bbb: the bucket's number, 2^13 to 2^14 buckets
//! cell   hhhhhhhhhhhhhhh nnnnnnnnnnnnnnnnnn   nnn: the block's number
//! ```
//!
//! The bits that choose the bucket need not be kept in it (quotienting; J. G. Cleary, 1984). Each
//! doubling of the table implies one bit of the hash more, and by then there are about twice as
//! many blocks to number. A few bits more ([`UNUSED`]) are left to the number; should blocks be so
//! badly filled that it takes still more, the table grows for them.
//!
//! Whether the owner is the one meant is seen in the block. Two owners in one bucket and one block
//! whose hashes agree as far as they are kept have equal cells, and it does not matter which is
//! whose: whoever looks for either tries both.

/// Cells a bucket holds on average, at most.
const LOAD: usize = 64;
/// Spare capacity of a bucket, in cells.
const ROOM: usize = 8;
/// Bits of the hash, the lowest, that this table makes no use of: it numbers `2^UNUSED` blocks for
/// each bucket, or half of that. A board seldom has even one: a block holds more than a bucket.
const UNUSED: u32 = 4;
/// Numbers compared at once: without an early exit among them, so that the compiler compares
/// several in one instruction.
const STRIDE: usize = 8;

/// Hash of an owner → block.
pub(super) struct Index {
    buckets: Vec<Vec<u32>>,
    len: usize,
    /// One more than the highest block number so far.
    blocks: usize,
}

impl Default for Index {
    fn default() -> Self {
        Self { buckets: vec![Vec::new()], len: 0, blocks: 0 }
    }
}

/// The position of an owner's cell.
struct Address {
    bucket: usize,
    /// The bits of a cell there that are the block's number.
    number: u32,
}

impl Index {
    /// The table of these owners (hash, block), whose buckets have no room to spare: it comes with
    /// the first writes.
    pub(super) fn of(owners: impl Iterator<Item = (u32, u32)> + Clone) -> Self {
        let (len, blocks) =
            owners.clone().fold((0, 0), |(len, most), (_, block)| (len + 1, block.max(most)));
        let mut index = Self::default();
        index.buckets.resize(usize::div_ceil(len, LOAD).max(1), Vec::new());
        index.admit(blocks);
        let mut sizes = vec![0; index.buckets.len()];
        for (hash, _) in owners.clone() {
            if let Some(size) = sizes.get_mut(index.address(hash).bucket) {
                *size += 1;
            }
        }
        index.buckets = sizes.into_iter().map(Vec::with_capacity).collect();
        owners.for_each(|(hash, block)| index.insert(hash, block));
        index
    }

    /// How many owners there are.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Call `look` with each block that may hold an owner with this hash, until it finds something.
    pub(super) fn find<T>(&self, hash: u32, look: impl Fn(u32) -> Option<T>) -> Option<T> {
        let Address { bucket, number } = self.address(hash);
        let mut cells = self.buckets.get(bucket)?.as_slice();
        loop {
            let at = position(cells, !number, hash)?;
            let found = look(cells.get(at)? & number);
            if found.is_some() {
                return found;
            }
            cells = cells.get(at + 1..)?;
        }
    }

    /// Inserts the block of a new owner.
    pub(super) fn insert(&mut self, hash: u32, block: u32) {
        self.admit(block);
        let address = self.address(hash);
        let Some(bucket) = self.buckets.get_mut(address.bucket) else {
            return;
        };
        if bucket.len() == bucket.capacity() {
            bucket.reserve_exact(ROOM);
        }
        bucket.push(address.cell(hash, block));
        self.len += 1;
        if self.len > self.buckets.len() * LOAD {
            self.grow();
        }
    }

    /// Records that an owner moved from one block to another.
    pub(super) fn relocate(&mut self, hash: u32, from: u32, to: u32) {
        self.admit(to);
        let address = self.address(hash);
        let old = address.cell(hash, from);
        let Some(bucket) = self.buckets.get_mut(address.bucket) else {
            return;
        };
        let at = position(bucket, u32::MAX, old);
        debug_assert!(at.is_some(), "an owner that moves is in the index");
        if let Some(place) = at.and_then(|at| bucket.get_mut(at)) {
            *place = address.cell(hash, to);
        }
    }

    /// Removes an owner.
    pub(super) fn remove(&mut self, hash: u32, block: u32) {
        let address = self.address(hash);
        let old = address.cell(hash, block);
        let Some(bucket) = self.buckets.get_mut(address.bucket) else {
            return;
        };
        let Some(at) = position(bucket, u32::MAX, old) else {
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

    /// With `n` buckets and `m` the power of two at or below `n`: the hash modulo `m`, or modulo `2
    /// * m` where that bucket was split already.
    fn address(&self, hash: u32) -> Address {
        let least = least(self.buckets.len());
        let hash = (hash >> UNUSED) as usize;
        let bucket = hash & (least - 1);
        if bucket < self.buckets.len() - least {
            Address { bucket: hash & (2 * least - 1), number: bit(2 * least) - 1 }
        } else {
            Address { bucket, number: bit(least) - 1 }
        }
    }

    /// Makes sure that the cells of all buckets have room for this block's number.
    fn admit(&mut self, block: u32) {
        self.blocks = self.blocks.max(block as usize + 1);
        while !numbers(self.buckets.len(), self.blocks) {
            self.grow();
        }
    }

    /// One bucket more: it takes its share of the one bucket that stood for it until now. They are
    /// told apart by the lowest bit of the hash that was kept, which the block's number has from
    /// now on.
    fn grow(&mut self) {
        let least = least(self.buckets.len());
        let (elder, bit) = (self.buckets.len() - least, bit(least));
        let Some(old) = self.buckets.get_mut(elder).map(std::mem::take) else {
            return;
        };
        let share = |own: u32| {
            let cells = old.iter().filter(|cell| *cell & bit == own);
            let mut bucket = Vec::with_capacity(cells.clone().count().next_multiple_of(ROOM));
            bucket.extend(cells.map(|cell| cell & !bit));
            bucket
        };
        let (kept, moved) = (share(0), share(bit));
        if let Some(bucket) = self.buckets.get_mut(elder) {
            *bucket = kept;
        }
        self.buckets.push(moved);
    }

    /// One bucket fewer: the last goes back to where it came from, unless fewer could not number
    /// all blocks.
    fn shrink(&mut self) {
        let fewer = self.buckets.len() - 1;
        if fewer == 0 || !numbers(fewer, self.blocks) {
            return;
        }
        let (elder, bit) = (fewer - least(fewer), bit(least(fewer)));
        let moved = self.buckets.pop().unwrap_or_default();
        if let Some(bucket) = self.buckets.get_mut(elder) {
            bucket.reserve_exact(moved.len().next_multiple_of(ROOM));
            bucket.extend(moved.into_iter().map(|cell| cell | bit));
        }
    }
}

impl Address {
    fn cell(&self, hash: u32, block: u32) -> u32 {
        hash & !self.number | block
    }
}

/// The power of two at or below a number of buckets.
fn least(buckets: usize) -> usize {
    1 << buckets.ilog2()
}

/// The lowest bit of the hash that the cells of a bucket keep, if it is one of so many, a power of
/// two.
fn bit(buckets: usize) -> u32 {
    (buckets as u32) << UNUSED
}

/// Whether the cells of so many buckets have room for the numbers of so many blocks.
fn numbers(buckets: usize, blocks: usize) -> bool {
    least(buckets) << UNUSED >= blocks
}

/// The place of the first number that agrees with `like` in these bits. A function of its own:
/// among its callers' code the loop is not compiled into vector instructions.
#[inline(never)]
pub(super) fn position(numbers: &[u32], bits: u32, like: u32) -> Option<usize> {
    let is = |number: u32| (number ^ like) & bits == 0;
    let mut from = 0;
    for stride in numbers.as_chunks::<STRIDE>().0 {
        if stride.iter().fold(false, |hit, number| hit | is(*number)) {
            break;
        }
        from += STRIDE;
    }
    let at = numbers.get(from..)?.iter().position(|number| is(*number))?;
    Some(from + at)
}
