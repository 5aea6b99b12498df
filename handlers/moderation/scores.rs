//! Scores of games: list them, take a player off a board, begin a board anew.

use super::audit::{self, By};
use crate::handlers::boards::make_board;
use crate::handlers::new_players;
use crate::handlers::removal::{self, Removal};
use crate::handlers::ruled::{self, RuledBoard};
use engine::args;
use engine::boards::{Change, Ties};
use engine::db::{Db, Tx, View};
use engine::fault::Fault;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

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
    let is_shared = ruled::hold::rules(&view, app)?.ties == Ties::Shared;
    let (mut position, mut place, mut before) = (0, 0, None);
    view.all(
        "SELECT held.openid, held.points, held.reached_at, coalesce(player.nickname, '')
           FROM (SELECT openid, score AS points, reached_at FROM score WHERE app = $1
                 UNION ALL SELECT openid, points, reached_at FROM board JOIN standing
                     ON standing.app = board.name AND standing.season = board.season
                  WHERE board.name = $1) AS held
           LEFT JOIN player ON player.app = $1 AND player.openid = held.openid
          ORDER BY held.points DESC, held.reached_at LIMIT $2",
        args![app, limit],
        |row| {
            let points: i64 = row.get(1)?;
            position += 1;
            if !is_shared || before != Some(points) {
                place = position;
            }
            before = Some(points);
            Ok(Listed {
                place,
                openid: row.get(0)?,
                // Where the lowest score stands first, its negative is kept.
                score: points.saturating_abs(),
                // `reached_at` is in microseconds since 1970.
                reached: view.clock.format(row.get::<i64>(2)? / 1_000_000),
                nickname: row.get(3)?,
            })
        },
    )
}

/// The first `limit` places of the players that have `text` in openid or nickname, on the board that this server has in
/// memory. The case of ASCII letters does not matter.
pub fn find(db: &Db, app: &str, text: &str, limit: i64) -> Result<Vec<Listed>, Fault> {
    let view = db.view();
    let mut found = view.all(
        "SELECT held.openid, held.points, held.reached_at, coalesce(player.nickname, '')
           FROM (SELECT openid, score AS points, reached_at FROM score WHERE app = $1
                 UNION ALL SELECT openid, points, reached_at FROM board JOIN standing
                     ON standing.app = board.name AND standing.season = board.season
                  WHERE board.name = $1) AS held
           LEFT JOIN player ON player.app = $1 AND player.openid = held.openid
          WHERE contains(held.openid, $2) OR contains(coalesce(player.nickname, ''), $2)
          ORDER BY held.points DESC, held.reached_at LIMIT $3",
        args![app, &text.to_ascii_lowercase(), limit],
        |row| {
            Ok(Listed {
                place: 0,
                openid: row.get(0)?,
                score: row.get::<i64>(1)?.saturating_abs(),
                reached: view.clock.format(row.get::<i64>(2)? / 1_000_000),
                nickname: row.get(3)?,
            })
        },
    )?;
    let boards = view.boards.read();
    for listed in &mut found {
        let place = boards.texts.place(app, &listed.openid).map(|row| row.place);
        listed.place = place.and_then(|place| i64::try_from(place).ok()).unwrap_or(0);
    }
    Ok(found)
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
    let known = "SELECT 1 FROM score WHERE app = $1 AND openid = $2
                 UNION ALL SELECT 1 FROM board JOIN standing ON standing.app = board.name
                     AND standing.season = board.season AND standing.openid = $2
                  WHERE board.name = $1
                 UNION ALL SELECT 1 FROM season JOIN standing ON standing.app = season.app
                     AND standing.season = season.number AND standing.openid = $2
                  WHERE season.app = $1
                 UNION ALL SELECT 1 FROM held_score WHERE app = $1 AND openid = $2
                 UNION ALL SELECT 1 FROM player WHERE app = $1 AND openid = $2 LIMIT 1";
    let is_known = is_there(db, known, app, openid, is_alone)?;
    let removal = Removal::Player { app: app.to_owned(), openid: openid.to_owned() };
    order(db, by, is_known, removal, ("score remove", &format!("{app} {openid}")), is_alone)
}

/// How long the row of a score may lag behind the server that has it.
const LAG: Duration = Duration::from_secs(2);

