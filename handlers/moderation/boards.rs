//! Boards with rules of their own: make them, end their seasons, look at them.

use super::audit::{self, By};
use super::scores::{Done, order};
use crate::handlers::removal::{self, Removal};
use crate::handlers::ruled::RuledBoard;
use crate::handlers::ruled::season;
use crate::handlers::ruled::settings::{self, Made};
use engine::args;
use engine::config::BoardSettings;
use engine::db::Db;
use engine::fault::Fault;
use engine::season::Period;
use schemars::JsonSchema;
use serde::Serialize;

/// What making a board came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Set {
    /// It is done.
    Done(Done),
    /// There is one with other rules and with scores, or none to be changed; why.
    Refused(String),
}

/// Whether there is a board with rules already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// There must be none.
    New,
    /// There must be one.
    Known,
    /// There may be one.
    Any,
}

/// Give the board `name` its rules.
pub fn set(
    db: &Db,
    by: &By,
    name: &str,
    settings: &BoardSettings,
    expected: Expected,
    is_alone: bool,
) -> Result<Set, Fault> {
    let earlier = RuledBoard::find(&db.view(), name)?;
    match (&earlier, expected) {
        (Some(board), Expected::New) => {
            let described = settings::described(board)?;
            return Ok(Set::Refused(format!("there is a board {name} already: {described}")));
        }
        (None, Expected::Known) => {
            return Ok(Set::Refused(format!(
                "{name}: there is no such board with rules of its own"
            )));
        }
        _ => {}
    }
    let (by, app, settings) = (by.clone(), name.to_owned(), settings.clone());
    let made = db.write(move |tx| {
        let made = settings::make(tx, &app, &settings)?;
        if !matches!(made, Made::Refused(_)) {
            audit::record(tx, &by, "board set", &app, None)?;
            Removal::Rules(app).note(tx)?;
        }
        Ok(made)
    })?;
    if let Made::Refused(why) = made {
        return Ok(Set::Refused(why));
    }
    Ok(Set::Done(if removal::settle(db, is_alone)? { Done::Yes } else { Done::Later }))
}

/// End the current season of a board now.
pub fn close_season(db: &Db, by: &By, name: &str, is_alone: bool) -> Result<Done, Fault> {
    let board = RuledBoard::find(&db.view(), name)?;
    let Some(board) = board.filter(|board| board.period != Period::None) else {
        return Ok(Done::Absent);
    };
    let removal = Removal::CloseSeason { app: name.to_owned(), season: board.season };
    order(db, by, true, removal, ("board close", name), is_alone)
}

/// Let the season of a board catch up with the clock.
pub fn advance_season(db: &Db, by: &By, name: &str, is_alone: bool) -> Result<Done, Fault> {
    let board = RuledBoard::find(&db.view(), name)?;
    let is_known = board.is_some_and(|board| board.period.ends());
    let removal = Removal::AdvanceSeason(name.to_owned());
    order(db, by, is_known, removal, ("board advance", name), is_alone)
}

/// A board with rules.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Shown {
    /// The game.
    pub name: String,
    /// Its rules, in the words of the configuration.
    pub rules: String,
    /// How many players have a score in the current season.
    pub players: i64,
    /// The number of the current season, from 1.
    pub season: i64,
    /// When it began, as the wire writes a time.
    pub began_at: String,
    /// When it ends; `null` if it does not by itself.
    pub ends_at: Option<String>,
    /// Whether more than one season would have ended by now, so that it waits for `guichet board advance`.
    pub waits: bool,
    /// The seasons that have ended, the newest first.
    pub ended: Vec<EndedSeason>,
}

/// A season that has ended.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EndedSeason {
    /// Its number.
    pub number: i64,
    /// When it began.
    pub began_at: String,
    /// When it ended.
    pub ended_at: String,
    /// How many players had a score; `null` as long as places are being counted.
    pub players: Option<i64>,
    /// When the game's server was told of it; `null` if it was not.
    pub told_at: Option<String>,
    /// How often that was tried.
    pub attempts: i64,
}

/// Get the rules, the current season and the ended seasons of a board; `None` if there is no board with rules of this name.
pub fn show(db: &Db, name: &str) -> Result<Option<Shown>, Fault> {
    let board = RuledBoard::find(&db.view(), name)?;
    board.map(|board| shown(db, &board)).transpose()
}

fn shown(db: &Db, board: &RuledBoard) -> Result<Shown, Fault> {
    let view = db.view();
    let sql = "SELECT players FROM app WHERE name = $1";
    let players = view.one(sql, args![&board.name], |row| row.get(0))?;
    let sql = "SELECT number, began_at, ended_at, players, told_at, attempts FROM season
                WHERE app = $1 ORDER BY number DESC";
    let ended = view.all(sql, args![&board.name], |row| {
        let told: Option<i64> = row.get(4)?;
        Ok(EndedSeason {
            number: row.get(0)?,
            began_at: view.clock.format(row.get(1)?),
            ended_at: view.clock.format(row.get(2)?),
            players: row.get(3)?,
            told_at: told.filter(|at| *at != 0).map(|at| view.clock.format(at)),
            attempts: row.get(5)?,
        })
    })?;
    Ok(Shown {
        name: board.name.clone(),
        rules: settings::described(board)?,
        players: players.unwrap_or_default(),
        season: board.season,
        began_at: view.clock.format(board.began_at),
        ends_at: board.ends_at()?.map(|ends| view.clock.format(ends)),
        waits: season::waits(board, view.clock.steady())?,
        ended,
    })
}
