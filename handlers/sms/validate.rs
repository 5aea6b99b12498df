//! Checking a code.

use super::{EXPIRED, Purpose, WRONG, redeem};
use crate::handlers::EmptyReply;
use crate::handlers::phone::{NOT_A_PHONE, Phone};
use engine::caller::Anyone;
use engine::data;
use engine::db::Tx;
use engine::fault::{Fault, FaultKind};
use engine::op::{Name, Op, Write};

data! {
    /// Check the proof of a code that was sent to a telephone for the purpose `register`. An accepted code is used up.
    pub struct Validate {
        phone: Phone,
        /// The proof of the code: `md5(code + rand)`, in hex.
        hash: String,
    }
}

impl Op for Validate {
    const NAME: Name = ("sms", "validate");
    const FAULTS: &'static [FaultKind] = &[
        FaultKind::Declared(&NOT_A_PHONE),
        FaultKind::Declared(&WRONG),
        FaultKind::Declared(&EXPIRED),
    ];
    const EXAMPLE: &'static str =
        r#"{"phone": "13800001234", "hash": "0123456789abcdef0123456789abcdef"}"#;
    type Caller = Anyone;
    type Lane = Write;
    type Reply = EmptyReply;
    const NEEDS_SPACE: bool = false;

    fn run(self, tx: &mut Tx, caller: Anyone) -> Result<EmptyReply, Fault> {
        let phone = self.phone.number()?;
        redeem(tx, &caller.client(), &phone, &self.hash, Purpose::Register)?;
        Ok(EmptyReply {})
    }
}
