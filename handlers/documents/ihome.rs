//! Register, sessions, real name (contract page `ihome.md`; seed 004): `{errno, errmsg, data}`.
//!
//! `errno` is text: the seed's web client compares it with `"0"` and `"4101"`.

use engine::document::{Cookie, Document, Fixed, Outcome, Response, Row, Shape, Step};
use engine::fault::{Fault, Lapse, Unique};
use engine::op::Name;
use serde_json::{Value, json};

pub const DOCUMENT: Document = Document { rows: ROWS, dialect, by_cookie: true, ..Document::PLAIN };

const LOGIN: Name = ("user", "login");

/// The seed's `user.to_dict()`. `avatar` and `avatar_url` are the same address.
const USER: Shape = Shape::Pick(&[
    ("user_id", "user_id"),
    ("name", "username"),
    ("avatar", "profile_picture"),
    ("avatar_url", "profile_picture"),
    ("mobile", "mobile"),
    ("create_time", "create_time"),
]);

const ROWS: &[Row] = &[
    Row {
        paths: &["/api/v1.0/imagecode/{id}"],
        op: ("img", "generate"),
        fixed: &[("format", Fixed::Text("jpg"))],
        reply: Shape::Bytes { key: "imgdata", content_type: "image/jpg" },
        ..Row::PLAIN
    },
    Row {
        paths: &["/api/v1.0/smscode/{mobile}"],
        op: ("sms", "generate"),
        takes: Some(&["text", "id"]),
        renames: &[("mobile", "phone")],
        reply: Shape::Nothing,
        ..Row::PLAIN
    },
    Row {
        method: "POST",
        paths: &["/api/v1.0/users"],
        op: ("user", "register"),
        takes: Some(&["mobile", "sms_code", "password"]),
        // Registering also logs in, and answers the whole user.
        then: &[
            Step { op: LOGIN, renames: &[("mobile", "username")] },
            Step { op: ("user", "info"), renames: &[] },
        ],
        reply: USER,
        cookie: Cookie::Set,
        ..Row::PLAIN
    },
    Row {
        method: "POST",
        paths: &["/api/v1.0/sessions"],
        op: LOGIN,
        takes: Some(&["mobile", "password", "hash"]),
        renames: &[("mobile", "username")],
        reply: Shape::Pick(&[("user_id", "user_id")]),
        cookie: Cookie::Set,
        ..Row::PLAIN
    },
    Row {
        paths: &["/api/v1.0/session"],
        op: ("user", "info"),
        reply: Shape::Pick(&[("user_id", "user_id"), ("name", "username")]),
        ..Row::PLAIN
    },
    Row {
        method: "DELETE",
        paths: &["/api/v1.0/session"],
        op: ("user", "logout"),
        reply: Shape::Nothing,
        cookie: Cookie::Clear,
        ..Row::PLAIN
    },
    Row { paths: &["/api/v1.0/user"], op: ("user", "info"), reply: USER, ..Row::PLAIN },
    Row {
        method: "POST",
        paths: &["/api/v1.0/user/avatar"],
        op: ("user", "avatar"),
        takes: Some(&["avatar"]),
        renames: &[("avatar", "base64")],
        reply: Shape::Pick(&[("avatar_url", "url")]),
        ..Row::PLAIN
    },
    Row {
        method: "PUT",
        paths: &["/api/v1.0/user/name"],
        op: ("user", "rename"),
        takes: Some(&["name"]),
        renames: &[("name", "username")],
        reply: Shape::Pick(&[("name", "username")]),
        ..Row::PLAIN
    },
    Row {
        method: "POST",
        paths: &["/api/v1.0/user/auth"],
        op: ("user", "verify"),
        takes: Some(&["real_name", "id_card"]),
        reply: Shape::Nothing,
        ..Row::PLAIN
    },
    Row { paths: &["/api/v1.0/user/auth"], op: ("user", "verified"), ..Row::PLAIN },
];

fn dialect(outcome: Outcome<'_>) -> Response {
    let op = outcome.row.op;
    Response::tree(&match outcome.shaped() {
        Ok(answer) => {
            let message = if op == ("sms", "generate") { "发送成功" } else { "OK" };
            match answer {
                Value::Null => json!({"errno": "0", "errmsg": message}),
                data => json!({"errno": "0", "errmsg": message, "data": data}),
            }
        }
        Err(fault) => {
            let (code, message) = code(op, &fault);
            json!({"errno": code, "errmsg": message})
        }
    })
}

/// The document's code and text for a fault (contract pages `faults.md`, "ihome", and `ihome.md`).
fn code(op: Name, fault: &Fault) -> (&'static str, &'static str) {
    match fault {
        Fault::NoCredentials | Fault::BadToken | Fault::StaleToken | Fault::AccountGone => {
            ("4101", "用户未登录")
        }
        // A key that is sent twice is no name that was refused.
        Fault::WrongValue(_, why) if why == "sent twice" => ("4103", "参数错误"),
        // Their pages show nothing but these texts.
        Fault::WrongValue(..) if op == ("user", "rename") => ("4001", "保存用户信息失败"),
        Fault::WrongValue(..) if op == ("user", "verify") => ("4001", "保存用户实名信息失败"),
        Fault::EnvelopeKey(_)
        | Fault::EnvelopeValue(_)
        | Fault::NoSuchOperation
        | Fault::Missing(_)
        | Fault::Empty(_)
        | Fault::WrongType(..)
        | Fault::WrongValue(..)
        | Fault::UnknownParameter(_)
        | Fault::Conflict(_)
        | Fault::Phone => ("4103", "参数错误"),
        Fault::Captcha(Lapse::Expired) => ("4002", "图片验证码已过期"),
        Fault::Captcha(Lapse::Wrong) => ("4004", "图片验证码错误"),
        Fault::SmsCode(Lapse::Expired) => ("4002", "短信验证码已过期"),
        Fault::SmsCode(Lapse::Wrong) => ("4004", "短信验证码错误"),
        Fault::Absent(_) => ("4002", "无效操作"),
        Fault::Taken(Unique::Mobile) => ("4003", "手机号已注册"),
        Fault::Taken(Unique::RealName) => ("4003", "已实名认证"),
        Fault::Taken(Unique::Name) => ("4001", "保存用户信息失败"),
        Fault::Password => ("4004", "用户名或密码错误"),
        Fault::Picture(_) => ("4004", "数据错误"),
        Fault::Quota(..)
        | Fault::Capped(_)
        | Fault::NotOwner
        | Fault::Signature(_)
        | Fault::TooManyAttempts(_) => ("4201", "请求次数受限"),
        Fault::Gateway(..) => ("4301", "发送失败"),
        Fault::PictureNotStored(_) => ("4301", "上传图片失败"),
        Fault::CaptchaNotMade(_) => ("4001", "保存图片验证码失败"),
        Fault::Database(_) => match op {
            ("img", _) => ("4001", "保存图片验证码失败"),
            ("user", "rename" | "avatar") => ("4001", "保存用户信息失败"),
            ("user", "verify") => ("4001", "保存用户实名信息失败"),
            _ => ("4001", "数据库查询错误"),
        },
        Fault::NoSpace if op == ("user", "avatar") => ("4301", "上传图片失败"),
        Fault::NoSpace => ("4001", "数据库查询错误"),
        Fault::AnswerTooLarge | Fault::Busy | Fault::Unknown(_) => ("4500", "内部错误"),
    }
}
