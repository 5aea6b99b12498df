#![expect(
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "the tests' numbers are small"
)]
mod cases;
mod first;
mod parts;

use std::collections::HashMap;

use proptest::prelude::*;

use super::block::BLOCK_CAPACITY;
use super::scores::Scores;
use super::stamps::Stamps;
use super::*;

/// SplitMix64: the same numbers in every run.
struct SplitMix64(u64);

impl SplitMix64 {
    fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next_u64() % end
    }
}

/// The reference model of a board: all rows in a sorted vector.
#[derive(Default)]
struct Model {
    rows: Vec<BuildEntry>,
    held: HashMap<usize, (i64, i64)>,
}

/// Score and stamp, in the order of the board, and the player.
type BuildEntry = (std::cmp::Reverse<i64>, i64, usize);

impl Model {
    fn write(&mut self, player: usize, score: i64, stamp: i64, keep_best: bool) -> ScoreChange {
        if let Some((old, at)) = self.held.get(&player).copied() {
            let counts = match keep_best {
                true => score > old || score == old && stamp < at,
                false => score != old && stamp > at,
            };
            if !counts {
                return ScoreChange { old: Some(old), new: old };
            }
        }
        let old = self.remove(player);
        self.held.insert(player, (score, stamp));
        let row = (std::cmp::Reverse(score), stamp, player);
        let at = self.rows.partition_point(|other| *other < row);
        self.rows.insert(at, row);
        ScoreChange { old, new: score }
    }

    fn remove(&mut self, player: usize) -> Option<i64> {
        let (score, seq) = self.held.remove(&player)?;
        self.rows.remove(self.at(player, score, seq));
        Some(score)
    }

    fn at(&self, player: usize, score: i64, seq: i64) -> usize {
        let row = (std::cmp::Reverse(score), seq, player);
        self.rows.binary_search(&row).unwrap()
    }

    fn rank(&self, player: usize) -> Option<u64> {
        let (score, seq) = *self.held.get(&player)?;
        Some(self.at(player, score, seq) as u64 + 1)
    }
}

/// A board under test and its model. Players are numbers here; `ids` are their names.
struct Pair<'a, O: Owners> {
    board: Board<O>,
    model: Model,
    ids: &'a [O::Id<'a>],
    player: fn(O::Id<'_>) -> usize,
    seq: i64,
}

impl<'a, O: Owners> Pair<'a, O> {
    fn new(ids: &'a [O::Id<'a>], player: fn(O::Id<'_>) -> usize) -> Self {
        Self { board: Board::new(), model: Model::default(), ids, player, seq: 0 }
    }

    fn write(&mut self, player: usize, score: i64, best: bool) {
        self.seq += 1;
        self.write_at(player, score, self.seq, best);
    }

    fn write_at(&mut self, player: usize, score: i64, stamp: i64, best: bool) {
        let id = self.ids[player];
        let change =
            if best { self.board.best(id, score, stamp) } else { self.board.set(id, score, stamp) };
        assert_eq!(change, Ok(self.model.write(player, score, stamp, best)));
        assert_eq!(self.board.rank(id), self.model.rank(player));
        assert_eq!(self.board.get(id), self.model.held.get(&player).map(|(score, _)| *score));
    }

    fn remove(&mut self, player: usize) {
        let id = self.ids[player];
        assert_eq!(self.board.remove(id), self.model.remove(player));
        assert_eq!(self.board.rank(id), None);
        assert_eq!(self.board.get(id), None);
    }

    fn window(&self, first: u64, count: usize) {
        let skip = first.saturating_sub(1);
        let rows = self.model.rows.iter().zip(1..).skip(usize::try_from(skip).unwrap()).take(count);
        let wanted: Vec<_> =
            rows.map(|(row, place)| Row { place, owner: row.2, score: row.0.0 }).collect();
        let rows = self.board.at(first, count);
        let found: Vec<_> = rows
            .map(|row| Row { place: row.place, owner: (self.player)(row.owner), score: row.score })
            .collect();
        assert_eq!(found, wanted);
    }

    fn check(&self) {
        check(&self.board);
        assert_eq!(self.board.len(), self.model.rows.len());
        self.window(1, usize::MAX);
        for (player, id) in self.ids.iter().enumerate() {
            assert_eq!(self.board.rank(*id), self.model.rank(player));
        }
    }
}

