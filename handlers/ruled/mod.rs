//! Boards of games with rules of their own: which score counts, which stands first, and seasons.
//!
//! A board without rules is opened by the first post for its game, and its players' highest scores count
//! (`handlers/score`). A board with rules is made by the operator: by `[score.boards.NAME]`, `guichet board add` or the
//! console. Its scores are rows of `standing`, written in the transaction of the post.

pub mod advance;
pub mod count;
pub mod ended;
pub mod hold;
pub mod prune;
pub mod season;
pub mod settings;
pub mod standing;
pub mod webhook;

use engine::args;
use engine::boards::Rules;
use engine::db::{Db, Row, View};
use engine::fault::Fault;
use engine::leaderboard::{Builder, Texts};
use engine::season::Period;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;

/// A board with rules, as its row has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuledBoard {
    /// The game.
    pub name: String,
    /// Its rules.
    pub rules: Rules,
    /// How long its seasons last.
    pub period: Period,
    /// The time zone in which days begin.
    pub zone: String,
    /// The number of the current season, from 1.
    pub season: i64,
    /// The period in which the current season lies ([`Period::number`]).
    pub period_number: i64,
    /// When the current season began, in seconds since 1970.
    pub began_at: i64,
}

impl RuledBoard {
    /// The board of this name, if it has rules.
    pub fn find(view: &View, name: &str) -> Result<Option<Self>, Fault> {
        view.one(
            "SELECT name, rule, direction, ties, period, zone, season, period_number, began_at FROM board WHERE name = $1",
            args![name],
            Self::read,
        )
    }

    /// All boards with rules, by name.
    pub fn all(view: &View) -> Result<Vec<Self>, Fault> {
        view.all(
            "SELECT name, rule, direction, ties, period, zone, season, period_number, began_at FROM board ORDER BY name",
            args![],
            Self::read,
        )
    }

    fn read(row: &Row<'_>) -> Result<Self, Fault> {
        Ok(RuledBoard {
            name: row.get(0)?,
            rules: Rules {
                rule: value(&row.get::<String>(1)?)?,
                order: value(&row.get::<String>(2)?)?,
                ties: value(&row.get::<String>(3)?)?,
            },
            period: value(&row.get::<String>(4)?)?,
            zone: row.get(5)?,
            season: row.get(6)?,
            period_number: row.get(7)?,
            began_at: row.get(8)?,
        })
    }

    /// Its time zone.
    pub fn time_zone(&self) -> Result<TimeZone, Fault> {
        TimeZone::get(&self.zone).map_err(Fault::unknown)
    }

    /// When the current season ends by itself, in seconds since 1970; `None` if it does not.
    pub fn ends_at(&self) -> Result<Option<i64>, Fault> {
        Ok(self.period.begins(&self.time_zone()?, self.period_number + 1))
    }
}

/// The word by which the database, the configuration and commands call a value.
pub fn word(value: impl Serialize) -> Result<String, Fault> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        other => Err(Fault::unknown(format_args!("not a word: {other:?}"))),
    }
}

/// The value that a word stands for.
pub fn value<T: DeserializeOwned>(word: &str) -> Result<T, Fault> {
    serde_json::from_value(word.into()).map_err(Fault::unknown)
}

/// Build the boards in memory: the current seasons, and the ended ones whose places are still being counted.
pub fn load(view: &View) -> Result<(), Fault> {
    let boards = RuledBoard::all(view)?;
    if boards.is_empty() {
        return Ok(());
    }
    let mut seasons: HashMap<(String, i64), Builder<Texts>> = HashMap::new();
    for board in &boards {
        seasons.insert((board.name.clone(), board.season), Builder::new());
    }
    let ended = "SELECT app, number FROM season WHERE players IS NULL";
    for season in view.all(ended, args![], |row| Ok((row.get(0)?, row.get(1)?)))? {
        seasons.insert(season, Builder::new());
    }
    for ((app, season), builder) in &mut seasons {
        let sql = "SELECT openid, points, reached_at FROM standing WHERE app = $1 AND season = $2";
        view.all(sql, args![app, *season], |row| {
            let reached = row.get(2)?;
            view.boards.seen(reached);
            builder.push(&row.get::<String>(0)?, row.get(1)?, reached).map_err(Fault::unknown)
        })?;
    }
    let mut loaded = view.boards.write();
    for board in &boards {
        if let Some(builder) = seasons.remove(&(board.name.clone(), board.season)) {
            loaded.texts.put(board.name.clone(), builder.finish());
        }
        loaded.texts.set_rules(&board.name, board.rules, board.season);
        if season::waits(board, view.clock.steady())? {
            tracing::warn!(
                board = board.name,
                "more than one season would have ended since the board was last served: unless the clock is wrong, run \
                 `guichet board advance`"
            );
        }
    }
    for ((app, season), builder) in seasons {
        loaded.texts.put_ended(&app, season, builder.finish());
    }
    Ok(())
}

/// What games added to the scores of these players in a season; nothing of those who have none.
pub fn metadata(
    view: &View,
    app: &str,
    season: i64,
    players: &[&str],
) -> Result<HashMap<String, String>, Fault> {
    let mut found = HashMap::new();
    let sql = "SELECT metadata FROM standing WHERE app = $1 AND season = $2 AND openid = $3 AND metadata <> ''";
    for openid in players {
        if let Some(metadata) = view.one(sql, args![app, season, *openid], |row| row.get(0))? {
            found.insert((*openid).to_owned(), metadata);
        }
    }
    Ok(found)
}

/// What a server does again and again: end seasons, count the places of those that have ended, tell the games' servers,
/// and remove old ones.
pub fn follow_up(db: &Db) -> Result<(), Fault> {
    let boards = RuledBoard::all(&db.view())?;
    if boards.is_empty() {
        return Ok(());
    }
    advance::run(db, boards)?;
    count::run(db)?;
    webhook::run(db)?;
    prune::run(db)
}
