//! Login and profile (contract page `entry-task.md`; seed 002): `{code, msg, result}`.

use crate::handlers::portrait::BANNED;
use engine::document::{Document, Outcome, Response, Row, Shape};
use engine::fault::Fault;
use serde_json::{Value, json};

pub const DOCUMENT: Document =
    Document { rows: ROWS, dialect, null_is_absent: true, ..Document::PLAIN };

const ROWS: &[Row] = &[
    Row {
        method: "POST",
        paths: &["/login", "/api/login"],
        op: ("user", "login"),
        takes: Some(&["username", "password", "hash"]),
        md5: Some("password"),
        // Here the picture is `profilePicture`, in the info `profile_picture`: so the seed has it.
        reply: Shape::Pick(&[
            ("nickname", "nickname"),
            ("profilePicture", "profile_picture"),
            ("token", "token"),
            ("username", "username"),
        ]),
        ..Row::PLAIN
    },
    Row {
        method: "POST",
        paths: &["/user/logout", "/api/user/logout"],
        op: ("user", "logout"),
        reply: Shape::Nothing,
        ..Row::PLAIN
    },
    Row {
        method: "PUT",
        paths: &["/user/update_user_info", "/api/user/update_user_info"],
        op: ("user", "update"),
        takes: Some(&["nickname"]),
        reply: Shape::Nothing,
        ..Row::PLAIN
    },
    Row {
        method: "PUT",
        paths: &["/user/update_user_profile_picture", "/api/user/update_user_profile_picture"],
        op: ("user", "avatar"),
        takes: Some(&["file"]),
        renames: &[("file", "base64")],
        reply: Shape::Nothing,
        ..Row::PLAIN
    },
    Row {
        paths: &["/user/get_user_info", "/api/user/get_user_info"],
        op: ("user", "info"),
        reply: Shape::Pick(&[
            ("nickname", "nickname"),
            ("profile_picture", "profile_picture"),
            ("username", "username"),
        ]),
        ..Row::PLAIN
    },
    Row {
        paths: &["/upload/{name}"],
        op: ("portrait", "file"),
        hotlinked: Some(&BANNED),
        ..Row::PLAIN
    },
];

fn dialect(outcome: Outcome<'_>) -> Response {
    if outcome.row.op == ("portrait", "file") {
        return super::external::no_picture(outcome.result.err());
    }
    Response::tree(&match outcome.shaped() {
        Ok(Value::Null) => json!({"code": 0, "msg": "", "result": ""}),
        Ok(result) => json!({"code": 0, "msg": "", "result": result}),
        Err(fault) => {
            let (code, message) = code(&fault);
            json!({"code": code, "msg": message, "result": ""})
        }
    })
}

/// The document's code and text for a fault (contract page `faults.md`, "entry-task").
fn code(fault: &Fault) -> (i64, String) {
    let code = match fault {
        Fault::EnvelopeKey(_) | Fault::Missing(_) | Fault::Empty(_) => 200_401,
        Fault::EnvelopeValue(_)
        | Fault::NoSuchOperation
        | Fault::WrongType(..)
        | Fault::WrongValue(..)
        | Fault::UnknownParameter(_)
        | Fault::Conflict(_)
        | Fault::Captcha(_)
        | Fault::Phone
        | Fault::SmsCode(_)
        | Fault::Taken(_)
        | Fault::NotOwner
        | Fault::Signature(_)
        | Fault::Absent(_) => 200_400,
        Fault::NoCredentials => return (200_410, "no token".into()),
        Fault::BadToken | Fault::StaleToken | Fault::AccountGone => {
            return (200_412, "the token is not valid".into());
        }
        Fault::Picture(_) => 200_413,
        Fault::Password => 3002,
        Fault::Quota(..) | Fault::Capped(_) | Fault::TooManyAttempts(_) => 3003,
        Fault::Gateway(..)
        | Fault::PictureNotStored(_)
        | Fault::CaptchaNotMade(_)
        | Fault::Database(_)
        | Fault::NoSpace
        | Fault::AnswerTooLarge
        | Fault::Busy
        | Fault::Unknown(_) => return (200_500, "the server failed".into()),
    };
    (code, fault.explanation())
}
