//! `score/get`: where a player stands.

use crate::handlers::game::{AppName, OpenId};
use crate::handlers::ruled::ended::{self, Which};
use crate::handlers::{identity, ruled};
use engine::caller::Anyone;
use engine::data;
use engine::db::View;
use engine::fault::{Fault, FaultKind};
use engine::op::{Name, Op, Read};
use schemars::JsonSchema;
use serde::Serialize;

data! {
    /// Get a player's score and place.
    pub struct Get {
        app: AppName,
        openid: OpenId,
        /// The season, by its number or, below 0, by how many seasons ago it was. The current one where it is absent.
        season: Option<i64>,
    }
}

/// Where a player stands.
#[derive(Serialize, JsonSchema)]
pub struct Standing {
    /// The score that counts: the highest, or what the rules of the board say.
    score: i64,
    /// The player's place, from 1.
    rank: u64,
    /// What the game added to the score; absent where it added nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<String>,
}

impl Op for Get {
    const NAME: Name = ("score", "get");
    const FAULTS: &'static [FaultKind] =
        &[FaultKind::NotFound, FaultKind::NoCredentials, FaultKind::BadToken, FaultKind::NotOwner];
    const EXAMPLE: &'static str = r#"{"app": "pinball", "openid": "player-1"}"#;
    type Caller = Anyone;
    type Lane = Read;
    type Reply = Standing;

    fn run(self, view: &View, caller: Anyone) -> Result<Standing, Fault> {
        identity::check(view, &caller, self.app.name(), &self.openid)?;
        let (app, openid) = (self.app.name(), self.openid.0.as_str());
        let unknown = || Fault::NotFound("openid".into());
        let (row, season) = match ended::find(view, app, self.season)? {
            Which::Current => {
                let boards = view.boards.read();
                let row = boards.texts.place(app, openid).ok_or_else(unknown)?;
                let season = boards.texts.rules(app).map(|(_, season)| season);
                ((row.score, row.place), season)
            }
            Which::Ended { season, rules } => {
                let row = ended::row(view, app, (season, rules), openid)?;
                let (_, row) = row.ok_or_else(unknown)?;
                ((row.score, row.place), Some(season))
            }
        };
        let metadata = match season {
            Some(season) => ruled::metadata(view, app, season, &[openid])?.remove(openid),
            None => None,
        };
        let (score, rank) = row;
        Ok(Standing { score, rank, metadata })
    }
}
