//! What scores and players of a mini-game share (contract page `pinball.md`; seed 001): the names of
//! games and of players.

use engine::data::{Field, FieldError, Text, Value, schema};
use schemars::Schema;

/// A game's name: 1 to 32 of `A-Z a-z 0-9 _ -`, not `api`; `default` where there is none.
#[derive(Clone)]
pub struct AppName(Option<String>);

impl AppName {
    /// The game of this name.
    pub fn of(name: &str) -> Self {
        AppName(Some(name.to_owned()))
    }

    /// The name.
    pub fn name(&self) -> &str {
        self.0.as_deref().unwrap_or("default")
    }
}

impl Field for AppName {
    fn read(value: Value<'_>) -> Result<Self, FieldError> {
        let name = Option::<String>::read(value)?;
        match name.as_deref() {
            Some("api") => Err(FieldError::Value("api is not a game".into())),
            Some(name) if !is_plain(name, 32) => Err(plain(32)),
            _ => Ok(AppName(name)),
        }
    }

    fn absent() -> Result<Self, FieldError> {
        Ok(AppName(None))
    }

    fn schema() -> Schema {
        schema::described(
            schema::or_null(schema::pattern("^[A-Za-z0-9_-]{1,32}$")),
            "The game's name; `default` where it is absent.",
        )
    }
}

/// A player: 1 to 64 of `A-Z a-z 0-9 _ -`.
#[derive(Clone)]
pub struct OpenId(pub String);

impl Field for OpenId {
    fn read(value: Value<'_>) -> Result<Self, FieldError> {
        let openid = String::read(value)?;
        match openid.is_empty() {
            true => Err(FieldError::Empty),
            false if is_openid(&openid) => Ok(OpenId(openid)),
            false => Err(plain(64)),
        }
    }

    fn schema() -> Schema {
        schema::described(
            schema::pattern("^[A-Za-z0-9_-]{1,64}$"),
            "The player, as the game names him.",
        )
    }
}

/// What a game adds to a score: at most 256 bytes of text.
#[derive(Clone)]
pub struct Metadata(pub String);

impl Field for Metadata {
    fn read(value: Value<'_>) -> Result<Self, FieldError> {
        let Text(text) = Text::<0, 256>::read(value)?;
        if text.len() > 256 {
            return Err(FieldError::Value("at most 256 bytes".into()));
        }
        Ok(Metadata(text))
    }

    fn schema() -> Schema {
        schema::text(0, 256)
    }
}

/// May a player be called so?
pub fn is_openid(text: &str) -> bool {
    is_plain(text, 64)
}

fn is_plain(text: &str, most: usize) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (1..=most).contains(&text.len()) && text.bytes().all(is_plain)
}

fn plain(most: usize) -> FieldError {
    FieldError::Value(format!("1 to {most} of A-Z a-z 0-9 _ -").into())
}
