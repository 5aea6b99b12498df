//! Single cases: ties, extreme values, memory.

use super::*;

fn owners_of(board: &Board<Numbers>) -> Vec<i64> {
    board.at(1, usize::MAX).map(|row| row.owner).collect()
}

#[test]
fn equal_scores_rank_by_time_reached() {
    let mut board = Board::<Numbers>::new();
    for (owner, seq) in [(30, 1), (10, 2), (20, 3)] {
        assert!(board.set(owner, 5, seq).unwrap().is_new());
    }
    assert_eq!(owners_of(&board), [30, 10, 20]);
    assert!(!board.set(30, 5, 4).unwrap().changed(), "the same score keeps its place");
    assert!(!board.best(30, 5, 5).unwrap().changed());
    assert_eq!(owners_of(&board), [30, 10, 20]);
    assert_eq!(board.set(30, 4, 6), Ok(ScoreChange { old: Some(5), new: 4 }));
    assert_eq!(board.set(30, 5, 7), Ok(ScoreChange { old: Some(4), new: 5 }));
    assert_eq!(owners_of(&board), [10, 20, 30], "who comes back stands behind");
    assert_eq!(
        board.best(10, 4, 8),
        Ok(ScoreChange { old: Some(5), new: 5 }),
        "a lower one changes nothing"
    );
    assert_eq!(board.best(20, 6, 9), Ok(ScoreChange { old: Some(5), new: 6 }));
    assert_eq!(owners_of(&board), [20, 10, 30]);
    assert_eq!(board.row(10), Some(Row { place: 2, owner: 10, score: 5 }));
}

#[test]
fn stamps_use_all_64_bits() {
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
fn extreme_scores_and_owners_are_accepted() {
    let mut board = Board::<Numbers>::new();
    assert!(board.is_empty() && board.at(1, 10).next().is_none() && board.rank(1).is_none());
    for (owner, score, seq) in
        [(i64::MIN, i64::MAX, 1), (i64::MAX, i64::MIN, 2), (0, 0, 3), (-1, -1, 4)]
    {
        board.set(owner, score, seq).unwrap();
    }
    assert_eq!(owners_of(&board), [i64::MIN, 0, -1, i64::MAX]);
    assert_eq!(
        board.set(i64::MIN, i64::MIN, 5),
        Ok(ScoreChange { old: Some(i64::MAX), new: i64::MIN })
    );
    assert_eq!(
        board.best(i64::MAX, i64::MAX, 6),
        Ok(ScoreChange { old: Some(i64::MIN), new: i64::MAX })
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
fn board_built_from_no_rows_is_empty() {
    let mut board = Builder::<Texts>::new().finish();
    assert!(board.is_empty());
    board.set("first", 1, 1).unwrap();
    assert_eq!(board.rank("first"), Some(1));
    check(&board);
}

#[test]
fn text_owners_have_0_to_255_bytes() {
    let mut board = Board::<Texts>::new();
    let texts: Vec<String> = (0..=255).map(|length| "x".repeat(length)).collect();
    for (text, seq) in texts.iter().zip(1..) {
        board.set(text, 1, seq).unwrap();
    }
    assert_eq!(board.at(1, 300).map(|row| row.owner).collect::<Vec<_>>(), texts);
    assert_eq!(board.set(&"x".repeat(256), 1, 300), Err(InsertError::TooLong));
    assert_eq!(board.len(), 256, "the board is as it was");
    check(&board);
}

#[test]
fn space_of_removed_text_is_reused() {
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
fn texts_of_several_lengths_fill_several_pages() {
    let text = |player: usize| format!("{player:0width$}", width = [60, 61, 200][player % 3]);
    let mut board = Board::<Texts>::new();
    let mut model = Vec::new();
    for player in 0..6000 {
        board.set(&text(player), 0, player as i64).unwrap();
        model.push(text(player));
    }
    for player in (0..6000).step_by(5).rev() {
        assert_eq!(board.remove(&model.remove(player)), Some(0));
    }
    for player in 6000..8000 {
        board.set(&text(player), 0, player as i64).unwrap();
        model.push(text(player));
    }
    assert!(board.at(1, usize::MAX).map(|row| row.owner).eq(model));
    check(&board);
}

#[test]
fn player_takes_less_than_37_bytes() {
    const PLAYERS: i64 = 60_000;
    let mut rng = SplitMix64(12);
    let mut board = Board::<Numbers>::new();
    let mut builder = Builder::new();
    for owner in 0..PLAYERS {
        let score = rng.below(1 << 30) as i64;
        board.set(owner, score, owner).unwrap();
        builder.push(owner, score, owner).unwrap();
    }
    let each = |board: &Board<Numbers>| board.bytes() / PLAYERS as usize;
    assert!(each(&builder.finish()) < 27);
    assert!(each(&board) < 30);
    // Each score is higher than all before.
    for step in 0..2 * PLAYERS {
        board.set(rng.below(PLAYERS as u64) as i64, (1 << 30) + step, PLAYERS + step).unwrap();
    }
    assert!(each(&board) < 37);
    check(&board);
}

#[test]
fn board_is_send_and_sync() {
    fn shared<T: Send + Sync>() {}
    shared::<Board<Numbers>>();
    shared::<Board<Texts>>();
}