/// Does the player have a score on the board in memory, or a row that the statement finds? Beside a running server the
/// newest rows may not be written yet, so a command retries for a while.
fn is_there(db: &Db, sql: &str, app: &str, openid: &str, is_alone: bool) -> Result<bool, Fault> {
    let until = Instant::now() + if is_alone { Duration::ZERO } else { LAG };
    loop {
        let view = db.view();
        let on_board = view.boards.read().texts.get(app).and_then(|board| board.get(openid));
        let is_there =
            on_board.is_some() || view.one(sql, args![app, openid], |_| Ok(()))?.is_some();
        drop(view);
        if is_there || Instant::now() >= until {
            return Ok(is_there);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Take all players off the board of a game.
pub fn reset(db: &Db, by: &By, app: &str, is_alone: bool) -> Result<Done, Fault> {
    let view = db.view();
    let known = "SELECT 1 FROM app WHERE name = $1";
    let is_known = view.one(known, args![app], |_| Ok(()))?.is_some();
    drop(view);
    order(db, by, is_known, Removal::Scores(app.to_owned()), ("score reset", app), is_alone)
}

/// Remove the board of a game with its scores and players.
pub fn remove_board(db: &Db, by: &By, app: &str, is_alone: bool) -> Result<Done, Fault> {
    let view = db.view();
    let known = "SELECT 1 FROM app WHERE name = $1 UNION ALL SELECT 1 FROM score WHERE app = $1
                 UNION ALL SELECT 1 FROM player WHERE app = $1 LIMIT 1";
    let is_known = view.one(known, args![app], |_| Ok(()))?.is_some();
    drop(view);
    order(db, by, is_known, Removal::Board(app.to_owned()), ("board remove", app), is_alone)
}

/// Take a player's score off the board until [`confirm`]; what the player reaches meanwhile is held as well.
pub fn hold(
    db: &Db,
    by: &By,
    app: &str,
    openid: &str,
    reason: &str,
    is_alone: bool,
) -> Result<Done, Fault> {
    let known = "SELECT 1 FROM score WHERE app = $1 AND openid = $2
                 UNION ALL SELECT 1 FROM board JOIN standing ON standing.app = board.name
                     AND standing.season = board.season AND standing.openid = $2
                  WHERE board.name = $1";
    let is_known = is_there(db, known, app, openid, is_alone)?;
    let [app, openid] = [app, openid].map(str::to_owned);
    let (target, reason) = (format!("{app} {openid}"), reason.replace(['\n', '\r'], " "));
    let removal = Removal::Hold { app, openid, reason };
    order(db, by, is_known, removal, ("score hold", &target), is_alone)
}

/// Let a score count that was held.
pub fn confirm(db: &Db, by: &By, app: &str, openid: &str, is_alone: bool) -> Result<Done, Fault> {
    let is_known = is_held(&db.view(), app, openid)?;
    let [app, openid] = [app, openid].map(str::to_owned);
    let target = format!("{app} {openid}");
    let removal = Removal::Confirm { app, openid };
    order(db, by, is_known, removal, ("score confirm", &target), is_alone)
}

/// Is the player's score held?
pub fn is_held(view: &View, app: &str, openid: &str) -> Result<bool, Fault> {
    let sql = "SELECT 1 FROM held_score WHERE app = $1 AND openid = $2";
    Ok(view.one(sql, args![app, openid], |_| Ok(()))?.is_some())
}

/// A score that is held.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HeldScore {
    /// The game.
    pub app: String,
    /// The player.
    pub openid: String,
    /// The player's name; empty where the game told none.
    pub nickname: String,
    /// The highest score.
    pub score: i64,
    /// When it was reached, as the wire writes a time.
    pub reached: String,
    /// Why it is held.
    pub reason: String,
}

/// The first `limit` scores that are held, of this game or, with `""`, of all.
pub fn held(db: &Db, app: &str, limit: i64) -> Result<Vec<HeldScore>, Fault> {
    let view = db.view();
    view.all(
        "SELECT held_score.app, held_score.openid, coalesce(player.nickname, ''), held_score.score,
                held_score.reached_at, held_score.reason
           FROM held_score LEFT JOIN player
             ON player.app = held_score.app AND player.openid = held_score.openid
          WHERE $1 = '' OR held_score.app = $1
          ORDER BY held_score.app, held_score.score DESC, held_score.openid LIMIT $2",
        args![app, limit],
        |row| {
            Ok(HeldScore {
                app: row.get(0)?,
                openid: row.get(1)?,
                nickname: row.get(2)?,
                score: row.get(3)?,
                reached: view.clock.format(row.get::<i64>(4)? / 1_000_000),
                reason: row.get(5)?,
            })
        },
    )
}

/// Note what is to be done, and let it be done.
pub(super) fn order(
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
            Removal::Player { app, openid } | Removal::Hold { app, openid, .. } => {
                score_of(tx, app, openid)?
            }
            _ => None,
        };
        audit::record(tx, &by, action, &target, earlier.as_ref())?;
        removal.note(tx)
    })?;
    Ok(if removal::settle(db, is_alone)? { Done::Yes } else { Done::Later })
}

