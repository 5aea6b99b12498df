//! The boards: two games with players of their own, and the rank of accounts.

use super::people::Person;
use super::words::{CITIES, NICKNAMES};
use super::{World, as_u64, data, text};
use crate::handlers::boards::make_board;
use crate::handlers::{player, rank, score};
use engine::args;
use engine::data::Value;
use engine::db::Tx;
use engine::fault::Fault;

/// The games, and the highest score that is usual in each.
const GAMES: [(&str, i64); 2] = [("lamps", 5_000), ("pinball", 1_000_000)];

/// What a player is called.
struct Face {
    app: &'static str,
    openid: String,
    nickname: &'static str,
    sex: i64,
    city: &'static str,
}

/// Post this many scores: some players have several, of which the highest counts.
pub fn make_scores(world: &mut World<'_>, count: u32) -> Result<(), Fault> {
    let mut scores = Vec::new();
    let mut players = 0_i64;
    for _ in 0..count {
        let dice = &mut world.dice;
        if players == 0 || !dice.once_in(3) {
            players += 1;
        }
        let (app, most) = GAMES[usize::from(players % 2 == 0)];
        let player =
            if dice.once_in(3) { dice.below(players / 2) * 2 + 2 - players % 2 } else { players };
        scores.push((app, openid(player), dice.skewed(most)));
    }
    let faces = (1..=players).map(|player| {
        let dice = &mut world.dice;
        let (app, _) = GAMES[usize::from(player % 2 == 0)];
        let (nickname, _) = dice.one(NICKNAMES);
        Face { app, openid: openid(player), nickname, sex: dice.below(3), city: dice.one(CITIES) }
    });
    let faces = faces.collect();
    world.write("players", faces, tell)?;
    world.write("scores", scores, |tx, (app, openid, score)| {
        let reached = tx.boards.stamp();
        // Not by way of the journal, whose part of one transaction is one row.
        tx.execute(score::KEEP_ANY.sql, args![app, &openid, score, reached]).map(|_| ())
    })?;
    Ok(())
}

fn openid(player: i64) -> String {
    format!("demo-{player:06}")
}

fn tell(tx: &mut Tx, face: Face) -> Result<(), Fault> {
    make_board(tx, face.app)?;
    let update: player::Update = data(vec![
        ("app", text(face.app)),
        ("openid", text(&face.openid)),
        ("nickname", text(face.nickname)),
        ("sex", Value::Int(face.sex)),
        ("city", text(face.city)),
    ])?;
    // A score of each follows.
    update.tell(tx, None).map(|_| ())
}

/// Give nine in ten accounts a place on the rank board.
pub fn make_ranks(world: &mut World<'_>, people: &[Person]) -> Result<(), Fault> {
    let most = 200 * i64::try_from(as_u64(people.len())).unwrap_or(i64::MAX / 200);
    let mut ranks = Vec::new();
    for person in people {
        if !world.dice.once_in(10) {
            ranks.push((person.id, world.dice.skewed(most)));
        }
    }
    world.write("ranks", ranks, |tx, (id, score)| {
        let reached = tx.boards.stamp();
        tx.execute(rank::KEEP.sql, args![id, score, reached]).map(|_| ())
    })?;
    Ok(())
}
