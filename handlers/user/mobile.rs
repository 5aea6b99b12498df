//! Another mobile number for an account, or its first.

use super::name::set_keys;
use super::proof::{CodeProof, Consent};
use super::{GivenPassword, Known, MOBILE_TAKEN};
use crate::handlers::EmptyReply;
use crate::handlers::phone::{NOT_A_PHONE, Phone};
use crate::handlers::sms::{self, Purpose, SmsCode};
use engine::caller::Account;
use engine::db::Tx;
use engine::fault::{Fault, FaultKind};
use engine::op::{Hash, Name, Op, Work, WorkContext};
use engine::{args, data};

data! {
    /// Change the caller's mobile number, or give the account its first. Codes for the purpose `change` prove it: one that
    /// was sent to the new number, and one to the old number or else the password.
    pub struct ChangeMobile {
        /// The new number.
        mobile: Phone,
        /// The code that was sent to the new number.
        sms_code: SmsCode,
        /// The code that was sent to the old number.
        old_code: Option<SmsCode>,
        /// The account's password, in the place of a code to the old number.
        password: Option<GivenPassword>,
    }
}

impl Op for ChangeMobile {
    const NAME: Name = ("user", "mobile");
    const FAULTS: &'static [FaultKind] = &[
        FaultKind::Password,
        FaultKind::Declared(&NOT_A_PHONE),
        FaultKind::Declared(&sms::WRONG),
        FaultKind::Declared(&sms::EXPIRED),
        FaultKind::Declared(&MOBILE_TAKEN),
    ];
    const EXAMPLE: &'static str =
        r#"{"mobile": "13900001234", "sms_code": "123456", "password": "correct horse"}"#;
    type Caller = Account;
    type Lane = Work<Hash>;
    type Reply = EmptyReply;
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, caller: Account) -> Result<EmptyReply, Fault> {
        let (client, id) = (caller.client, caller.id);
        let known = context.read(|view| Known::by_id(view, id)?.ok_or(Fault::AccountGone))?;
        let given = (self.password, self.old_code);
        let consent = Consent::check(context, &caller, &known, given, Purpose::Change)?;
        let code = CodeProof::check(context, client, self.mobile, self.sms_code, Purpose::Change)?;
        context.write(move |tx| {
            consent.settle(tx)?;
            code.redeem(tx)?;
            set(tx, id, code.mobile())?;
            Ok(EmptyReply {})
        })
    }
}

/// Give an account a number. Where the old one is its name too, as it is after registering by number, so is the new one.
fn set(tx: &mut Tx, id: i64, mobile: &str) -> Result<(), Fault> {
    let known = Known::by_id(tx, id)?.ok_or(Fault::AccountGone)?;
    tx.turn("user name", mobile)?;
    let sql = "SELECT 1 FROM account WHERE (username = $1 OR mobile = $1) AND id <> $2";
    if tx.one(sql, args![mobile, id], |_| Ok(()))?.is_some() {
        // The codes are used up: only who holds the telephone is told.
        tx.keep_on_fault()?;
        return Err(MOBILE_TAKEN.fault());
    }
    tx.execute("UPDATE account SET mobile = $1 WHERE id = $2", args![mobile, id])?;
    if known.mobile.as_deref() == Some(&known.username) {
        set_keys(tx, id, mobile)?;
        tx.execute(
            "UPDATE account SET username = $1,
                    nickname = CASE WHEN nickname = $2 THEN $1 ELSE nickname END
              WHERE id = $3",
            args![mobile, &known.username, id],
        )?;
    }
    Ok(())
}
