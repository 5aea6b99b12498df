//! Making boards with rules, from the configuration, by commands and in the console.

use super::{RuledBoard, season, word};
use crate::handlers::boards::make_board;
use engine::args;
use engine::boards::{Change, Rules};
use engine::config::{BoardSettings, Config};
use engine::db::{Db, Tx, View};
use engine::fault::Fault;
use engine::season::Period;

/// What making a board came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Made {
    /// There is a board with these rules now.
    New,
    /// There was one with other rules and without scores: it has these now.
    Changed,
    /// There was one with these rules.
    Same,
    /// There are scores on it that other rules brought about: why it stays as it is.
    Refused(String),
}

/// Give the board `name` its rules. They are fixed once there are scores.
pub fn make(tx: &mut Tx, name: &str, settings: &BoardSettings) -> Result<Made, Fault> {
    tx.turn("season", name)?;
    let BoardSettings { rule, order, ties, season: period, timezone } = settings;
    let earlier = RuledBoard::find(tx, name)?;
    if earlier.as_ref().is_some_and(|board| is_as(board, settings)) {
        return Ok(Made::Same);
    }
    let server_zone = || tx.config.timezone.iana_name().unwrap_or("UTC").to_owned();
    let zone = timezone.clone().unwrap_or_else(server_zone);
    let scores =
        "SELECT 1 FROM standing WHERE app = $1 UNION ALL SELECT 1 FROM season WHERE app = $1
                  UNION ALL SELECT 1 FROM score WHERE app = $1
                  UNION ALL SELECT 1 FROM held_score WHERE app = $1 LIMIT 1";
    if tx.one(scores, args![name], |_| Ok(()))?.is_some() {
        let has = match &earlier {
            Some(board) => described(board)?,
            None => "no rules of its own".to_owned(),
        };
        return Ok(Made::Refused(format!(
            "the board {name} has scores, and {has}: rules are fixed once there are scores (`guichet board remove \
             {name}` removes it)"
        )));
    }
    let (now, period_number) = period_number(tx, *period, &zone)?;
    tx.execute("DELETE FROM board WHERE name = $1", args![name])?;
    tx.execute(
        "INSERT INTO board (name, rule, direction, ties, period, zone, season, period_number, began_at)
         VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8)",
        args![name, &word(rule)?, &word(order)?, &word(ties)?, &word(period)?, &zone, period_number, now],
    )?;
    run_open(tx, name)?;
    Ok(if earlier.is_some() { Made::Changed } else { Made::New })
}

/// Does the board have these rules? Without a time zone, any will do: it was the server's when the board was made.
fn is_as(board: &RuledBoard, settings: &BoardSettings) -> bool {
    let BoardSettings { rule, order, ties, season, timezone } = settings;
    let rules = Rules { rule: *rule, order: *order, ties: *ties };
    let is_in_zone = timezone.as_ref().is_none_or(|zone| *zone == board.zone);
    board.rules == rules && board.period == *season && is_in_zone
}

/// Now, and the period in which it lies.
fn period_number(tx: &Tx, period: Period, zone: &str) -> Result<(i64, i64), Fault> {
    let zone = jiff::tz::TimeZone::get(zone).map_err(Fault::unknown)?;
    let now = tx.clock.steady();
    Ok((now, period.number(&zone, now)))
}

/// Let whoever has the boards in memory know of a board that another process has made.
pub fn run_open(tx: &mut Tx, name: &str) -> Result<(), Fault> {
    let Some(board) = RuledBoard::find(tx, name)? else { return Ok(()) };
    make_board(tx, name)?;
    tx.tell(Change::Rules { board: name.into(), rules: board.rules, season: board.season });
    Ok(())
}

/// The rules of a board in the words of the configuration.
pub fn described(board: &RuledBoard) -> Result<String, Fault> {
    let Rules { rule, order, ties } = board.rules;
    Ok(format!(
        "rule = \"{}\", order = \"{}\", ties = \"{}\", season = \"{}\", timezone = \"{}\"",
        word(rule)?,
        word(order)?,
        word(ties)?,
        word(board.period)?,
        board.zone
    ))
}

/// At a start: make the boards that the configuration names. One line for the operator if there is one with other rules
/// and with scores.
pub fn make_configured(db: &Db) -> Result<(), String> {
    let view = db.view();
    let boards = view.config.score.boards.clone();
    drop(view);
    for (name, settings) in boards {
        let board = name.clone();
        let made = db
            .write(move |tx| make(tx, &board, &settings))
            .map_err(|fault| format!("score.boards.{name}: {fault:?}"))?;
        if let Made::Refused(why) = made {
            return Err(format!("score.boards.{name}: {why}"));
        }
    }
    Ok(())
}

/// What of the configuration would refuse a start; for `guichet check`, which changes nothing.
pub fn differing(view: &View, config: &Config) -> Result<Vec<String>, Fault> {
    let mut differing = Vec::new();
    for (name, settings) in &config.score.boards {
        let Some(board) = RuledBoard::find(view, name)? else { continue };
        let sql = "SELECT 1 FROM standing WHERE app = $1 LIMIT 1";
        let has_scores = view.one(sql, args![name], |_| Ok(()))?.is_some();
        if has_scores && !is_as(&board, settings) {
            let described = described(&board)?;
            differing.push(format!(
                "score.boards.{name}: the board has scores, and {described}; a start refuses others"
            ));
        }
    }
    Ok(differing)
}

/// The boards whose season waits for the operator ([`season::waits`]).
pub fn waiting(view: &View) -> Result<Vec<String>, Fault> {
    let now = view.clock.steady();
    let mut waiting = Vec::new();
    for board in RuledBoard::all(view)? {
        if season::waits(&board, now)? {
            waiting.push(board.name);
        }
    }
    Ok(waiting)
}
