//! Telephone codes (contract page `envelope.md`, "sms"; seed 003).

mod code;
mod generate;
mod quota;
mod validate;

pub use code::{proof, redeem};
pub use quota::{SWEEP_ADDRESSES, is_nearly_used_up, today};

use engine::op::{RegisteredTwice, Registry};

/// Removes messages that no quota counts any more and whose code is no longer good.
pub const SWEEP: &str = "DELETE FROM sms WHERE sent_at + 86400 <= $1 AND expires_at <= $1";

/// Removes guesses at codes that are no longer good.
pub const SWEEP_GUESSES: &str =
    "DELETE FROM sms_guess WHERE sms NOT IN (SELECT id FROM sms WHERE expires_at > $1)";

pub fn register(registry: &mut Registry) -> Result<(), RegisteredTwice> {
    registry.op::<generate::Generate>()?.op::<validate::Validate>()?;
    Ok(())
}
