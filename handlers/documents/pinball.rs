//! Mini-game high scores (contract page `pinball.md`; seed 001): `{status, code, msg | data}`.
//!
//! The seed says `status` here and `code` there; every answer carries both, the same number.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::document::{Document, Fixed, Outcome, Response, Row};
use engine::fault::Fault;
use serde_json::{Value, json};

pub const DOCUMENT: Document = Document { rows: ROWS, dialect, unclean: true, ..Document::PLAIN };

const ROWS: &[Row] = &[
    Row {
        paths: &["/{app}/api/user_score", "/api/user_score"],
        op: ("score", "get"),
        takes: Some(&["openid"]),
        ..Row::PLAIN
    },
    Row {
        paths: &[
            "/{app}/api/tpinball_score",
            "/api/tpinball_score",
            "/{app}/api/top_score",
            "/api/top_score",
        ],
        op: ("score", "top"),
        takes: Some(&["limit"]),
        fixed: &[("null_faces", Fixed::True)],
        ..Row::PLAIN
    },
    Row {
        method: "POST",
        paths: &["/{app}/api/post_score", "/api/post_score"],
        op: ("score", "post"),
        takes: Some(&["openid", "score"]),
        is_signed: true,
        ..Row::PLAIN
    },
    Row {
        method: "POST",
        paths: &["/{app}/api/post_user_info", "/api/post_user_info"],
        op: ("player", "update"),
        takes: Some(&["openid", "nickname", "sex", "province", "city", "country", "headimgurl"]),
        is_signed: true,
        ..Row::PLAIN
    },
];

fn dialect(outcome: Outcome<'_>) -> Response {
    let op = outcome.row.op;
    Response::tree(&match outcome.shaped() {
        Ok(answer) => success(op, &answer),
        Err(Fault::Absent(_)) if op == ("score", "get") => {
            json!({"status": 404, "code": 404, "msg": "没有该用户的成绩", "data": {"score": 0}})
        }
        Err(fault) => {
            let (code, message) = code(&fault);
            json!({"status": code, "code": code, "msg": message})
        }
    })
}

fn success((kind, subtype): engine::op::Name, answer: &Value) -> Value {
    let new = answer.get("new") == Some(&Value::Bool(true));
    match (kind, subtype) {
        ("score", "get") => {
            json!({"status": 200, "code": 200, "data": answer})
        }
        ("score", "top") => {
            let places = answer.as_array().map_or(&[][..], Vec::as_slice);
            let data: Vec<Value> = places.iter().map(place).collect();
            json!({"status": 200, "code": 200, "data": data})
        }
        ("score", _) => {
            let message = if new { "添加成绩成功" } else { "修改成绩成功" };
            let data = json!({"score": answer.get("score"), "rank": answer.get("rank")});
            json!({"status": 200, "code": 200, "msg": message, "data": data})
        }
        _ => {
            let message = if new { "添加用户信息成功" } else { "修改用户信息成功" };
            json!({"status": 200, "code": 200, "msg": message})
        }
    }
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
        Fault::Absent(_) => 404,
        Fault::Quota(..) | Fault::Capped(_) | Fault::TooManyAttempts(_) => 429,
        Fault::EnvelopeKey(_)
        | Fault::EnvelopeValue(_)
        | Fault::NoSuchOperation
        | Fault::Missing(_)
        | Fault::Empty(_)
        | Fault::WrongType(..)
        | Fault::WrongValue(..)
        | Fault::UnknownParameter(_)
        | Fault::Conflict(_)
        | Fault::Captcha(_)
        | Fault::Phone
        | Fault::SmsCode(_)
        | Fault::Taken(_)
        | Fault::Password
        | Fault::Picture(_) => 400,
        Fault::Gateway(..)
        | Fault::PictureNotStored(_)
        | Fault::CaptchaNotMade(_)
        | Fault::Database(_)
        | Fault::NoSpace
        | Fault::AnswerTooLarge
        | Fault::Busy
        | Fault::Unknown(_) => return (500, "the server failed".into()),
    };
    (code, fault.explanation())
}
