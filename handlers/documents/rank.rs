//! The rank leaderboard (contract page `rank.md`; seed 000): `{code, data}` or `{code, error}`.

use engine::document::{Document, Fixed, Outcome, Response, Row};
use engine::fault::Fault;
use serde_json::{Value, json};

pub const DOCUMENT: Document = Document { rows: ROWS, dialect, ..Document::PLAIN };

const PATHS: &[&str] = &["/ranking_list", "/api/ranking_list"];

const ROWS: &[Row] = &[
    Row {
        method: "POST",
        paths: PATHS,
        op: ("rank", "upload"),
        takes: Some(&["rank"]),
        ..Row::PLAIN
    },
    Row {
        method: "PUT",
        paths: PATHS,
        op: ("rank", "upload"),
        takes: Some(&["rank", "arange", "version"]),
        lists: &["arange"],
        fixed: &[("list", Fixed::True)],
        ..Row::PLAIN
    },
];

fn dialect(outcome: Outcome<'_>) -> Response {
    let is_list = outcome.row.method == "PUT";
    Response::tree(&match outcome.shaped() {
        Ok(_) if !is_list => json!({"code": 200, "data": "ok"}),
        Ok(mut answer) => {
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
            json!({"code": 200, "data": data, "self": answer.get("self")})
        }
        Err(fault) => {
            let (code, error) = code(&fault);
            if is_list {
                json!({"code": code, "error": error})
            } else {
                json!({"code": code, "data": "error", "error": error})
            }
        }
    })
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
        | Fault::Conflict(_)
        | Fault::Captcha(_)
        | Fault::Phone
        | Fault::Quota(..)
        | Fault::SmsCode(_)
        | Fault::Gateway(..)
        | Fault::Taken(_)
        | Fault::Capped(_)
        | Fault::NotOwner
        | Fault::Signature(_)
        | Fault::Absent(_)
        | Fault::TooManyAttempts(_)
        | Fault::Picture(_) => (10099, fault.explanation()),
        Fault::PictureNotStored(_)
        | Fault::CaptchaNotMade(_)
        | Fault::Database(_)
        | Fault::NoSpace
        | Fault::AnswerTooLarge
        | Fault::Busy
        | Fault::Unknown(_) => text(10500, "Server error"),
    }
}
