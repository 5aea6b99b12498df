//! Mini-game high scores (contract page `pinball.md`; seed 001): `{status, code, msg | data}`.
//!
//! The seed says `status` here and `code` there; every answer carries both, the same number.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::document::{Constant, Document, Response, Route, RouteReply, pick, tree};
use engine::fault::{Class, Fault};
use engine::op::Answer;
use serde_json::{Value, json};

pub const DOCUMENT: Document = Document {
    name: "mini-game",
    description: "High scores of mini-games, a board a game: `{status, code, msg | data}`.",
    routes: ROUTES,
    lenient: true,
    ..Document::DEFAULT
};

const ROUTES: &[Route] = &[
    Route {
        paths: &["/{app}/api/user_score", "/api/user_score"],
        op: ("score", "get"),
        success: |standing| data(tree(standing)?),
        failure: |failure| match failure.fault {
            Fault::NotFound(_) => told(404, "没有该用户的成绩", Some(json!({"score": 0}))),
            fault => refused(fault),
        },
        reply: RouteReply::Json {
            success: |standing| with_data(standing.whole()),
            failure: || {
                told_schema(Some(json!({
                    "type": "object",
                    "properties": {"score": {"type": "integer"}},
                })))
            },
        },
        params: Some(&["openid"]),
        ..JSON
    },
    Route {
        paths: &[
            "/{app}/api/tpinball_score",
            "/api/tpinball_score",
            "/{app}/api/top_score",
            "/api/top_score",
        ],
        op: ("score", "top"),
        success: |places| {
            let places = tree(places)?;
            let places = places.as_array().map_or(&[][..], Vec::as_slice);
            data(places.iter().map(place).collect())
        },
        reply: RouteReply::Json {
            success: |_| {
                with_data(json!({"type": "array", "items": {
                    "type": "object",
                    "properties": {
                        "nickname": {"description": "In base64.", "type": ["string", "null"]},
                        "avatar": {"type": ["string", "null"]},
                        "score": {"description": "In digits.", "type": "string"},
                        "rank": {"type": "integer"},
                    },
                    "required": ["nickname", "avatar", "score", "rank"],
                }}))
            },
            failure: || told_schema(None),
        },
        params: Some(&["limit"]),
        constants: &[("null_faces", Constant::True)],
        ..JSON
    },
    Route {
        method: "POST",
        paths: &["/{app}/api/post_score", "/api/post_score"],
        op: ("score", "post"),
        success: |posted| {
            let message = if is_new(posted)? { "添加成绩成功" } else { "修改成绩成功" };
            Ok(told(200, message, Some(pick(posted, &POSTED)?)))
        },
        reply: RouteReply::Json {
            success: |posted| told_schema(Some(posted.pick(&POSTED))),
            failure: || told_schema(None),
        },
        params: Some(&["openid", "score"]),
        is_signed: true,
        ..JSON
    },
    Route {
        method: "POST",
        paths: &["/{app}/api/post_user_info", "/api/post_user_info"],
        op: ("player", "update"),
        success: |updated| {
            let message = if is_new(updated)? {
                "添加用户信息成功"
            } else {
                "修改用户信息成功"
            };
            Ok(told(200, message, None))
        },
        reply: RouteReply::Json { success: |_| told_schema(None), failure: || told_schema(None) },
        params: Some(&["openid", "nickname", "sex", "province", "city", "country", "headimgurl"]),
        is_signed: true,
        ..JSON
    },
];

/// What is told of a score that was posted.
const POSTED: [(&str, &str); 2] = [("score", "score"), ("rank", "rank")];

/// The schema of a code, which both `status` and `code` hold.
fn code_schema() -> Value {
    json!({"type": "integer", "description": "200, or the fault's code."})
}

/// The schema of [`data`].
fn with_data(data: Value) -> Value {
    json!({
        "type": "object",
        "properties": {"status": code_schema(), "code": code_schema(), "data": data},
        "required": ["status", "code", "data"],
    })
}

/// The schema of [`told`], with this `data` or none.
fn told_schema(data: Option<Value>) -> Value {
    let mut schema = json!({
        "type": "object",
        "properties": {"status": code_schema(), "code": code_schema(), "msg": {"type": "string"}},
        "required": ["status", "code", "msg"],
    });
    if let Some(data) = data {
        schema["properties"]["data"] = data;
    }
    schema
}

const JSON: Route = Route { failure: |failure| refused(failure.fault), ..Route::DEFAULT };

fn data(data: Value) -> Result<Response, Fault> {
    Ok(Response::tree(&json!({"status": 200, "code": 200, "data": data})))
}

fn told(code: i64, message: &str, data: Option<Value>) -> Response {
    let mut told = json!({"status": code, "code": code, "msg": message});
    if let Some(data) = data {
        told["data"] = data;
    }
    Response::tree(&told)
}

fn refused(fault: &Fault) -> Response {
    let (code, message) = code(fault);
    told(code, &message, None)
}

/// Did the request add something that was not there?
fn is_new(answer: &Answer) -> Result<bool, Fault> {
    Ok(tree(answer)?.get("new") == Some(&Value::Bool(true)))
}

/// One place, as the seed's client reads it: the nickname in Base64, the score as text. Nickname and
/// avatar are `null` where the player told nothing of himself.
fn place(place: &Value) -> Value {
    let nickname = place.get("nickname").and_then(Value::as_str);
    json!({
        "nickname": nickname.map(|nickname| STANDARD.encode(nickname)),
        "avatar": place.get("avatar"),
        "score": place.get("score").map(ToString::to_string),
        "rank": place.get("rank"),
    })
}

/// The document's code and text for a fault (contract page `faults.md`, "pinball").
fn code(fault: &Fault) -> (i64, String) {
    let code = match fault {
        Fault::NoCredentials | Fault::BadToken | Fault::StaleToken | Fault::AccountGone => 401,
        Fault::NotOwner | Fault::Signature(_) => 403,
        Fault::NotFound(_) => 404,
        Fault::LimitReached(_) | Fault::TooManyAttempts(_) => 429,
        Fault::EnvelopeKey(_)
        | Fault::EnvelopeValue(_)
        | Fault::NoSuchOperation
        | Fault::Missing(_)
        | Fault::Empty(_)
        | Fault::WrongType(..)
        | Fault::WrongValue(..)
        | Fault::UnknownParameter(_)
        | Fault::Conflict(..)
        | Fault::Password
        | Fault::File(_) => 400,
        Fault::Declared(happened) => match happened.declared.class {
            Class::Value | Class::Proof | Class::Taken => 400,
            Class::Limit => 429,
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
    (500, "the server failed".into())
}
