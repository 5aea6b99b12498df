//! The envelope's own table: from a fault to its code and text (contract page `faults.md`).

use crate::fault::{Fault, Window};
use crate::sms::codes;

/// A code and the text that belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// What the answer's `status` says.
    pub code: i64,
    /// What its `message` says, to the letter.
    pub message: &'static str,
}

/// The envelope's code and text for a fault, for all operations whose page has no table of its own.
pub fn status(fault: &Fault) -> Status {
    let (code, message) = match fault {
        Fault::EnvelopeKey(_) => (-1, "Error JSON key"),
        Fault::EnvelopeValue(_)
        | Fault::NoSuchOperation
        | Fault::Empty(_)
        | Fault::WrongType(..)
        | Fault::WrongValue(..)
        | Fault::UnknownParameter(_)
        | Fault::Conflict(_)
        | Fault::Taken(_)
        | Fault::Capped(_)
        | Fault::NotOwner
        | Fault::Absent(_)
        | Fault::Password
        | Fault::Signature(_)
        | Fault::TooManyAttempts(_)
        | Fault::Picture(_) => (-2, "Error JSON value"),
        Fault::Missing(_) => (-3, "Error data key"),
        Fault::Captcha(_) | Fault::SmsCode(_) => (-4, "Error Hash"),
        Fault::NoCredentials => (-100, "Missing necessary args"),
        Fault::BadToken | Fault::StaleToken => (-101, "Error token"),
        Fault::AccountGone => (-102, "Get userid failed for the token"),
        Fault::Phone => coded(codes::PHONE),
        Fault::Quota(Window::HalfMinute, _) => coded(codes::HALF_MINUTE),
        Fault::Quota(Window::Hour, _) => coded(codes::HOUR),
        Fault::Quota(Window::Day, _) => coded(codes::DAY),
        Fault::Gateway(code, _) => coded(*code),
        Fault::PictureNotStored(_) => (1000, "头像文件创建失败"),
        Fault::CaptchaNotMade(_) => (1000, "验证码文件创建失败"),
        Fault::Database(_) | Fault::NoSpace => (-200, "Failure to operate database"),
        Fault::AnswerTooLarge | Fault::Busy | Fault::Unknown(_) => (-404, "Unknown Error"),
    };
    Status { code, message }
}

fn coded(code: i64) -> (i64, &'static str) {
    (code, codes::message(code))
}
