//! Registration by mobile number over the wire (contract page `ihome.md`; seed 004).

use crate::common::Server;
use crate::common::web::{FORM, JSON, refused, session, success};
use serde_json::{Value, json};

const BAD: (&str, &str) = ("4103", "参数错误");
const NO_PICTURE: (&str, &str) = ("4002", "图片验证码已过期");
const WRONG_PICTURE: (&str, &str) = ("4004", "图片验证码错误");
const NO_CODE: (&str, &str) = ("4002", "短信验证码已过期");
const WRONG_CODE: (&str, &str) = ("4004", "短信验证码错误");
const REGISTERED: (&str, &str) = ("4003", "手机号已注册");
const QUOTA: (&str, &str) = ("4201", "请求次数受限");
const SENT: (&str, &str) = ("0", "发送成功");

fn draw(server: &Server, id: &str) -> Vec<u8> {
    let reply = server.get(&format!("/api/v1.0/imagecode/{id}"));
    assert_eq!((reply.status, reply.header("content-type")), (200, "image/jpg"), "{id}");
    reply.body
}

#[track_caller]
fn sms(server: &Server, rest: &str, (errno, errmsg): (&str, &str)) {
    let answer = server.ask("GET", &format!("/api/v1.0/smscode/{rest}"), &[], "");
    assert_eq!(answer, refused(errno, errmsg), "{rest}");
}

#[track_caller]
fn register(server: &Server, body: Value, (errno, errmsg): (&str, &str)) {
    let reply = server.send("POST", "/api/v1.0/users", &[JSON], body.to_string().as_bytes());
    assert_eq!((reply.status, reply.text()), (200, refused(errno, errmsg)), "{body}");
    assert_eq!(reply.header("set-cookie"), "", "{body}");
}

fn form(mobile: &str, code: &str, password: &str) -> Value {
    json!({"mobile": mobile, "sms_code": code, "password": password})
}

/// A code of six digits that differs from this one.
fn other(code: &str) -> &'static str {
    if code == "000000" { "111111" } else { "000000" }
}

#[test]
fn captcha_is_an_uncached_jpeg() {
    let server = Server::start("");
    let reply = server.get("/api/v1.0/imagecode/my-own.id_1");
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), "image/jpg");
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert_eq!((reply.header("etag"), reply.header("set-cookie")), ("", ""));
    assert_eq!(reply.header("content-length"), reply.body.len().to_string());
    assert!(reply.body.starts_with(b"\xff\xd8\xff") && reply.body.ends_with(b"\xff\xd9"));
}

#[test]
fn captcha_id_is_1_to_64_plain_characters() {
    let server = Server::start("");
    let longest = "a".repeat(64);
    for id in ["a", "A-z.0_9", "2b6f0cc9-04d1-4bd6-8a3f-5d1f1a7f2e11", "..", "%61", &longest] {
        draw(&server, id);
    }
    let longer = "a".repeat(65);
    for id in ["a%20b", "a+b", "a%2Fb", "%E5%9B%BE", "%00", "%ff", "a?id=b", &longer] {
        let answer = server.ask("GET", &format!("/api/v1.0/imagecode/{id}"), &[], "");
        assert_eq!(answer, refused(BAD.0, BAD.1), "{id}");
    }
    assert_eq!(server.get("/api/v1.0/imagecode/").status, 404);
    assert_eq!(server.get("/api/v1.0/imagecode/a/").status, 404);
}

