//! What was reached in seasons that have ended.

use super::{RuledBoard, standing};
use engine::args;
use engine::boards::{Rules, shown_rows};
use engine::db::View;
use engine::fault::Fault;
use engine::leaderboard::Row;
use std::cmp::{Ordering, Reverse};

/// Which season of a board is asked for.
pub enum Which {
    /// The current one.
    Current,
    /// One that has ended.
    Ended {
        /// Its number.
        season: i64,
        /// The rules of the board.
        rules: Rules,
    },
}

/// Find a season by its number, from 1; or by how many seasons ago it was, below 0; the current one is 0.
pub fn find(view: &View, app: &str, season: Option<i64>) -> Result<Which, Fault> {
    let Some(asked) = season.filter(|season| *season != 0) else { return Ok(Which::Current) };
    let unknown = || Fault::NotFound("season".into());
    let board = RuledBoard::find(view, app)?.ok_or_else(unknown)?;
    let season = if asked < 0 { board.season.saturating_add(asked) } else { asked };
    if season == board.season {
        return Ok(Which::Current);
    }
    let sql = "SELECT 1 FROM season WHERE app = $1 AND number = $2";
    view.one(sql, args![app, season], |_| Ok(()))?.ok_or_else(unknown)?;
    Ok(Which::Ended { season, rules: board.rules })
}

/// The rows of a season from the position `first` on (from 1), `count` of them.
pub fn rows(
    view: &View,
    app: &str,
    (season, rules): (i64, Rules),
    first: u64,
    count: usize,
) -> Result<Vec<Row<String>>, Fault> {
    if let Some(board) = view.boards.read().texts.season(app, season) {
        return Ok(shown_rows(board, rules, first, count).map(Row::owned).collect());
    }
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let first = number(first.max(1));
    view.all(
        "SELECT openid, points, place FROM place
          WHERE app = $1 AND season = $2 AND position >= $3 ORDER BY position LIMIT $4",
        args![app, season, first, number(count as u64)],
        |row| {
            let place = u64::try_from(row.get::<i64>(2)?).unwrap_or(0);
            Ok(Row { owner: row.get(0)?, score: rules.score(row.get(1)?), place })
        },
    )
}

/// A player's position in a season, from 1, and the row.
pub fn row(
    view: &View,
    app: &str,
    (season, rules): (i64, Rules),
    openid: &str,
) -> Result<Option<(u64, Row<String>)>, Fault> {
    let in_memory = view.boards.read().texts.season(app, season).map(|board| board.rank(openid));
    let position = match in_memory {
        Some(position) => position,
        None => position_of(view, app, season, openid)?.and_then(|it| u64::try_from(it).ok()),
    };
    let Some(position) = position else { return Ok(None) };
    let row = rows(view, app, (season, rules), position, 1)?.pop();
    Ok(row.filter(|row| row.owner == openid).map(|row| (position, row)))
}

/// A player's position in the list of an ended season that is in the database. The list is sorted by points, so it is
/// searched as a book is: some twenty rows are read among a million.
pub fn position_of(
    view: &View,
    app: &str,
    season: i64,
    openid: &str,
) -> Result<Option<i64>, Fault> {
    let Some((points, reached)) = standing::find(view, app, season, openid)? else {
        return Ok(None);
    };
    let last =
        "SELECT position FROM place WHERE app = $1 AND season = $2 ORDER BY position DESC LIMIT 1";
    let last: Option<i64> = view.one(last, args![app, season], |row| row.get(0))?;
    let (mut low, mut high) = (1, last.unwrap_or(0));
    while low <= high {
        let middle = low + (high - low) / 2;
        // Positions have gaps.
        let found: Option<(i64, i64, i64)> = view.one(
            "SELECT position, points, reached_at FROM place
              WHERE app = $1 AND season = $2 AND position >= $3 ORDER BY position LIMIT 1",
            args![app, season, middle],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )?;
        let Some((position, own_points, own_reached)) = found else { return Ok(None) };
        match (Reverse(own_points), own_reached).cmp(&(Reverse(points), reached)) {
            Ordering::Less => low = position + 1,
            Ordering::Greater => high = middle - 1,
            Ordering::Equal => return near(view, app, season, openid, position),
        }
    }
    Ok(None)
}

/// How many rows are looked through for one that has the same points at the same microsecond.
const NEAR: i64 = 1_000;

fn near(
    view: &View,
    app: &str,
    season: i64,
    openid: &str,
    position: i64,
) -> Result<Option<i64>, Fault> {
    view.one(
        "SELECT position FROM place
          WHERE app = $1 AND season = $2 AND position >= $3 AND position <= $4 AND openid = $5",
        args![app, season, position - NEAR, position + NEAR, openid],
        |row| row.get(0),
    )
}
