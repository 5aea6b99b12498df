//! Leaderboards in memory.
//!
//! A [`Board`] answers the questions of a leaderboard: which place has this player, who stands
//! around place `k`, who are the first hundred. These are order statistics; a table with an index
//! answers them by counting, 8 ms among a million players and 70 ms among five, and the index on
//! the score that it needs for that makes a durable write three times as dear. So the table keeps
//! `(board, owner) → (score, reached_at)` by its primary key alone, and the order lives here, made
//! anew at start by one scan ([`Builder`]).
//!
//! # The order
//!
//! The higher score stands first; at equal scores, whoever reached it first. "When" is a stamp that
//! the caller draws for each write and stores beside the score: microseconds since 1970, and at least
//! one more than any stamp that it has seen. Should two scores and their stamps be equal, which only
//! writers on several machines can bring about, a fixed hash of the player decides. So the order
//! depends on the rows alone, not on the order in which they came.
//!
//! For the same reason a board can take the same writes in any order, and some of them twice:
//! [`Board::best`] keeps the higher score, and of equal ones that with the lower stamp;
//! [`Board::set`] keeps the score with the higher stamp.
//!
//! # The structure
//!
//! * `order`: entries of 18 bytes in sorted blocks of at most 255, and a Fenwick tree (binary
//!   indexed tree; P. Fenwick, 1994) over the sizes of the blocks. The place of an entry is the sum
//!   of the sizes before its block and its place within; the k-th entry is found by descending the
//!   same tree.
//! * `block`: the columns of a block: scores, stamps, and owners as hash and rest, 32 bits each. The
//!   scores of one block are near each other, so `scores` keeps them by their distance from a common
//!   base (frame of reference). Only where they span 2^32 or more does each take 64 bits. `stamps`
//!   does the same with 48 bits, which last for almost nine years.
//! * `index`: owner → block, by linear hashing: 4 bytes a player.
//! * `owners`: what players are called: [`Numbers`], or [`Texts`] in an arena.
//!
//! With `n` players: [`Board::rank`], [`Board::get`] and the start of a window take one look in the
//! index, a scan of one block, and `log2(n / 200)` steps in an array that stays in the cache. A
//! write takes that twice, and moves half a block of memory; once in some dozens of writes it evens
//! two blocks out, splits one or joins two, and the latter two touch a few bytes for each block
//! there is: about 0.1 ms with five million players. The players are never hashed anew as a whole.
//!
//! Why not a balanced tree or a skip list with counts: a pointer or two and a count for each entry
//! double its size, and each of some twenty steps is a cache miss. A B-tree with counts is this
//! structure with more levels; one level of blocks under a flat array is enough for tens of
//! millions, and is less code.
//!
//! # Memory
//!
//! What a process grows by for each of a million players, in bytes, and in brackets what
//! [`Board::bytes`] counts of it:
//!
//! |                                                  | [`Numbers`] | [`Texts`] of 17 bytes |
//! |--------------------------------------------------|-------------|-----------------------|
//! | built from rows                                  | 25.2 (25.3) | 42.2 (42.3)           |
//! | come one by one with scores at random            | 29.2 (28.4) | 46.2 (45.4)           |
//! | and then got three new scores each, at random    | 30.8 (29.8) | 47.9 (46.9)           |
//! | or five each, every one the highest so far       | 38.4 (35.2) | 55.4 (52.2)           |
//!
//! Of that, 22 bytes are entry and index, and the text is the id's own bytes; the rest is room in
//! blocks that are not full. Blocks are nearly all of one size, so the allocator is left with few
//! holes. Scores spread over all 64 bits add 4, 6 and 6 bytes to the first three rows, stamps that lie
//! more than nine years apart 2, 3 and 3.
//!
//! # Concurrency
//!
//! None: a board is a plain value, `Send` and `Sync`; the caller puts a lock around it. What a
//! write will do is known beforehand from [`Board::get`], so the row can be written, and committed,
//! before the board follows.

#![expect(
    clippy::cast_possible_truncation,
    reason = "sizes and places fit in 32 bits by LIMIT; ids and hashes are packed bit by bit"
)]

mod answer;
mod balance;
mod block;
mod build;
mod fenwick;
mod index;
mod order;
mod owners;
mod scores;
mod stamps;
#[cfg(test)]
mod tests;

pub use answer::{InsertError, Row, ScoreChange};
pub use build::Builder;
use index::Index;
use order::{EntryPosition, Order, SortKey};
pub use owners::{Numbers, Owners, Texts};

/// One leaderboard: players by score, the highest first. See the [module](self).
///
/// ```
/// use engine::leaderboard::{Board, Numbers};
///
/// let mut board = Board::<Numbers>::new();
/// board.set(100_001, 50, 1)?;
/// board.set(100_002, 70, 2)?;
/// assert_eq!(board.best(100_001, 70, 3)?.old, Some(50));
/// assert_eq!(board.rank(100_001), Some(2), "100002 had 70 before");
/// assert_eq!(board.at(1, 10).map(|row| row.owner).collect::<Vec<_>>(), [100_002, 100_001]);
/// # Ok::<(), engine::leaderboard::InsertError>(())
/// ```
#[derive(Default)]
pub struct Board<O: Owners> {
    owners: O,
    index: Index,
    order: Order,
}

