//! Taking players off a board with rules, for a while or for good, and starting it anew. In the transaction of whoever has
//! the boards in memory.

use super::{RuledBoard, ended, standing};
use crate::handlers::moderation::scores::add_held;
use crate::handlers::new_players;
use engine::args;
use engine::boards::{Change, Rules};
use engine::db::{Tx, View};
use engine::fault::Fault;

/// The rules of a board; those of one that has none: the highest score counts.
pub fn rules(view: &View, app: &str) -> Result<Rules, Fault> {
    Ok(RuledBoard::find(view, app)?.map(|board| board.rules).unwrap_or_default())
}

/// Hold a player's score.
pub fn run_hold(tx: &mut Tx, board: &RuledBoard, openid: &str, reason: &str) -> Result<(), Fault> {
    let app = board.name.as_str();
    let row: Option<(i64, i64)> = tx.one(
        "DELETE FROM standing WHERE app = $1 AND season = $2 AND openid = $3 RETURNING points, reached_at",
        args![app, board.season, openid],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let Some((points, reached)) = row else { return Ok(()) };
    add_held(tx, app, openid, (board.rules.score(points), reached), reason)?;
    new_players::count(tx, app, (-1, 0))?;
    leave(tx, board, openid, reached);
    Ok(())
}

/// The player has left the current season.
fn leave(tx: &mut Tx, board: &RuledBoard, openid: &str, reached: i64) {
    let (name, player) = (board.name.as_str().into(), openid.into());
    // Another server's clock may have been ahead.
    let stamp = tx.boards.stamp().max(reached);
    tx.tell(Change::Leave { board: name, season: board.season, player, stamp });
}

/// Let a held score count, as if it were posted now.
pub fn run_confirm(tx: &mut Tx, board: &RuledBoard, openid: &str, score: i64) -> Result<(), Fault> {
    let earlier = standing::find(tx, &board.name, board.season, openid)?;
    if earlier.is_none() {
        standing::admit(tx, None, &board.name, board.season, openid)?;
    }
    let reached = (board.rules.points(score), tx.boards.stamp());
    standing::reach(tx, (board, board.season), openid, earlier, reached, None).map(drop)
}

/// Take a player off all seasons. Returns whether the player was in the current one.
pub fn run_remove_player(tx: &mut Tx, board: &RuledBoard, openid: &str) -> Result<bool, Fault> {
    let app = board.name.as_str();
    let was_there = standing::find(tx, app, board.season, openid)?;
    let mut seasons =
        tx.all("SELECT number FROM season WHERE app = $1", args![app], |row| row.get::<i64>(0))?;
    seasons.push(board.season);
    for season in seasons {
        if let Some(position) = ended::position_of(tx, app, season, openid)? {
            let sql = "DELETE FROM place WHERE app = $1 AND season = $2 AND position = $3";
            tx.execute(sql, args![app, season, position])?;
        }
        let sql = "DELETE FROM standing WHERE app = $1 AND season = $2 AND openid = $3";
        tx.execute(sql, args![app, season, openid])?;
    }
    Ok(was_there.is_some())
}

/// Take all players off the current season.
pub fn run_reset(tx: &mut Tx, board: &RuledBoard) -> Result<(), Fault> {
    let sql = "DELETE FROM standing WHERE app = $1 AND season = $2";
    tx.execute(sql, args![&board.name, board.season]).map(drop)
}
