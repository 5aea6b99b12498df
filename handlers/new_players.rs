//! Players whom a board does not know yet: how many there may be, and how long it keeps those who never
//! score.
//!
//! A player is known once a game has posted a score or told something of them. Whoever is known is never
//! counted again and always served. `app.players` counts those with a score, `app.waiting` those without:
//! of these the database keeps [`MAX_WAITING`] a board for [`WAITING_TIME`], because a game tells of a
//! player before the first score, and nothing else shows whether anybody plays.

use super::boards::reserved;
use engine::args;
use engine::client::Client;
use engine::db::{Db, Tx, View};
use engine::fault::Fault;
use engine::quota::Quota;
use std::time::Duration;

/// How many players an address may add, `score.new_players_per_hour`.
const NEW_PLAYERS: Quota = Quota { name: "score.new_players_per_hour", window: 3_600 };

/// How many full boards' players (`score.max_players`) all boards without a reserved place have together: by
/// default 4,000,000, 160 MB of memory. Many addresses may open boards, and each board alone would be in bounds.
const FULL: i64 = 4;

/// How many players without a score a board keeps; then the one leaves that was told of longest ago. At
/// most 44 MB a board (a row has 4.4 KB of text at most).
pub const MAX_WAITING: i64 = 10_000;

/// How long a player without a score is kept after the game last told of them.
const WAITING_TIME: Duration = Duration::from_hours(24);

/// Removes players whose first score never came, the oldest first: in portions, because all writes wait
/// meanwhile. To be followed by [`RECOUNT`].
pub const SWEEP: &str = "DELETE FROM player WHERE (app, openid) IN (
    SELECT app, openid FROM player
     WHERE app IN (SELECT name FROM app) AND leaves_at <= $1 ORDER BY leaves_at LIMIT 2000)";

/// Counts who is waiting, on boards where somebody was. `$1`, the time, only says that boards without
/// players need no look.
pub const RECOUNT: &str = "UPDATE app SET waiting = (
    SELECT count(*) FROM player WHERE player.app = app.name AND leaves_at IS NOT NULL)
    WHERE waiting > 0 AND $1 > 0";

/// Note the first score of a player of a game that has a board; `false` if the player has one already, which
/// the caller's view of the boards does not show yet. The row is written at once, so that a second post
/// in the same commit finds it.
pub fn add_score(
    tx: &mut Tx,
    client: &Client,
    (app, openid): (&str, &str),
    score: i64,
    reached: i64,
) -> Result<bool, Fault> {
    let inserted = tx.execute(
        "INSERT INTO score (app, openid, score, reached_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (app, openid) DO NOTHING",
        args![app, openid, score, reached],
    )?;
    if inserted == 0 {
        return Ok(false);
    }
    let waited = keep(tx, app, openid)?;
    if waited == 0 {
        check_limits(tx, client, app)?;
    }
    count(tx, app, (1, -waited))?;
    Ok(true)
}

/// A player has a score: the player's row, if there is one, does not expire any more. Returns 1 if it would have, else 0;
/// the caller takes that off the players who wait ([`count`]).
pub fn keep(tx: &mut Tx, app: &str, openid: &str) -> Result<i64, Fault> {
    let kept = tx.execute(
        "UPDATE player SET leaves_at = NULL
          WHERE app = $1 AND openid = $2 AND leaves_at IS NOT NULL",
        args![app, openid],
    )?;
    Ok(i64::try_from(kept).unwrap_or(0))
}

/// All scores of a board are gone: its players are without one, and leave in time.
pub fn let_all_wait(tx: &mut Tx, app: &str) -> Result<(), Fault> {
    let leaves = tx.clock.after(WAITING_TIME);
    tx.execute(
        "UPDATE player SET leaves_at = $1 WHERE app = $2 AND leaves_at IS NULL",
        args![leaves, app],
    )?;
    tx.execute(
        "UPDATE app SET players = 0, waiting = (SELECT count(*) FROM player WHERE app = $1)
          WHERE name = $1",
        args![app],
    )?;
    Ok(())
}

