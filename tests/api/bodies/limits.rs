//! Bodies that are too long, have too many fields, or are truncated.

use super::{
    DONE, FORM, JSON, MULTIPART, WRITES, assert_answers, named, nickname, part, send, with_player,
};
use crate::common::{Reply, Server, envelope};
use serde_json::json;

const TOO_LARGE: &str = r#"{"id":-1,"status":-2,"message":"Error JSON value","data":{},"detail":"the body is longer than limits.max_body"}"#;

fn assert_too_large(reply: &Reply, what: &str) {
    assert_eq!((reply.status, reply.text()), (413, TOO_LARGE.to_owned()), "{what}");
    assert_eq!(reply.header("content-type"), "application/json; charset=utf-8");
    assert_eq!(reply.header("connection"), "close");
}

/// Sends a chunked body.
fn chunked(server: &Server, path: &str, kind: &str, pieces: &[&[u8]]) -> Reply {
    let mut bytes = format!(
        "POST {path} HTTP/1.1\r\nHost: api.example.com\r\nConnection: close\r\n\
         Content-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    .into_bytes();
    for piece in pieces {
        bytes.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        bytes.extend_from_slice(piece);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"0\r\n\r\n");
    server.raw(&bytes)
}

#[test]
fn body_over_the_limit_is_refused_unread() {
    let server = Server::start("[limits]\nmax_body = 1000\n");
    let filled = |length: usize| format!("{:length$}", r#"{"openid":"p","score":1}"#);
    let headers = [("Content-Type", JSON)];
    for (method, path) in WRITES {
        let reply = server.send(method, path, &headers, filled(1001).as_bytes());
        assert_too_large(&reply, path);
        let reply = server.send(method, path, &headers, filled(1000).as_bytes());
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
    }
    let body = format!("{:1001}", envelope("shop/list", json!({})));
    assert_too_large(&server.send("POST", "/api", &[], body.as_bytes()), "/api");
    assert_too_large(&server.send("GET", "/api/top_score", &[], body.as_bytes()), "GET");
    // A `Content-Length` far over the limit is refused without the body.
    let head = "POST /api/post_score HTTP/1.1\r\nHost: api.example.com\r\nContent-Length: 99999999999\r\n\r\n";
    assert_too_large(&server.raw(head.as_bytes()), "told");
}

#[test]
fn chunked_body_is_cut_off_at_the_limit() {
    let server = Server::start("[limits]\nmax_body = 1000\n");
    let whole = named("openid", "p") + &named("score", "5") + "--XX--\r\n";
    let pieces: Vec<&[u8]> = whole.as_bytes().chunks(7).collect();
    let reply = chunked(&server, "/api/post_score", MULTIPART, &pieces);
    let answer = r#"{"status":200,"code":200,"msg":"添加成绩成功","data":{"score":5,"rank":1}}"#;
    assert_eq!(reply.text(), answer);
    let form: Vec<&[u8]> = b"openid=p&score=7".chunks(1).collect();
    assert_eq!(chunked(&server, "/api/post_score", FORM, &form).json()["data"]["score"], 7);

    let kilobyte = [b'x'; 1000];
    let file = part("; name=\"file\"; filename=\"a.png\"", "");
    let text = named("nickname", "");
    for (kind, pieces) in [
        (JSON, vec![&kilobyte[..], b"x"]),
        (FORM, vec![b"openid=p&score=5&x=", &kilobyte]),
        // In a file, in a text, in the head of a part, before the first part, after the last.
        (MULTIPART, vec![file.trim_end().as_bytes(), b"\r\n\r\n", &kilobyte]),
        (MULTIPART, vec![text.trim_end().as_bytes(), b"\r\n\r\n", &kilobyte]),
        (MULTIPART, vec![b"--XX\r\nX-Long: ", &kilobyte]),
        (MULTIPART, vec![&kilobyte, b"x"]),
    ] {
        for path in ["/api/post_score", "/user/login", "/api/v1.0/sessions"] {
            let path = if path == "/user/login" { "/login" } else { path };
            assert_too_large(&chunked(&server, path, kind, &pieces), kind);
        }
    }
    assert_eq!(server.get("/api/user_score?openid=p").json()["data"]["score"], 7);
}

#[test]
fn too_many_fields_are_refused() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let fields = |last: usize| 1..=last;
    let form = |last| fields(last).map(|n| format!("f{n}=1&")).collect::<String>();
    let json = |last| {
        let keys: Vec<String> = fields(last).map(|n| format!("\"f{n}\":1")).collect();
        format!("{{{}}}", keys.join(","))
    };
    let multipart = |last| {
        fields(last).map(|n| named(&format!("f{n}"), "1")).collect::<String>() + "--XX--\r\n"
    };
    let why = "more fields than any operation has";
    let missing = r#"{"status":400,"code":400,"msg":"openid: missing"}"#;
    for (kind, body, enough) in [
        (FORM, form(300), form(256)),
        (JSON, json(300), json(256)),
        (MULTIPART, multipart(300), multipart(256)),
    ] {
        assert_answers(&server, &token, kind, body.as_bytes(), why);
        assert_eq!(send(&server, "POST", "/api/post_user_info", kind, enough), missing);
    }
    // Many of them cost no more, whether their fields are known or not.
    let many = "f=1&".repeat(300_000);
    assert_answers(&server, &token, FORM, many.as_bytes(), why);
}

#[test]
fn truncated_multipart_is_refused_in_each_dialect() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let readable = "the multipart body is not readable: ";
    let whole = named("openid", "p") + &named("nickname", "x");
    for (kind, body, why) in [
        (
            "multipart/form-data",
            format!("{whole}--XX--"),
            "the multipart body has no boundary".to_owned(),
        ),
        (MULTIPART, "{}".into(), format!("{readable}incomplete multipart stream")),
        (MULTIPART, whole.replace("XX", "YY"), format!("{readable}incomplete multipart stream")),
        (
            MULTIPART,
            whole.clone(),
            format!("{readable}field \"nickname\" received with incomplete data"),
        ),
        (
            MULTIPART,
            whole.trim_end().into(),
            format!("{readable}field \"nickname\" received with incomplete data"),
        ),
        (
            MULTIPART,
            "--XX\r\nContent-Disp".into(),
            format!("{readable}incomplete multipart stream"),
        ),
    ] {
        assert_answers(&server, &token, kind, body.as_bytes(), &why);
    }
}

