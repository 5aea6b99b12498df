//! Removing seasons that are too old to be kept, `score.kept_seasons`.

use crate::handlers::new_players;
use engine::args;
use engine::db::{Db, Tx};
use engine::fault::Fault;

/// How many rows go in one transaction: a few milliseconds.
const PORTION: i64 = 500;

/// Remove a portion, if there is any.
pub fn run(db: &Db) -> Result<(), Fault> {
    let view = db.view();
    let kept = i64::from(view.config.score.kept_seasons);
    let oldest = view.one(
        "SELECT season.app, season.number FROM season JOIN board ON board.name = season.app
          WHERE season.number < board.season - $1 ORDER BY season.ended_at, season.app LIMIT 1",
        args![kept],
        |row| Ok((row.get::<String>(0)?, row.get::<i64>(1)?)),
    )?;
    drop(view);
    let Some((app, season)) = oldest else { return Ok(()) };
    db.write(move |tx| portion(tx, &app, season))
}

fn portion(tx: &mut Tx, app: &str, season: i64) -> Result<(), Fault> {
    tx.turn("season", app)?;
    let places = "DELETE FROM place WHERE app = $1 AND season = $2 AND position IN (
        SELECT position FROM place WHERE app = $1 AND season = $2 ORDER BY position LIMIT $3)";
    tx.execute(places, args![app, season, PORTION])?;
    let sql = "SELECT openid FROM standing WHERE app = $1 AND season = $2 LIMIT $3";
    let players: Vec<String> = tx.all(sql, args![app, season, PORTION], |row| row.get(0))?;
    if players.is_empty() {
        // As many places as players went before, so that this is little.
        tx.execute("DELETE FROM place WHERE app = $1 AND season = $2", args![app, season])?;
        tx.execute("DELETE FROM season WHERE app = $1 AND number = $2", args![app, season])?;
        return Ok(());
    }
    for openid in &players {
        let sql = "DELETE FROM standing WHERE app = $1 AND season = $2 AND openid = $3";
        tx.execute(sql, args![app, season, openid])?;
    }
    new_players::let_wait(tx, app, &players)
}
