//! Asking whether a captcha was read rightly.

use super::{is_good, pow};
use crate::handlers::Nothing;
use engine::caller::Anyone;
use engine::db::Tx;
use engine::fault::{Fault, Lapse};
use engine::op::{Op, Write};
use engine::status::Status;
use engine::{args, data};

data! {
    /// Check what somebody read in a captcha; it still pays afterwards.
    pub struct Validate {
        hash: String,
    }
}

impl Op for Validate {
    const NAME: engine::op::Name = ("img", "validate");
    type Caller = Anyone;
    type Lane = Write;
    type Reply = Nothing;
    const NEEDS_SPACE: bool = false;

    fn status(fault: &Fault) -> Status {
        match fault {
            Fault::Captcha(_) => Status { code: -1, message: "验证码hash值不匹配" },
            fault => engine::status::status(fault),
        }
    }

    fn run(self, tx: &mut Tx, _: Anyone) -> Result<Nothing, Fault> {
        if pow::is_proof(&self.hash) || !super::pay::pictures_pay(tx) {
            return is_good(tx, &self.hash).map(|()| Nothing {});
        }
        let now = tx.clock.steady();
        let matched = tx.execute(
            "UPDATE captcha SET validated = 1 WHERE hash = $1 AND validated = 0 AND expires_at > $2",
            args![&self.hash.to_ascii_lowercase(), now],
        )?;
        if matched == 1 { Ok(Nothing {}) } else { Err(Fault::Captcha(Lapse::Wrong)) }
    }
}
