//! The counter that tells a cache of the first rows when to refresh.

use super::super::{Board, Numbers, Row};
use super::SplitMix64;

#[test]
fn every_change_of_the_first_100_places_is_signalled() {
    let mut board = Board::<Numbers>::new();
    let mut rng = SplitMix64(7);
    let first = |board: &Board<Numbers>| -> Vec<Row<i64>> { board.at(1, 100).collect() };
    let mut before = (first(&board), board.first_changes());
    let (mut silent, mut seq) = (0, 0);
    for phase in 0..6 {
        for _ in 0..4_000 {
            seq += 1;
            // Phases that grow the board alternate with phases that shrink it.
            let owner = rng.below(2_000) as i64;
            let score = rng.below(3_000) as i64;
            let leaves = if phase % 2 == 0 { 1 } else { 8 };
            if rng.below(10) < leaves {
                board.remove(owner);
            } else {
                board.set(owner, score, seq).unwrap();
            }
            let after = (first(&board), board.first_changes());
            if after.1 == before.1 {
                silent += 1;
                assert_eq!(after.0, before.0, "after write {seq}, {} players", board.len());
            }
            before = after;
        }
    }
    assert!(silent > 5_000, "most changes are elsewhere, and said not to matter: {silent}");
}
