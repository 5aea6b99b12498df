//! Everything that can go wrong.
//!
//! An operation returns a [`Fault`]: one of those that any operation may end in, a closed list, or one that
//! it [declares](Declared) for itself. Each document has one exhaustive `match` from fault, and from class of
//! declared fault, to its own code (contract page `faults.md`), so that a fault without a code does not compile.
//!
//! A fault has two faces. What the client reads is the dialect's code and text, and
//! [`Fault::detail`], which names the key and what was expected of it. What the operator reads is
//! the [`Cause`] of those faults that are ours; it goes to the log once, at the edge, and never to
//! a client.

mod declared;
mod kind;

pub use declared::{Class, Declared, Happened, Status};
pub use kind::FaultKind;

use std::borrow::Cow;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Why an operation was not done.
#[derive(Debug, Clone)]
pub enum Fault {
    /// One of the envelope's own five keys is missing.
    EnvelopeKey(&'static str),
    /// The body is not JSON, not an envelope, or a value of the envelope's own keys is wrong.
    EnvelopeValue(Cow<'static, str>),
    /// Nothing is registered under this `(type, subtype)`.
    NoSuchOperation,

    /// A login is needed and nothing that could prove one was sent.
    NoCredentials,
    /// The token is unknown, expired or logged out.
    BadToken,
    /// The token was issued before the account's password changed.
    StaleToken,
    /// The token's account was removed.
    AccountGone,

    /// A required key of `data` is missing.
    Missing(Key),
    /// A key of `data` that must say something is `""` or `null`.
    Empty(Key),
    /// A value of `data` has the wrong type.
    WrongType(Key, &'static str),
    /// A value of `data` has the right type and is not acceptable.
    WrongValue(Key, Cow<'static, str>),
    /// A key that a document's request has twice.
    Repeated(Key),
    /// A key that the operation does not know, where it refuses those.
    UnknownParameter(Key),
    /// Two keys that exclude each other.
    Conflict(Key, &'static str),

    /// A fault of the operation's own.
    Declared(Box<Happened>),

    /// The account, or the server, holds as many of them as it may.
    LimitReached(&'static str),
    /// It does not exist, or belongs to another account; told alike where the contract says so.
    NotOwner,
    /// Nothing is known under this key.
    NotFound(Key),
    /// User name or password is wrong; which of them is not told.
    Password,
    /// A request that must be signed is not, or not rightly: which header is missing or wrong.
    Signature(&'static str),
    /// A limit on attempts is used up: try later.
    TooManyAttempts(Exceeded),
    /// The uploaded file is not one that is accepted: why.
    File(Cow<'static, str>),

    /// The database failed; nothing was written.
    Database(Cause),
    /// The database failed at the end of a write: whether it was done can't be told.
    Unsure(Cause),
    /// The disk has no more free space than is kept in reserve for logins and the log.
    NoSpace,
    /// The answers of a batch are longer than they may be together; this item was not run.
    AnswerTooLarge,
    /// The server has more work than it may queue.
    Busy,
    /// Anything else, a panic among them.
    Unknown(Cause),
}

/// The name of a key of `data`.
pub type Key = Cow<'static, str>;

/// A limit that is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exceeded {
    /// The limit's name.
    pub limit: &'static str,
    /// In how many seconds it is worth trying again.
    pub retry_after: u64,
    /// What makes the next try worth while so soon, in plain words; `None`: time alone.
    pub instead: Option<&'static str>,
}

/// What the log keeps of a fault that is ours. No client ever reads it.
#[derive(Clone)]
pub struct Cause(Arc<str>);

impl Cause {
    /// Keep what `error` says.
    pub fn new(error: impl fmt::Display) -> Self {
        Cause(error.to_string().into())
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl Fault {
    /// A value that is not acceptable, and what would be.
    pub fn value(key: &'static str, expected: impl Into<Cow<'static, str>>) -> Self {
        Fault::WrongValue(key.into(), expected.into())
    }

    /// The database said `error`.
    pub fn database(error: impl fmt::Display) -> Self {
        Fault::Database(Cause::new(error))
    }

    /// Something failed that no caller can mend.
    pub fn unknown(error: impl fmt::Display) -> Self {
        Fault::Unknown(Cause::new(error))
    }

    /// Something panicked. The log has its place by then (`src/log.rs`). What a panic says may quote
    /// what a client sent, so nobody reads it.
    pub fn panicked() -> Self {
        Fault::unknown("a panic; its place is in the log")
    }

    /// The key of `data` that it is about.
    pub fn key(&self) -> Option<&str> {
        match self {
            Fault::EnvelopeKey(key) => Some(key),
            Fault::Missing(key)
            | Fault::Empty(key)
            | Fault::WrongType(key, _)
            | Fault::WrongValue(key, _)
            | Fault::Repeated(key)
            | Fault::UnknownParameter(key)
            | Fault::Conflict(key, _)
            | Fault::NotFound(key) => Some(key),
            _ => None,
        }
    }

    /// The limit that is used up.
    pub fn limit(&self) -> Option<&'static str> {
        match self {
            Fault::TooManyAttempts(exceeded) => Some(exceeded.limit),
            Fault::Declared(happened) => happened.exceeded.map(|exceeded| exceeded.limit),
            _ => None,
        }
    }

    /// The same fault with its key as the wire has it: `wire` finds the name of a key that has another there.
    pub(crate) fn on_wire<'a>(mut self, wire: impl Fn(&str) -> Option<&'a str>) -> Self {
        if let Fault::Missing(key)
        | Fault::Empty(key)
        | Fault::WrongType(key, _)
        | Fault::WrongValue(key, _)
        | Fault::UnknownParameter(key)
        | Fault::Conflict(key, _)
        | Fault::NotFound(key) = &mut self
            && let Some(name) = wire(key)
        {
            *key = Cow::Owned(name.to_owned());
        }
        self
    }

    /// What the log keeps, for the faults that are ours.
    pub fn cause(&self) -> Option<&Cause> {
        match self {
            Fault::Declared(happened) => happened.cause.as_ref(),
            Fault::Database(cause) | Fault::Unsure(cause) | Fault::Unknown(cause) => Some(cause),
            _ => None,
        }
    }

    /// In how many seconds it is worth trying again, for faults that are a limit's.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Fault::TooManyAttempts(exceeded) => Some(exceeded.retry_after),
            Fault::Declared(happened) => happened.exceeded.map(|exceeded| exceeded.retry_after),
            Fault::Busy | Fault::AnswerTooLarge => Some(1),
            _ => None,
        }
    }

    /// The [`detail`](Fault::detail) as a text of its own, for documents that show it to people.
    pub fn explanation(&self) -> String {
        match self {
            Fault::Password => "user name or password is wrong".into(),
            fault => fault.detail().map_or_else(String::new, Cow::into_owned),
        }
    }

    /// Plain words for the client: what is wrong, which key or limit it is about, and what was
    /// expected. Never an internal cause, never a secret.
    pub fn detail(&self) -> Option<Cow<'_, str>> {
        let text: Cow<'_, str> = match self {
            Fault::EnvelopeKey(key) => format!("{key}: missing from the envelope").into(),
            Fault::EnvelopeValue(why) => Cow::Borrowed(why),
            Fault::NoSuchOperation => "type, subtype: no such operation".into(),
            Fault::Missing(key) => format!("{key}: missing").into(),
            Fault::Empty(key) => format!("{key}: must not be empty").into(),
            Fault::WrongType(key, expected) => format!("{key}: expected {expected}").into(),
            Fault::WrongValue(key, why) => format!("{key}: {why}").into(),
            Fault::Repeated(key) => format!("{key}: sent twice").into(),
            Fault::UnknownParameter(key) => format!("{key}: unknown parameter").into(),
            Fault::Conflict(key, other) => format!("{key}: can't be combined with {other}").into(),
            Fault::NotFound(key) => format!("{key}: nothing is known under it").into(),
            Fault::File(why) => Cow::Borrowed(why),
            Fault::LimitReached(what) | Fault::Signature(what) => Cow::Borrowed(what),
            Fault::Declared(happened) => match happened.exceeded {
                Some(exceeded) => {
                    format!("{} ({})", happened.declared.detail, exceeded.limit).into()
                }
                None => happened.declared.detail.into(),
            },
            Fault::TooManyAttempts(Exceeded { limit, retry_after, instead: None }) => {
                format!("too many attempts ({limit}); try again in {retry_after} s").into()
            }
            Fault::TooManyAttempts(Exceeded { limit, instead: Some(instead), .. }) => {
                format!("too many attempts ({limit}); {instead}").into()
            }
            Fault::NoSpace => "the server's disk is nearly full; nothing was stored".into(),
            Fault::AnswerTooLarge => {
                "the batch's answers are too long together; send this item again by itself".into()
            }
            Fault::NoCredentials => "a token is needed: log in first".into(),
            Fault::BadToken | Fault::StaleToken => {
                "the token is unknown, expired, logged out or older than the password".into()
            }
            Fault::AccountGone => "the token's account was removed".into(),
            Fault::NotOwner => "it does not exist, or it belongs to another account".into(),
            // For everyone alike, whether or not there is such an account.
            Fault::Password => {
                "user name or password is wrong; where there were too many tries, the proof of a \
                     captcha, sent as hash, pays for one more"
                    .into()
            }
            Fault::Database(_) => "the database failed; nothing was stored".into(),
            Fault::Unsure(_) => {
                "the database failed, and it may have been done: look before you repeat it".into()
            }
            Fault::Busy => "the server is busy; try again".into(),
            Fault::Unknown(_) => "the server failed".into(),
        };
        Some(text)
    }
}

/// Run an operation; a panic in it is a fault, not the end of the connection.
pub(crate) fn caught<T>(run: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Err(Fault::panicked()))
}
