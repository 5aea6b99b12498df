//! `img/validate`: checking a captcha's proof without using it up.

use super::{WRONG, redeem};
use crate::handlers::EmptyReply;
use engine::caller::Anyone;
use engine::data;
use engine::db::Tx;
use engine::fault::{Fault, FaultKind};
use engine::op::{Op, Write};
use engine::status::Status;

data! {
    /// Check the proof of a captcha. It is accepted as often as it is checked, until the captcha has paid for a
    /// message or an account, or has expired.
    pub struct Validate {
        /// The proof of a captcha: `md5(lowercase(code) + rand)` in hex, or a solved proof of work.
        hash: String,
    }
}

impl Op for Validate {
    const NAME: engine::op::Name = ("img", "validate");
    const FAULTS: &'static [FaultKind] = &[FaultKind::Declared(&WRONG)];
    const EXAMPLE: &'static str = r#"{"hash": "0123456789abcdef0123456789abcdef"}"#;
    type Caller = Anyone;
    type Lane = Write;
    type Reply = EmptyReply;
    const NEEDS_SPACE: bool = false;

    fn status(fault: &Fault) -> Status {
        match fault {
            fault if fault.is(&WRONG) => Status { code: -1, message: "验证码hash值不匹配" },
            fault => engine::status::status(fault),
        }
    }

    fn run(self, tx: &mut Tx, caller: Anyone) -> Result<EmptyReply, Fault> {
        redeem::validate(tx, &caller.client(), &self.hash)?;
        Ok(EmptyReply {})
    }
}
