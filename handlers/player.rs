//! What a mini-game tells of its players (contract page `pinball.md`; seed 001).

use super::boards::open_board;
use super::game::{AppName, OpenId};
use super::identity;
use super::moderation::reviews::Kind;
use super::moderation::words;
use super::new_players::leaving_time;
use super::signing::{self, Post};
use super::visible_text::VisibleText;
use super::wx_texts;
use engine::boards::Change;
use engine::caller::Anyone;
use engine::data::{Field, FieldError, IntBetween, Optional, Value, schema};
use engine::db::{Param, Tx, View};
use engine::fault::{Fault, FaultKind};
use engine::op::{Name, Op, RegisteredTwice, Registry, Write};
use engine::{args, data};
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde_json::json;
use std::collections::HashMap;
use std::sync::LazyLock;

pub fn register(registry: &mut Registry) -> Result<(), RegisteredTwice> {
    registry.op::<Update>()?;
    Ok(())
}

/// An address of a picture: `http` or `https`, or nothing.
#[derive(Clone)]
struct Url(String);

impl Field for Url {
    fn read(value: Value<'_>) -> Result<Self, FieldError> {
        let VisibleText(url) = VisibleText::<1024>::read(value)?;
        if url.is_empty() || url.starts_with("http://") || url.starts_with("https://") {
            Ok(Url(url))
        } else {
            Err(FieldError::Value("expected an http or https address".into()))
        }
    }

    fn schema() -> Schema {
        schema::schema(json!({
            "type": "string", "maxLength": 1024, "pattern": "^(https?://.*)?$"
        }))
    }
}

data! {
    /// Set what leaderboards of a game show of a player. A key that is not sent keeps its value.
    pub struct Update {
        app: AppName,
        openid: OpenId,
        /// What the board shows as the player's name.
        nickname: Option<VisibleText<64>>,
        /// 0 unknown, 1 male, 2 female.
        sex: Optional<IntBetween<0, 2>>,
        /// The player's province.
        province: Option<VisibleText<64>>,
        /// The player's city.
        city: Option<VisibleText<64>>,
        /// The player's country.
        country: Option<VisibleText<64>>,
        /// The address of a picture of the player: http or https, or empty.
        headimgurl: Option<Url>,
    }
}

/// Whether the player was unknown before.
#[derive(Serialize, JsonSchema)]
pub struct Updated {
    /// Whether the player was unknown before.
    new: bool,
}

impl Op for Update {
    const NAME: Name = ("player", "update");
    const FAULTS: &'static [FaultKind] = &[
        FaultKind::LimitReached,
        FaultKind::Signature,
        FaultKind::NoSpace,
        FaultKind::NoCredentials,
        FaultKind::BadToken,
        FaultKind::NotOwner,
    ];
    const EXAMPLE: &'static str = r#"{"app": "pinball", "openid": "player-1", "nickname": "Omar"}"#;
    type Caller = Anyone;
    type Lane = Write;
    type Reply = Updated;
    // Players that are known are always updated; `tell` refuses new ones.
    const NEEDS_SPACE: bool = false;

    fn run(self, tx: &mut Tx, caller: Anyone) -> Result<Updated, Fault> {
        let (app, openid) = (self.app.name(), &self.openid.0);
        identity::check(tx, &caller, app, &self.openid)?;
        let nonce = match signing::admit(tx, &caller, app, Self::NAME, openid)? {
            Post::New(nonce) => nonce,
            Post::Repeated { is_new } => return Ok(Updated { new: is_new }),
        };
        let client = caller.client();
        open_board(tx, &client, app)?;
        let leaves = leaving_time(tx, &client, app, openid)?;
        let updated = self.tell(tx, leaves)?;
        if let Some(nonce) = nonce {
            nonce.spend(tx, app, Self::NAME, openid, updated.new)?;
        }
        Ok(updated)
    }
}

impl Update {
    /// Tell it, whoever says so, of a player of a game that has a board. The row leaves at `leaves_at` unless
    /// there is a score by then; `None` where there is one.
    pub fn tell(&self, tx: &mut Tx, leaves_at: Option<i64>) -> Result<Updated, Fault> {
        let (app, openid) = (self.app.name(), &self.openid.0);
        let inserted = tx.execute(
            "INSERT INTO player (app, openid, nickname, sex, province, city, country, headimgurl)
             VALUES ($1, $2, '', 0, '', '', '', '') ON CONFLICT (app, openid) DO NOTHING",
            args![app, openid],
        )?;
        if inserted > 0 {
            tx.disk.check()?;
        }
        let mut shown = self.nickname.as_ref().map(|text| &text.0);
        if let Some(nickname) = &self.nickname {
            let target = format!("{app} {openid}");
            words::check_name(tx, Kind::Player, &target, ("nickname", &nickname.0))?;
            if wx_texts::submit(tx, app, openid, &nickname.0)? {
                shown = None;
            }
        }
        tx.execute(
            "UPDATE player SET
                nickname = COALESCE($1, nickname),
                sex = COALESCE($2, sex),
                province = COALESCE($3, province),
                city = COALESCE($4, city),
                country = COALESCE($5, country),
                headimgurl = COALESCE($6, headimgurl),
                leaves_at = $7
              WHERE app = $8 AND openid = $9",
            args![
                shown,
                self.sex.0.map(|sex| sex.0),
                self.province.as_ref().map(|text| &text.0),
                self.city.as_ref().map(|text| &text.0),
                self.country.as_ref().map(|text| &text.0),
                self.headimgurl.as_ref().map(|url| &url.0),
                leaves_at,
                app,
                openid,
            ],
        )?;
        tx.tell(Change::PlayersChanged { board: app.into() });
        Ok(Updated { new: inserted == 1 })
    }
}

/// Looks up this many players at once: a window of the usual size, or the best hundred. Made once,
/// because putting it together would cost as much as running it.
static FEW: LazyLock<String> = LazyLock::new(|| look_up(16));
static MANY: LazyLock<String> = LazyLock::new(|| look_up(100));

fn look_up(players: usize) -> String {
    let players: Vec<String> = (0..players).map(|nth| format!("${}", nth + 2)).collect();
    let players = players.join(", ");
    format!(
        "SELECT openid, nickname, headimgurl FROM player WHERE app = $1 AND openid IN ({players})"
    )
}

/// Nickname and picture of those of the players that are known.
pub fn faces(
    view: &View,
    app: &AppName,
    players: &[&str],
) -> Result<HashMap<String, (String, String)>, Fault> {
    let mut faces = HashMap::with_capacity(players.len());
    for players in players.chunks(100) {
        let (sql, most) = if players.len() <= 16 { (&FEW, 16) } else { (&MANY, 100) };
        // No player is called by an empty text: it fills what is left of the list.
        let rest = std::iter::repeat_n("", most - players.len());
        let args: Vec<Param<'_>> = std::iter::once(app.name())
            .chain(players.iter().copied())
            .chain(rest)
            .map(Param::Text)
            .collect();
        view.all(sql, &args, |row| {
            faces.insert(row.get(0)?, (row.get(1)?, row.get(2)?));
            Ok(())
        })?;
    }
    Ok(faces)
}
