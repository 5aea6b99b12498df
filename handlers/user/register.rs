//! Making an account: by name, which a picture captcha pays for, or by mobile number, which an SMS
//! code proves.

use super::name::{Name, is_free, is_taken, may_be_called, set_keys};
use super::proof::CodeProof;
use super::{NewPassword, attempts};
use crate::handlers::moderation::reviews::Kind;
use crate::handlers::moderation::words;
use crate::handlers::phone::{NOT_A_PHONE, Phone};
use crate::handlers::sms::{Purpose, SmsCode};
use crate::handlers::user::{MOBILE_TAKEN, NAME_TAKEN};
use crate::handlers::{img, sms};
use engine::caller::Anyone;
use engine::client::Client;
use engine::data::{Data, FieldError, FieldErrors, Fields};
use engine::db::Tx;
use engine::fault::{Fault, FaultKind};
use engine::op::{Hash, Op, Work, WorkContext};
use engine::password::Password;
use engine::quota::Quota;
use engine::{args, data};
use schemars::JsonSchema;
use serde::Serialize;

/// How many names that are taken one captcha is told of.
const NAMES: u64 = 10;

/// Names that were taken, by captcha.
const TAKEN: Quota = Quota { name: "user/register: names per captcha", window: 86_400 };

data! {
    /// Make an account: by name, for the proof of a captcha, or by mobile number, for a code that was sent to it.
    pub enum Register {
        ByName(ByName),
        ByMobile(ByMobile),
    } read by read
}

data! {
    pub struct ByName {
        /// The name to log in by.
        username: Name,
        password: NewPassword,
        /// The proof of a captcha: `md5(lowercase(code) + rand)` in hex, or a solved proof of work.
        hash: String,
    }
}

data! {
    pub struct ByMobile {
        mobile: Phone,
        /// The code that was sent to the number.
        sms_code: SmsCode,
        password: NewPassword,
    }
}

fn read(fields: &mut Fields<'_>) -> Result<Register, Fault> {
    let has = |key| fields.get(key).is_some();
    let by_mobile = has("mobile") || has("sms_code");
    if by_mobile && (has("username") || has("hash")) {
        let mut field_errors = FieldErrors::default();
        let why = "either username and hash, or mobile and sms_code";
        field_errors.note("mobile".into(), FieldError::Value(why.into()));
        return Err(field_errors.fault());
    }
    if by_mobile {
        ByMobile::read(fields).map(Register::ByMobile)
    } else {
        ByName::read(fields).map(Register::ByName)
    }
}

/// The new account.
#[derive(Serialize, JsonSchema)]
pub struct Registered {
    /// The new account's id.
    user_id: i64,
}

impl Op for Register {
    const NAME: engine::op::Name = ("user", "register");
    const FAULTS: &'static [FaultKind] = &[
        FaultKind::LimitReached,
        FaultKind::Declared(&img::WRONG),
        FaultKind::Declared(&sms::WRONG),
        FaultKind::Declared(&sms::EXPIRED),
        FaultKind::Declared(&NOT_A_PHONE),
        FaultKind::Declared(&NAME_TAKEN),
        FaultKind::Declared(&MOBILE_TAKEN),
    ];
    const EXAMPLE: &'static str = r#"{"username": "omar", "password": "correct horse", "hash": "0123456789abcdef0123456789abcdef"}"#;
    type Caller = Anyone;
    type Lane = Work<Hash>;
    type Reply = Registered;

    fn run(self, context: &WorkContext, caller: Anyone) -> Result<Registered, Fault> {
        match self {
            Register::ByName(data) => data.run(context, caller.client()),
            Register::ByMobile(data) => data.run(context, caller.client()),
        }
    }
}

impl ByName {
    fn run(self, context: &WorkContext, client: Client) -> Result<Registered, Fault> {
        let ByName { username: Name(username), password, hash } = self;
        // Asked before hashing, which costs a thousand times more; settled again in `insert`.
        img::is_good(context, client, &hash)?;
        let is_free = context.read(|view| {
            may_be_called(view, &username, None)?;
            words::check(view, &[("username", &username)])?;
            match is_free(view, &username, None) {
                Err(fault) if fault.is(&NAME_TAKEN) => Ok(false),
                free => free.map(|()| true),
            }
        })?;
        if !is_free {
            return context.write(move |tx| Err(name_is_taken(tx, &client, &hash)?));
        }
        let password = password.0.hash()?;
        context.write(move |tx| {
            img::redeem(tx, &client, &hash)?;
            let user_id = insert(tx, &username, None, &password)?;
            registered(tx, user_id.ok_or_else(|| NAME_TAKEN.fault())?, &client)
        })
    }
}

impl ByMobile {
    fn run(self, context: &WorkContext, client: Client) -> Result<Registered, Fault> {
        // Only who holds the telephone is told whether the number has an account, so the code is looked
        // at first. A wrong guess is settled, and counted, without hashing anything.
        let code =
            CodeProof::check(context, client, self.mobile, self.sms_code, Purpose::Register)?;
        let password = self.password.0.hash()?;
        context.write(move |tx| {
            code.redeem(tx)?;
            let user_id = insert(tx, code.mobile(), Some(code.mobile()), &password)?;
            registered(tx, user_id.ok_or_else(|| MOBILE_TAKEN.fault())?, &client)
        })
    }
}

fn registered(tx: &mut Tx, user_id: i64, client: &Client) -> Result<Registered, Fault> {
    attempts::allow_first(tx, user_id, client)?;
    Ok(Registered { user_id })
}

/// The fault that a name is taken. The captcha can pay for another name, but not for asking of any
/// number of names: after [`NAMES`] of them it is used up.
fn name_is_taken(tx: &mut Tx, client: &Client, hash: &str) -> Result<Fault, Fault> {
    let key = img::identity(hash);
    TAKEN.add(tx, &key, 1)?;
    if TAKEN.used(tx, &key)? >= NAMES {
        img::redeem(tx, client, hash)?;
    }
    tx.keep_on_fault()?;
    Ok(NAME_TAKEN.fault())
}

/// Insert an account whose password is hashed; `None` if its name or number is taken.
pub fn insert(
    tx: &mut Tx,
    username: &str,
    mobile: Option<&str>,
    password: &str,
) -> Result<Option<i64>, Fault> {
    tx.turn("user name", username)?;
    // Who holds the telephone hears only whether its number is registered: a name that looks like it is
    // no reason to turn its owner away.
    if mobile == Some(username) {
        if is_taken(tx, username)? {
            return Ok(None);
        }
    } else {
        match is_free(tx, username, None) {
            Err(fault) if fault.is(&NAME_TAKEN) => return Ok(None),
            free => free?,
        }
    }
    let (id, now) = (tx.next_id("account")?, tx.clock.now());
    tx.execute(
        "INSERT INTO account (id, username, mobile, nickname, password, created_at, last_login_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        args![id, username, mobile, username, password, now, tx.clock.steady()],
    )?;
    if mobile != Some(username) {
        words::check_name(tx, Kind::Account, &id.to_string(), ("username", username))?;
    }
    set_keys(tx, id, username)?;
    Ok(Some(id))
}

/// Hash a password given in plain text at the command line.
pub fn hash_plain(password: &str) -> Result<String, Fault> {
    Password::plain(password).hash()
}
