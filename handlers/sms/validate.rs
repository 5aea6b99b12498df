//! Checking a code.

use super::redeem;
use crate::handlers::EmptyReply;
use crate::handlers::phone::Phone;
use engine::caller::Anyone;
use engine::data;
use engine::db::Tx;
use engine::fault::Fault;
use engine::op::{Name, Op, Write};

data! {
    /// Check a code that was sent to a telephone, and use it up.
    pub struct Validate {
        phone: Phone,
        hash: String,
    }
}

impl Op for Validate {
    const NAME: Name = ("sms", "validate");
    type Caller = Anyone;
    type Lane = Write;
    type Reply = EmptyReply;
    const NEEDS_SPACE: bool = false;

    fn run(self, tx: &mut Tx, caller: Anyone) -> Result<EmptyReply, Fault> {
        let phone = self.phone.number()?;
        redeem(tx, &caller.client(), &phone, &self.hash)?;
        Ok(EmptyReply {})
    }
}
