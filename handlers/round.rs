//! `round/start`: a ticket for one score, which tells when its round began.

use super::game::{AppName, OpenId};
use super::identity;
use engine::args;
use engine::caller::{Anyone, new_token, session_key};
use engine::data;
use engine::db::Tx;
use engine::fault::{Class, Declared, Fault, FaultKind};
use engine::op::{Name, Op, RegisteredTwice, Registry, Write};
use engine::quota::Quota;
use engine::status::WRONG_PROOF;
use schemars::JsonSchema;
use serde::Serialize;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long a ticket is good.
const TIME: Duration = Duration::from_hours(2);

/// How many tickets a player may have; the oldest goes.
const PER_PLAYER: i64 = 10;

/// Tickets of an address in an hour: a classroom that plays.
const TICKETS: Quota = Quota { name: "round/start", window: 3_600 };
const TICKETS_PER_HOUR: u64 = 5_000;

/// Removes tickets that are no longer good.
pub const SWEEP: &str = "DELETE FROM round WHERE expires_at <= $1";

/// The ticket is wrong.
pub static WRONG: Declared = Declared {
    name: "round_wrong",
    class: Class::Proof,
    status: WRONG_PROOF,
    detail: "the round is unknown, over, of another player, or has its score already",
};

data! {
    /// Begin a round of a game. Its score names the ticket, once.
    struct Start {
        app: AppName,
        openid: OpenId,
    }
}

/// A round.
#[derive(Serialize, JsonSchema)]
struct Started {
    /// The ticket, for `score/post`. It is good for two hours.
    round: String,
    /// The server's time, in milliseconds since 1970.
    time: i64,
}

impl Op for Start {
    const NAME: Name = ("round", "start");
    const FAULTS: &'static [FaultKind] =
        &[FaultKind::NoCredentials, FaultKind::BadToken, FaultKind::NotOwner];
    const EXAMPLE: &'static str = r#"{"app": "pinball", "openid": "player-1"}"#;
    type Caller = Anyone;
    type Lane = Write;
    type Reply = Started;

    fn run(self, tx: &mut Tx, caller: Anyone) -> Result<Started, Fault> {
        let (app, client) = (self.app.name(), caller.client());
        identity::check(tx, &caller, app, &self.openid)?;
        TICKETS.check_client(tx, &client, TICKETS_PER_HOUR)?;
        TICKETS.add_client(tx, &client, 1)?;
        let (round, time, expires) = (new_token(), now(), tx.clock.after(TIME));
        let key = session_key(&round).unwrap_or_default();
        tx.execute(
            "INSERT INTO round (key, app, openid, started_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
            args![&key, app, &self.openid.0, time, expires],
        )?;
        tx.execute(
            "DELETE FROM round WHERE app = $1 AND openid = $2 AND key NOT IN (
                 SELECT key FROM round WHERE app = $1 AND openid = $2
                  ORDER BY started_at DESC, key LIMIT $3)",
            args![app, &self.openid.0, PER_PLAYER],
        )?;
        Ok(Started { round, time })
    }
}

/// The time, in milliseconds since 1970.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Use a ticket up; for how long its round has gone on.
pub fn redeem(tx: &mut Tx, app: &str, openid: &str, round: &str) -> Result<Duration, Fault> {
    let key = session_key(round).ok_or_else(|| WRONG.fault())?;
    let steady = tx.clock.steady();
    let started: Option<i64> = tx.one(
        "DELETE FROM round WHERE key = $1 AND app = $2 AND openid = $3 AND expires_at > $4
          RETURNING started_at",
        args![&key, app, openid, steady],
        |row| row.get(0),
    )?;
    let started = started.ok_or_else(|| WRONG.fault())?;
    Ok(Duration::from_millis(u64::try_from(now() - started).unwrap_or(0)))
}

/// Its operation.
pub fn register(registry: &mut Registry) -> Result<(), RegisteredTwice> {
    registry.op::<Start>()?;
    Ok(())
}
