//! Login and profile (contract page `entry-task.md`; seed 002): `{code, msg, result}`.

use super::external;
use crate::handlers::portrait::BANNED;
use engine::document::{Document, Failure, ReplySchema, Response, Route, RouteReply, pick};
use engine::fault::{Class, Fault};
use serde_json::{Value, json};

pub const DOCUMENT: Document = Document {
    name: "login-and-profile",
    description: "Logging in, and the profile of an account: `{code, msg, result}`.",
    routes: ROUTES,
    null_is_absent: true,
    ..Document::DEFAULT
};

const ROUTES: &[Route] = &[
    Route {
        method: "POST",
        paths: &["/login", "/api/login"],
        op: ("user", "login"),
        params: Some(&["username", "password", "hash"]),
        digest: Some("password"),
        // Here the picture is `profilePicture`, in the info `profile_picture`: so the seed has it.
        success: |session| Ok(result(pick(session, &SESSION)?)),
        reply: reply(|session| with_result(session.pick(&SESSION))),
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
        success: |user| Ok(result(pick(user, &USER)?)),
        reply: reply(|user| with_result(user.pick(&USER))),
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

/// What a login answers.
const SESSION: [(&str, &str); 4] = [
    ("nickname", "nickname"),
    ("profilePicture", "profile_picture"),
    ("token", "token"),
    ("username", "username"),
];

/// What an account says of itself.
const USER: [(&str, &str); 3] =
    [("nickname", "nickname"), ("profile_picture", "profile_picture"), ("username", "username")];

/// Without more, success has nothing to say but that it is one.
const JSON: Route = Route {
    success: |_| Ok(result("".into())),
    failure,
    reply: reply(|_| with_result(json!({"type": "string", "const": ""}))),
    ..Route::DEFAULT
};

/// The schemas of a route's answers.
const fn reply(success: fn(&ReplySchema<'_>) -> Value) -> RouteReply {
    RouteReply::Json { success, failure: || with_result(json!({"type": "string"})) }
}

/// The schema of [`result`].
fn with_result(result: Value) -> Value {
    json!({
        "type": "object",
        "properties": {
            "code": {"type": "integer", "description": "0, or the fault's code."},
            "msg": {"type": "string"},
            "result": result,
        },
        "required": ["code", "msg", "result"],
    })
}

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
            Class::Failure | Class::Peer => return failed(),
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
