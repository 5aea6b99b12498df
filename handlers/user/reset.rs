//! A new password in the place of a forgotten one.

use super::proof::{CodeProof, PASSWORD_NEEDED, is_idle};
use super::{ACCOUNT_DISABLED, Known, NewPassword, password};
use crate::handlers::EmptyReply;
use crate::handlers::phone::{NOT_A_PHONE, Phone};
use crate::handlers::sms::{self, Purpose, SmsCode};
use engine::caller::Anyone;
use engine::data;
use engine::fault::{Fault, FaultKind};
use engine::op::{Hash, Name, Op, Work, WorkContext};

data! {
    /// Set a new password by a code that was sent to the account's number for the purpose `reset`. All sessions of the
    /// account end. A wrong code and a number without an account are answered alike. Where nobody has logged in for 90
    /// days, only the operator can set a password.
    pub struct Reset {
        mobile: Phone,
        /// The code that was sent to the number.
        sms_code: SmsCode,
        new_password: NewPassword,
    }
}

impl Op for Reset {
    const NAME: Name = ("user", "reset");
    const FAULTS: &'static [FaultKind] = &[
        FaultKind::Declared(&NOT_A_PHONE),
        FaultKind::Declared(&sms::WRONG),
        FaultKind::Declared(&sms::EXPIRED),
        FaultKind::Declared(&PASSWORD_NEEDED),
        FaultKind::Declared(&ACCOUNT_DISABLED),
    ];
    const EXAMPLE: &'static str =
        r#"{"mobile": "13800001234", "sms_code": "123456", "new_password": "battery staple"}"#;
    type Caller = Anyone;
    type Lane = Work<Hash>;
    type Reply = EmptyReply;
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, caller: Anyone) -> Result<EmptyReply, Fault> {
        let client = caller.client();
        let code = CodeProof::check(context, client, self.mobile, self.sms_code, Purpose::Reset)?;
        let known = context.read(|view| Known::by_mobile(view, code.mobile()))?;
        if known.is_some_and(|known| is_idle(&known, context.clock.steady())) {
            return Err(PASSWORD_NEEDED.fault());
        }
        let hash = self.new_password.0.hash()?;
        context.write(move |tx| {
            // Looked up once more: the number may have gone to another account meanwhile.
            let Some(known) = Known::by_mobile(tx, code.mobile())? else {
                return code.redeem_for_nobody(tx);
            };
            if is_idle(&known, tx.clock.steady()) {
                return Err(PASSWORD_NEEDED.fault());
            }
            code.redeem(tx)?;
            if known.is_disabled {
                return Err(ACCOUNT_DISABLED.fault());
            }
            password::set(tx, known.id, known.password_count, &hash)?;
            Ok(EmptyReply {})
        })
    }
}
