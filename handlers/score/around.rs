//! `score/around`: the places around a player.

use super::rows::{ScoreRow, places, rows, season_of};
use crate::handlers::game::{AppName, OpenId};
use crate::handlers::ruled::ended::{self, Which};
use crate::handlers::{SPAN, window};
use engine::caller::Anyone;
use engine::data;
use engine::data::IntBetween;
use engine::db::View;
use engine::fault::{Fault, FaultKind};
use engine::op::{Name, Op, Read};

data! {
    /// List the places around a player: `span` on each side.
    pub struct Around {
        app: AppName,
        openid: OpenId,
        /// How many places on each side; 5 where it is absent.
        span: Option<IntBetween<0, 100>>,
        /// The season, by its number or, below 0, by how many seasons ago it was. The current one where it is absent.
        season: Option<i64>,
    }
}

impl Op for Around {
    const NAME: Name = ("score", "around");
    const FAULTS: &'static [FaultKind] = &[FaultKind::NotFound];
    const EXAMPLE: &'static str = r#"{"app": "pinball", "openid": "player-1", "span": 2}"#;
    type Caller = Anyone;
    type Lane = Read;
    type Reply = Vec<ScoreRow>;

    fn run(self, view: &View, _: Anyone) -> Result<Vec<ScoreRow>, Fault> {
        let span = self.span.map_or(SPAN, |span| span.0.unsigned_abs());
        let openid = self.openid.0;
        let which = ended::find(view, self.app.name(), self.season)?;
        if let Which::Ended { season, rules } = which {
            let (app, ended) = (self.app.name(), (season, rules));
            let row = ended::row(view, app, ended, &openid)?;
            let (position, _) = row.ok_or(Fault::NotFound("openid".into()))?;
            let (first, count) = window(position, span);
            let rows = ended::rows(view, app, ended, first, count)?;
            return places(view, &self.app, Some(season), rows, Some(&openid), Some(""));
        }
        let season = season_of(view, &self.app, &which);
        let rows =
            rows(view, &self.app, |board| board.rank(&openid).map(|place| window(place, span)));
        let rows = rows.ok_or(Fault::NotFound("openid".into()))?;
        places(view, &self.app, season, rows, Some(&openid), Some(""))
    }
}