#[test]
fn unnamed_part_is_no_field_and_file_is_no_text() {
    let server = with_player();
    let nameless = part("", "left alone");
    let body = format!("{nameless}{}{}--XX--\r\n", named("openid", "p"), named("nickname", "n"));
    assert_eq!(nickname(&server, MULTIPART, body), (DONE.to_owned(), "n".to_owned()));
    let file = part("; name=\"nickname\"; filename=\"a.txt\"", "x");
    let body = format!("{}{file}--XX--\r\n", named("openid", "p"));
    let answer = r#"{"status":400,"code":400,"msg":"nickname: expected a string"}"#;
    assert_eq!(nickname(&server, MULTIPART, body), (answer.to_owned(), "n".to_owned()));
    // Text before the first part and behind the last belongs to no field (RFC 2046, 5.1.1).
    let body =
        format!("before\r\n{}{}--XX--\r\nbehind", named("openid", "p"), named("nickname", "m"));
    assert_eq!(nickname(&server, MULTIPART, body), (DONE.to_owned(), "m".to_owned()));
    let missing = r#"{"status":400,"code":400,"msg":"openid: missing"}"#;
    assert_eq!(nickname(&server, MULTIPART, "--XX--\r\n"), (missing.to_owned(), "m".to_owned()));
}
