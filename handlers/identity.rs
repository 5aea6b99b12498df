//! Who a player of a game is: proven by the token of a session that has the openid in it, without an account.
//!
//! Games without such sessions go on as the documents have it: anybody posts for any player. A game with a server of its own
//! signs its posts instead (`signing`).

use super::game::OpenId;
use engine::args;
use engine::caller::{Anyone, new_token, session_key};
use engine::config::Config;
use engine::db::{Tx, View};
use engine::fault::Fault;
use std::time::Duration;

/// How long a session lasts.
const TIME: Duration = Duration::from_hours(24 * 180);

/// Removes sessions that have ended.
pub const SWEEP: &str = "DELETE FROM player_session WHERE expires_at <= $1";

/// Must players of this game send a token?
pub fn is_asked(config: &Config, app: &str) -> bool {
    config.wx.apps.contains_key(app) || config.score.guests.iter().any(|guests| guests == app)
}

/// Is it proven who posts for a player of this game: by a session, or by the signature of the game's server?
pub fn is_proven(config: &Config, app: &str) -> bool {
    is_asked(config, app) || config.score.secrets.contains_key(app)
}

/// Begin a session; its token.
pub fn begin(tx: &mut Tx, app: &str, openid: &str) -> Result<String, Fault> {
    let token = new_token();
    let key = session_key(&token).unwrap_or_default();
    let expires = tx.clock.after(TIME);
    tx.execute(
        "INSERT INTO player_session (key, app, openid, expires_at) VALUES ($1, $2, $3, $4)",
        args![&key, app, openid, expires],
    )?;
    Ok(token)
}

/// Check that the caller is this player, if the game's players must send a token. Signed posts need none.
pub fn check(view: &View, caller: &Anyone, app: &str, openid: &OpenId) -> Result<(), Fault> {
    let config = &view.config;
    if !is_asked(config, app) || config.score.secrets.contains_key(app) {
        return Ok(());
    }
    let key = caller.session().ok_or(Fault::NoCredentials)?;
    let sql = "SELECT openid FROM player_session WHERE key = $1 AND app = $2 AND expires_at > $3";
    let now = view.clock.steady();
    let own: Option<String> = view.one(sql, args![&key, app, now], |row| row.get(0))?;
    match own {
        None => Err(Fault::BadToken),
        Some(own) if own != openid.0 => Err(Fault::NotOwner),
        Some(_) => Ok(()),
    }
}
