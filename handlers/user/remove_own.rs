//! Removing one's own account.

use super::proof::Consent;
use super::{GivenPassword, Known, remove};
use crate::handlers::EmptyReply;
use crate::handlers::sms::{self, Purpose, SmsCode};
use engine::caller::Account;
use engine::data;
use engine::fault::{Fault, FaultKind};
use engine::op::{Hash, Name, Op, Work, WorkContext};

data! {
    /// Remove the caller's account with all its content: notices, shops, pictures, its place on the rank board. It can't
    /// be taken back. The password proves it, or a code that was sent to the account's number for the purpose `remove`.
    pub struct RemoveOwn {
        /// The account's password.
        password: Option<GivenPassword>,
        /// The code that was sent to the account's number.
        sms_code: Option<SmsCode>,
    }
}

impl Op for RemoveOwn {
    const NAME: Name = ("user", "remove");
    const FAULTS: &'static [FaultKind] = &[
        FaultKind::Password,
        FaultKind::Declared(&sms::WRONG),
        FaultKind::Declared(&sms::EXPIRED),
    ];
    const EXAMPLE: &'static str = r#"{"password": "correct horse"}"#;
    type Caller = Account;
    type Lane = Work<Hash>;
    type Reply = EmptyReply;
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, caller: Account) -> Result<EmptyReply, Fault> {
        let id = caller.id;
        let known = context.read(|view| Known::by_id(view, id)?.ok_or(Fault::AccountGone))?;
        let given = (self.password, self.sms_code);
        let consent = Consent::check(context, &caller, &known, given, Purpose::Remove)?;
        context.write(move |tx| {
            consent.settle(tx)?;
            remove::remove(tx, id)?;
            Ok(EmptyReply {})
        })
    }
}
