//! Login and profile (contract page `entry-task.md`; seed 002): `{code, msg, result}`.

use super::external;
use crate::handlers::portrait::BANNED;
use engine::document::{Document, Failure, Response, Route, pick};
use engine::fault::{Class, Fault};
use serde_json::{Value, json};

pub const DOCUMENT: Document =
    Document { routes: ROUTES, null_is_absent: true, ..Document::DEFAULT };

const ROUTES: &[Route] = &[
    Route {
        method: "POST",
        paths: &["/login", "/api/login"],
        op: ("user", "login"),
        params: Some(&["username", "password", "hash"]),
        digest: Some("password"),
        // Here the picture is `profilePicture`, in the info `profile_picture`: so the seed has it.
        success: |session| {
            let keys = [
                ("nickname", "nickname"),
                ("profilePicture", "profile_picture"),
                ("token", "token"),
                ("username", "username"),
            ];
            Ok(result(pick(session, &keys)?))
        },
        ..JSON
    },
    Route {
        method: "POST",
        paths: &["/user/logout", "/api/user/logout"],
        op: ("user", "logout"),
        ..JSON
    },
    Route {
        method: "PUT",
        paths: &["/user/update_user_info", "/api/user/update_user_info"],
        op: ("user", "update"),
        params: Some(&["nickname"]),
        ..JSON
    },
    Route {
        method: "PUT",
        paths: &["/user/update_user_profile_picture", "/api/user/update_user_profile_picture"],
        op: ("user", "avatar"),
        params: Some(&["file"]),
        renames: &[("file", "base64")],
        ..JSON
    },
    Route {
        paths: &["/user/get_user_info", "/api/user/get_user_info"],
        op: ("user", "info"),
        success: |user| {
            let keys = ["nickname", "profile_picture", "username"].map(|key| (key, key));
            Ok(result(pick(user, &keys)?))
        },
        ..JSON
    },
    Route {
        paths: &["/upload/{name}"],
        op: ("portrait", "file"),
        placeholder: Some(&BANNED),
        failure: external::no_picture,
        ..Route::DEFAULT
    },
];

/// Without more, success has nothing to say but that it is one.
const JSON: Route = Route { success: |_| Ok(result("".into())), failure, ..Route::DEFAULT };

fn result(result: Value) -> Response {
    Response::tree(&json!({"code": 0, "msg": "", "result": result}))
}

fn failure(failure: &Failure<'_>) -> Response {
    let (code, message) = code(failure.fault);
    Response::tree(&json!({"code": code, "msg": message, "result": ""}))
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
        | Fault::Conflict(..)
        | Fault::NotOwner
        | Fault::Signature(_)
        | Fault::NotFound(_) => 200_400,
        Fault::NoCredentials => return (200_410, "no token".into()),
        Fault::BadToken | Fault::StaleToken | Fault::AccountGone => {
            return (200_412, "the token is not valid".into());
        }
        Fault::File(_) => 200_413,
        Fault::Password => 3002,
        Fault::LimitReached(_) | Fault::TooManyAttempts(_) => 3003,
        Fault::Declared(happened) => match happened.declared.class {
            Class::Value | Class::Proof | Class::Taken => 200_400,
            Class::Limit => 3003,
            Class::Failure => return failed(),
        },
        Fault::Database(_)
        | Fault::NoSpace
        | Fault::AnswerTooLarge
        | Fault::Busy
        | Fault::Unknown(_) => return failed(),
    };
    (code, fault.explanation())
}

fn failed() -> (i64, String) {
    (200_500, "the server failed".into())
}
