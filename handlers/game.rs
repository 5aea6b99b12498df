//! What scores and players of a mini-game share (contract page `pinball.md`; seed 001): whose game it
//! is, who plays, and who may tell.

use engine::args;
use engine::caller::Anyone;
use engine::data::{Field, Flaw, Value};
use engine::db::Tx;
use engine::fault::Fault;
use engine::services::Services;

/// A game's name: 1 to 32 of `A-Z a-z 0-9 _ -`, not `api`; `default` where there is none.
pub struct AppName(Option<String>);

impl AppName {
    /// The name.
    pub fn name(&self) -> &str {
        self.0.as_deref().unwrap_or("default")
    }
}

impl Field for AppName {
    fn read(value: Value<'_>) -> Result<Self, Flaw> {
        let name = Option::<String>::read(value)?;
        match name.as_deref() {
            Some("api") => Err(Flaw::Value("api is not a game".into())),
            Some(name) if !is_plain(name, 32) => Err(plain(32)),
            _ => Ok(AppName(name)),
        }
    }

    fn absent() -> Result<Self, Flaw> {
        Ok(AppName(None))
    }
}

/// A player: 1 to 64 of `A-Z a-z 0-9 _ -`.
pub struct OpenId(pub String);

impl Field for OpenId {
    fn read(value: Value<'_>) -> Result<Self, Flaw> {
        let openid = String::read(value)?;
        match openid.is_empty() {
            true => Err(Flaw::Empty),
            false if is_plain(&openid, 64) => Ok(OpenId(openid)),
            false => Err(plain(64)),
        }
    }
}

fn is_plain(text: &str, most: usize) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (1..=most).contains(&text.len()) && text.bytes().all(is_plain)
}

fn plain(most: usize) -> Flaw {
    Flaw::Value(format!("1 to {most} of A-Z a-z 0-9 _ -").into())
}

/// Let `app` have a board, if there is room for one more.
pub fn open_board(tx: &mut Tx, app: &AppName) -> Result<(), Fault> {
    let name: &str = app.name();
    if tx.boards.read().texts.get(name).is_some() {
        return Ok(());
    }
    if tx.one("SELECT 1 FROM app WHERE name = $1", args![name], |_| Ok(()))?.is_some() {
        return Ok(());
    }
    let boards: i64 = tx.one("SELECT count(*) FROM app", args![], |row| row.get(0))?.unwrap_or(0);
    if boards >= i64::from(tx.config.score.max_boards) {
        return Err(Fault::Capped("app: there are as many boards as there may be"));
    }
    tx.execute("INSERT INTO app (name) VALUES ($1)", args![name])?;
    let name = name.to_owned();
    tx.on_boards(move |boards| {
        boards.texts.open(&name);
    });
    Ok(())
}

/// A game that has a secret takes only what is signed with it.
pub fn check_signature(services: &Services, caller: &Anyone, app: &AppName) -> Result<(), Fault> {
    match services.config.score.secrets.get(app.name()) {
        Some(secret) if !caller.has_signed(secret.as_bytes()) => Err(Fault::NotOwner),
        _ => Ok(()),
    }
}
