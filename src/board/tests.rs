#![expect(
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "the tests' numbers are small"
)]
use std::collections::HashMap;

use proptest::prelude::*;

use super::block::MOST;
use super::fenwick::Fenwick;
use super::index::{Index, hash_of};
use super::*;

/// SplitMix64: the same numbers in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.roll() % end
    }
}

/// What a board should be: all rows in a vector, sorted.
#[derive(Default)]
struct Model {
    rows: Vec<Entry>,
    held: HashMap<usize, (i64, i64)>,
}

/// Score and seq, in the order of the board, and the player.
type Entry = (std::cmp::Reverse<i64>, i64, usize);

impl Model {
    fn write(&mut self, player: usize, score: i64, seq: i64, keep_best: bool) -> Change {
        let old = self.held.get(&player).map(|(score, _)| *score);
        if let Some(old) = old
            && (score == old || keep_best && score < old)
        {
            return Change { old: Some(old), new: old };
        }
        self.remove(player);
        self.held.insert(player, (score, seq));
        let row = (std::cmp::Reverse(score), seq, player);
        let at = self.rows.partition_point(|other| *other < row);
        self.rows.insert(at, row);
        Change { old, new: score }
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

/// A board of one kind of owner under test, beside its model. Players are numbers here; `ids` are
/// their names.
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
        let id = self.ids[player];
        let change = if best {
            self.board.best(id, score, self.seq)
        } else {
            self.board.set(id, score, self.seq)
        };
        assert_eq!(change, Ok(self.model.write(player, score, self.seq, best)));
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

/// What must hold inside.
fn check<O: Owners>(board: &Board<O>) {
    let order = &board.order;
    assert_eq!(order.line.len(), order.bounds.len());
    assert_eq!(order.line.len() + order.spare.len(), order.blocks.len());
    assert!(order.bounds.is_sorted_by(|one, two| one >= two));
    let mut total = 0;
    let mut last = i64::MAX;
    for (place, number) in order.line.iter().enumerate() {
        let block = &order.blocks[*number as usize];
        assert_eq!(order.places[*number as usize] as usize, place);
        assert_eq!(order.sizes.size(place), Some(block.scores.len() as u32));
        assert_eq!(order.sizes.before(place), total);
        assert_eq!(block.scores.len(), block.owners.len());
        assert_eq!(
            (block.scores.capacity(), block.owners.capacity()),
            (MOST, MOST),
            "no block is ever moved"
        );
        assert!(block.scores.len() < MOST);
        assert!(!block.scores.is_empty() || order.line.len() == 1);
        for score in &block.scores {
            assert!(*score <= last && *score <= order.bounds[place]);
            assert!(order.bounds.get(place + 1).is_none_or(|bound| score >= bound));
            last = *score;
        }
        for owner in &block.owners {
            let found = board.index.find(hash_of(*owner), |block| (block == *number).then_some(()));
            assert_eq!(found, Some(()));
        }
        total += block.scores.len() as u64;
    }
    assert_eq!(board.len() as u64, total);
}

/// Grows, churns, rises at the head, drains and grows again; scores below `span`, so that ties are
/// few or many.
fn differential<'a, O: Owners>(
    ids: &'a [O::Id<'a>],
    player: fn(O::Id<'_>) -> usize,
    span: u64,
    seed: u64,
    steps: u64,
) {
    let mut pair = Pair::<O>::new(ids, player);
    let mut dice = Dice(seed);
    for step in 0..steps {
        let phase = step * 6 / steps;
        let player = dice.below(ids.len() as u64) as usize;
        let score = dice.below(span) as i64 - span as i64 / 2;
        let score = if phase == 2 { score + (step * span / steps) as i64 } else { score };
        let removals = [1, 4, 1, 9, 9, 2][phase as usize];
        if dice.below(10) < removals {
            pair.remove(player);
        } else {
            pair.write(player, score, dice.below(3) == 0);
        }
        if step % 16 == 0 {
            pair.window(dice.below(ids.len() as u64 + 9), dice.below(400) as usize);
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
fn numbers_agree_with_a_sorted_vector() {
    let ids: Vec<i64> = (0..3000).map(|player| (player - 1500) * 1_000_003).collect();
    for (seed, span) in [(1, 4), (2, 60), (3, 5000), (4, 1 << 45), (5, 1)] {
        differential::<Numbers>(&ids, |id| (id / 1_000_003 + 1500) as usize, span, seed, 25_000);
    }
}

#[test]
fn texts_agree_with_a_sorted_vector() {
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
fn owners_whose_hashes_are_equal_are_told_apart() {
    // Sixteen hashes for all.
    let ids: Vec<i64> =
        (0..700).map(|player| owners::unscramble((player % 16) << 32 | player)).collect();
    differential::<Numbers>(&ids, |id| (owners::scramble(id) & 0xFFFF_FFFF) as usize, 50, 8, 4000);
}

#[test]
fn a_board_from_rows_is_the_board_that_grew() {
    let ids: Vec<i64> = (0..5000).collect();
    for (seed, span) in [(9, 3), (10, 700), (11, 1 << 40)] {
        let mut dice = Dice(seed);
        let mut pair = Pair::<Numbers>::new(&ids, |id| id as usize);
        for _ in 0..12_000 {
            pair.write(dice.below(5000) as usize, dice.below(span) as i64, false);
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
            pair.write(dice.below(5000) as usize, dice.below(2 * span) as i64, true);
            pair.remove(dice.below(5000) as usize);
        }
        pair.check();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_sequence_agrees_with_a_sorted_vector(
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
    fn scrambling_comes_back(id in any::<i64>()) {
        prop_assert_eq!(owners::unscramble(owners::scramble(id)), id);
    }

    #[test]
    fn prefix_sums_are_sums(
        mut sizes in prop::collection::vec(0u32..4, 0..70),
        at in 0usize..70,
        skip in 0u64..200,
    ) {
        let mut tree = Fenwick::default();
        tree.replace(0, 0, &sizes);
        if let Some(size) = sizes.get_mut(at) {
            *size += 3;
            tree.increase(at, 5);
            tree.decrease(at, 2);
        }
        let before = |at: usize| sizes.iter().take(at).copied().map(u64::from).sum::<u64>();
        prop_assert_eq!(tree.before(at), before(at));
        let place = (0..sizes.len()).find(|at| before(at + 1) > skip).unwrap_or(sizes.len());
        prop_assert_eq!(tree.seek(skip), (place, skip - before(place)));
    }
}

fn owners_of(board: &Board<Numbers>) -> Vec<i64> {
    board.at(1, usize::MAX).map(|row| row.owner).collect()
}

#[test]
fn at_equal_scores_whoever_came_first_stands_first() {
    let mut board = Board::<Numbers>::new();
    for (owner, seq) in [(30, 1), (10, 2), (20, 3)] {
        assert!(board.set(owner, 5, seq).unwrap().is_new());
    }
    assert_eq!(owners_of(&board), [30, 10, 20]);
    assert!(!board.set(30, 5, 4).unwrap().changed(), "the same score keeps its place");
    assert!(!board.best(30, 5, 5).unwrap().changed());
    assert_eq!(owners_of(&board), [30, 10, 20]);
    assert_eq!(board.set(30, 4, 6), Ok(Change { old: Some(5), new: 4 }));
    assert_eq!(board.set(30, 5, 7), Ok(Change { old: Some(4), new: 5 }));
    assert_eq!(owners_of(&board), [10, 20, 30], "who comes back stands behind");
    assert_eq!(
        board.best(10, 4, 8),
        Ok(Change { old: Some(5), new: 5 }),
        "a lower one changes nothing"
    );
    assert_eq!(board.best(20, 6, 9), Ok(Change { old: Some(5), new: 6 }));
    assert_eq!(owners_of(&board), [20, 10, 30]);
    assert_eq!(board.row(10), Some(Row { place: 2, owner: 10, score: 5 }));
}

#[test]
fn sequence_numbers_use_all_their_bits() {
    let seqs = [i64::MIN, -1, 0, 1 << 32, (1 << 32) + 1, 1 << 33, i64::MAX];
    let mut board = Board::<Numbers>::new();
    let mut builder = Builder::<Numbers>::new();
    for (owner, seq) in (0..).zip(seqs) {
        board.set(owner, 1, seq).unwrap();
    }
    for (owner, seq) in (0i32..7).zip(seqs).rev() {
        builder.push(owner.into(), 1, seq).unwrap();
    }
    assert_eq!(owners_of(&board), [0, 1, 2, 3, 4, 5, 6]);
    assert_eq!(owners_of(&builder.finish()), [0, 1, 2, 3, 4, 5, 6]);
}

#[test]
fn any_score_and_any_owner_will_do() {
    let mut board = Board::<Numbers>::new();
    assert!(board.is_empty() && board.at(1, 10).next().is_none() && board.rank(1).is_none());
    for (owner, score, seq) in
        [(i64::MIN, i64::MAX, 1), (i64::MAX, i64::MIN, 2), (0, 0, 3), (-1, -1, 4)]
    {
        board.set(owner, score, seq).unwrap();
    }
    assert_eq!(owners_of(&board), [i64::MIN, 0, -1, i64::MAX]);
    assert_eq!(board.set(i64::MIN, i64::MIN, 5), Ok(Change { old: Some(i64::MAX), new: i64::MIN }));
    assert_eq!(
        board.best(i64::MAX, i64::MAX, 6),
        Ok(Change { old: Some(i64::MIN), new: i64::MAX })
    );
    assert_eq!(owners_of(&board), [i64::MAX, 0, -1, i64::MIN]);
    assert_eq!(
        board.at(0, 1).map(|row| row.place).collect::<Vec<_>>(),
        [1],
        "place 0 is taken as 1"
    );
    assert_eq!(board.at(2, 0).count(), 0);
    assert_eq!(
        board.at(4, 9).map(|row| (row.place, row.score)).collect::<Vec<_>>(),
        [(4, i64::MIN)]
    );
    assert_eq!(board.at(5, 9).count() + board.at(u64::MAX, usize::MAX).count(), 0);
}

#[test]
fn an_empty_stream_makes_an_empty_board() {
    let mut board = Builder::<Texts>::new().finish();
    assert!(board.is_empty());
    board.set("first", 1, 1).unwrap();
    assert_eq!(board.rank("first"), Some(1));
    check(&board);
}

#[test]
fn texts_have_0_to_255_bytes() {
    let mut board = Board::<Texts>::new();
    let texts: Vec<String> = (0..=255).map(|length| "x".repeat(length)).collect();
    for (text, seq) in texts.iter().zip(1..) {
        board.set(text, 1, seq).unwrap();
    }
    assert_eq!(board.at(1, 300).map(|row| row.owner).collect::<Vec<_>>(), texts);
    assert_eq!(board.set(&"x".repeat(256), 1, 300), Err(Refused::TooLong));
    assert_eq!(board.len(), 256, "the board is as it was");
    check(&board);
}

#[test]
fn the_room_of_a_removed_text_is_used_again() {
    let mut board = Board::<Texts>::new();
    let mut seq = 0;
    let mut turn = |board: &mut Board<Texts>, round: u64| {
        for player in 0..5000 {
            seq += 1;
            board.set(&format!("{round:08}{player:020}"), player, seq).unwrap();
        }
        let bytes = board.bytes();
        for player in 0..5000 {
            assert_eq!(board.remove(&format!("{round:08}{player:020}")), Some(player));
        }
        check(board);
        bytes
    };
    turn(&mut board, 0);
    let bytes = turn(&mut board, 1);
    assert!(turn(&mut board, 2) < bytes + bytes / 50);
    assert!(
        board.bytes() < 5000 * 65,
        "what stays is the texts, for the next ones: {}",
        board.bytes()
    );
}

#[test]
fn a_player_costs_less_than_40_bytes() {
    const PLAYERS: i64 = 60_000;
    let mut dice = Dice(12);
    let mut board = Board::<Numbers>::new();
    let mut builder = Builder::new();
    for owner in 0..PLAYERS {
        let score = dice.below(1 << 30) as i64;
        board.set(owner, score, owner).unwrap();
        builder.push(owner, score, owner).unwrap();
    }
    let each = |board: &Board<Numbers>| board.bytes() / PLAYERS as usize;
    assert!(each(&builder.finish()) < 30);
    assert!(each(&board) < 33);
    // Each score is higher than all before.
    for step in 0..2 * PLAYERS {
        board.set(dice.below(PLAYERS as u64) as i64, (1 << 30) + step, PLAYERS + step).unwrap();
    }
    assert!(each(&board) < 40);
    check(&board);
}

#[test]
fn an_index_grows_and_shrinks_and_tries_every_equal_cell() {
    let mut index = Index::default();
    let empty = index.bytes();
    let hash = |nth: u32| nth.wrapping_mul(0x9E37_79B1) >> (nth % 3);
    for nth in 0..20_000 {
        index.insert(hash(nth), nth);
    }
    index.insert(5, 1);
    index.insert(5, 1);
    index.relocate(5, 1, 2);
    for block in [1, 2] {
        assert_eq!(index.find(5, |other| (other == block).then_some(other)), Some(block));
        index.remove(5, block);
    }
    for nth in 0..20_000 {
        assert_eq!(index.find(hash(nth), |block| (block == nth).then_some(block)), Some(nth));
        index.remove(hash(nth), nth);
        assert_eq!(index.find(hash(nth), |block| (block == nth).then_some(block)), None);
    }
    assert_eq!(index.len(), 0);
    assert!(index.bytes() < empty + 20_000);
}

#[test]
fn a_board_can_be_shared() {
    fn shared<T: Send + Sync>() {}
    shared::<Board<Numbers>>();
    shared::<Board<Texts>>();
}
