//! Logging in by a code.

use super::login::{Session, open};
use super::proof::{CodeProof, PASSWORD_NEEDED, PasswordProof, is_idle};
use super::{ACCOUNT_DISABLED, GivenPassword, Known};
use crate::handlers::phone::{NOT_A_PHONE, Phone};
use crate::handlers::sms::{self, Purpose, SmsCode};
use engine::caller::Anyone;
use engine::data;
use engine::fault::{Fault, FaultKind};
use engine::op::{Hash, Name, Op, Work, WorkContext};

data! {
    /// Log in by a code that was sent to the account's number for the purpose `login`. A wrong code and a number
    /// without an account are answered alike.
    pub struct LoginSms {
        mobile: Phone,
        /// The code that was sent to the number.
        sms_code: SmsCode,
        /// The account's password. Needed only where nobody has logged in for 90 days.
        password: Option<GivenPassword>,
    }
}

impl Op for LoginSms {
    const NAME: Name = ("user", "login_sms");
    const FAULTS: &'static [FaultKind] = &[
        FaultKind::Password,
        FaultKind::Declared(&NOT_A_PHONE),
        FaultKind::Declared(&sms::WRONG),
        FaultKind::Declared(&sms::EXPIRED),
        FaultKind::Declared(&PASSWORD_NEEDED),
        FaultKind::Declared(&ACCOUNT_DISABLED),
    ];
    const EXAMPLE: &'static str = r#"{"mobile": "13800001234", "sms_code": "123456"}"#;
    type Caller = Anyone;
    type Lane = Work<Hash>;
    type Reply = Session;
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, caller: Anyone) -> Result<Session, Fault> {
        let client = caller.client();
        let code = CodeProof::check(context, client, self.mobile, self.sms_code, Purpose::Login)?;
        let known = context.read(|view| Known::by_mobile(view, code.mobile()))?;
        let Some(known) = known else {
            return context.write(move |tx| code.redeem_for_nobody(tx));
        };
        let password = match (is_idle(&known, context.clock.steady()), self.password) {
            (false, _) => None,
            (true, None) => return Err(PASSWORD_NEEDED.fault()),
            (true, Some(password)) => {
                let session = caller.session();
                Some(PasswordProof::check(context, client, session, &known, &password)?)
            }
        };
        context.write(move |tx| {
            if let Some(password) = password {
                password.decide(tx)?;
            }
            // Once more: the number may have gone to another account meanwhile.
            match Known::by_mobile(tx, code.mobile())? {
                Some(now) if now.id == known.id && now.password_count == known.password_count => {
                    code.redeem(tx)?;
                    open(tx, now, &client)
                }
                _ => code.redeem_for_nobody(tx),
            }
        })
    }
}