/// More players with a score, and more without one; fewer where a number is negative.
pub fn count(tx: &mut Tx, app: &str, (players, waiting): (i64, i64)) -> Result<(), Fault> {
    tx.execute(
        "UPDATE app SET players = players + $1, waiting = waiting + $2 WHERE name = $3",
        args![players, waiting, app],
    )?;
    Ok(())
}

/// Seasons of these players are gone: those who have no score in any other leave in time.
pub fn let_wait(tx: &mut Tx, app: &str, players: &[String]) -> Result<(), Fault> {
    let leaves = tx.clock.after(WAITING_TIME);
    let mut waiting = 0;
    for openid in players {
        let changed = tx.execute(
            "UPDATE player SET leaves_at = $1 WHERE app = $2 AND openid = $3 AND leaves_at IS NULL AND NOT EXISTS (
                 SELECT 1 FROM season WHERE season.app = player.app AND EXISTS (
                     SELECT 1 FROM standing WHERE standing.app = season.app
                        AND standing.season = season.number AND standing.openid = player.openid))
               AND NOT EXISTS (
                 SELECT 1 FROM board JOIN standing ON standing.app = board.name
                    AND standing.season = board.season AND standing.openid = $4
                  WHERE board.name = player.app)",
            args![leaves, app, openid, openid],
        )?;
        waiting += i64::try_from(changed).unwrap_or(0);
    }
    count(tx, app, (0, waiting))
}

/// Something is told of a player of a game that has a board: when the player's row leaves, if there never is a
/// score; `None` if there is one. Makes room for the row, and refuses it where there is none.
pub fn leaving_time(
    tx: &mut Tx,
    client: &Client,
    app: &str,
    openid: &str,
) -> Result<Option<i64>, Fault> {
    let leaves = tx.clock.after(WAITING_TIME);
    let told: Option<Option<i64>> = tx.one(
        "SELECT leaves_at FROM player WHERE app = $1 AND openid = $2",
        args![app, openid],
        |row| row.get(0),
    )?;
    if let Some(leaves_at) = told {
        return Ok(leaves_at.map(|_| leaves));
    }
    if has_score(tx, app, openid)? {
        return Ok(None);
    }
    check_limits(tx, client, app)?;
    let waiting: Option<i64> = tx.one(
        "UPDATE app SET waiting = waiting + 1 WHERE name = $1 RETURNING waiting",
        args![app],
        |row| row.get(0),
    )?;
    if waiting.is_some_and(|waiting| waiting > MAX_WAITING) {
        remove_oldest(tx, app)?;
    }
    Ok(Some(leaves))
}

fn has_score(view: &View, app: &str, openid: &str) -> Result<bool, Fault> {
    if view.boards.read().texts.get(app).is_some_and(|board| board.get(openid).is_some()) {
        return Ok(true);
    }
    // The board does not have what this commit will bring.
    let sql = "SELECT 1 FROM score WHERE app = $1 AND openid = $2
                UNION ALL SELECT 1 FROM board JOIN standing ON standing.app = board.name
                    AND standing.season = board.season AND standing.openid = $2
                 WHERE board.name = $1";
    view.one(sql, args![app, openid], |_| Ok(())).map(|found| found.is_some())
}

fn remove_oldest(tx: &mut Tx, app: &str) -> Result<(), Fault> {
    let removed = tx.execute(
        "DELETE FROM player WHERE app = $1 AND openid = (
             SELECT openid FROM player
              WHERE app = $2 AND leaves_at IS NOT NULL ORDER BY leaves_at, openid LIMIT 1)",
        args![app, app],
    )?;
    let removed = i64::try_from(removed).unwrap_or(0);
    tx.execute("UPDATE app SET waiting = waiting - $1 WHERE name = $2", args![removed, app])?;
    Ok(())
}

