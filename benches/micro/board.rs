//! One leaderboard, with players called by numbers and by texts.
//!
//! Sizes of samples are fixed: with many players nearly every look is a cache miss, and how many
//! there are must not depend on how quick the first were.

use divan::{Bencher, black_box};
use engine::board::{Board, Builder, Numbers, Owners, Texts};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

/// How many players there are.
const SIZES: [i64; 3] = [10_000, 100_000, 1_000_000];

/// Scores are below this, so that some are equal.
const SCORES: i64 = 1_000_000;

/// How many rows a list has.
const ROWS: usize = 100;

/// What the players of a board are called.
trait Players: Owners {
    /// An id, to be kept.
    type Key;

    /// The id of player `n`.
    fn key(n: i64) -> Self::Key;

    /// The id as the board takes it.
    fn lent(key: &Self::Key) -> Self::Id<'_>;
}

impl Players for Numbers {
    type Key = i64;

    fn key(n: i64) -> i64 {
        100_000 + n
    }

    fn lent(key: &i64) -> i64 {
        *key
    }
}

impl Players for Texts {
    type Key = String;

    /// 28 characters: so long are the ids that mini-programs are given.
    fn key(n: i64) -> String {
        format!("o6_bmjrPTlm6_2sgVt{n:010}")
    }

    fn lent(key: &String) -> &str {
        key
    }
}

/// The same dice in every run.
fn dice() -> SmallRng {
    SmallRng::seed_from_u64(7)
}

/// Players with scores at random.
fn scores<P: Players>(players: i64) -> Vec<(P::Key, i64)> {
    let mut dice = dice();
    (0..players).map(|n| (P::key(n), dice.random_range(0..SCORES))).collect()
}

fn build<P: Players>(rows: &[(P::Key, i64)]) -> Board<P> {
    let mut builder = Builder::<P>::new();
    for ((key, score), seq) in rows.iter().zip(1..) {
        builder.push(P::lent(key), *score, seq).unwrap();
    }
    builder.finish()
}

fn board<P: Players>(players: i64) -> Board<P> {
    build(&scores::<P>(players))
}

/// One player's place.
#[divan::bench(types = [Numbers, Texts], args = SIZES, sample_size = 100)]
fn rank<P: Players>(bencher: Bencher<'_, '_>, players: i64) {
    let (board, mut dice) = (board::<P>(players), dice());
    bencher
        .with_inputs(|| P::key(dice.random_range(0..players)))
        .bench_local_refs(|key| board.rank(P::lent(key)));
}

/// One player's place and score.
#[divan::bench(types = [Numbers, Texts], args = SIZES, sample_size = 100)]
fn row<P: Players>(bencher: Bencher<'_, '_>, players: i64) {
    let (board, mut dice) = (board::<P>(players), dice());
    bencher
        .with_inputs(|| P::key(dice.random_range(0..players)))
        .bench_local_refs(|key| board.row(P::lent(key)).map(|row| (row.place, row.score)));
}

/// The first hundred.
#[divan::bench(types = [Numbers, Texts], args = SIZES, sample_size = 100)]
fn top<P: Players>(bencher: Bencher<'_, '_>, players: i64) {
    let board = board::<P>(players);
    bencher.bench_local(|| look(&board, 1));
}

/// A hundred somewhere on the board.
#[divan::bench(types = [Numbers, Texts], args = SIZES, sample_size = 100)]
fn window<P: Players>(bencher: Bencher<'_, '_>, players: i64) {
    let (board, mut dice) = (board::<P>(players), dice());
    bencher
        .with_inputs(|| dice.random_range(1..=players.cast_unsigned()))
        .bench_local_values(|first| look(&board, first));
}

fn look<P: Players>(board: &Board<P>, first: u64) {
    board.at(first, ROWS).for_each(|row| {
        black_box(row);
    });
}

/// A score higher or lower than the one held, of a player who is there: both places change.
#[divan::bench(types = [Numbers, Texts], args = SIZES, sample_size = 100)]
fn set<P: Players>(bencher: Bencher<'_, '_>, players: i64) {
    let (mut board, mut dice, mut seq) = (board::<P>(players), dice(), players);
    bencher
        .with_inputs(|| (P::key(dice.random_range(0..players)), dice.random_range(0..SCORES)))
        .bench_local_refs(|(key, score)| {
            seq += 1;
            board.set(P::lent(key), *score, seq)
        });
}

/// A score that is no better than the one held: nothing changes.
#[divan::bench(types = [Numbers, Texts], args = SIZES, sample_size = 100)]
fn best_kept<P: Players>(bencher: Bencher<'_, '_>, players: i64) {
    let (mut board, mut dice, mut seq) = (board::<P>(players), dice(), players);
    bencher.with_inputs(|| P::key(dice.random_range(0..players))).bench_local_refs(|key| {
        seq += 1;
        board.best(P::lent(key), 0, seq)
    });
}

/// The first score of a player.
#[divan::bench(types = [Numbers, Texts], args = SIZES, sample_size = 10)]
fn best_new<P: Players>(bencher: Bencher<'_, '_>, players: i64) {
    let (mut board, mut dice, mut seq) = (board::<P>(players), dice(), players);
    bencher
        .with_inputs(|| {
            seq += 1;
            (P::key(seq), dice.random_range(0..SCORES), seq)
        })
        .bench_local_refs(|(key, score, seq)| board.best(P::lent(key), *score, *seq));
}

/// A board from its rows, as at start.
#[divan::bench(types = [Numbers, Texts], args = SIZES, sample_count = 5, sample_size = 1)]
fn builder<P: Players>(bencher: Bencher<'_, '_>, players: i64) {
    let rows = scores::<P>(players);
    bencher.bench_local(|| build::<P>(&rows));
}
