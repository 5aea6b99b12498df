//! Logging in and out as an admin.

use super::people::{self, Known};
use super::totp;
use crate::handlers::EmptyReply;
use engine::caller::{Admin, Anyone, Viewer, new_token, session_key};
use engine::client::Client;
use engine::data::Text;
use engine::db::Tx;
use engine::fault::{Class, Declared, Fault, FaultKind};
use engine::op::{Hash, Name, Op, Work, WorkContext, Write};
use engine::password::Password;
use engine::quota::Quota;
use engine::status::WRONG_VALUE;
use engine::{args, data};
use schemars::JsonSchema;
use serde::Serialize;

/// How long a session lasts at most, in seconds.
const SESSION: i64 = 12 * 3_600;

/// Wrong passwords and codes for one name, from all addresses. It is also what bounds guessing codes: five of a
/// million.
const PER_NAME: (Quota, u64) = (Quota { name: "console: wrong logins of a name", window: 900 }, 5);

/// Wrong passwords and codes from one address.
const PER_ADDRESS: (Quota, u64) =
    (Quota { name: "console: wrong logins of an address", window: 900 }, 20);

/// There is no such admin, or the password or the code is wrong: which of these is not told.
pub static WRONG_LOGIN: Declared = Declared {
    name: "wrong_login",
    class: Class::Proof,
    status: WRONG_VALUE,
    detail: "the name, the password or the code is wrong",
};

/// The password is right; the code of the authenticator app is required too.
pub static CODE_NEEDED: Declared = Declared {
    name: "code_needed",
    class: Class::Proof,
    status: WRONG_VALUE,
    detail: "the code of the authenticator app is needed besides the password",
};

/// The password is right, but other machines can reach the console, and the admin has no authenticator app.
pub static TOTP_NEEDED: Declared = Declared {
    name: "totp_needed",
    class: Class::Proof,
    status: WRONG_VALUE,
    detail: "the console can be reached from other machines, so an authenticator app is needed: \
             `guichet admin totp NAME` sets one up",
};

data! {
    /// Log in as an admin. Five wrong passwords or codes for a name stop logins under it for 15 minutes.
    pub struct Login {
        /// The admin's name.
        name: Text<1, 32>,
        /// The password.
        password: Text<1, 512>,
        /// The code of the authenticator app, or a recovery code; needed where there is an app.
        code: Option<String>,
    }
}

/// The new session.
#[derive(Serialize, JsonSchema)]
pub struct Session {
    /// What proves the login: 32 hex digits.
    pub token: String,
    /// The admin's name.
    pub name: String,
    /// `viewer`, `moderator` or `owner`.
    pub role: String,
}

impl Op for Login {
    const NAME: Name = ("admin", "login");
    const FAULTS: &'static [FaultKind] = &[
        FaultKind::Declared(&WRONG_LOGIN),
        FaultKind::Declared(&CODE_NEEDED),
        FaultKind::Declared(&TOTP_NEEDED),
    ];
    const EXAMPLE: &'static str =
        r#"{"name": "nora", "password": "correct horse", "code": "123456"}"#;
    type Caller = Anyone;
    type Lane = Work<Hash>;
    type Reply = Session;
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, caller: Anyone) -> Result<Session, Fault> {
        let client = caller.client();
        let (Text(name), Text(password), code) = (self.name, self.password, self.code);
        let known = context.read(|view| {
            check_limits(view, &name, &client)?;
            people::find(view, &name)
        })?;
        let stored = known.as_ref().map(|known| known.password.as_str());
        let is_right = Password::plain(&password).matches(stored)?;
        context.write(move |tx| {
            // Again on the writer, where tries are decided one after another.
            check_limits(tx, &name, &client)?;
            match known.filter(|_| is_right) {
                None => refuse(tx, &name, &client),
                Some(known) => open(tx, &known, code.as_deref().unwrap_or_default(), &client),
            }
        })
    }
}

fn check_limits(view: &engine::db::View, name: &str, client: &Client) -> Result<(), Fault> {
    PER_NAME.0.check(view, name, PER_NAME.1)?;
    PER_ADDRESS.0.check(view, &client.address().to_string(), PER_ADDRESS.1)
}

/// Count a wrong try. No account and a wrong password are told alike.
fn refuse<T>(tx: &mut Tx, name: &str, client: &Client) -> Result<T, Fault> {
    PER_NAME.0.add(tx, name, 1)?;
    PER_ADDRESS.0.add(tx, &client.address().to_string(), 1)?;
    tx.keep_on_fault()?;
    Err(WRONG_LOGIN.fault())
}

/// Open a session for an admin whose password was right.
fn open(tx: &mut Tx, known: &Known, code: &str, client: &Client) -> Result<Session, Fault> {
    // What was read before may have been changed meanwhile; a code must be good once.
    let Some(known) = people::find(tx, &known.name)?
        .filter(|now| now.id == known.id && now.password_count == known.password_count)
    else {
        return refuse(tx, &known.name, client);
    };
    match (known.totp.is_empty(), code.is_empty()) {
        (true, _) if !tx.config.console.is_private() => return Err(TOTP_NEEDED.fault()),
        (true, _) => {}
        (false, true) => return Err(CODE_NEEDED.fault()),
        (false, false) if use_code(tx, &known, code)? => {}
        (false, false) => return refuse(tx, &known.name, client),
    }
    PER_NAME.0.clear(tx, &known.name)?;
    let token = new_token();
    let key = session_key(&token).ok_or_else(|| Fault::unknown("a token of ours is none"))?;
    let now = tx.clock.steady();
    tx.execute(
        "INSERT INTO admin_session (key, admin, password, seen_at, expires_at, address)
         VALUES ($1, $2, $3, $4, $5, $6)",
        args![
            &key,
            known.id,
            known.password_count,
            now,
            now + SESSION,
            &client.address().to_string()
        ],
    )?;
    let sql = "UPDATE admin SET last_login_at = $1 WHERE id = $2";
    tx.execute(sql, args![tx.clock.now(), known.id])?;
    Ok(Session { token, name: known.name, role: known.role })
}

/// Use a code up; whether it was right.
fn use_code(tx: &mut Tx, known: &Known, code: &str) -> Result<bool, Fault> {
    let secret = tx.vault.unseal(known.id, totp::COLUMN, &known.totp)?;
    if let Some(step) = totp::step_of(&secret, code, tx.clock.now(), known.totp_step)? {
        tx.execute("UPDATE admin SET totp_step = $1 WHERE id = $2", args![step, known.id])?;
        return Ok(true);
    }
    let sql = "DELETE FROM admin_recovery WHERE admin = $1 AND hash = $2";
    Ok(tx.execute(sql, args![known.id, &totp::hash(code)])? > 0)
}

data! {
    /// Log out: end the session whose token is sent.
    pub struct Logout;
}

impl Op for Logout {
    const NAME: Name = ("admin", "logout");
    const FAULTS: &'static [FaultKind] = &[];
    const EXAMPLE: &'static str = "{}";
    type Caller = Admin<Viewer>;
    type Lane = Write;
    type Reply = EmptyReply;
    const NEEDS_SPACE: bool = false;

    fn run(self, tx: &mut Tx, caller: Admin<Viewer>) -> Result<EmptyReply, Fault> {
        tx.execute("DELETE FROM admin_session WHERE key = $1", args![&caller.session])?;
        Ok(EmptyReply {})
    }
}
