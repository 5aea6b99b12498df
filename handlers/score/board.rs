//! `score/board`: the rules of a board, and its season.

use crate::handlers::game::AppName;
use crate::handlers::ruled::RuledBoard;
use engine::boards::{Direction, Rule, Rules, Ties};
use engine::caller::Anyone;
use engine::data;
use engine::db::View;
use engine::fault::{Fault, FaultKind};
use engine::op::{Name, Op, Read};
use engine::season::Period;
use schemars::JsonSchema;
use serde::Serialize;

data! {
    /// Get the rules of a board, and when its season ends.
    pub struct Board {
        app: AppName,
    }
}

/// A board.
#[derive(Serialize, JsonSchema)]
pub struct Described {
    /// Which of a player's scores counts.
    rule: Rule,
    /// Which score stands first.
    order: Direction,
    /// Who of two players with the same score stands first.
    ties: Ties,
    /// How many players have a score, in the current season where there are seasons.
    players: u64,
    /// The current season.
    season: Season,
}

/// A season.
#[derive(Serialize, JsonSchema)]
pub struct Season {
    /// How long it lasts.
    period: Period,
    /// Its number, from 1; 1 where there are no seasons.
    number: i64,
    /// When it began; `null` on a board without rules of its own.
    began_at: Option<String>,
    /// When it ends; `null` if it does not by itself.
    ends_at: Option<String>,
    /// For how many seconds it still lasts; `null` if it does not end by itself.
    seconds_left: Option<i64>,
}

impl Op for Board {
    const NAME: Name = ("score", "board");
    const FAULTS: &'static [FaultKind] = &[FaultKind::NotFound];
    const EXAMPLE: &'static str = r#"{"app": "pinball"}"#;
    type Caller = Anyone;
    type Lane = Read;
    type Reply = Described;

    fn run(self, view: &View, _: Anyone) -> Result<Described, Fault> {
        let app = self.app.name();
        let players = view.boards.read().texts.get(app).map(|board| board.len() as u64);
        let players = players.ok_or(Fault::NotFound("app".into()))?;
        let Some(board) = RuledBoard::find(view, app)? else {
            let Rules { rule, order, ties } = Rules::default();
            let period = Period::None;
            let season =
                Season { period, number: 1, began_at: None, ends_at: None, seconds_left: None };
            return Ok(Described { rule, order, ties, players, season });
        };
        let Rules { rule, order, ties } = board.rules;
        let ends = board.ends_at()?;
        let season = Season {
            period: board.period,
            number: board.season,
            began_at: Some(view.clock.format(board.began_at)),
            ends_at: ends.map(|ends| view.clock.format(ends)),
            seconds_left: ends.map(|ends| (ends - view.clock.steady()).max(0)),
        };
        Ok(Described { rule, order, ties, players, season })
    }
}
