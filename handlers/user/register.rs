//! Making an account: by name, which a picture captcha pays for, or by mobile number, which an SMS
//! code proves.

use super::NewPassword;
use super::name::{Name, is_free, is_taken, may_be_called, set_keys};
use crate::handlers::phone::Phone;
use crate::handlers::{img, sms};
use engine::caller::Anyone;
use engine::data::{Data, Field, Fields, Flaw, Flaws, Value};
use engine::db::Tx;
use engine::fault::{Fault, Unique};
use engine::op::{Desk, Hash, Op, Work};
use engine::password::Password;
use engine::{args, data};
use serde::Serialize;

/// Make an account, in one of two shapes.
pub enum Register {
    ByName(ByName),
    ByMobile(ByMobile),
}

data! {
    pub struct ByName {
        username: Name,
        password: NewPassword,
        hash: String,
    }
}

data! {
    pub struct ByMobile {
        mobile: Phone,
        sms_code: SmsCode,
        password: NewPassword,
    }
}

/// Six digits.
pub struct SmsCode(String);

impl Field for SmsCode {
    fn read(value: Value<'_>) -> Result<Self, Flaw> {
        let code = String::read(value)?;
        match code.is_empty() {
            true => Err(Flaw::Empty),
            false if code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()) => {
                Ok(SmsCode(code))
            }
            false => Err(Flaw::Value("expected 6 digits".into())),
        }
    }
}

impl Data for Register {
    const FIELDS: &'static [&'static [&'static str]] = &[ByName::FIELDS[0], ByMobile::FIELDS[0]];

    fn read(fields: &mut Fields<'_>) -> Result<Self, Fault> {
        let has = |key| fields.get(key).is_some();
        let by_mobile = has("mobile") || has("sms_code");
        if by_mobile && (has("username") || has("hash")) {
            let mut flaws = Flaws::default();
            let why = "either username and hash, or mobile and sms_code";
            flaws.note("mobile".into(), Flaw::Value(why.into()));
            return Err(flaws.fault());
        }
        if by_mobile {
            ByMobile::read(fields).map(Register::ByMobile)
        } else {
            ByName::read(fields).map(Register::ByName)
        }
    }
}

/// The new account.
#[derive(Serialize)]
pub struct Registered {
    user_id: i64,
}

impl Op for Register {
    const NAME: engine::op::Name = ("user", "register");
    type Caller = Anyone;
    type Lane = Work<Hash>;
    type Reply = Registered;

    fn run(self, desk: &Desk, _: Anyone) -> Result<Registered, Fault> {
        match self {
            Register::ByName(data) => data.run(desk),
            Register::ByMobile(data) => data.run(desk),
        }
    }
}

impl ByName {
    fn run(self, desk: &Desk) -> Result<Registered, Fault> {
        let ByName { username: Name(username), password, hash } = self;
        // Asked before hashing, which costs a thousand times more; settled again in `insert`.
        desk.read(|view| {
            img::is_good(view, &hash)?;
            may_be_called(view, &username, None)?;
            is_free(view, &username, None)
        })?;
        let password = password.0.hash()?;
        desk.write(move |tx| {
            img::pay(tx, &hash)?;
            let user_id = insert(tx, &username, None, &password)?;
            Ok(Registered { user_id: user_id.ok_or(Fault::Taken(Unique::Name))? })
        })
    }
}

impl ByMobile {
    fn run(self, desk: &Desk) -> Result<Registered, Fault> {
        let mobile = self.mobile.number()?;
        let SmsCode(code) = self.sms_code;
        let taken = || Fault::Taken(Unique::Mobile);
        // A wrong guess is settled, and counted, without hashing anything.
        let hash = desk.read(|view| {
            if is_taken(view, &mobile)? {
                return Err(taken());
            }
            sms::proof(view, &mobile, &code)
        })?;
        let Some(hash) = hash else {
            return desk.write(move |tx| {
                sms::redeem(tx, Some(&mobile), &code)?;
                Err(Fault::unknown("a code that proves nothing was redeemed"))
            });
        };
        let password = self.password.0.hash()?;
        desk.write(move |tx| {
            sms::redeem(tx, Some(&mobile), &hash)?;
            let user_id = insert(tx, &mobile, Some(&mobile), &password)?;
            Ok(Registered { user_id: user_id.ok_or_else(taken)? })
        })
    }
}

/// Insert an account whose password is hashed; `None` if its name or number is taken.
pub fn insert(
    tx: &mut Tx,
    username: &str,
    mobile: Option<&str>,
    password: &str,
) -> Result<Option<i64>, Fault> {
    // Who holds the telephone hears only whether its number is registered: a name that looks like it is
    // no reason to turn its owner away.
    if mobile == Some(username) {
        if is_taken(tx, username)? {
            return Ok(None);
        }
    } else {
        match is_free(tx, username, None) {
            Err(Fault::Taken(_)) => return Ok(None),
            free => free?,
        }
    }
    let (id, now) = (tx.next_id("account")?, tx.clock.now());
    tx.execute(
        "INSERT INTO account (id, username, mobile, nickname, password, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        args![id, username, mobile, username, password, now],
    )?;
    set_keys(tx, id, username)?;
    Ok(Some(id))
}

/// Hash a password given in plain text at the command line.
pub fn hash_plain(password: &str) -> Result<String, Fault> {
    Password::plain(password).hash()
}
