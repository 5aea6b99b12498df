//! `score/of`: how some players stand among each other, such as somebody's friends.

use super::rows::{ScoreRow, places, season_of};
use crate::handlers::game::{AppName, is_openid};
use crate::handlers::ruled::ended::{self, Which};
use engine::caller::Anyone;
use engine::data;
use engine::data::{Field, FieldError, Value, schema};
use engine::db::View;
use engine::fault::{Fault, FaultKind};
use engine::leaderboard::Row;
use engine::op::{Name, Op, Read};
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde_json::json;

/// The most players at once.
const MOST: usize = 100;

/// Players: 1 to 100 openids, each once.
#[derive(Clone)]
struct OpenIds(Vec<String>);

impl Field for OpenIds {
    fn read(value: Value<'_>) -> Result<Self, FieldError> {
        let wrong = || FieldError::Value("expected a list of 1 to 100 openids".into());
        let mut openids: Vec<String> = match value {
            // A query or a form has no lists: commas between them.
            Value::FormText(text) => text.split(',').map(str::to_owned).collect(),
            Value::List(values) => values
                .into_iter()
                .map(String::read)
                .collect::<Result<_, _>>()
                .map_err(|_| wrong())?,
            _ => return Err(wrong()),
        };
        if !(1..=MOST).contains(&openids.len()) || !openids.iter().all(|openid| is_openid(openid)) {
            return Err(wrong());
        }
        openids.sort_unstable();
        openids.dedup();
        Ok(OpenIds(openids))
    }

    fn schema() -> Schema {
        schema::schema(json!({
            "type": "array", "minItems": 1, "maxItems": MOST,
            "items": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"}
        }))
    }
}

data! {
    /// List some players by their places, such as somebody's friends. Those without a score are left out.
    pub struct Of {
        app: AppName,
        /// The players.
        openids: OpenIds,
        /// The season, by its number or, below 0, by how many seasons ago it was. The current one where it is absent.
        season: Option<i64>,
    }
}

/// A player of those that were asked for.
#[derive(Serialize, JsonSchema)]
pub struct OfRow {
    /// The player, as the game names him.
    openid: String,
    #[serde(flatten)]
    row: ScoreRow,
}

impl Op for Of {
    const NAME: Name = ("score", "of");
    const FAULTS: &'static [FaultKind] = &[FaultKind::NotFound];
    const EXAMPLE: &'static str = r#"{"app": "pinball", "openids": ["player-1", "player-2"]}"#;
    type Caller = Anyone;
    type Lane = Read;
    type Reply = Vec<OfRow>;

    fn run(self, view: &View, _: Anyone) -> Result<Vec<OfRow>, Fault> {
        let app = self.app.name();
        let which = ended::find(view, app, self.season)?;
        let mut rows = Vec::with_capacity(self.openids.0.len());
        match which {
            Which::Current => {
                let boards = view.boards.read();
                let found =
                    self.openids.0.iter().filter_map(|openid| boards.texts.place(app, openid));
                rows.extend(found.map(Row::owned));
            }
            Which::Ended { season, rules } => {
                for openid in &self.openids.0 {
                    let row = ended::row(view, app, (season, rules), openid)?;
                    rows.extend(row.map(|(_, row)| row));
                }
            }
        }
        rows.sort_by(|one, other| (one.place, &one.owner).cmp(&(other.place, &other.owner)));
        let openids: Vec<String> = rows.iter().map(|row| row.owner.clone()).collect();
        let season = season_of(view, &self.app, &which);
        let rows = places(view, &self.app, season, rows, None, Some(""))?;
        let of = openids.into_iter().zip(rows);
        Ok(of.map(|(openid, row)| OfRow { openid, row }).collect())
    }
}
