//! `score/top`: the first places of a board.

use super::rows::{ScoreRow, places, rows, season_of};
use crate::handlers::game::AppName;
use crate::handlers::ruled::ended::{self, Which};
use engine::boards::{TopPage, TopRows};
use engine::caller::Anyone;
use engine::data;
use engine::data::{IntBetween, Optional};
use engine::db::View;
use engine::fault::{Fault, FaultKind};
use engine::op::{Name, Op, Read};

data! {
    /// List the best players of a game.
    pub struct Top {
        app: AppName,
        /// How many places; 100 where it is absent.
        limit: Optional<IntBetween<1, 1000>>,
        /// Whether nickname and avatar of players who told nothing of themselves are `null` instead of
        /// empty.
        null_faces: Option<bool>,
        /// The season, by its number or, below 0, by how many seasons ago it was. The current one where it is absent.
        season: Option<i64>,
    }
}

impl Op for Top {
    const NAME: Name = ("score", "top");
    const FAULTS: &'static [FaultKind] = &[FaultKind::NotFound];
    const EXAMPLE: &'static str = r#"{"app": "pinball", "limit": 10}"#;
    type Caller = Anyone;
    type Lane = Read;
    type Reply = TopRows<ScoreRow>;

    fn run(self, view: &View, _: Anyone) -> Result<TopRows<ScoreRow>, Fault> {
        let app = self.app.name();
        let count = self.limit.0.map_or(100, |limit| limit.0);
        let count = usize::try_from(count).unwrap_or(100);
        let unknown = if self.null_faces == Some(true) { None } else { Some("") };
        let form = usize::from(unknown.is_none());
        let which = ended::find(view, app, self.season)?;
        if let Which::Ended { season, rules } = which {
            let rows = ended::rows(view, app, (season, rules), 1, count)?;
            let places = places(view, &self.app, Some(season), rows, None, unknown)?;
            return Ok(TopPage::new(&places, count).map_err(Fault::unknown)?.first(count));
        }
        let (kept, version) = {
            let boards = view.boards.read();
            (boards.texts.page(app, form, count), boards.texts.version(app))
        };
        if let Some(page) = kept {
            return Ok(page.first(count));
        }
        let rows = rows(view, &self.app, |_| Some((1, count)));
        let season = season_of(view, &self.app, &which);
        let places = places(view, &self.app, season, rows.unwrap_or_default(), None, unknown)?;
        let page = TopPage::new(&places, count).map_err(Fault::unknown)?;
        if let Some(version) = version {
            view.boards.read().texts.keep(app, form, version, &page);
        }
        Ok(page.first(count))
    }
}
