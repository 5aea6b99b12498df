//! Sending SMS codes: a trait for gateways, and the integer codes that clients know.

pub mod codes;
mod outbox;

pub use outbox::Outbox;

use std::time::Duration;

/// How long a gateway may take before the message counts as failed.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// One message to send.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    /// The telephone number: 11 digits, mainland China.
    pub phone: &'a str,
    /// The code that proves the number. A secret: never logged.
    pub code: &'a str,
    /// Minutes for which the code is good.
    pub minutes: u64,
    /// When it is sent, as the contract writes a date-time.
    pub at: &'a str,
}

/// Delivers messages. A call may block: it is made on a thread that may.
pub trait Gateway: Send + Sync {
    /// Hand the message over.
    fn send(&self, message: Message<'_>) -> Result<(), Refusal>;

    /// Could messages be sent now? Sends none. What was found, or what is wrong and how to mend it,
    /// for the operator; neither holds a secret.
    fn check(&self) -> Result<String, String>;
}

/// The gateway did not take the message.
#[derive(Debug, thiserror::Error)]
#[error("the SMS gateway answered {code}: {cause}")]
pub struct Refusal {
    /// The gateway's integer code ([`codes`]).
    pub code: i64,
    /// What happened, for the log.
    pub cause: String,
}