#[test]
fn sms_code_errors_come_in_the_contract_order() {
    let server = Server::start("");
    server.registered("13800000001");
    draw(&server, "p");
    let long = format!("13800000002?id=p&text={}", "a".repeat(65));
    for (rest, answer) in [
        // Something is missing or invalid: the captcha stays valid.
        ("13800000002", BAD),
        ("13800000002?id=p", BAD),
        ("13800000002?text=abcd", BAD),
        ("13800000002?id=&text=abcd", BAD),
        ("13800000002?id=p&text=", BAD),
        ("13800000002?id=a%20b&text=abcd", BAD),
        ("13800000002?id=p&id=p&text=abcd", BAD),
        ("13800000002?id=p&text=abcd&mobile=13800000002", BAD),
        (&long, BAD),
        // A malformed number is reported before an unknown captcha.
        ("1380000000?id=none&text=abcd", BAD),
        ("138000000022?id=p&text=abcd", BAD),
        ("12800000002?id=p&text=abcd", BAD),
        ("%2B8613800000002?id=p&text=abcd", BAD),
        ("1380000000x?id=p&text=abcd", BAD),
        ("%EF%BC%913800000002?id=p&text=abcd", BAD),
        // The captcha is checked before the quota, and the quota before the registration of the
        // number.
        ("13800000001?id=none&text=abcd", NO_PICTURE),
        ("13800000002?id=p&text=abcd", SENT),
    ] {
        sms(&server, rest, answer);
    }
    for (rest, answer) in [
        ("13800000001?id=p&text=abcx", WRONG_PICTURE),
        // A message was sent to it a moment ago.
        ("13800000001?id=p&text=abcd", QUOTA),
        ("13800000002?id=p&text=abcx", WRONG_PICTURE),
        ("13800000002?id=p&text=abcd", QUOTA),
    ] {
        draw(&server, "p");
        sms(&server, rest, answer);
        // Right or wrong, with any result: the captcha can be tried once.
        sms(&server, "13800000003?id=p&text=abcd", NO_PICTURE);
    }
    assert_eq!(server.outbox().len(), 2);
}

#[test]
fn captcha_has_four_characters_in_any_case() {
    let server = Server::start("");
    for (text, answer) in [
        ("abcde", WRONG_PICTURE),
        ("abc", WRONG_PICTURE),
        ("abc%20", WRONG_PICTURE),
        ("aBcD", SENT),
    ] {
        draw(&server, "p");
        sms(&server, &format!("13800000001?text={text}&id=p"), answer);
    }
}

#[test]
fn new_captcha_replaces_the_one_of_the_same_id() {
    let server = Server::start("");
    assert_ne!(draw(&server, "p"), draw(&server, "p"));
    sms(&server, "13800000001?id=p&text=abcd", SENT);
    sms(&server, "13800000002?id=p&text=abcd", NO_PICTURE);
    draw(&server, "p");
    draw(&server, "P");
    sms(&server, "13800000002?id=p&text=abcd", SENT);
    sms(&server, "13800000003?id=P&text=abcd", SENT);
}

#[test]
fn captcha_expires_as_configured() {
    let server =
        Server::start("[captcha]\nttl = \"1s\"\ntest_code = \"abcde\"\n[session]\nttl = \"1s\"\n");
    server.user(&["add", "clock", "--password-stdin"], "secret-1\n");
    draw(&server, "p");
    server.wait_until_expired(&server.login("clock"));
    sms(&server, "13800000001?id=p&text=abcd", NO_PICTURE);
    assert!(!server.folder().join("data/outbox.jsonl").exists() || server.outbox().is_empty());
}

#[test]
fn registration_returns_the_user_and_logs_in() {
    let server = Server::start("");
    let code = server.sms_code("13800000001");
    assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()));
    let body = form("13800000001", &code, "secret-1").to_string();
    let reply = server.send("POST", "/api/v1.0/users", &[JSON], body.as_bytes());
    let token = session(&reply);
    let info = server.done(&token, "user/info", json!({}));
    let user = json!({
        "user_id": 100_001, "name": "13800000001", "avatar": "", "avatar_url": "",
        "mobile": "13800000001", "create_time": info["create_time"],
    });
    assert_eq!((reply.status, reply.text()), (200, success(user.clone())));
    assert_eq!(
        reply.header("set-cookie"),
        format!("session={token}; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax")
    );
    let cookie = format!("session={token}");
    assert_eq!(server.ask("GET", "/api/v1.0/user", &[("Cookie", &cookie)], ""), success(user));
}

