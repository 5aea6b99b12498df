//! Telephone codes (contract page `envelope.md`, "sms"; seed 003).

mod code;
mod generate;
mod purpose;
mod quota;
mod validate;

pub use code::{SmsCode, proof, redeem};
pub use purpose::Purpose;
pub use quota::{SWEEP_ADDRESSES, is_nearly_used_up, today};

use engine::fault::{Class, Declared};
use engine::op::{RegisteredTwice, Registry};
use engine::sms::codes;
use engine::status::{Status, WRONG_PROOF};

/// Removes messages that no quota counts any more and whose code is no longer good.
pub const SWEEP: &str = "DELETE FROM sms WHERE sent_at + 86400 <= $1 AND expires_at <= $1";

/// Removes guesses at codes that are no longer good.
pub const SWEEP_GUESSES: &str =
    "DELETE FROM sms_guess WHERE sms NOT IN (SELECT id FROM sms WHERE expires_at > $1)";

/// The text for a code that is not accepted.
const NOT_ACCEPTED: &str = "the code is wrong, or was used or has expired";

/// It is not the code that was sent.
pub static WRONG: Declared = Declared {
    name: "sms_code_wrong",
    class: Class::Proof,
    status: WRONG_PROOF,
    detail: NOT_ACCEPTED,
};

/// No code was sent to the number, or none that is still good.
pub static EXPIRED: Declared = Declared {
    name: "sms_code_expired",
    class: Class::Proof,
    status: WRONG_PROOF,
    detail: NOT_ACCEPTED,
};

/// The gateway refused the message, or failed. Its status is the gateway's own code.
pub static NOT_SENT: Declared = Declared {
    name: "sms_not_sent",
    class: Class::Peer,
    status: coded(codes::OTHER),
    detail: "the message could not be sent",
};

/// A code of the gateways' table, with its text.
const fn coded(code: i64) -> Status {
    Status { code, message: codes::message(code) }
}

pub fn register(registry: &mut Registry) -> Result<(), RegisteredTwice> {
    registry.op::<generate::Generate>()?.op::<validate::Validate>()?;
    Ok(())
}
