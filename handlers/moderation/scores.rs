//! Scores of games: list them, take a player off a board, begin a board anew.

use super::audit::{self, By};
use crate::handlers::new_players;
use crate::handlers::removal::{self, Removal};
use engine::args;
use engine::boards::Change;
use engine::db::{Db, Tx};
use engine::fault::Fault;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

/// A place of a board.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Listed {
    /// The place, from 1.
    pub place: i64,
    /// Who the game says that the player is.
    pub openid: String,
    /// The highest score.
    pub score: i64,
    /// When it was reached, as the wire writes a time.
    pub reached: String,
    /// The player's name; empty where the game told none.
    pub nickname: String,
}

/// The first `limit` places of the board of a game. A score of the last seconds may be missing.
pub fn list(db: &Db, app: &str, limit: i64) -> Result<Vec<Listed>, Fault> {
    let view = db.view();
    let mut place = 0;
    view.all(
        "SELECT score.openid, score.score, score.reached_at, coalesce(player.nickname, '')
           FROM score LEFT JOIN player ON player.app = score.app AND player.openid = score.openid
          WHERE score.app = $1 ORDER BY score.score DESC, score.reached_at LIMIT $2",
        args![app, limit],
        |row| {
            place += 1;
            Ok(Listed {
                place,
                openid: row.get(0)?,
                score: row.get(1)?,
                // `reached_at` is in microseconds since 1970.
                reached: view.clock.format(row.get::<i64>(2)? / 1_000_000),
                nickname: row.get(3)?,
            })
        },
    )
}

/// What a command came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// It is done.
    Yes,
    /// There is nothing of that name.
    Absent,
    /// It is noted, and the server that runs has not done it yet.
    Later,
}

/// Take a player off the board of a game, with what the game told of them. `is_alone` says that no server runs.
pub fn remove_player(
    db: &Db,
    by: &By,
    app: &str,
    openid: &str,
    is_alone: bool,
) -> Result<Done, Fault> {
    let view = db.view();
    let known = "SELECT 1 FROM score WHERE app = $1 AND openid = $2
                 UNION ALL SELECT 1 FROM player WHERE app = $1 AND openid = $2 LIMIT 1";
    let is_known = view.one(known, args![app, openid], |_| Ok(()))?.is_some();
    drop(view);
    let removal = Removal::Player { app: app.to_owned(), openid: openid.to_owned() };
    order(db, by, is_known, removal, ("score remove", &format!("{app} {openid}")), is_alone)
}

/// Take all players off the board of a game.
pub fn reset(db: &Db, by: &By, app: &str, is_alone: bool) -> Result<Done, Fault> {
    let view = db.view();
    let known = "SELECT 1 FROM app WHERE name = $1";
    let is_known = view.one(known, args![app], |_| Ok(()))?.is_some();
    drop(view);
    order(db, by, is_known, Removal::Scores(app.to_owned()), ("score reset", app), is_alone)
}

fn order(
    db: &Db,
    by: &By,
    is_known: bool,
    removal: Removal,
    (action, target): (&'static str, &str),
    is_alone: bool,
) -> Result<Done, Fault> {
    if !is_known {
        return Ok(Done::Absent);
    }
    let (by, target) = (by.clone(), target.to_owned());
    db.write(move |tx| {
        let earlier = match &removal {
            Removal::Player { app, openid } => score_of(tx, app, openid)?,
            _ => None,
        };
        audit::record(tx, &by, action, &target, earlier.as_ref())?;
        removal.note(tx)
    })?;
    Ok(if removal::settle(db, is_alone)? { Done::Yes } else { Done::Later })
}

/// The player's score in the row, which may lag a moment behind the board.
fn score_of(tx: &Tx, app: &str, openid: &str) -> Result<Option<Value>, Fault> {
    let sql = "SELECT score, reached_at FROM score WHERE app = $1 AND openid = $2";
    tx.one(sql, args![app, openid], |row| {
        Ok(json!({"score": row.get::<i64>(0)?, "reached_at": row.get::<i64>(1)?}))
    })
}

/// Take a player off a board, in the transaction of whoever has the boards in memory.
pub fn run_remove_player(tx: &mut Tx, app: &str, openid: &str) -> Result<(), Fault> {
    let scores =
        tx.execute("DELETE FROM score WHERE app = $1 AND openid = $2", args![app, openid])?;
    let sql = "DELETE FROM player WHERE app = $1 AND openid = $2 RETURNING leaves_at";
    let leaves: Option<Option<i64>> = tx.one(sql, args![app, openid], |row| row.get(0))?;
    let waiting = i64::from(leaves.flatten().is_some());
    tx.execute(
        "UPDATE app SET players = players - $1, waiting = waiting - $2 WHERE name = $3",
        args![i64::try_from(scores).unwrap_or_default(), waiting, app],
    )?;
    let stamp = tx.boards.stamp();
    tx.tell(Change::Remove { board: app.into(), player: openid.into(), stamp });
    tx.tell(Change::PlayersChanged { board: app.into() });
    Ok(())
}

/// Begin a board anew, in the transaction of whoever has the boards in memory. What the game told of its players is kept
/// as long as that of players without a score is.
pub fn run_reset(tx: &mut Tx, app: &str) -> Result<(), Fault> {
    tx.execute("DELETE FROM score WHERE app = $1", args![app])?;
    new_players::let_all_wait(tx, app)?;
    let stamp = tx.boards.stamp();
    tx.tell(Change::Clear { board: app.into(), stamp });
    Ok(())
}