/// Checks the internal invariants.
fn check<O: Owners>(board: &Board<O>) {
    let order = &board.order;
    assert_eq!(order.line.len(), order.bounds.len());
    assert_eq!(order.line.len() + order.spare.len(), order.blocks.len());
    assert!(order.bounds.is_sorted());
    let mut total = 0;
    let mut last = None;
    let tie = |owner| board.owners.tie(owner);
    for (place, number) in order.line.iter().enumerate() {
        let block = &order.blocks[*number as usize];
        assert_eq!(order.places[*number as usize] as usize, place);
        assert_eq!(order.sizes.size(place), Some(block.len() as u32));
        assert_eq!(order.sizes.before(place), total);
        assert_eq!((block.scores.after(0).count(), block.rests.len()), (block.len(), block.len()));
        let scores = match &block.scores {
            Scores::Near { above, .. } => above.capacity(),
            Scores::Far(scores) => scores.capacity(),
        };
        let (stamps, high) = match &block.stamps {
            Stamps::Near { low, high, .. } => (low.capacity(), high.capacity()),
            Stamps::Far(stamps) => (stamps.capacity(), BLOCK_CAPACITY),
        };
        assert_eq!(
            [scores, stamps, high, block.hashes.capacity(), block.rests.capacity()],
            [BLOCK_CAPACITY; 5],
            "no block is ever moved"
        );
        assert!(block.len() < BLOCK_CAPACITY);
        assert!(block.len() > 0 || order.line.len() == 1);
        assert!(block.stamps.get(block.len()).is_none());
        for at in 0..block.len() {
            let key = block.key(at, tie).unwrap();
            assert!(last.is_none_or(|last| last < key) && key >= order.bounds[place]);
            assert!(order.bounds.get(place + 1).is_none_or(|bound| key <= *bound));
            last = Some(key);
        }
        for hash in &block.hashes {
            let found = board.index.find(*hash, |block| (block == *number).then_some(()));
            assert_eq!(found, Some(()));
        }
        total += block.len() as u64;
    }
    assert_eq!(board.len() as u64, total);
}

/// Grows, updates, raises top scores, empties and grows again. Scores are below `span`, so that
/// ties are few or many.
fn differential<'a, O: Owners>(
    ids: &'a [O::Id<'a>],
    player: fn(O::Id<'_>) -> usize,
    span: u64,
    seed: u64,
    steps: u64,
) {
    let mut pair = Pair::<O>::new(ids, player);
    let mut rng = SplitMix64(seed);
    for step in 0..steps {
        let phase = step * 6 / steps;
        let player = rng.below(ids.len() as u64) as usize;
        let score = rng.below(span) as i64 - span as i64 / 2;
        let score = if phase == 2 { score + (step * span / steps) as i64 } else { score };
        let removals = [1, 4, 1, 9, 9, 2][phase as usize];
        if rng.below(10) < removals {
            pair.remove(player);
        } else {
            pair.write(player, score, rng.below(3) == 0);
        }
        if step % 16 == 0 {
            pair.window(rng.below(ids.len() as u64 + 9), rng.below(400) as usize);
        }
        if step % (steps / 12) == 0 {
            pair.check();
        }
    }
    for player in 0..ids.len() {
        pair.remove(player);
    }
    pair.check();
    pair.write(0, 1, false);
    pair.check();
}

#[test]
fn number_owners_agree_with_a_sorted_vector() {
    let ids: Vec<i64> = (0..3000).map(|player| (player - 1500) * 1_000_003).collect();
    for (seed, span) in [(1, 4), (2, 60), (3, 5000), (4, 1 << 45), (5, 1), (12, 1 << 35)] {
        differential::<Numbers>(&ids, |id| (id / 1_000_003 + 1500) as usize, span, seed, 25_000);
    }
}

#[test]
fn text_owners_agree_with_a_sorted_vector() {
    let texts: Vec<String> =
        (0..2000).map(|player| format!("{player}{}", "-".repeat(player % 7))).collect();
    let ids: Vec<&str> = texts.iter().map(String::as_str).collect();
    for (seed, span) in [(6, 30), (7, 100_000)] {
        differential::<Texts>(
            &ids,
            |id| id.trim_end_matches('-').parse().unwrap(),
            span,
            seed,
            30_000,
        );
    }
}

