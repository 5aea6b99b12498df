//! `player/guest`: creates a player without WeChat, with a generated openid and a token.

use super::game::AppName;
use super::identity;
use engine::caller::Anyone;
use engine::data;
use engine::db::Tx;
use engine::fault::{Fault, FaultKind};
use engine::op::{Name, Op, RegisteredTwice, Registry, Write};
use engine::quota::Quota;
use schemars::JsonSchema;
use serde::Serialize;

/// New guests of an address; as many as may score for the first time, `score.new_players_per_hour`.
const GUESTS: Quota = Quota { name: "player/guest", window: 3_600 };

data! {
    /// Create a guest player for a game listed in `score.guests`. Store the token: nothing else proves who the player is.
    struct Guest {
        app: AppName,
    }
}

/// A new player.
#[derive(Serialize, JsonSchema)]
pub struct NewPlayer {
    /// The token, for posts and requests of this player. It is good for 180 days.
    token: String,
    /// The player's openid.
    openid: String,
}

impl Op for Guest {
    const NAME: Name = ("player", "guest");
    const FAULTS: &'static [FaultKind] = &[FaultKind::NotFound];
    const EXAMPLE: &'static str = r#"{"app": "pinball"}"#;
    type Caller = Anyone;
    type Lane = Write;
    type Reply = NewPlayer;

    fn run(self, tx: &mut Tx, caller: Anyone) -> Result<NewPlayer, Fault> {
        let app = self.app.name();
        if !tx.config.score.guests.iter().any(|guests| guests == app) {
            return Err(Fault::NotFound("app".into()));
        }
        let (client, limit) = (caller.client(), u64::from(tx.config.score.new_players_per_hour));
        if limit > 0 {
            GUESTS.check_client(tx, &client, limit)?;
            GUESTS.add_client(tx, &client, 1)?;
        }
        let openid = format!("guest-{:032x}", rand::random::<u128>());
        let token = identity::begin(tx, app, &openid)?;
        Ok(NewPlayer { token, openid })
    }
}

/// Its operation.
pub fn register(registry: &mut Registry) -> Result<(), RegisteredTwice> {
    registry.op::<Guest>()?;
    Ok(())
}
