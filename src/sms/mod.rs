//! Sending SMS codes: a trait for gateways, those that there are, and the integer codes that
//! clients know.

mod circuit;
pub mod codes;
mod http_poster;
mod metered;
pub(crate) mod outbox;
mod tencent;
mod webhook;

pub use circuit::Circuit;
pub use http_poster::HttpPoster;
pub(crate) use metered::MeteredGateway;
pub use outbox::Outbox;
pub use tencent::Tencent;
pub use webhook::Webhook;

use crate::config::{Sms, SmsGateway};
use crate::http_client;
use std::io;
use std::path::{Path, PathBuf};

/// What a code is for, if its message is to say so.
#[derive(Debug, Clone, Copy)]
pub struct Purpose {
    /// For programs: a word.
    pub name: &'static str,
    /// For the owner of the telephone, in Chinese.
    pub text: &'static str,
}

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
    /// What the code is for.
    pub purpose: Option<Purpose>,
}

impl Message<'_> {
    /// What the owner of the telephone reads, where the gateway has no template of its own.
    pub fn text(&self) -> String {
        let (code, minutes) = (self.code, self.minutes);
        match self.purpose {
            None => format!("您的验证码是 {code}，{minutes} 分钟内有效。"),
            Some(Purpose { text, .. }) => {
                format!("您正在{text}，验证码是 {code}，{minutes} 分钟内有效。请勿告诉他人。")
            }
        }
    }
}

/// Delivers messages. A call may block: it is made on a thread that may.
pub trait Gateway: Send + Sync {
    /// Hand the message over.
    fn send(&self, message: Message<'_>) -> Result<(), SendError>;

    /// Could messages be sent now? Sends none. What was found, or what is wrong and how to mend it,
    /// for the operator; neither holds a secret.
    fn check(&self) -> Result<String, String>;
}

/// The gateway did not take the message, or did not say that it did.
#[derive(Debug, thiserror::Error)]
#[error("the SMS gateway answered {code}: {cause}")]
pub struct SendError {
    /// The gateway's integer code ([`codes`]).
    pub code: i64,
    /// What happened, for the log. Neither the number nor the code nor a key is in it.
    pub cause: String,
    /// The outcome.
    pub outcome: DeliveryOutcome,
}

/// Why a message was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// The gateway works, and refused it: it was not sent.
    Refused,
    /// The gateway was not reached, or said that it is out of service: it was not sent.
    Unreached,
    /// The gateway had it and failed, or did not answer in time: nobody knows whether it was sent.
    Unknown,
    /// The gateway was not asked, because it has failed again and again, which the log has been
    /// told: it was not sent.
    CircuitOpen,
}

impl DeliveryOutcome {
    /// May the message have been sent? Then it counts, and its code may be typed.
    pub fn may_be_sent(self) -> bool {
        self == DeliveryOutcome::Unknown
    }
}

impl SendError {
    fn new(code: i64, outcome: DeliveryOutcome, cause: impl Into<String>) -> Self {
        SendError { code, outcome, cause: cause.into() }
    }
}

/// There is no gateway. One line for the operator.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A key of the configuration that the gateway needs.
    #[error("{0}: missing")]
    Missing(&'static str),
    /// The outbox can't be written.
    #[error("{0}: {1}")]
    Outbox(PathBuf, io::Error),
}

/// The gateway that `config` chooses; an outbox is in `folder`. Nobody is asked anything yet.
pub fn open(
    config: &Sms,
    folder: &Path,
    http_client: &http_client::LazyHttpClient,
) -> Result<Box<dyn Gateway>, OpenError> {
    let poster = HttpPoster::new(http_client.clone(), config.timeout);
    Ok(match config.gateway {
        SmsGateway::Outbox => {
            let at = |error| OpenError::Outbox(folder.join(outbox::NAME), error);
            Box::new(Outbox::open(folder).map_err(at)?)
        }
        SmsGateway::Tencent => Box::new(Circuit::new(Tencent::new(&config.tencent, poster)?)),
        SmsGateway::Webhook => Box::new(Circuit::new(Webhook::new(&config.webhook, poster)?)),
    })
}