#[test]
fn owners_with_equal_hashes_stay_distinct() {
    // Sixteen hashes for all: their low bits differ, which the index cannot see, or the high ones.
    for bit in [32, 60] {
        let ids: Vec<i64> =
            (0..700).map(|player| owners::unscramble((player % 16) << bit | player)).collect();
        let player = |id| (owners::scramble(id) & 0xFFFF_FFFF) as usize;
        differential::<Numbers>(&ids, player, 50, 8, 4000);
    }
}

#[test]
fn board_built_from_rows_equals_incremental_board() {
    let ids: Vec<i64> = (0..5000).collect();
    for (seed, span) in [(9, 3), (10, 700), (11, 1 << 40)] {
        let mut rng = SplitMix64(seed);
        let mut pair = Pair::<Numbers>::new(&ids, |id| id as usize);
        for _ in 0..12_000 {
            pair.write(rng.below(5000) as usize, rng.below(span) as i64, false);
        }
        let mut builder = Builder::new();
        // The map's order is any order.
        for (player, (score, seq)) in &pair.model.held {
            builder.push(*player as i64, score + 1, *seq).unwrap();
            builder.push(*player as i64, *score, *seq).unwrap();
        }
        pair.board = builder.finish();
        pair.check();
        for _ in 0..6000 {
            pair.write(rng.below(5000) as usize, rng.below(2 * span) as i64, true);
            pair.remove(rng.below(5000) as usize);
        }
        pair.check();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_operation_sequence_agrees_with_a_sorted_vector(
        start in 0usize..900,
        steps in prop::collection::vec(
            (0usize..900, prop_oneof![-3i64..3, any::<i64>()], 0u8..4),
            1..1200,
        ),
    ) {
        let ids: Vec<i64> = (0..900).collect();
        let mut pair = Pair::<Numbers>::new(&ids, |id| id as usize);
        for player in 0..start {
            pair.write(player, player as i64 % 5, false);
        }
        for (player, score, what) in steps {
            match what {
                0 => pair.remove(player),
                1 => pair.write(player, score, true),
                _ => pair.write(player, score, false),
            }
        }
        pair.check();
    }

    #[test]
    fn writes_in_any_order_agree_with_a_sorted_vector(
        steps in prop::collection::vec(
            (
                0usize..300,
                prop_oneof![0i64..3, any::<i64>()],
                prop_oneof![0i64..2000, any::<i64>()],
                any::<bool>(),
            ),
            1..900,
        ),
    ) {
        let ids: Vec<i64> = (0..300).collect();
        let mut pair = Pair::<Numbers>::new(&ids, |id| id as usize);
        for (nth, (player, score, stamp, best)) in (0..).zip(steps) {
            // No two stamps are equal: the model sorts players with equal stamps by their number.
            pair.write_at(player, score, stamp.wrapping_mul(1024).wrapping_add(nth), best);
        }
        pair.check();
    }

    #[test]
    fn order_of_writes_does_not_change_a_board(
        (steps, shuffled) in prop::collection::vec((0usize..40, 0i64..4, 0i64..4), 1..300)
            .prop_flat_map(|steps| (Just(steps.clone()), Just(steps).prop_shuffle())),
    ) {
        let ids: Vec<String> = (0..40).map(|player| format!("player-{player}")).collect();
        let board = |steps: &[(usize, i64, i64)]| {
            let mut board = Board::<Texts>::new();
            for (player, score, stamp) in steps {
                board.best(&ids[*player], *score, *stamp).unwrap();
            }
            check(&board);
            let rows = board.at(1, 40).map(|row| (row.owner.to_owned(), row.score));
            rows.collect::<Vec<_>>()
        };
        let first = board(&steps);
        prop_assert_eq!(&first, &board(&shuffled));
        let mut builder = Builder::<Texts>::new();
        let mut best = HashMap::new();
        for (player, score, stamp) in &steps {
            let row = best.entry(*player).or_insert((*score, *stamp));
            if (*score, -*stamp) > (row.0, -row.1) {
                *row = (*score, *stamp);
            }
        }
        for (player, (score, stamp)) in best {
            builder.push(&ids[player], score, stamp).unwrap();
        }
        let built = builder.finish();
        check(&built);
        let rows: Vec<_> = built.at(1, 40).map(|row| (row.owner.to_owned(), row.score)).collect();
        prop_assert_eq!(&first, &rows);
    }

    #[test]
    fn unscramble_reverses_scramble(id in any::<i64>()) {
        prop_assert_eq!(owners::unscramble(owners::scramble(id)), id);
    }
}