/// The player's score in the row, which may lag a moment behind the board.
fn score_of(tx: &Tx, app: &str, openid: &str) -> Result<Option<Value>, Fault> {
    let sql = "SELECT score, reached_at FROM score WHERE app = $1 AND openid = $2
               UNION ALL SELECT points, reached_at FROM board JOIN standing ON standing.app = board.name
                   AND standing.season = board.season AND standing.openid = $2
                WHERE board.name = $1";
    tx.one(sql, args![app, openid], |row| {
        let score = row.get::<i64>(0)?.saturating_abs();
        Ok(json!({"score": score, "reached_at": row.get::<i64>(1)?}))
    })
}

/// Take a player off a board, in the transaction of whoever has the boards in memory.
pub fn run_remove_player(tx: &mut Tx, app: &str, openid: &str) -> Result<(), Fault> {
    let mut scores =
        tx.execute("DELETE FROM score WHERE app = $1 AND openid = $2", args![app, openid])?;
    if let Some(board) = RuledBoard::find(tx, app)? {
        scores += usize::from(ruled::hold::run_remove_player(tx, &board, openid)?);
    }
    tx.execute("DELETE FROM held_score WHERE app = $1 AND openid = $2", args![app, openid])?;
    tx.execute("DELETE FROM text_check WHERE app = $1 AND openid = $2", args![app, openid])?;
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
    if let Some(board) = RuledBoard::find(tx, app)? {
        ruled::hold::run_reset(tx, &board)?;
    }
    tx.execute("DELETE FROM held_score WHERE app = $1", args![app])?;
    new_players::let_all_wait(tx, app)?;
    let stamp = tx.boards.stamp();
    tx.tell(Change::Clear { board: app.into(), stamp });
    Ok(())
}

/// Hold a score, in the transaction of whoever has the boards in memory.
pub fn run_hold(tx: &mut Tx, app: &str, openid: &str, reason: &str) -> Result<(), Fault> {
    if let Some(board) = RuledBoard::find(tx, app)? {
        return ruled::hold::run_hold(tx, &board, openid, reason);
    }
    let sql = "DELETE FROM score WHERE app = $1 AND openid = $2 RETURNING score, reached_at";
    let row: Option<(i64, i64)> =
        tx.one(sql, args![app, openid], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let Some((score, reached)) = row else { return Ok(()) };
    // The row may lag behind the board.
    let on_board = tx.boards.read().texts.get(app).and_then(|board| board.get(openid));
    let score = on_board.map_or(score, |on_board| on_board.max(score));
    add_held(tx, app, openid, (score, reached), reason)?;
    tx.execute("UPDATE app SET players = players - 1 WHERE name = $1", args![app])?;
    let stamp = tx.boards.stamp();
    tx.tell(Change::Remove { board: app.into(), player: openid.into(), stamp });
    Ok(())
}

/// Keep a score that is held: by the rules of the board, together with what is held already.
pub fn add_held(
    tx: &mut Tx,
    app: &str,
    openid: &str,
    (score, reached): (i64, i64),
    reason: &str,
) -> Result<(), Fault> {
    let rules = ruled::hold::rules(tx, app)?;
    let sql = "SELECT score FROM held_score WHERE app = $1 AND openid = $2";
    let held: Option<i64> = tx.one(sql, args![app, openid], |row| row.get(0))?;
    let earlier = held.map(|score| rules.points(score));
    let merged = rules.score(rules.merge(earlier, rules.points(score)));
    if held == Some(merged) {
        return Ok(());
    }
    tx.execute(
        "INSERT INTO held_score (app, openid, score, reached_at, reason) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (app, openid) DO UPDATE SET score = excluded.score, reached_at = excluded.reached_at",
        args![app, openid, merged, reached, reason],
    )?;
    Ok(())
}

/// Let a held score count, in the transaction of whoever has the boards in memory. It counts from now, so that it is not
/// taken for one from before it was held.
pub fn run_confirm(tx: &mut Tx, app: &str, openid: &str) -> Result<(), Fault> {
    let sql = "DELETE FROM held_score WHERE app = $1 AND openid = $2 RETURNING score";
    let score: Option<i64> = tx.one(sql, args![app, openid], |row| row.get(0))?;
    let Some(score) = score else { return Ok(()) };
    if let Some(board) = RuledBoard::find(tx, app)? {
        return ruled::hold::run_confirm(tx, &board, openid, score);
    }
    let stamp = tx.boards.stamp();
    let added = tx.execute(
        "INSERT INTO score (app, openid, score, reached_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (app, openid) DO NOTHING",
        args![app, openid, score, stamp],
    )?;
    // The player may have reached something since that was believed at once.
    tx.execute(
        "UPDATE score SET score = $1, reached_at = $2 WHERE app = $3 AND openid = $4 AND score < $1",
        args![score, stamp, app, openid],
    )?;
    make_board(tx, app)?;
    let waited = new_players::keep(tx, app, openid)?;
    new_players::count(tx, app, (i64::try_from(added).unwrap_or_default(), -waited))?;
    let (board, player) = (app.into(), openid.into());
    tx.tell(Change::Best { board, player, score, stamp });
    Ok(())
}
