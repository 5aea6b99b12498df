//! The envelope's own table: from a fault to its code and text (contract page `faults.md`).

use crate::fault::Fault;

pub use crate::fault::Status;

/// A value that is not acceptable, and all that is told as one.
pub const WRONG_VALUE: Status = Status { code: -2, message: "Error JSON value" };

/// A proof that is not accepted: of a captcha, or a code that was sent.
pub const WRONG_PROOF: Status = Status { code: -4, message: "Error Hash" };

/// The envelope's code and text for a fault, for all operations whose page has no table of its own.
pub fn status(fault: &Fault) -> Status {
    let (code, message) = match fault {
        Fault::EnvelopeKey(_) => (-1, "Error JSON key"),
        Fault::EnvelopeValue(_)
        | Fault::NoSuchOperation
        | Fault::Empty(_)
        | Fault::WrongType(..)
        | Fault::WrongValue(..)
        | Fault::Repeated(_)
        | Fault::UnknownParameter(_)
        | Fault::Conflict(..)
        | Fault::LimitReached(_)
        | Fault::NotOwner
        | Fault::NotFound(_)
        | Fault::Password
        | Fault::Signature(_)
        | Fault::TooManyAttempts(_)
        | Fault::File(_) => return WRONG_VALUE,
        Fault::Missing(_) => (-3, "Error data key"),
        Fault::NoCredentials => (-100, "Missing necessary args"),
        Fault::BadToken | Fault::StaleToken => (-101, "Error token"),
        Fault::AccountGone => (-102, "Get userid failed for the token"),
        Fault::Declared(happened) => return happened.status,
        Fault::Database(_) | Fault::Unsure(_) | Fault::NoSpace => {
            (-200, "Failure to operate database")
        }
        Fault::AnswerTooLarge | Fault::Busy | Fault::Unknown(_) => (-404, "Unknown Error"),
    };
    Status { code, message }
}