#[test]
fn registration_errors_come_in_the_contract_order() {
    let server = Server::start("");
    server.registered("13800000001");
    let code = server.sms_code("13800000002");
    let with = |key: &str, value: Value| {
        let mut body = form("13800000002", &code, "secret-1");
        body[key] = value;
        body
    };
    let (short, long) = ("x".repeat(5), "码".repeat(65));
    for (key, value) in [
        ("mobile", json!("")),
        ("mobile", json!(null)),
        ("mobile", json!(13_800_000_002_i64)),
        ("mobile", json!("1380000000")),
        ("sms_code", json!("")),
        ("sms_code", json!(null)),
        ("sms_code", json!(code.parse::<i64>().unwrap())),
        ("sms_code", json!(&code[1..])),
        ("sms_code", json!(format!("{code}0"))),
        ("sms_code", json!("abcdef")),
        ("sms_code", json!("１２３４５６")),
        ("password", json!("")),
        ("password", json!(null)),
        ("password", json!(12_345_678)),
        ("password", json!([])),
        ("password", json!(short)),
        ("password", json!(long)),
    ] {
        register(&server, with(key, value), BAD);
    }
    for key in ["mobile", "sms_code", "password"] {
        let mut body = with("mobile", json!("13800000002"));
        body.as_object_mut().unwrap().remove(key);
        register(&server, body, BAD);
    }
    register(&server, form("13800000001", &code, "short"), BAD);
    register(&server, form("13800000001", other(&code), "secret-1"), NO_CODE);
    register(&server, form("13800000003", &code, "secret-1"), NO_CODE);
    register(&server, form("13800000002", other(&code), "secret-1"), WRONG_CODE);
    // None of it used up the code.
    let body = format!("mobile=13800000002&sms_code={code}&password=%E7%A0%8112345");
    let answer = server.ask("POST", "/api/v1.0/users", &[FORM], &body);
    assert!(answer.starts_with(r#"{"errno":"0","errmsg":"OK","data":{"user_id":100002,"#));
    register(&server, form("13800000002", &code, "secret-1"), NO_CODE);
}

#[test]
fn field_names_of_operations_are_refused_here() {
    let server = Server::start("");
    let hash = server.captcha();
    let by_name = json!({"username": "nora", "password": "secret-1", "hash": hash});
    register(&server, by_name.clone(), BAD);
    // Nothing was written, and the captcha is still valid for the operation itself.
    assert_eq!(server.done("", "user/register", by_name), json!({"user_id": 100_001}));
    let body = json!({"username": "nora", "password": "secret-1"}).to_string();
    let answer = server.ask("POST", "/api/v1.0/sessions", &[], &body);
    assert_eq!(answer, refused(BAD.0, BAD.1));
}

#[test]
fn right_code_after_five_wrong_ones_is_refused() {
    let server = Server::start("");
    let code = server.sms_code("13800000001");
    let wrong = other(&code);
    for _ in 0..4 {
        register(&server, form("13800000001", wrong, "secret-1"), WRONG_CODE);
        register(&server, form("13800000001", wrong, "short"), BAD);
        register(&server, form("13800000001", "12345", "secret-1"), BAD);
    }
    register(&server, form("13800000001", wrong, "secret-1"), WRONG_CODE);
    register(&server, form("13800000001", &code, "secret-1"), WRONG_CODE);
    register(&server, form("13800000001", wrong, "secret-1"), WRONG_CODE);

    let code = server.sms_code("13800000002");
    for _ in 0..4 {
        register(&server, form("13800000002", other(&code), "secret-1"), WRONG_CODE);
    }
    let body = form("13800000002", &code, "secret-1").to_string();
    assert!(server.ask("POST", "/api/v1.0/users", &[], &body).starts_with(r#"{"errno":"0","#));
}

#[test]
fn code_is_used_up_only_by_success() {
    let server = Server::start("[sms]\nper_30_seconds = 0\n");
    let (first, second) = (server.sms_code("13800000001"), server.sms_code("13800000001"));
    let body = |code: &str| form("13800000001", code, "secret-1");
    let done = |code| server.ask("POST", "/api/v1.0/users", &[], &body(code).to_string());
    assert!(done(&first).starts_with(r#"{"errno":"0","#));
    register(&server, body(&second), REGISTERED);
    server.user(&["remove", "13800000001"], "");
    // Codes are random: the two may be the same.
    if first != second {
        register(&server, body(&first), WRONG_CODE);
    }
    assert!(done(&second).starts_with(r#"{"errno":"0","#));
    server.user(&["remove", "13800000001"], "");
    register(&server, body(&second), NO_CODE);
}

#[test]
fn sms_code_expires_as_configured() {
    let server = Server::start("[sms]\nttl = \"1s\"\n[session]\nttl = \"1s\"\n");
    server.account("clock");
    let code = server.sms_code("13800000001");
    server.wait_until_expired(&server.login("clock"));
    register(&server, form("13800000001", &code, "secret-1"), NO_CODE);
}
