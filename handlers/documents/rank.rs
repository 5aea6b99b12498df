//! The rank leaderboard (contract page `rank.md`; seed 000): `{code, data}` or `{code, error}`.

use engine::document::{Constant, Document, Response, Route, RouteReply, tree};
use engine::fault::{Class, Fault};
use serde_json::{Value, json};

pub const DOCUMENT: Document = Document {
    name: "ranking",
    description: "The leaderboard of accounts: `{code, data}` or `{code, error}`.",
    routes: ROUTES,
    ..Document::DEFAULT
};

const PATHS: &[&str] = &["/ranking_list", "/api/ranking_list"];

const ROUTES: &[Route] = &[
    Route {
        method: "POST",
        paths: PATHS,
        op: ("rank", "upload"),
        params: Some(&["rank"]),
        success: |_| Ok(Response::tree(&json!({"code": 200, "data": "ok"}))),
        failure: |failure| {
            let (code, error) = code(failure.fault);
            Response::tree(&json!({"code": code, "data": "error", "error": error}))
        },
        reply: RouteReply::Json {
            success: |_| {
                json!({
                    "type": "object",
                    "properties": {
                        "code": {"type": "integer", "const": 200},
                        "data": {"type": "string", "const": "ok"},
                    },
                    "required": ["code", "data"],
                })
            },
            failure: || {
                json!({
                    "type": "object",
                    "properties": {
                        "code": {"type": "integer"},
                        "data": {"type": "string", "const": "error"},
                        "error": {"type": "string"},
                    },
                    "required": ["code", "data", "error"],
                })
            },
        },
        ..Route::DEFAULT
    },
    Route {
        method: "PUT",
        paths: PATHS,
        op: ("rank", "upload"),
        params: Some(&["rank", "arange", "version"]),
        lists: &["arange"],
        constants: &[("list", Constant::True)],
        success: |list| Ok(places(tree(list)?)),
        failure: |failure| {
            let (code, error) = code(failure.fault);
            Response::tree(&json!({"code": code, "error": error}))
        },
        reply: RouteReply::Json {
            success: |_| places_schema(),
            failure: || {
                json!({
                    "type": "object",
                    "properties": {"code": {"type": "integer"}, "error": {"type": "string"}},
                    "required": ["code", "error"],
                })
            },
        },
        ..Route::DEFAULT
    },
];

/// The schema of [`places`].
fn places_schema() -> Value {
    let place = json!({
        "type": "object",
        "properties": {
            "ranking": {"type": "integer"},
            "user": {"type": "string"},
            "rank_score": {"type": "integer"},
        },
        "required": ["ranking", "user", "rank_score"],
    });
    json!({
        "type": "object",
        "properties": {
            "code": {"type": "integer", "const": 200},
            "data": {"type": "array", "items": {
                "type": "object",
                "properties": {
                    "rank_list": place,
                    "version": {
                        "description": "-1, 0 or 1: whether the client's version is older, the same or newer.",
                        "type": "integer",
                    },
                },
                "required": ["rank_list"],
            }},
            "self": {"anyOf": [place, {"type": "null"}]},
        },
        "required": ["code", "data", "self"],
    })
}

/// The places of the list, each with the version's comparison where the client told its version.
fn places(mut answer: Value) -> Response {
    let version = answer.get("version").cloned();
    let places = match answer.get_mut("list").map(Value::take) {
        Some(Value::Array(places)) => places,
        _ => Vec::new(),
    };
    let element = |place| match &version {
        None => json!({"rank_list": place}),
        Some(version) => json!({"rank_list": place, "version": version}),
    };
    let data: Vec<Value> = places.into_iter().map(element).collect();
    Response::tree(&json!({"code": 200, "data": data, "self": answer.get("self")}))
}

/// The document's code and text for a fault (contract page `faults.md`, "rank").
fn code(fault: &Fault) -> (i64, String) {
    let text = |code, text: &str| (code, text.to_owned());
    match fault {
        Fault::NoCredentials | Fault::BadToken => text(10086, "Please login"),
        Fault::AccountGone => text(10010, "User is wrong"),
        Fault::StaleToken | Fault::Password => text(10111, "User or password is wrong"),
        Fault::Missing(key) | Fault::Empty(key) | Fault::WrongType(key, _) if key == "rank" => {
            text(10098, "Please give me rank")
        }
        Fault::EnvelopeKey(_)
        | Fault::EnvelopeValue(_)
        | Fault::NoSuchOperation
        | Fault::Missing(_)
        | Fault::Empty(_)
        | Fault::WrongType(..)
        | Fault::WrongValue(..)
        | Fault::UnknownParameter(_)
        | Fault::Conflict(..)
        | Fault::LimitReached(_)
        | Fault::NotOwner
        | Fault::Signature(_)
        | Fault::NotFound(_)
        | Fault::TooManyAttempts(_)
        | Fault::File(_) => (10099, fault.explanation()),
        Fault::Declared(happened) => match happened.declared.class {
            Class::Value | Class::Proof | Class::Taken | Class::Limit => {
                (10099, fault.explanation())
            }
            Class::Failure | Class::Peer => text(10500, "Server error"),
        },
        Fault::Database(_)
        | Fault::NoSpace
        | Fault::AnswerTooLarge
        | Fault::Busy
        | Fault::Unknown(_) => text(10500, "Server error"),
    }
}
