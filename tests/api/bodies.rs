//! Bodies that documents accept, and answers to those that can't be decoded (contract: README
//! "Times, numbers, text"; operations.md; each document's own dialect).

mod limits;
mod methods;

use crate::common::Server;
use serde_json::Value;

/// A request of each document that writes.
const WRITES: [(&str, &str); 5] = [
    ("POST", "/ranking_list"),
    ("PUT", "/ranking_list"),
    ("POST", "/api/post_user_info"),
    ("POST", "/login"),
    ("POST", "/api/v1.0/sessions"),
];

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data; boundary=XX";

fn send(server: &Server, method: &str, path: &str, kind: &str, body: impl AsRef<[u8]>) -> String {
    let reply = server.send(method, path, &[("Content-Type", kind)], body.as_ref());
    assert_eq!(reply.status, 200, "{method} {path}: {}", reply.text());
    assert_eq!(reply.header("content-type"), "application/json; charset=utf-8");
    reply.text()
}

/// The answer of each of [`WRITES`] to a body that is invalid because of `why`.
fn expected_answers(why: &str) -> [String; 5] {
    let why = Value::from(why);
    [
        format!(r#"{{"code":10099,"data":"error","error":{why}}}"#),
        format!(r#"{{"code":10099,"error":{why}}}"#),
        format!(r#"{{"status":400,"code":400,"msg":{why}}}"#),
        format!(r#"{{"code":200400,"msg":{why},"result":""}}"#),
        r#"{"errno":"4103","errmsg":"参数错误"}"#.to_owned(),
    ]
}

fn assert_answers(server: &Server, token: &str, kind: &str, body: &[u8], why: &str) {
    for ((method, path), answer) in WRITES.into_iter().zip(expected_answers(why)) {
        let path = &format!("{path}?token={token}");
        let shown = String::from_utf8_lossy(&body[..body.len().min(80)]);
        assert_eq!(send(server, method, path, kind, body), answer, "{method} {path} {shown}");
    }
}

/// A part of a multipart body.
fn part(disposition: &str, value: &str) -> String {
    format!("--XX\r\nContent-Disposition: form-data{disposition}\r\n\r\n{value}\r\n")
}

fn named(name: &str, value: &str) -> String {
    part(&format!("; name=\"{name}\""), value)
}

const DONE: &str = r#"{"status":200,"code":200,"msg":"修改用户信息成功"}"#;

/// Posts a player's nickname. Returns the answer, and the nickname that the board then shows.
fn nickname(server: &Server, kind: &str, body: impl AsRef<[u8]>) -> (String, String) {
    let answer = send(server, "POST", "/api/post_user_info", kind, body);
    let top = server.done("", "score/top", serde_json::json!({}));
    (answer, top[0]["nickname"].as_str().unwrap().to_owned())
}

/// A server with one player `p` on its board.
fn with_player() -> Server {
    let server = Server::start("");
    send(&server, "POST", "/api/post_score", FORM, "openid=p&score=1");
    send(&server, "POST", "/api/post_user_info", FORM, "openid=p");
    server
}

#[test]
fn json_form_and_multipart_are_equivalent() {
    let server = with_player();
    let multipart =
        |value| format!("{}{}--XX--\r\n", named("openid", "p"), named("nickname", value));
    for (n, (kind, body)) in [
        (JSON, r#"{"openid":"p","nickname":"小0"}"#.to_owned()),
        (FORM, r#"{"openid":"p","nickname":"小1"}"#.to_owned()),
        ("", " \t\r\n{\"openid\":\"p\",\"nickname\":\"\\u5c0f2\"}\n".to_owned()),
        (FORM, "openid=p&nickname=%E5%B0%8F3".to_owned()),
        (JSON, "openid=p&nickname=小4".to_owned()),
        ("", "nickname=小5&openid=p".to_owned()),
        (MULTIPART, multipart("小6")),
        ("multipart/form-data; charset=utf-8; boundary=\"XX\"", multipart("小7")),
        ("Multipart/Form-Data; BOUNDARY=XX", multipart("小8")),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(nickname(&server, kind, &body), (DONE.to_owned(), format!("小{n}")), "{body}");
    }
}

#[test]
fn malformed_json_is_refused_in_each_dialect() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let deep = |levels: usize| {
        format!(r#"{{"x":{}{}}}"#, "[".repeat(levels - 1), "]".repeat(levels - 1)).into_bytes()
    };
    for (body, why) in [
        (b"[]".to_vec(), "the body is not a JSON object"),
        (b" [{\"openid\":\"p\"}]".to_vec(), "the body is not a JSON object"),
        (b"{".to_vec(), "not a JSON text: EOF while parsing an object at line 1 column 1"),
        (b"{}x".to_vec(), "not a JSON text: trailing characters at line 1 column 3"),
        (b"{} {}".to_vec(), "not a JSON text: trailing characters at line 1 column 4"),
        (b"{'a':1}".to_vec(), "not a JSON text: key must be a string at line 1 column 2"),
        (b"{\"a\":1,}".to_vec(), "not a JSON text: trailing comma at line 1 column 8"),
        (b"{\"a\":NaN}".to_vec(), "not a JSON text: expected value at line 1 column 6"),
        (
            b"{\"a\":\"\xff\"}".to_vec(),
            "not a JSON text: invalid utf-8 sequence of 1 bytes from index 6",
        ),
        (
            br#"{"rank":"\ud800","openid":"\ud800","username":"\ud800","mobile":"\ud800"}"#
                .to_vec(),
            "not a JSON text: unexpected end of hex escape at line 1 column 16",
        ),
        (
            br#"{"a":1,"\u0061":2}"#.to_vec(),
            "not a JSON text: a key stands twice in one object at line 1 column 15",
        ),
        (
            br#"{"x":{"a":1,"a":1}}"#.to_vec(),
            "not a JSON text: a key stands twice in one object at line 1 column 15",
        ),
        (deep(129), "not a JSON text: nested deeper than 128 levels at line 1 column 134"),
        (deep(500_000), "not a JSON text: nested deeper than 128 levels at line 1 column 133"),
    ] {
        assert_answers(&server, &token, JSON, &body, why);
    }
    // Up to the last allowed level it is an object with an unknown key.
    let answer = send(&server, "POST", "/api/post_user_info", JSON, deep(128));
    assert_eq!(answer, r#"{"status":400,"code":400,"msg":"openid: missing"}"#);
}

#[test]
fn empty_body_misses_every_field() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    for kind in ["", JSON, FORM, "text/plain"] {
        for body in ["", " \r\n", "{}"] {
            for ((method, path), answer) in WRITES.into_iter().zip([
                r#"{"code":10098,"data":"error","error":"Please give me rank"}"#,
                r#"{"code":10098,"error":"Please give me rank"}"#,
                r#"{"status":400,"code":400,"msg":"openid: missing"}"#,
                r#"{"code":200401,"msg":"username: missing","result":""}"#,
                r#"{"errno":"4103","errmsg":"参数错误"}"#,
            ]) {
                let path = format!("{path}?token={token}");
                assert_eq!(send(&server, method, &path, kind, body), answer, "{path} {body:?}");
            }
        }
    }
}

#[test]
fn duplicate_field_is_refused_in_any_body_or_query() {
    let server = with_player();
    let twice = format!("{}{}--XX--\r\n", named("openid", "p"), named("openid", "p"));
    let once = format!("{}--XX--\r\n", named("openid", "p"));
    for (path, kind, body, key) in [
        ("/api/post_user_info", FORM, "openid=p&openid=p", "openid"),
        ("/api/post_user_info", FORM, "openid=p&open%69d=q", "openid"),
        ("/api/post_user_info", FORM, "openid=p&sex=1&sex=", "sex"),
        ("/api/post_user_info?openid=p", FORM, "openid=p", "openid"),
        ("/api/post_user_info?openid=p", JSON, r#"{"openid":"p"}"#, "openid"),
        ("/api/post_user_info?openid=p&openid=p", JSON, "", "openid"),
        ("/api/post_user_info", MULTIPART, &twice, "openid"),
        ("/api/post_user_info?openid=q", MULTIPART, &once, "openid"),
    ] {
        let answer = format!(r#"{{"status":400,"code":400,"msg":"{key}: sent twice"}}"#);
        assert_eq!(send(&server, "POST", path, kind, body), answer, "{path} {body}");
    }
    let answer = send(&server, "POST", "/login?username=a", FORM, "username=a&password=");
    assert_eq!(answer, r#"{"code":200400,"msg":"username: sent twice","result":""}"#);
    let body = r#"{"mobile":"13800000001","password":"secret-1"}"#;
    let answer = send(&server, "POST", "/api/v1.0/sessions?mobile=13800000001", JSON, body);
    assert_eq!(answer, r#"{"errno":"4103","errmsg":"参数错误"}"#);
}

#[test]
fn undecodable_path_or_query_is_a_wrong_value() {
    let server = Server::start("");
    let plain = |key: &str, most: u8| format!("{key}: 1 to {most} of A-Z a-z 0-9 _ -");
    for (path, why) in [
        ("/%ff/api/user_score?openid=p", "app: not UTF-8".to_owned()),
        ("/a%e4%b8/api/user_score?openid=p", "app: not UTF-8".to_owned()),
        ("/%zz/api/user_score?openid=p", plain("app", 32)),
        ("/a%/api/user_score?openid=p", plain("app", 32)),
        ("/a%2fb/api/user_score?openid=p", plain("app", 32)),
        ("/a%00/api/user_score?openid=p", plain("app", 32)),
        ("/api/user_score?openid=%ff", plain("openid", 64)),
        ("/api/user_score?openid=%zz", plain("openid", 64)),
        ("/api/user_score?openid=%", plain("openid", 64)),
        ("/api/user_score?openid=%00", plain("openid", 64)),
    ] {
        let reply = server.get(path);
        let answer = format!(r#"{{"status":400,"code":400,"msg":"{why}"}}"#);
        assert_eq!((reply.status, reply.text()), (200, answer), "{path}");
    }
    for id in ["%ff", "%zz", "a%20b", "a%2fb"] {
        let reply = server.get(&format!("/api/v1.0/imagecode/{id}"));
        let answer = r#"{"errno":"4103","errmsg":"参数错误"}"#;
        assert_eq!((reply.status, reply.text()), (200, answer.to_owned()), "{id}");
        // A picture was requested, so the error is a picture too.
        let reply = server.get(&format!("/api/external/get/portrait/{id}"));
        assert_eq!((reply.status, reply.header("content-type")), (400, "image/png"), "{id}");
    }
}

#[test]
fn invalid_utf8_in_a_form_is_replaced() {
    // The published game sends invalid UTF-8 in forms, so forms are read leniently. JSON must be
    // UTF-8.
    let server = with_player();
    let multipart = [
        format!(
            "{}--XX\r\nContent-Disposition: form-data; name=\"nickname\"\r\n\r\na",
            named("openid", "p")
        )
        .as_bytes(),
        b"\xff\r\n--XX--\r\n",
    ]
    .concat();
    for (kind, body) in [
        (FORM, &b"openid=p&nickname=a\xff"[..]),
        (FORM, b"openid=p&nickname=a%FF&level=\xc4\xe3"),
        (MULTIPART, &multipart),
    ] {
        let replaced = (DONE.to_owned(), "a\u{fffd}".to_owned());
        assert_eq!(nickname(&server, kind, body), replaced);
        nickname(&server, FORM, "openid=p&nickname=");
    }
}

#[test]
fn missing_login_is_reported_before_bad_body() {
    let server = Server::start("");
    let cut = named("rank", "1");
    for (kind, body) in [
        (JSON, "{"),
        (JSON, "[1]"),
        (FORM, "rank=1&rank=2"),
        (MULTIPART, &cut),
        ("multipart/form-data", &cut),
    ] {
        let answer = send(&server, "PUT", "/ranking_list", kind, body);
        assert_eq!(answer, r#"{"code":10086,"error":"Please login"}"#, "{kind} {body}");
        let answer = send(&server, "PUT", "/user/update_user_info", kind, body);
        assert_eq!(answer, r#"{"code":200410,"msg":"no token","result":""}"#, "{kind} {body}");
        let answer = send(&server, "PUT", "/api/v1.0/user/name", kind, body);
        assert_eq!(answer, r#"{"errno":"4101","errmsg":"用户未登录"}"#, "{kind} {body}");
    }
}

#[test]
fn json_media_type_accepts_json_or_a_form() {
    let server = Server::start("");
    let refused = r#"{"status":400,"code":400,"msg":"the body is not a JSON object"}"#;
    for (body, why) in [
        ("5", "openid: missing"),
        ("\"openid\"", "openid: missing"),
        ("null", "openid: missing"),
        ("&&&", "openid: missing"),
        ("openid", "openid: must not be empty"),
    ] {
        assert_eq!(send(&server, "POST", "/api/post_user_info", JSON, body), refused, "{body}");
        // Without a content type it is a form of names without values.
        let answer = format!(r#"{{"status":400,"code":400,"msg":"{why}"}}"#);
        assert_eq!(send(&server, "POST", "/api/post_user_info", "", body), answer, "{body}");
    }
}
