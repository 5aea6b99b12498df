//! One leaderboard, with numbers and with texts as player ids.
//!
//! Sample sizes are fixed. With many players nearly every lookup is a cache miss, and the number of
//! iterations must not depend on how fast the first ones were.

use divan::{Bencher, black_box};
use engine::leaderboard::{Board, Builder, Numbers, Owners, Texts};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

/// How many players there are.
const SIZES: [i64; 3] = [10_000, 100_000, 1_000_000];

/// The upper bound of scores; low enough that some are equal.
const SCORES: i64 = 1_000_000;

/// How many rows a list has.
const ROWS: usize = 100;

/// The kind of player ids of a board.
trait Players: Owners {
    /// An owned id.
    type Key;

    /// The id of player `n`.
    fn key(n: i64) -> Self::Key;

    /// The id in the form that the board takes.
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

    /// 28 characters, the length of the ids of mini-programs.
    fn key(n: i64) -> String {
        format!("o6_bmjrPTlm6_2sgVt{n:010}")
    }

    fn lent(key: &String) -> &str {
        key
    }
}

/// A random generator with a fixed seed.
fn rng() -> SmallRng {
    SmallRng::seed_from_u64(7)
}

/// Players with random scores.
fn scores<P: Players>(players: i64) -> Vec<(P::Key, i64)> {
    let mut rng = rng();
    (0..players).map(|n| (P::key(n), rng.random_range(0..SCORES))).collect()
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

/// One player's rank.
#[divan::bench(types = [Numbers, Texts], args = SIZES, sample_size = 100)]
fn rank<P: Players>(bencher: Bencher<'_, '_>, players: i64) {
    let (board, mut rng) = (board::<P>(players), rng());
    bencher
        .with_inputs(|| P::key(rng.random_range(0..players)))
        .bench_local_refs(|key| board.rank(P::lent(key)));
}

/// One player's rank and score.
#[divan::bench(types = [Numbers, Texts], args = SIZES, sample_size = 100)]
fn row<P: Players>(bencher: Bencher<'_, '_>, players: i64) {
    let (board, mut rng) = (board::<P>(players), rng());
    bencher
        .with_inputs(|| P::key(rng.random_range(0..players)))
        .bench_local_refs(|key| board.row(P::lent(key)).map(|row| (row.place, row.score)));
}

/// The first 100 rows.
#[divan::bench(types = [Numbers, Texts], args = SIZES, sample_size = 100)]
fn top<P: Players>(bencher: Bencher<'_, '_>, players: i64) {
    let board = board::<P>(players);
    bencher.bench_local(|| read_rows(&board, 1));
}

/// 100 rows at a random position.
#[divan::bench(types = [Numbers, Texts], args = SIZES, sample_size = 100)]
fn window<P: Players>(bencher: Bencher<'_, '_>, players: i64) {
    let (board, mut rng) = (board::<P>(players), rng());
    bencher
        .with_inputs(|| rng.random_range(1..=players.cast_unsigned()))
        .bench_local_values(|first| read_rows(&board, first));
}

fn read_rows<P: Players>(board: &Board<P>, first: u64) {
    board.at(first, ROWS).for_each(|row| {
        black_box(row);
    });
}

/// A higher or lower score of an existing player, whose rank changes.
#[divan::bench(types = [Numbers, Texts], args = SIZES, sample_size = 100)]
fn set<P: Players>(bencher: Bencher<'_, '_>, players: i64) {
    let (mut board, mut rng, mut seq) = (board::<P>(players), rng(), players);
    bencher
        .with_inputs(|| (P::key(rng.random_range(0..players)), rng.random_range(0..SCORES)))
        .bench_local_refs(|(key, score)| {
            seq += 1;
            board.set(P::lent(key), *score, seq)
        });
}

/// A score that is not better than the stored one: nothing changes.
#[divan::bench(types = [Numbers, Texts], args = SIZES, sample_size = 100)]
fn best_kept<P: Players>(bencher: Bencher<'_, '_>, players: i64) {
    let (mut board, mut rng, mut seq) = (board::<P>(players), rng(), players);
    bencher.with_inputs(|| P::key(rng.random_range(0..players))).bench_local_refs(|key| {
        seq += 1;
        board.best(P::lent(key), 0, seq)
    });
}

/// The first score of a player.
#[divan::bench(types = [Numbers, Texts], args = SIZES, sample_size = 10)]
fn best_new<P: Players>(bencher: Bencher<'_, '_>, players: i64) {
    let (mut board, mut rng, mut seq) = (board::<P>(players), rng(), players);
    bencher
        .with_inputs(|| {
            seq += 1;
            (P::key(seq), rng.random_range(0..SCORES), seq)
        })
        .bench_local_refs(|(key, score, seq)| board.best(P::lent(key), *score, *seq));
}

/// Building a board from its rows, as at start.
#[divan::bench(types = [Numbers, Texts], args = SIZES, sample_count = 5, sample_size = 1)]
fn builder<P: Players>(bencher: Bencher<'_, '_>, players: i64) {
    let rows = scores::<P>(players);
    bencher.bench_local(|| build::<P>(&rows));
}