/// Players of all boards that have no place reserved for them, which any stranger may open.
fn open_players(tx: &Tx) -> Result<i64, Fault> {
    let boards: Vec<(String, i64)> =
        tx.all("SELECT name, players + waiting FROM app", args![], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let score = &tx.config.score;
    let is_open = |name: &str| !reserved(score).any(|reserved| reserved == name);
    Ok(boards.iter().filter(|(name, _)| is_open(name)).map(|(_, players)| players).sum())
}

/// Count one more player, or refuse the player.
pub fn check_limits(tx: &mut Tx, client: &Client, app: &str) -> Result<(), Fault> {
    tx.disk.check()?;
    let (most, hourly) = {
        let score = &tx.config.score;
        (i64::from(score.max_players), u64::from(score.new_players_per_hour))
    };
    if most > 0 {
        let counted: Option<(i64, i64)> =
            tx.one("SELECT players, waiting FROM app WHERE name = $1", args![app], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        let (players, waiting) = counted.unwrap_or_default();
        // An older version kept any number without a score: they leave within a day, and close no board.
        if players + waiting.min(MAX_WAITING) >= most {
            return Err(Fault::LimitReached(
                "openid: the board has as many players as it may have",
            ));
        }
        if !reserved(&tx.config.score).any(|name| name == app) && open_players(tx)? >= most * FULL {
            return Err(Fault::LimitReached(
                "openid: boards of games that score.apps and score.secrets do not name have as many \
                 players together as they may have",
            ));
        }
    }
    if hourly > 0 {
        NEW_PLAYERS.check_client(tx, client, hourly)?;
        NEW_PLAYERS.add_client(tx, client, 1)?;
    }
    Ok(())
}

/// At a start, with the boards in memory: let what is counted be what the rows say. An import, a command of
/// the operator's or an older version may have left it otherwise.
pub fn reconcile(db: &Db) -> Result<(), Fault> {
    let view = db.view();
    let sizes = view.boards.read().texts.sizes();
    let counted = view.all(
        "SELECT name, players, waiting,
                (SELECT count(*) FROM player WHERE player.app = app.name AND leaves_at IS NOT NULL)
           FROM app",
        args![],
        |row| Ok((row.get::<String>(0)?, row.get(1)?, row.get(2)?, row.get::<i64>(3)?)),
    )?;
    drop(view);
    // Almost always nothing differs and nobody without a score is there: then nothing is written.
    let is_right = |name: &String, size: &u64| {
        counted.iter().any(|(known, players, waiting, rows): &(String, i64, i64, i64)| {
            known == name && u64::try_from(*players) == Ok(*size) && waiting == rows && *rows == 0
        })
    };
    if sizes.iter().all(|(name, size)| is_right(name, size)) {
        return Ok(());
    }
    db.write(move |tx| {
        tx.execute(
            "UPDATE player SET leaves_at = NULL WHERE leaves_at IS NOT NULL AND EXISTS (
                 SELECT 1 FROM score WHERE score.app = player.app AND score.openid = player.openid)",
            args![],
        )?;
        // Rows of an older version (schema/step-2.sql).
        let leaves = tx.clock.after(WAITING_TIME);
        tx.execute("UPDATE player SET leaves_at = $1 WHERE leaves_at = 0", args![leaves])?;
        for (name, size) in &sizes {
            tx.execute(
                "INSERT INTO app (name, players) VALUES ($1, $2)
                 ON CONFLICT (name) DO UPDATE SET players = excluded.players",
                args![name, i64::try_from(*size).unwrap_or(i64::MAX)],
            )?;
        }
        tx.execute(
            "UPDATE app SET waiting = (
                 SELECT count(*) FROM player WHERE player.app = app.name AND leaves_at IS NOT NULL)",
            args![],
        )?;
        Ok(())
    })
}
