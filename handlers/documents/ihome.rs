//! Register, sessions, real name (contract page `ihome.md`; seed 004): `{errno, errmsg, data}`.
//!
//! `errno` is text: the seed's web client compares it with `"0"` and `"4101"`.

use crate::handlers::img::{self, Captcha};
use crate::handlers::user::{self, Session};
use crate::handlers::{portrait, sms};
use engine::document::{
    Constant, Cookie, Document, Failure, ReplySchema, Response, Route, RouteReply, Step, pick, tree,
};
use engine::fault::{Class, Fault};
use engine::op::{Answer, Name};
use serde_json::{Value, json};

pub const DOCUMENT: Document = Document {
    name: "rental-site",
    description: "Registering, sessions in a cookie, and real names: `{errno, errmsg, data}`.",
    routes: ROUTES,
    by_cookie: true,
    ..Document::DEFAULT
};

const LOGIN: Name = ("user", "login");

/// The seed's `user.to_dict()`. `avatar` and `avatar_url` are the same address.
const USER: [(&str, &str); 6] = [
    ("user_id", "user_id"),
    ("name", "username"),
    ("avatar", "profile_picture"),
    ("avatar_url", "profile_picture"),
    ("mobile", "mobile"),
    ("create_time", "create_time"),
];

const ROUTES: &[Route] = &[
    Route {
        paths: &["/api/v1.0/imagecode/{id}"],
        op: ("img", "generate"),
        constants: &[("format", Constant::Text("jpg"))],
        success: |captcha| match captcha.of() {
            Some(Captcha::Picture { imgdata, .. }) => {
                Ok(Response::bytes(imgdata.clone(), "image/jpg"))
            }
            _ => Err(Fault::unknown("a captcha that is no picture")),
        },
        failure: |failure| told(failure, &CAPTCHA_NOT_KEPT),
        reply: RouteReply::PictureOrFault(told_schema),
        ..JSON
    },
    Route {
        paths: &["/api/v1.0/smscode/{mobile}"],
        op: ("sms", "generate"),
        params: Some(&["text", "id"]),
        renames: &[("mobile", "phone")],
        success: |_| Ok(done("发送成功", None)),
        ..JSON
    },
    Route {
        method: "POST",
        paths: &["/api/v1.0/users"],
        op: ("user", "register"),
        params: Some(&["mobile", "sms_code", "password"]),
        // Registering also logs in, and answers the whole user.
        then: &[
            Step { op: LOGIN, renames: &[("mobile", "username")] },
            Step { op: ("user", "info"), renames: &[] },
        ],
        success: |user| Ok(data(pick(user, &USER)?)),
        reply: reply(|user| with_data(user.pick(&USER))),
        cookie: Cookie::Set(token),
        ..JSON
    },
    Route {
        method: "POST",
        paths: &["/api/v1.0/sessions"],
        op: LOGIN,
        params: Some(&["mobile", "password", "hash"]),
        renames: &[("mobile", "username")],
        success: |answer| Ok(data(pick(answer, &[("user_id", "user_id")])?)),
        reply: reply(|answer| with_data(answer.pick(&[("user_id", "user_id")]))),
        cookie: Cookie::Set(token),
        ..JSON
    },
    Route {
        paths: &["/api/v1.0/session"],
        op: ("user", "info"),
        success: |answer| Ok(data(pick(answer, &[("user_id", "user_id"), ("name", "username")])?)),
        reply: reply(|answer| {
            with_data(answer.pick(&[("user_id", "user_id"), ("name", "username")]))
        }),
        ..JSON
    },
    Route {
        method: "DELETE",
        paths: &["/api/v1.0/session"],
        op: ("user", "logout"),
        cookie: Cookie::Clear,
        ..JSON
    },
    Route {
        paths: &["/api/v1.0/user"],
        op: ("user", "info"),
        success: |user| Ok(data(pick(user, &USER)?)),
        reply: reply(|user| with_data(user.pick(&USER))),
        ..JSON
    },
    Route {
        method: "POST",
        paths: &["/api/v1.0/user/avatar"],
        op: ("user", "avatar"),
        params: Some(&["avatar"]),
        renames: &[("avatar", "base64")],
        failure: |failure| told(failure, &AVATAR_NOT_KEPT),
        success: |answer| Ok(data(pick(answer, &[("avatar_url", "url")])?)),
        reply: reply(|answer| with_data(answer.pick(&[("avatar_url", "url")]))),
        ..JSON
    },
    Route {
        method: "PUT",
        paths: &["/api/v1.0/user/name"],
        op: ("user", "rename"),
        params: Some(&["name"]),
        renames: &[("name", "username")],
        failure: |failure| told(failure, &NAME_NOT_KEPT),
        success: |answer| Ok(data(pick(answer, &[("name", "username")])?)),
        reply: reply(|answer| with_data(answer.pick(&[("name", "username")]))),
        ..JSON
    },
    Route {
        method: "POST",
        paths: &["/api/v1.0/user/auth"],
        op: ("user", "verify"),
        params: Some(&["real_name", "id_card"]),
        failure: |failure| told(failure, &REAL_NAME_NOT_KEPT),
        ..JSON
    },
    Route {
        paths: &["/api/v1.0/user/auth"],
        op: ("user", "verified"),
        success: |verified| Ok(data(tree(verified)?)),
        reply: reply(|verified| with_data(verified.whole())),
        ..JSON
    },
];

