//! Sessions in a cookie, and pages of other sites (contract page `ihome.md`; seed 004).

use crate::common::web::{
    FOREIGN, FORM, JSON, MULTIPART, PNG, entry, file, refused, session, success,
};
use crate::common::{Reply, Server, envelope, ok};
use serde_json::{Value, json};

const LOGIN: &str = r#"{"mobile":"nora","password":"secret-1"}"#;

/// `POST sessions`. Returns the whole answer.
fn post(server: &Server, headers: &[(&str, &str)], body: &str) -> Reply {
    server.send("POST", "/api/v1.0/sessions", headers, body.as_bytes())
}

fn not_logged_in() -> String {
    refused("4101", "用户未登录")
}

fn names_nora() -> String {
    success(json!({"user_id": 100_001, "name": "nora"}))
}

#[test]
fn login_returns_id_and_sets_http_only_cookie() {
    let server = Server::start("");
    server.registered("13800000001");
    let md5 = engine::hex::md5("secret-1");
    let by_md5 = json!({"mobile": "13800000001", "password": md5}).to_string();
    for (headers, body) in [
        (&[JSON][..], r#"{"mobile":"13800000001","password":"secret-1"}"#),
        (&[FORM], "mobile=13800000001&password=secret-1"),
        (&[("X-CSRFToken", "anything")], r#"{"mobile":"13800000001","password":"secret-1"}"#),
        // The entry-task client's md5 is the same password.
        (&[], &by_md5),
    ] {
        let reply = post(&server, headers, body);
        assert_eq!((reply.status, reply.text()), (200, success(json!({"user_id": 100_001}))));
        let token = session(&reply);
        let is_token = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        assert!(token.len() == 32 && token.bytes().all(is_token), "{token}");
        assert_eq!(
            reply.header("set-cookie"),
            format!("session={token}; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax")
        );
    }
}

#[test]
fn https_cookie_is_secure_and_lasts_the_session() {
    let server = Server::start("public_url = \"https://api.example.com\"\n[session]\nttl = \"2h\"");
    server.account("nora");
    let reply = post(&server, &[], LOGIN);
    let cookie = reply.header("set-cookie").split(';').next().unwrap().to_owned();
    assert!(cookie.starts_with("__Host-session="), "{cookie}");
    assert_eq!(
        reply.header("set-cookie"),
        format!("{cookie}; Path=/; Max-Age=7200; HttpOnly; SameSite=Lax; Secure")
    );
    let reply = server.send("DELETE", "/api/v1.0/session", &[("Cookie", &cookie)], b"");
    assert_eq!(reply.text(), success(Value::Null));
    assert_eq!(
        reply.header("set-cookie"),
        "__Host-session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure"
    );
}

#[test]
fn refused_login_has_a_reason_and_no_cookie() {
    let server = Server::start("");
    server.account("nora");
    let bad = refused("4103", "参数错误");
    let wrong = refused("4004", "用户名或密码错误");
    for (body, answer) in [
        ("", &bad),
        ("{}", &bad),
        ("{", &bad),
        ("[]", &bad),
        ("\"nora\"", &bad),
        (r#"{"mobile":"nora"}"#, &bad),
        (r#"{"password":"secret-1"}"#, &bad),
        (r#"{"mobile":"","password":"secret-1"}"#, &bad),
        (r#"{"mobile":"nora","password":""}"#, &bad),
        (r#"{"mobile":null,"password":"secret-1"}"#, &bad),
        (r#"{"mobile":13800000001,"password":"secret-1"}"#, &bad),
        (r#"{"mobile":"nora","password":["secret-1"]}"#, &bad),
        (r#"{"mobile":"nora","mobile":"nora","password":"secret-1"}"#, &bad),
        ("mobile=nora&mobile=nora&password=secret-1", &bad),
        // Unknown user and wrong password: the same bytes.
        (r#"{"mobile":"nora","password":"secret-2"}"#, &wrong),
        (r#"{"mobile":"nobody","password":"secret-1"}"#, &wrong),
        (r#"{"mobile":"13800000009","password":"secret-1"}"#, &wrong),
    ] {
        let reply = post(&server, &[], body);
        assert_eq!((reply.status, &reply.text()), (200, answer), "{body}");
        assert_eq!(reply.header("set-cookie"), "", "{body}");
    }
    let twice = server.ask("POST", "/api/v1.0/sessions?mobile=nora", &[], LOGIN);
    assert_eq!(twice, bad);
}

#[test]
fn right_password_after_five_failures_is_refused() {
    let server = Server::start("");
    server.account("nora");
    for name in ["nora", "nobody"] {
        let body = |password: &str| json!({"mobile": name, "password": password}).to_string();
        for _ in 0..5 {
            let answer = post(&server, &[], &body("secret-2")).text();
            assert_eq!(answer, refused("4004", "用户名或密码错误"));
        }
        let reply = post(&server, &[], &body("secret-1"));
        assert_eq!(reply.text(), refused("4201", "请求次数受限"), "{name}");
        assert_eq!(reply.header("set-cookie"), "");
    }
}

#[test]
fn deleting_a_session_leaves_the_others() {
    let server = Server::start("");
    let (_, other) = server.account("nora");
    let token = session(&post(&server, &[], LOGIN));
    let cookie = format!("theme=dark; session={token}; lang=zh");
    let bearer = format!("Bearer {token}");
    for headers in [
        &[("Cookie", &*cookie)][..],
        &[("Cookie", "a=b"), ("Cookie", &*cookie)],
        &[("Authorization", &*token)],
        &[("Authorization", &*bearer)],
        // The first place with a well-formed token wins.
        &[("Cookie", "session=junk"), ("Authorization", &*token)],
        &[("Cookie", &*cookie), ("Authorization", "junk")],
    ] {
        assert_eq!(server.ask("GET", "/api/v1.0/session", headers, ""), names_nora());
    }
    let path = format!("/api/v1.0/session?token={token}");
    assert_eq!(server.ask("GET", &path, &[("Cookie", "session=junk")], ""), names_nora());
    for headers in [
        &[][..],
        &[("Cookie", "session=")],
        &[("Cookie", "Session=x")],
        &[("Cookie", "session=junk")],
        &[("Cookie", "session=junk"), ("Authorization", "junk")],
    ] {
        let reply = server.send("DELETE", "/api/v1.0/session", headers, b"");
        assert_eq!((reply.text(), reply.header("set-cookie")), (not_logged_in(), ""));
    }
    let reply = server.send("DELETE", "/api/v1.0/session", &[("Cookie", &cookie)], b"");
    assert_eq!((reply.status, reply.text()), (200, success(Value::Null)));
    let cleared = "session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax";
    assert_eq!(reply.header("set-cookie"), cleared);
    for method in ["GET", "DELETE"] {
        let answer = server.ask(method, "/api/v1.0/session", &[("Cookie", &cookie)], "");
        assert_eq!(answer, not_logged_in());
    }
    let cookie = format!("session={other}");
    assert_eq!(server.ask("GET", "/api/v1.0/session", &[("Cookie", &cookie)], ""), names_nora());
}

/// Method, path, a header, body.
type Request = (&'static str, &'static str, (&'static str, &'static str), Vec<u8>);

/// Every write of the document.
fn writes() -> [Request; 6] {
    [
        ("POST", "users", JSON, br#"{"mobile":"x","sms_code":"x","password":"x"}"#.to_vec()),
        ("POST", "sessions", JSON, LOGIN.into()),
        ("POST", "user/avatar", MULTIPART, file("avatar", "a.png", PNG)),
        ("PUT", "user/name", FORM, b"name=mallory".to_vec()),
        ("POST", "user/auth", FORM, b"real_name=Nora+Lin&id_card=11010519491231002X".to_vec()),
        ("DELETE", "session", FORM, Vec::new()),
    ]
}

#[test]
fn page_of_another_site_cannot_write() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let cookie = format!("session={token}");
    for (method, path, content_type, body) in writes() {
        for from in [
            &[FOREIGN][..],
            &[("Origin", "null")],
            &[("Origin", "http://api.example.com.evil.example.net")],
            &[("Origin", "http://api.example.com:81")],
            &[("Origin", "")],
            &[("Sec-Fetch-Site", "cross-site")],
            &[("Sec-Fetch-Site", "same-site")],
            &[("X-CSRFToken", "anything"), FOREIGN],
        ] {
            let login = ("Cookie", &*cookie);
            let headers = [&[login, content_type], from].concat();
            let path = format!("/api/v1.0/{path}");
            let reply = server.send(method, &path, &headers, &body);
            assert_eq!(reply.status, 403, "{method} {path} {from:?}");
            assert_eq!(
                reply.text(),
                "{\"id\":-1,\"status\":-2,\"message\":\"Error JSON value\",\"data\":{},\
                 \"detail\":\"a page of another site may not write here\"}"
            );
            assert_eq!(reply.header("set-cookie"), "");
            assert_eq!(reply.header("access-control-allow-credentials"), "");
        }
    }
    let info = server.done(&token, "user/info", json!({}));
    assert_eq!((&info["username"], &info["profile_picture"]), (&json!("nora"), &json!("")));
    assert_eq!(info["verified"], false);
    assert_eq!(server.pictures(), [""; 0]);
}

#[test]
fn own_pages_and_apps_can_write() {
    let server = Server::start("[cors]\nallowed_origins = [\"*\", \"http://app.example.com\"]\n");
    let (_, token) = server.account("nora");
    let cookie = format!("session={token}");
    for from in [
        &[][..],
        &[("Origin", "http://api.example.com")],
        &[("Origin", "http://api.example.com"), ("Sec-Fetch-Site", "same-origin")],
        &[("Sec-Fetch-Site", "same-origin")],
        &[("Sec-Fetch-Site", "none")],
        // Listed in the configuration.
        &[("Origin", "http://app.example.com"), ("Sec-Fetch-Site", "same-site")],
        &[("X-CSRFToken", "anything")],
    ] {
        let headers = [&[("Cookie", &*cookie)], from].concat();
        let answer = server.ask("PUT", "/api/v1.0/user/name", &headers, "name=nora");
        assert_eq!(answer, success(json!({"name": "nora"})), "{from:?}");
    }
    // `*` lists no origin.
    let headers = [("Cookie", &*cookie), FOREIGN];
    assert_eq!(server.send("PUT", "/api/v1.0/user/name", &headers, b"name=mallory").status, 403);
}

#[test]
fn page_of_another_site_cannot_read_with_cookie() {
    let server = Server::start("[cors]\nallowed_origins = [\"http://app.example.com\"]\n");
    let (_, token) = server.account("nora");
    let cookie = format!("session={token}");
    for (origin, allowed, credentials) in [
        ("http://app.example.com", "http://app.example.com", "true"),
        ("http://evil.example.net", "", ""),
        ("null", "", ""),
    ] {
        let headers = [("Cookie", &*cookie), ("Origin", origin)];
        let reply = server.send("GET", "/api/v1.0/session", &headers, b"");
        assert_eq!((reply.status, reply.text()), (200, names_nora()));
        assert_eq!(reply.header("access-control-allow-origin"), allowed);
        assert_eq!(reply.header("access-control-allow-credentials"), credentials);
        assert_eq!(reply.header("vary"), "Origin");
    }
}

#[test]
fn cross_site_cookie_is_no_login_for_other_documents() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let cookie = format!("session={token}");
    let (own, foreign) = ([("Cookie", &*cookie)], [("Cookie", &*cookie), FOREIGN]);
    let info = envelope("rank/upload", json!({"rank": 5}));
    let nobody = r#"{"id":7,"status":-100,"message":"Missing necessary args","data":{},"detail":"a token is needed: log in first"}"#;
    assert_eq!(server.ask("POST", "/api", &foreign, &info), nobody);
    assert_eq!(server.ask("POST", "/api", &own, &info), ok(json!({"ranking": 1})));
    let nobody = r#"{"code":10086,"data":"error","error":"Please login"}"#;
    assert_eq!(server.ask("POST", "/ranking_list", &foreign, "rank=6"), nobody);
    let done = r#"{"code":200,"data":"ok"}"#;
    assert_eq!(server.ask("POST", "/ranking_list", &own, "rank=6"), done);
    let update = |headers| server.ask("PUT", "/user/update_user_info", headers, "nickname=Nora");
    assert_eq!(update(&foreign), entry(200_410, "no token", json!("")));
    assert_eq!(update(&own), entry(0, "", json!("")));
    // A browser does not send a token in a header by itself.
    let bearer = [("Authorization", &*token), FOREIGN];
    assert_eq!(update(&bearer), entry(0, "", json!("")));
}
