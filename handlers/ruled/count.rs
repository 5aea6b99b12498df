//! Counting the places of a season that has ended, so that they can be read from the database and its board leaves the
//! memory. In portions, because all writes wait meanwhile.

use engine::args;
use engine::boards::{Change, shown_rows};
use engine::db::{Db, Tx};
use engine::fault::Fault;
use std::time::{Duration, Instant};

/// How many places are written in one transaction: some milliseconds.
const PORTION: usize = 500;

/// How long it is done at a time: what commands wait for comes in between.
const TURN: Duration = Duration::from_millis(200);

/// Count for a while.
pub fn run(db: &Db) -> Result<(), Fault> {
    let view = db.view();
    let open = "SELECT app, number FROM season WHERE players IS NULL ORDER BY ended_at, app";
    let seasons = view.all(open, args![], |row| Ok((row.get::<String>(0)?, row.get(1)?)))?;
    drop(view);
    let until = Instant::now() + TURN;
    for (app, season) in seasons {
        loop {
            let name = app.clone();
            if db.write(move |tx| portion(tx, &name, season))? {
                break;
            }
            if Instant::now() >= until {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Write the next places; `true` if there are no more.
fn portion(tx: &mut Tx, app: &str, season: i64) -> Result<bool, Fault> {
    tx.turn("season", app)?;
    let is_open = "SELECT 1 FROM season WHERE app = $1 AND number = $2 AND players IS NULL";
    if tx.one(is_open, args![app, season], |_| Ok(()))?.is_none() {
        return Ok(true);
    }
    // The last one that has a place. Somebody may have been removed since, so what counts is where that player stands
    // now, and not how many were counted.
    let last: Option<(String, i64)> = tx.one(
        "SELECT openid, position FROM place WHERE app = $1 AND season = $2 ORDER BY position DESC LIMIT 1",
        args![app, season],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let (rows, position) = {
        let boards = tx.boards.read();
        let (Some((rules, _)), Some(board)) =
            (boards.texts.rules(app), boards.texts.season(app, season))
        else {
            return Ok(true);
        };
        let (openid, position) = last.unwrap_or_default();
        let first = board.rank(&openid).unwrap_or(0) + 1;
        let rows: Vec<(String, u64)> = shown_rows(board, rules, first, PORTION)
            .map(|row| (row.owner.to_owned(), row.place))
            .collect();
        (rows, position)
    };
    let mut position = position;
    let is_last = rows.len() < PORTION;
    for (openid, place) in rows {
        position += 1;
        // A player whose row is gone was removed a moment ago.
        tx.execute(
            "INSERT INTO place (app, season, position, place, openid, points, reached_at)
             SELECT app, season, $1, $2, openid, points, reached_at FROM standing
              WHERE app = $3 AND season = $4 AND openid = $5",
            args![position, i64::try_from(place).unwrap_or(i64::MAX), app, season, &openid],
        )?;
    }
    if is_last {
        let done = "UPDATE season SET players = $1 WHERE app = $2 AND number = $3";
        tx.execute(done, args![position, app, season])?;
        tx.tell(Change::Ended { board: app.into(), season });
    }
    Ok(is_last)
}
