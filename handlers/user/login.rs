//! Logging in and out.

use super::attempts::Attempt;
use super::{ACCOUNT_DISABLED, GivenPassword, Known, picture_url};
use crate::handlers::{EmptyReply, img};
use engine::caller::{Account, Anyone, new_token, session_key};
use engine::client::Client;
use engine::db::Tx;
use engine::fault::{Fault, FaultKind};
use engine::op::{Hash, Name, Op, Work, WorkContext, Write};
use engine::{args, data};
use schemars::JsonSchema;
use serde::Serialize;

data! {
    /// Log in. The account's other sessions stay open.
    pub struct Login {
        /// The user name, or the mobile number.
        username: String,
        password: GivenPassword,
        /// The proof of a captcha, for one more try where there were too many.
        hash: Option<String>,
    }
}

/// The new session: its token and its account.
#[derive(Serialize, JsonSchema)]
pub struct Session {
    /// What proves the login in later requests: 32 hex digits.
    pub token: String,
    /// The account's id.
    pub user_id: i64,
    /// The name to log in by.
    pub username: String,
    /// The name to show.
    pub nickname: String,
    /// The address of the account's picture; empty where it has none.
    pub profile_picture: String,
}

impl Op for Login {
    const NAME: Name = ("user", "login");
    const FAULTS: &'static [FaultKind] = &[
        FaultKind::Password,
        FaultKind::Declared(&img::WRONG),
        FaultKind::Declared(&ACCOUNT_DISABLED),
    ];
    const EXAMPLE: &'static str = r#"{"username": "omar", "password": "correct horse"}"#;
    type Caller = Anyone;
    type Lane = Work<Hash>;
    type Reply = Session;
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, caller: Anyone) -> Result<Session, Fault> {
        if self.username.is_empty() {
            return Err(Fault::Empty("username".into()));
        }
        let client = caller.client();
        let hash = self.hash.filter(|hash| !hash.is_empty());
        let is_paid = hash.is_some();
        // Used up whether or not it is needed: otherwise it would tell whether the account's own limit
        // is used up, and so that there is such an account.
        if let Some(hash) = hash {
            context.write(move |tx| img::redeem(tx, &client, &hash))?;
        }
        let (attempt, known) = context.read(|view| {
            let known = Known::by_name(view, &self.username)?;
            let account = known.as_ref().map(|known| known.id);
            let session = caller.session();
            let attempt = Attempt::new(view, &self.username, account, client, session, is_paid)?;
            attempt.check(view)?;
            Ok((attempt, known))
        })?;
        let stored = known.as_ref().map(|known| known.password.as_str());
        let right = self.password.0.matches(stored)?;
        context.write(move |tx| {
            attempt.decide(tx, right)?;
            // Without an account no password is right.
            open(tx, known.ok_or(Fault::Password)?, &client)
        })
    }
}

/// Open a session for an account whose password or code was right when it was read.
pub fn open(tx: &mut Tx, known: Known, client: &Client) -> Result<Session, Fault> {
    if known.is_disabled {
        return Err(ACCOUNT_DISABLED.fault());
    }
    let token = new_token();
    let key = session_key(&token).ok_or_else(|| Fault::unknown("a token of ours is none"))?;
    let (now, expires) = (tx.clock.steady(), tx.clock.after(tx.config.session.ttl));
    let address = if client.is_limited() { client.network().to_string() } else { String::new() };
    // The count that the password was read with: if it was changed meanwhile, the session is stale
    // from the start.
    tx.execute(
        "INSERT INTO session (key, account, password, expires_at, opened_at, address)
         VALUES ($1, $2, $3, $4, $5, $6)",
        args![&key, known.id, known.password_count, expires, now, &address],
    )?;
    tx.execute("UPDATE account SET last_login_at = $1 WHERE id = $2", args![now, known.id])?;
    Ok(Session {
        token,
        user_id: known.id,
        profile_picture: picture_url(tx, &known.avatar),
        username: known.username,
        nickname: known.nickname,
    })
}

data! {
    /// Log out: end the session whose token is sent.
    pub struct Logout;
}

impl Op for Logout {
    const NAME: Name = ("user", "logout");
    const FAULTS: &'static [FaultKind] = &[];
    const EXAMPLE: &'static str = "{}";
    type Caller = Account;
    type Lane = Write;
    type Reply = EmptyReply;
    const NEEDS_SPACE: bool = false;

    fn run(self, tx: &mut Tx, caller: Account) -> Result<EmptyReply, Fault> {
        // The row stays a while: the client may show its token again when it logs in (`attempts`).
        let now = tx.clock.steady();
        tx.execute(
            "UPDATE session SET expires_at = $1 WHERE key = $2",
            args![now, &caller.session],
        )?;
        Ok(EmptyReply {})
    }
}
