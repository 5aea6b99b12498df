//! Places of a board, as everyone may see them.

use crate::handlers::game::AppName;
use crate::handlers::player::faces;
use crate::handlers::ruled;
use crate::handlers::ruled::ended::Which;
use engine::boards::shown_rows;
use engine::db::View;
use engine::fault::Fault;
use engine::leaderboard::{Board, Row, Texts};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::HashMap;

/// One place of a board, as everyone may see it: without the openid, which is all that a post
/// needs.
#[derive(Serialize, JsonSchema)]
pub struct ScoreRow {
    /// The player's name; empty where it was never told.
    nickname: Option<String>,
    /// The address of the player's picture; empty where it was never told.
    avatar: Option<String>,
    /// The score that counts.
    score: i64,
    /// The place, from 1.
    rank: u64,
    /// `true` on the row of the player that was asked for; absent on others.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    me: bool,
    /// What the game added to the score; absent where it added nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<String>,
}

/// The rows of a window that is chosen by looking at the board; `None` where there is none.
pub fn rows(
    view: &View,
    app: &AppName,
    window: impl FnOnce(&Board<Texts>) -> Option<(u64, usize)>,
) -> Option<Vec<Row<String>>> {
    let boards = view.boards.read();
    let board = boards.texts.get(app.name())?;
    let (first, count) = window(board)?;
    Some(match boards.texts.rules(app.name()) {
        None => board.at(first, count).map(Row::owned).collect(),
        Some((rules, _)) => shown_rows(board, rules, first, count).map(Row::owned).collect(),
    })
}

/// The season of a board whose places are shown: that which is asked for, or else the current one; `None` where the board
/// has no seasons.
pub fn season_of(view: &View, app: &AppName, which: &Which) -> Option<i64> {
    match which {
        Which::Current => view.boards.read().texts.rules(app.name()).map(|(_, season)| season),
        Which::Ended { season, .. } => Some(*season),
    }
}

/// Rows with what their players are called and look like, or `unknown` where that was never told.
pub fn places(
    view: &View,
    app: &AppName,
    season: Option<i64>,
    rows: Vec<Row<String>>,
    me: Option<&str>,
    unknown: Option<&str>,
) -> Result<Vec<ScoreRow>, Fault> {
    let players: Vec<&str> = rows.iter().map(|row| row.owner.as_str()).collect();
    let mut faces = faces(view, app, &players)?;
    let mut metadata = match season {
        Some(season) => ruled::metadata(view, app.name(), season, &players)?,
        None => HashMap::new(),
    };
    let place = |row: Row<String>| {
        let unknown = || unknown.map(str::to_owned);
        let (nickname, avatar) = match faces.remove(&row.owner) {
            Some((nickname, avatar)) => (Some(nickname), Some(avatar)),
            None => (unknown(), unknown()),
        };
        let me = me == Some(row.owner.as_str());
        let metadata = metadata.remove(&row.owner);
        ScoreRow { nickname, avatar, score: row.score, rank: row.place, me, metadata }
    };
    Ok(rows.into_iter().map(place).collect())
}
