//! What was reached in seasons that have ended.

use super::RuledBoard;
use engine::args;
use engine::boards::{Rules, shown_rows};
use engine::db::View;
use engine::fault::Fault;
use engine::leaderboard::Row;

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
        let own =
            |row: Row<&str>| Row { place: row.place, owner: row.owner.into(), score: row.score };
        return Ok(shown_rows(board, rules, first, count).map(own).collect());
    }
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let first = number(first.max(1));
    view.all(
        "SELECT openid, points, place FROM standing
          WHERE app = $1 AND season = $2 AND position IS NOT NULL AND position >= $3
          ORDER BY position LIMIT $4",
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
    let position = view.boards.read().texts.season(app, season).map(|board| board.rank(openid));
    if let Some(position) = position {
        let Some(position) = position else { return Ok(None) };
        let row = rows(view, app, (season, rules), position, 1)?.pop();
        return Ok(row.map(|row| (position, row)));
    }
    view.one(
        "SELECT position, points, place FROM standing WHERE app = $1 AND season = $2 AND openid = $3
            AND position IS NOT NULL",
        args![app, season, openid],
        |row| {
            let number = |number: i64| u64::try_from(number).unwrap_or(0);
            let place = number(row.get(2)?);
            let standing = Row { owner: openid.to_owned(), score: rules.score(row.get(1)?), place };
            Ok((number(row.get(0)?), standing))
        },
    )
}
