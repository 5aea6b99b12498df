//! Boards with rules of their own, and their seasons.

use super::scores::on_board;
use crate::handlers::EmptyReply;
use crate::handlers::moderation::audit::By;
use crate::handlers::moderation::boards::{self, Expected, Set};
use crate::handlers::moderation::scores::Done;
use crate::handlers::ruled::value;
use engine::caller::{Admin, Owner};
use engine::config::{BoardSettings, is_app, zone_name};
use engine::data;
use engine::data::Text;
use engine::fault::{Fault, FaultKind};
use engine::op::{Name, Op, Scan, Work, WorkContext};
use serde::de::DeserializeOwned;

data! {
    /// Make a board with rules of its own, or give one without scores others.
    pub struct SetBoard {
        /// The game.
        app: Text<1, 32>,
        /// Which of a player's scores counts: `best`, `last` or `sum`; `best` where it is absent.
        rule: Option<String>,
        /// Which score stands first: `highest` or `lowest`; `highest` where it is absent.
        order: Option<String>,
        /// Who of two players with the same score stands first: `first`, who reached it first, or `shared`, neither;
        /// `first` where it is absent.
        ties: Option<String>,
        /// How long a season lasts: `none`, `day`, `week`, `month` or `manual`; `none` where it is absent.
        season: Option<String>,
        /// The time zone in which days begin; the server's where it is absent.
        timezone: Option<String>,
    }
}

impl Op for SetBoard {
    const NAME: Name = ("admin", "set_board");
    const FAULTS: &'static [FaultKind] = &[];
    const EXAMPLE: &'static str = r#"{"app": "lamps", "rule": "sum", "season": "week"}"#;
    type Caller = Admin<Owner>;
    type Lane = Work<Scan>;
    type Reply = EmptyReply;
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, caller: Admin<Owner>) -> Result<EmptyReply, Fault> {
        let Text(app) = self.app;
        if !is_app(&app) {
            return Err(Fault::value("app", "1 to 32 of A-Z a-z 0-9 _ -, and not api"));
        }
        let zone = self.timezone.filter(|zone| !zone.is_empty()).map(|zone| zone_name(&zone));
        let settings = BoardSettings {
            rule: one_of("rule", self.rule, "best, last or sum")?,
            order: one_of("order", self.order, "highest or lowest")?,
            ties: one_of("ties", self.ties, "first or shared")?,
            season: one_of("season", self.season, "none, day, week, month or manual")?,
            timezone: zone
                .transpose()
                .map_err(|_| Fault::value("timezone", "a name such as Asia/Shanghai"))?,
        };
        let by = By::admin(&caller);
        match boards::set(context.db(), &by, &app, &settings, Expected::Any, true)? {
            Set::Done(_) => Ok(EmptyReply {}),
            Set::Refused(_) => {
                Err(Fault::value("app", "the board has scores, and rules are fixed once there are"))
            }
        }
    }
}

/// The value of a word; the default where it is absent.
fn one_of<T: DeserializeOwned + Default>(
    key: &'static str,
    word: Option<String>,
    expected: &'static str,
) -> Result<T, Fault> {
    match word.filter(|word| !word.is_empty()) {
        Some(word) => value(&word).map_err(|_| Fault::value(key, expected)),
        None => Ok(T::default()),
    }
}

on_board! {
    /// End the season of a board now, and begin the next.
    EndSeason, "end_season", boards::close_season
}

on_board! {
    /// Let the season of a board catch up with the clock.
    AdvanceSeason, "advance_season", boards::advance_season
}
