//! Which fault it is, without what it says this time: what an operation lists in its description.

use super::{Cause, Class, Declared, Exceeded, Fault};

/// Which fault it is.
#[derive(Debug, Clone, Copy)]
pub enum FaultKind {
    /// [`Fault::EnvelopeKey`].
    EnvelopeKey,
    /// [`Fault::EnvelopeValue`].
    EnvelopeValue,
    /// [`Fault::NoSuchOperation`].
    NoSuchOperation,
    /// [`Fault::NoCredentials`].
    NoCredentials,
    /// [`Fault::BadToken`].
    BadToken,
    /// [`Fault::StaleToken`].
    StaleToken,
    /// [`Fault::AccountGone`].
    AccountGone,
    /// [`Fault::Missing`].
    Missing,
    /// [`Fault::Empty`].
    Empty,
    /// [`Fault::WrongType`].
    WrongType,
    /// [`Fault::WrongValue`].
    WrongValue,
    /// [`Fault::Repeated`].
    Repeated,
    /// [`Fault::UnknownParameter`].
    UnknownParameter,
    /// [`Fault::Conflict`].
    Conflict,
    /// A fault that an operation declares for itself.
    Declared(&'static Declared),
    /// [`Fault::LimitReached`].
    LimitReached,
    /// [`Fault::NotOwner`].
    NotOwner,
    /// [`Fault::NotFound`].
    NotFound,
    /// [`Fault::Password`].
    Password,
    /// [`Fault::Signature`].
    Signature,
    /// [`Fault::TooManyAttempts`].
    TooManyAttempts,
    /// [`Fault::File`].
    File,
    /// [`Fault::Database`].
    Database,
    /// [`Fault::Unsure`].
    Unsure,
    /// [`Fault::NoSpace`].
    NoSpace,
    /// [`Fault::AnswerTooLarge`].
    AnswerTooLarge,
    /// [`Fault::Busy`].
    Busy,
    /// [`Fault::Unknown`].
    Unknown,
}

/// Two declared faults are the same where their addresses are.
impl PartialEq for FaultKind {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (FaultKind::Declared(one), FaultKind::Declared(other)) => std::ptr::eq(*one, *other),
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

impl Fault {
    /// Which fault it is.
    pub fn kind(&self) -> FaultKind {
        match self {
            Fault::EnvelopeKey(_) => FaultKind::EnvelopeKey,
            Fault::EnvelopeValue(_) => FaultKind::EnvelopeValue,
            Fault::NoSuchOperation => FaultKind::NoSuchOperation,
            Fault::NoCredentials => FaultKind::NoCredentials,
            Fault::BadToken => FaultKind::BadToken,
            Fault::StaleToken => FaultKind::StaleToken,
            Fault::AccountGone => FaultKind::AccountGone,
            Fault::Missing(_) => FaultKind::Missing,
            Fault::Empty(_) => FaultKind::Empty,
            Fault::WrongType(..) => FaultKind::WrongType,
            Fault::WrongValue(..) => FaultKind::WrongValue,
            Fault::Repeated(_) => FaultKind::Repeated,
            Fault::UnknownParameter(_) => FaultKind::UnknownParameter,
            Fault::Conflict(..) => FaultKind::Conflict,
            Fault::Declared(happened) => FaultKind::Declared(happened.declared),
            Fault::LimitReached(_) => FaultKind::LimitReached,
            Fault::NotOwner => FaultKind::NotOwner,
            Fault::NotFound(_) => FaultKind::NotFound,
            Fault::Password => FaultKind::Password,
            Fault::Signature(_) => FaultKind::Signature,
            Fault::TooManyAttempts(_) => FaultKind::TooManyAttempts,
            Fault::File(_) => FaultKind::File,
            Fault::Database(_) => FaultKind::Database,
            Fault::Unsure(_) => FaultKind::Unsure,
            Fault::NoSpace => FaultKind::NoSpace,
            Fault::AnswerTooLarge => FaultKind::AnswerTooLarge,
            Fault::Busy => FaultKind::Busy,
            Fault::Unknown(_) => FaultKind::Unknown,
        }
    }

