//! The sessions of an account: which there are, and ending them.

use engine::caller::Account;
use engine::data::Text;
use engine::db::{Tx, View};
use engine::fault::{Fault, FaultKind};
use engine::op::{Name, Op, Read, Write};
use engine::{args, data};
use schemars::JsonSchema;
use serde::Serialize;

/// The most sessions that are told, the newest first.
const ROWS: i64 = 100;

/// How many characters of a session's key are its id.
const ID: usize = 16;

data! {
    /// List the sessions of the caller's account that are open, the newest first, at most 100.
    pub struct Sessions;
}

/// The sessions.
#[derive(Serialize, JsonSchema)]
pub struct OpenSessions {
    /// The sessions, the newest first.
    sessions: Vec<OpenSession>,
}

/// A session that is open.
#[derive(Serialize, JsonSchema)]
pub struct OpenSession {
    /// What names it, for `user/end_sessions`. It is not its token.
    id: String,
    /// When somebody logged in, `YYYY-MM-DD HH:MM:SS`; empty where that was not written down.
    opened: String,
    /// When it ends by itself, `YYYY-MM-DD HH:MM:SS`.
    expires: String,
    /// The client's address at the login, of IPv6 its network; empty where it is not known.
    address: String,
    /// Is it the session of this request?
    current: bool,
}

/// The sessions of the account `id`; `current` is the key of the one that asks.
pub fn open(view: &View, id: i64, current: &str) -> Result<Vec<OpenSession>, Fault> {
    view.all(
        "SELECT key, opened_at, expires_at, address FROM session
          WHERE account = $1 AND expires_at > $2
            AND password = (SELECT password_count FROM account WHERE id = $1)
          ORDER BY opened_at DESC, key LIMIT $3",
        args![id, view.clock.steady(), ROWS],
        |row| {
            let (key, opened): (String, i64) = (row.get(0)?, row.get(1)?);
            let opened = if opened == 0 { String::new() } else { view.clock.format(opened) };
            Ok(OpenSession {
                id: key.chars().take(ID).collect(),
                opened,
                expires: view.clock.format(row.get(2)?),
                address: row.get(3)?,
                current: key == current,
            })
        },
    )
}

impl Op for Sessions {
    const NAME: Name = ("user", "sessions");
    const FAULTS: &'static [FaultKind] = &[];
    const EXAMPLE: &'static str = "{}";
    type Caller = Account;
    type Lane = Read;
    type Reply = OpenSessions;

    fn run(self, view: &View, caller: Account) -> Result<OpenSessions, Fault> {
        open(view, caller.id, &caller.session).map(|sessions| OpenSessions { sessions })
    }
}

data! {
    /// End a session of the caller's account; without `id` all but the one of this request.
    pub struct EndSessions {
        /// The session's id, as `user/sessions` tells it.
        id: Option<Text<1, 64>>,
    }
}

/// What was ended.
#[derive(Serialize, JsonSchema)]
pub struct Ended {
    /// How many sessions were ended.
    ended: u64,
}

impl Op for EndSessions {
    const NAME: Name = ("user", "end_sessions");
    const FAULTS: &'static [FaultKind] = &[];
    const EXAMPLE: &'static str = "{}";
    type Caller = Account;
    type Lane = Write;
    type Reply = Ended;
    const NEEDS_SPACE: bool = false;

    fn run(self, tx: &mut Tx, caller: Account) -> Result<Ended, Fault> {
        let now = tx.clock.steady();
        // Rows stay a while, as after a logout. Those from before a change of the password have ended by it.
        let ended = match self.id {
            Some(Text(id)) => tx.execute(
                "UPDATE session SET expires_at = $1
                  WHERE account = $2 AND expires_at > $1 AND substr(key, 1, 16) = $3
                    AND password = (SELECT password_count FROM account WHERE id = $2)",
                args![now, caller.id, &id],
            )?,
            None => tx.execute(
                "UPDATE session SET expires_at = $1
                  WHERE account = $2 AND expires_at > $1 AND key <> $3
                    AND password = (SELECT password_count FROM account WHERE id = $2)",
                args![now, caller.id, &caller.session],
            )?,
        };
        Ok(Ended { ended: u64::try_from(ended).unwrap_or(u64::MAX) })
    }
}