/// Without more, success has nothing to say but that it is one.
const JSON: Route = Route {
    success: |_| Ok(done("OK", None)),
    failure: |failure| told(failure, &TEXTS),
    reply: reply(|_| told_schema()),
    ..Route::DEFAULT
};

/// The schemas of a route's answers.
const fn reply(success: fn(&ReplySchema<'_>) -> Value) -> RouteReply {
    RouteReply::Json { success, failure: told_schema }
}

/// The schema of [`told`], and of [`done`] without data.
fn told_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "errno": {"type": "string", "description": "`0`, or the fault's code."},
            "errmsg": {"type": "string"},
        },
        "required": ["errno", "errmsg"],
    })
}

/// The schema of [`data`].
fn with_data(data: Value) -> Value {
    let mut schema = told_schema();
    schema["properties"]["data"] = data;
    schema
}

/// The token of the session that a login opened.
fn token(answer: &Answer) -> Option<String> {
    answer.of::<Session>().map(|session| session.token.clone())
}

fn data(data: Value) -> Response {
    done("OK", Some(data))
}

fn done(message: &str, data: Option<Value>) -> Response {
    Response::tree(&match data {
        None => json!({"errno": "0", "errmsg": message}),
        Some(data) => json!({"errno": "0", "errmsg": message, "data": data}),
    })
}

/// A code and its text.
type Told = (&'static str, &'static str);

/// What differs from route to route: their pages show nothing but these texts.
struct Texts {
    wrong_value: Told,
    database: Told,
    no_space: Told,
}

const TEXTS: Texts = Texts {
    wrong_value: ("4103", "参数错误"),
    database: ("4001", "数据库查询错误"),
    no_space: ("4001", "数据库查询错误"),
};

const CAPTCHA_NOT_KEPT: Texts =
    Texts { database: ("4001", "保存图片验证码失败"), ..TEXTS };

const AVATAR_NOT_KEPT: Texts =
    Texts {
        database: ("4001", "保存用户信息失败"), no_space: ("4301", "上传图片失败"), ..TEXTS
    };

const NAME_NOT_KEPT: Texts = Texts {
    wrong_value: ("4001", "保存用户信息失败"),
    database: ("4001", "保存用户信息失败"),
    ..TEXTS
};

const REAL_NAME_NOT_KEPT: Texts = Texts {
    wrong_value: ("4001", "保存用户实名信息失败"),
    database: ("4001", "保存用户实名信息失败"),
    ..TEXTS
};

fn told(failure: &Failure<'_>, texts: &Texts) -> Response {
    let (code, message) = code(failure.fault, texts);
    Response::tree(&json!({"errno": code, "errmsg": message}))
}

/// The document's code and text for a fault (contract pages `faults.md`, "ihome", and `ihome.md`).
fn code(fault: &Fault, texts: &Texts) -> Told {
    match fault {
        Fault::NoCredentials | Fault::BadToken | Fault::StaleToken | Fault::AccountGone => {
            ("4101", "用户未登录")
        }
        // A key that is sent twice is no value that was refused.
        Fault::WrongValue(_, why) if why == "sent twice" => TEXTS.wrong_value,
        Fault::WrongValue(..) => texts.wrong_value,
        Fault::EnvelopeKey(_)
        | Fault::EnvelopeValue(_)
        | Fault::NoSuchOperation
        | Fault::Missing(_)
        | Fault::Empty(_)
        | Fault::WrongType(..)
        | Fault::UnknownParameter(_)
        | Fault::Conflict(..) => TEXTS.wrong_value,
        Fault::NotFound(_) => ("4002", "无效操作"),
        Fault::Password => ("4004", "用户名或密码错误"),
        Fault::File(_) => ("4004", "数据错误"),
        Fault::LimitReached(_)
        | Fault::NotOwner
        | Fault::Signature(_)
        | Fault::TooManyAttempts(_) => LIMITED,
        Fault::Declared(happened) => declared(fault, happened.declared.class),
        Fault::Database(_) => texts.database,
        Fault::NoSpace => texts.no_space,
        Fault::AnswerTooLarge | Fault::Busy | Fault::Unknown(_) => FAILED,
    }
}

const LIMITED: Told = ("4201", "请求次数受限");

const FAILED: Told = ("4500", "内部错误");

/// The code and text for a fault that an operation declares: its own, or that of its class.
fn declared(fault: &Fault, class: Class) -> Told {
    let own = [
        (&img::EXPIRED, ("4002", "图片验证码已过期")),
        (&img::WRONG, ("4004", "图片验证码错误")),
        (&img::NOT_DRAWN, CAPTCHA_NOT_KEPT.database),
        (&sms::EXPIRED, ("4002", "短信验证码已过期")),
        (&sms::WRONG, ("4004", "短信验证码错误")),
        (&sms::NOT_SENT, ("4301", "发送失败")),
        (&user::MOBILE_TAKEN, ("4003", "手机号已注册")),
        (&user::VERIFIED_ALREADY, ("4003", "已实名认证")),
        (&user::NAME_TAKEN, NAME_NOT_KEPT.database),
        (&portrait::NOT_STORED, AVATAR_NOT_KEPT.no_space),
    ];
    let told = own.into_iter().find(|(declared, _)| fault.is(declared)).map(|(_, told)| told);
    told.unwrap_or(match class {
        Class::Value => TEXTS.wrong_value,
        Class::Proof => ("4004", "数据错误"),
        Class::Taken => ("4003", "数据已存在"),
        Class::Limit => LIMITED,
        Class::Failure | Class::Peer => FAILED,
    })
}