    /// The HTTP status of an answer with this fault, where the status follows the fault (contract page
    /// `paths.md`).
    pub fn http_status(&self) -> u16 {
        match self.kind() {
            FaultKind::EnvelopeKey
            | FaultKind::EnvelopeValue
            | FaultKind::Missing
            | FaultKind::Empty
            | FaultKind::WrongType
            | FaultKind::WrongValue
            | FaultKind::Repeated
            | FaultKind::UnknownParameter
            | FaultKind::Conflict
            | FaultKind::File => 400,
            FaultKind::NoCredentials
            | FaultKind::BadToken
            | FaultKind::StaleToken
            | FaultKind::AccountGone => 401,
            FaultKind::NotOwner | FaultKind::Signature => 403,
            FaultKind::NoSuchOperation | FaultKind::NotFound => 404,
            FaultKind::LimitReached => 409,
            FaultKind::Password => 422,
            FaultKind::TooManyAttempts => 429,
            FaultKind::Unknown => 500,
            FaultKind::Database
            | FaultKind::Unsure
            | FaultKind::AnswerTooLarge
            | FaultKind::Busy => 503,
            FaultKind::NoSpace => 507,
            FaultKind::Declared(declared) => match declared.class {
                Class::Value => 400,
                Class::Taken => 409,
                Class::Proof => 422,
                Class::Limit => 429,
                Class::Failure => 500,
                Class::Peer => 502,
            },
        }
    }
}

impl FaultKind {
    /// Those that any operation may end in: all but the ones that operations declare.
    pub const COMMON: [FaultKind; 27] = [
        FaultKind::EnvelopeKey,
        FaultKind::EnvelopeValue,
        FaultKind::NoSuchOperation,
        FaultKind::NoCredentials,
        FaultKind::BadToken,
        FaultKind::StaleToken,
        FaultKind::AccountGone,
        FaultKind::Missing,
        FaultKind::Empty,
        FaultKind::WrongType,
        FaultKind::WrongValue,
        FaultKind::Repeated,
        FaultKind::UnknownParameter,
        FaultKind::Conflict,
        FaultKind::LimitReached,
        FaultKind::NotOwner,
        FaultKind::NotFound,
        FaultKind::Password,
        FaultKind::Signature,
        FaultKind::TooManyAttempts,
        FaultKind::File,
        FaultKind::Database,
        FaultKind::Unsure,
        FaultKind::NoSpace,
        FaultKind::AnswerTooLarge,
        FaultKind::Busy,
        FaultKind::Unknown,
    ];

    /// Its name in documents' files.
    pub fn name(self) -> &'static str {
        match self {
            FaultKind::EnvelopeKey => "envelope_key",
            FaultKind::EnvelopeValue => "envelope_value",
            FaultKind::NoSuchOperation => "no_such_operation",
            FaultKind::NoCredentials => "no_credentials",
            FaultKind::BadToken => "bad_token",
            FaultKind::StaleToken => "stale_token",
            FaultKind::AccountGone => "account_gone",
            FaultKind::Missing => "missing",
            FaultKind::Empty => "empty",
            FaultKind::WrongType => "wrong_type",
            FaultKind::WrongValue => "wrong_value",
            FaultKind::Repeated => "repeated",
            FaultKind::UnknownParameter => "unknown_parameter",
            FaultKind::Conflict => "conflict",
            FaultKind::Declared(declared) => declared.name,
            FaultKind::LimitReached => "limit_reached",
            FaultKind::NotOwner => "not_owner",
            FaultKind::NotFound => "not_found",
            FaultKind::Password => "password",
            FaultKind::Signature => "signature",
            FaultKind::TooManyAttempts => "too_many_attempts",
            FaultKind::File => "file",
            FaultKind::Database => "database",
            FaultKind::Unsure => "unsure",
            FaultKind::NoSpace => "no_space",
            FaultKind::AnswerTooLarge => "answer_too_large",
            FaultKind::Busy => "busy",
            FaultKind::Unknown => "unknown",
        }
    }

    /// A fault of this kind, to look up the codes and texts that are told of it. `a key` stands for the name of
    /// the key, and `a limit` for that of the limit.
    pub fn example(self) -> Fault {
        const KEY: &str = "a key";
        let exceeded = Exceeded { limit: "a limit", retry_after: 1, instead: None };
        match self {
            FaultKind::EnvelopeKey => Fault::EnvelopeKey(KEY),
            FaultKind::EnvelopeValue => {
                Fault::EnvelopeValue("the body is not a JSON object".into())
            }
            FaultKind::NoSuchOperation => Fault::NoSuchOperation,
            FaultKind::NoCredentials => Fault::NoCredentials,
            FaultKind::BadToken => Fault::BadToken,
            FaultKind::StaleToken => Fault::StaleToken,
            FaultKind::AccountGone => Fault::AccountGone,
            FaultKind::Missing => Fault::Missing(KEY.into()),
            FaultKind::Empty => Fault::Empty(KEY.into()),
            FaultKind::WrongType => Fault::WrongType(KEY.into(), "another type"),
            FaultKind::WrongValue => Fault::value(KEY, "its value is not accepted"),
            FaultKind::Repeated => Fault::Repeated(KEY.into()),
            FaultKind::UnknownParameter => Fault::UnknownParameter(KEY.into()),
            FaultKind::Conflict => Fault::Conflict(KEY.into(), "another key"),
            FaultKind::Declared(declared) => declared.fault(),
            FaultKind::LimitReached => Fault::LimitReached("there are as many as there may be"),
            FaultKind::NotOwner => Fault::NotOwner,
            FaultKind::NotFound => Fault::NotFound(KEY.into()),
            FaultKind::Password => Fault::Password,
            FaultKind::Signature => Fault::Signature("the request must be signed"),
            FaultKind::TooManyAttempts => Fault::TooManyAttempts(exceeded),
            FaultKind::File => Fault::File("the picture is not accepted".into()),
            FaultKind::Database => Fault::Database(Cause::new("")),
            FaultKind::Unsure => Fault::Unsure(Cause::new("")),
            FaultKind::NoSpace => Fault::NoSpace,
            FaultKind::AnswerTooLarge => Fault::AnswerTooLarge,
            FaultKind::Busy => Fault::Busy,
            FaultKind::Unknown => Fault::Unknown(Cause::new("")),
        }
    }
}
