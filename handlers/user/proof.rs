//! Proving that an account is one's own: by a code that was sent to its number, or by its password.
//!
//! Numbers are given out again, some months after their owner gave them up. So a code alone does not open an account
//! that nobody has logged in to for [`IDLE`].

use super::attempts::Attempt;
use super::{GivenPassword, Known};
use crate::handlers::phone::Phone;
use crate::handlers::sms::{self, Purpose, SmsCode};
use engine::args;
use engine::caller::Account;
use engine::client::Client;
use engine::db::Tx;
use engine::fault::{Class, Declared, Fault};
use engine::op::WorkContext;
use engine::status::WRONG_VALUE;

/// How long after the last login a code needs the password besides, in seconds.
const IDLE: i64 = 90 * 86_400;

/// A code is right, and the account has not been used for long.
pub static PASSWORD_NEEDED: Declared = Declared {
    name: "password_needed",
    class: Class::Proof,
    status: WRONG_VALUE,
    detail: "nobody has logged in for 90 days, and numbers are given out again: the password is needed besides the code",
};

/// A code that was right when it was looked at.
#[derive(Clone)]
pub struct CodeProof {
    mobile: String,
    proof: String,
    purpose: Purpose,
    client: Client,
}

impl CodeProof {
    /// Look at a code. A wrong guess is counted before it is told.
    pub fn check(
        context: &WorkContext,
        client: Client,
        mobile: Phone,
        SmsCode(code): SmsCode,
        purpose: Purpose,
    ) -> Result<Self, Fault> {
        let mobile = mobile.number()?;
        CodeProof::of_number(context, client, mobile, code, purpose)
    }

    fn of_number(
        context: &WorkContext,
        client: Client,
        mobile: String,
        code: String,
        purpose: Purpose,
    ) -> Result<Self, Fault> {
        match context.read(|view| sms::proof(view, &client, &mobile, &code, purpose))? {
            Some(proof) => Ok(CodeProof { mobile, proof, purpose, client }),
            None => context.write(move |tx| {
                sms::redeem(tx, &client, &mobile, &code, purpose)?;
                Err(Fault::unknown("a code that proves nothing was redeemed"))
            }),
        }
    }

    /// The number that it was sent to.
    pub fn mobile(&self) -> &str {
        &self.mobile
    }

    /// Use it up.
    pub fn redeem(&self, tx: &mut Tx) -> Result<(), Fault> {
        sms::redeem(tx, &self.client, &self.mobile, &self.proof, self.purpose)
    }

    /// Use it up for a number without an account: told as a wrong code is.
    pub fn redeem_for_nobody<T>(&self, tx: &mut Tx) -> Result<T, Fault> {
        self.redeem(tx)?;
        tx.keep_on_fault()?;
        Err(sms::WRONG.fault())
    }
}

/// Is it too long ago that somebody logged in for a code to be enough? `now` is the steady time.
pub fn is_idle(known: &Known, now: i64) -> bool {
    now - known.last_login_at > IDLE
}

/// Take the time at which an account was made for its last login, where none was written down: in rows that were
/// exported by a version before.
pub fn fill_last_logins(tx: &mut Tx) -> Result<(), Fault> {
    let sql = "UPDATE account SET last_login_at = created_at WHERE last_login_at = 0";
    tx.execute(sql, args![])?;
    Ok(())
}

/// A password that somebody gave for an account.
#[derive(Clone)]
pub struct PasswordProof {
    attempt: Attempt,
    is_right: bool,
}

impl PasswordProof {
    /// Look at a password, unless there were too many wrong ones. `session` is the key of the token that was sent along.
    pub fn check(
        context: &WorkContext,
        client: Client,
        session: Option<String>,
        known: &Known,
        password: &GivenPassword,
    ) -> Result<Self, Fault> {
        let attempt = context.read(|view| {
            let account = Some(known.id);
            let attempt = Attempt::new(view, &known.username, account, client, session, false)?;
            attempt.check(view)?;
            Ok(attempt)
        })?;
        Ok(PasswordProof { attempt, is_right: password.0.matches(Some(&known.password))? })
    }

    /// Is it the account's password? Nothing is counted by this.
    pub fn is_right(&self) -> bool {
        self.is_right
    }

    /// Count it if it was wrong, and tell so.
    pub fn decide(&self, tx: &mut Tx) -> Result<(), Fault> {
        self.attempt.decide(tx, self.is_right)
    }
}

/// What the owner of an account shows besides its session before something that can't be taken back.
#[derive(Clone)]
pub enum Consent {
    /// Its password.
    Password(PasswordProof),
    /// A code that was sent to its number.
    Code(CodeProof),
}

impl Consent {
    /// Look at what was given: one of the two, and not both.
    pub fn check(
        context: &WorkContext,
        caller: &Account,
        known: &Known,
        given: (Option<GivenPassword>, Option<SmsCode>),
        purpose: Purpose,
    ) -> Result<Self, Fault> {
        let client = caller.client;
        match given {
            (Some(password), None) => {
                let session = Some(caller.session.clone());
                PasswordProof::check(context, client, session, known, &password)
                    .map(Consent::Password)
            }
            (None, Some(SmsCode(code))) => {
                let mobile = known.mobile.clone().ok_or_else(|| sms::EXPIRED.fault())?;
                CodeProof::of_number(context, client, mobile, code, purpose).map(Consent::Code)
            }
            (None, None) => Err(Fault::Missing("password".into())),
            (Some(_), Some(_)) => {
                Err(Fault::value("password", "either the password or a code, not both"))
            }
        }
    }

    /// Use it up; the fault if it was wrong.
    pub fn settle(&self, tx: &mut Tx) -> Result<(), Fault> {
        match self {
            Consent::Password(password) => password.decide(tx),
            Consent::Code(code) => code.redeem(tx),
        }
    }
}