impl<O: Owners> Board<O> {
    /// A board without players.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the player's score, higher or lower: the newest counts. `stamp` is when it was reached;
    /// a score with a lower stamp than the one held changes nothing. The score that the player has
    /// already keeps its stamp and place.
    ///
    /// # Errors
    /// A new player may be refused.
    pub fn set(
        &mut self,
        owner: O::Id<'_>,
        score: i64,
        stamp: i64,
    ) -> Result<ScoreChange, InsertError> {
        self.write(owner, score, stamp, |old| score != old.score && stamp > old.stamp)
    }

    /// Notes the player's score if it is the first, or higher than the one held, or the same with a
    /// lower stamp. `stamp` is when it was reached.
    ///
    /// # Errors
    /// A new player may be refused.
    pub fn best(
        &mut self,
        owner: O::Id<'_>,
        score: i64,
        stamp: i64,
    ) -> Result<ScoreChange, InsertError> {
        self.write(owner, score, stamp, |old| {
            score > old.score || score == old.score && stamp < old.stamp
        })
    }

    /// Notes what the player has now, whatever the player had: for a score with a higher stamp than the one held.
    ///
    /// # Errors
    /// A new player may be refused.
    pub fn replace(
        &mut self,
        owner: O::Id<'_>,
        score: i64,
        stamp: i64,
    ) -> Result<ScoreChange, InsertError> {
        self.write(owner, score, stamp, |old| stamp > old.stamp)
    }

    fn write(
        &mut self,
        id: O::Id<'_>,
        score: i64,
        stamp: i64,
        counts: impl Fn(&EntryPosition) -> bool,
    ) -> Result<ScoreChange, InsertError> {
        let hash = self.owners.hash(id);
        let tie = |owner| self.owners.tie(owner);
        if let Some(spot) = self.find_hashed(id, hash) {
            let old = spot.score;
            if !counts(&spot) {
                return Ok(ScoreChange { old: Some(old), new: old });
            }
            let key = SortKey::new(score, stamp, tie(spot.owner));
            self.order.shift(spot, key, &mut self.index, tie);
            return Ok(ScoreChange { old: Some(old), new: score });
        }
        if self.index.len() >= LIMIT {
            return Err(InsertError::Full);
        }
        let owner = self.owners.claim(id, hash)?;
        let tie = |owner| self.owners.tie(owner);
        self.order.insert(SortKey::new(score, stamp, tie(owner)), owner, &mut self.index, tie);
        Ok(ScoreChange { old: None, new: score })
    }

    /// Takes the player off the board. Returns the score that was held.
    pub fn remove(&mut self, owner: O::Id<'_>) -> Option<i64> {
        let spot = self.find(owner)?;
        self.order.remove(spot, &mut self.index);
        self.owners.release(spot.owner);
        Some(spot.score)
    }

    /// The player's score.
    pub fn get(&self, owner: O::Id<'_>) -> Option<i64> {
        self.find(owner).map(|spot| spot.score)
    }

    /// The player's place, from 1.
    pub fn rank(&self, owner: O::Id<'_>) -> Option<u64> {
        self.find(owner).map(|spot| self.order.before(spot) + 1)
    }

    /// How many players have a higher score.
    pub fn better(&self, score: i64) -> u64 {
        self.order.better(score)
    }

    /// The player's place and score in one look.
    pub fn row<'a>(&self, owner: O::Id<'a>) -> Option<Row<O::Id<'a>>> {
        let spot = self.find(owner)?;
        Some(Row { place: self.order.before(spot) + 1, owner, score: spot.score })
    }

    /// The players from place `first` on (from 1; 0 is taken as 1), `count` of them or as many as
    /// there are.
    pub fn at(&self, first: u64, count: usize) -> impl Iterator<Item = Row<O::Id<'_>>> {
        let skip = first.saturating_sub(1);
        self.order.after(skip).take(count).zip(1..).map(move |((score, owner), nth)| Row {
            place: skip + nth,
            owner: self.owners.id(owner),
            score,
        })
    }

    /// Rises whenever one of the first 100 places may have changed hands or score, and seldom else.
    pub fn first_changes(&self) -> u64 {
        self.order.first_changes
    }

    /// How many players there are.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Heap bytes in use, an estimate: what is reserved, and 16 bytes for each piece. Visits every
    /// block.
    pub fn bytes(&self) -> usize {
        self.owners.bytes() + self.index.bytes() + self.order.bytes()
    }

    fn find(&self, id: O::Id<'_>) -> Option<EntryPosition> {
        self.find_hashed(id, self.owners.hash(id))
    }

    fn find_hashed(&self, id: O::Id<'_>, hash: u32) -> Option<EntryPosition> {
        self.index
            .find(hash, |block| self.order.find(block, hash, |owner| self.owners.is(owner, id)))
    }
}

/// The most players. The cells of the index have four bits of the hash left then: with many more,
/// a look would be a search.
const LIMIT: usize = 1 << 30;

/// The heap bytes of a list, with what an allocator adds to each piece it hands out.
fn heap<T>(list: &Vec<T>) -> usize {
    const HEADER: usize = 16;
    if list.capacity() == 0 { 0 } else { list.capacity() * size_of::<T>() + HEADER }
}
