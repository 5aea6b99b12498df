//! The boards of games: which games may have one, and what `guichet board` lists and removes.
//!
//! A board is opened by the first post for its game, by anyone. So that strangers can't take all of
//! them, an address opens few a day, and places are reserved for the games that the configuration
//! names.

use engine::args;
use engine::boards::Change;
use engine::client::Client;
use engine::config::Score;
use engine::db::{Db, Tx};
use engine::fault::Fault;
use engine::quota::Quota;
use schemars::JsonSchema;
use serde::Serialize;

/// How many boards an address may open, `score.new_boards_per_day`.
const NEW_BOARDS: Quota = Quota { name: "score.new_boards_per_day", window: 24 * 3_600 };

/// The game that a request means which names none.
pub const DEFAULT: &str = "default";

/// The games that have a place of their own: `default`, if any game may have a board, and those that
/// the configuration names.
pub fn reserved(score: &Score) -> impl Iterator<Item = &str> {
    let default = score.apps.is_empty().then_some(DEFAULT);
    let named = score.apps.iter().map(String::as_str);
    // Where `apps` names the games, a secret for any other is of no use.
    let signed = score.secrets.keys().map(String::as_str).filter(|_| score.apps.is_empty());
    default.into_iter().chain(named).chain(signed.filter(|name| *name != DEFAULT))
}

/// Does the configuration let this game have a board?
pub fn check_allowed(score: &Score, app: &str) -> Result<(), Fault> {
    if score.apps.is_empty() || score.apps.iter().any(|allowed| allowed == app) {
        Ok(())
    } else {
        Err(Fault::value("app", "this server has no such game"))
    }
}

/// Let `app` have a board, if it has none and there is room for one more.
pub fn open_board(tx: &mut Tx, client: &Client, app: &str) -> Result<(), Fault> {
    check_allowed(&tx.config.score, app)?;
    if tx.boards.read().texts.get(app).is_some() {
        return Ok(());
    }
    if tx.one("SELECT 1 FROM app WHERE name = $1", args![app], |_| Ok(()))?.is_some() {
        return Ok(());
    }
    tx.turn("boards", "")?;
    let names: Vec<String> = tx.all("SELECT name FROM app", args![], |row| row.get(0))?;
    let score = &tx.config.score;
    let is_reserved = reserved(score).any(|name| name == app);
    // What others have reserved and not taken yet counts as taken.
    let has_board = |name: &str| names.iter().any(|known| known == name);
    let kept =
        if is_reserved { 0 } else { reserved(score).filter(|name| !has_board(name)).count() };
    if names.len() + kept >= usize::try_from(score.max_boards).unwrap_or(usize::MAX) {
        return Err(Fault::LimitReached("app: there are as many boards as there may be"));
    }
    let limit = u64::from(score.new_boards_per_day);
    if !is_reserved && limit > 0 {
        NEW_BOARDS.check_client(tx, client, limit)?;
        NEW_BOARDS.add_client(tx, client, 1)?;
    }
    make_board(tx, app)
}

/// Make a board whatever the limits say: for commands of the operator's.
pub fn make_board(tx: &mut Tx, app: &str) -> Result<(), Fault> {
    tx.execute("INSERT INTO app (name) VALUES ($1) ON CONFLICT (name) DO NOTHING", args![app])?;
    tx.tell(Change::Open { board: app.into() });
    Ok(())
}

/// A board as `guichet board list` tells of it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Listed {
    /// The game.
    pub name: String,
    /// Players with a score, and players who were described and have none yet.
    pub players: i64,
    /// When the newest of the scores that count was reached, as the wire writes a time; `None` where there
    /// is no score.
    pub newest: Option<String>,
    /// The bytes of the texts and numbers in its rows. What they take of the file is somewhat more.
    pub bytes: i64,
}

/// All boards, by name.
pub fn list(db: &Db) -> Result<Vec<Listed>, Fault> {
    let view = db.view();
    // Scores and players of a game without a row in `app` are listed as well: what is there can be removed.
    view.all(
        "SELECT game.name,
                (SELECT count(*) FROM score WHERE app = game.name)
                  + (SELECT count(*) FROM board JOIN standing ON standing.app = board.name
                        AND standing.season = board.season WHERE board.name = game.name)
                  + (SELECT count(*) FROM player WHERE app = game.name AND NOT EXISTS (
                       SELECT 1 FROM score
                        WHERE score.app = player.app AND score.openid = player.openid)
                       AND NOT EXISTS (
                       SELECT 1 FROM board JOIN standing ON standing.app = board.name
                          AND standing.season = board.season AND standing.openid = player.openid
                        WHERE board.name = player.app)),
                (SELECT max(reached_at) FROM (
                    SELECT reached_at FROM score WHERE app = game.name
                    UNION ALL SELECT reached_at FROM standing WHERE app = game.name) AS reached),
                (SELECT coalesce(sum(length(app) + length(openid) + 16), 0) FROM score
                  WHERE app = game.name)
                  + (SELECT coalesce(sum(length(app) + length(openid) + octet_length(metadata) + 40), 0)
                       FROM standing WHERE app = game.name)
                  + (SELECT coalesce(sum(length(app) + length(openid) + octet_length(nickname)
                       + octet_length(province) + octet_length(city) + octet_length(country)
                       + octet_length(headimgurl) + 16), 0) FROM player WHERE app = game.name)
           FROM (SELECT name FROM app UNION SELECT DISTINCT app FROM score
                 UNION SELECT DISTINCT app FROM player) AS game
          ORDER BY game.name",
        args![],
        |row| {
            // `reached_at` is in microseconds since 1970 (src/boards.rs).
            let newest: Option<i64> = row.get(2)?;
            let newest = newest.map(|at| view.clock.format(at / 1_000_000));
            Ok(Listed { name: row.get(0)?, players: row.get(1)?, newest, bytes: row.get(3)? })
        },
    )
}

/// Remove a board with its scores and players, in the transaction of whoever has the boards in memory.
pub fn run_remove(tx: &mut Tx, name: &str) -> Result<(), Fault> {
    for sql in [
        "DELETE FROM score WHERE app = $1",
        "DELETE FROM held_score WHERE app = $1",
        "DELETE FROM standing WHERE app = $1",
        "DELETE FROM place WHERE app = $1",
        "DELETE FROM season WHERE app = $1",
        "DELETE FROM board WHERE name = $1",
        "DELETE FROM player WHERE app = $1",
        "DELETE FROM score_nonce WHERE app = $1",
        "DELETE FROM app WHERE name = $1",
    ] {
        tx.execute(sql, args![name])?;
    }
    tx.tell(Change::Close { board: name.into() });
    Ok(())
}
