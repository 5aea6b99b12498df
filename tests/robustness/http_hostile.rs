//! Malformed, slow and incomplete requests (reliability: smuggling, slow bodies, clients that
//! leave).

use crate::common::connection::{Connection, post};
use crate::common::{Reply, Server, envelope, ok};
use serde_json::json;
use std::io::Write;
use std::net::TcpStream;

fn shops() -> String {
    envelope("shop/list", json!({}))
}

fn refusal(detail: &str) -> String {
    let answer = r#"{"id":-1,"status":-2,"message":"Error JSON value","data":{}"#;
    format!("{answer},\"detail\":\"{detail}\"}}")
}

/// A complete request, hidden behind another, that must never be answered.
fn smuggled_request() -> String {
    let body = shops().replace("\"id\":7", "\"id\":666");
    format!("POST /api HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// Sends these bytes with a hidden request after them: one answer comes, then the connection
/// closes.
fn one_answer(server: &Server, bytes: &str) -> Reply {
    let mut connection = Connection::open(server);
    connection.write(format!("{bytes}{}", smuggled_request()).as_bytes());
    let reply = connection.read().unwrap();
    assert!(connection.read().is_none(), "more than one answer to {bytes:?}");
    assert_ne!(reply.json()["id"], 666, "{bytes:?}");
    reply
}

#[test]
fn ambiguous_request_framing_closes_the_connection() {
    let server = Server::start("");
    let body = shops();
    let length = body.len();
    let post = "POST /api HTTP/1.1\r\n";
    for (head, detail) in [
        (
            format!("Host: a\r\nContent-Length: {length}\r\nContent-Length: 1"),
            "not an HTTP request",
        ),
        (format!("Host: a\r\nContent-Length: {length}, 1"), "not an HTTP request"),
        (format!("Host: a\r\nContent-Length: +{length}"), "not an HTTP request"),
        ("Host: a\r\nContent-Length: -1".to_owned(), "not an HTTP request"),
        ("Host: a\r\nContent-Length:".to_owned(), "not an HTTP request"),
        (format!("Host: a\r\nContent-Length : {length}"), "not an HTTP request"),
        ("Host: a\r\nTransfer-Encoding: gzip".to_owned(), "not an HTTP request"),
        ("Host: a\r\nTransfer-Encoding: chunked, identity".to_owned(), "not an HTTP request"),
        ("Host: a\r\nTransfer-Encoding : chunked".to_owned(), "not an HTTP request"),
        (format!("Host: a\r\nX: y\r\n Content-Length: {length}"), "not an HTTP request"),
        (format!("Host: a\r\nX: y\r\n\tz\r\nContent-Length: {length}"), "not an HTTP request"),
        (format!(" Host: a\r\nContent-Length: {length}"), "not an HTTP request"),
        (format!("Host : a\r\nContent-Length: {length}"), "not an HTTP request"),
        (format!("Host: a\rContent-Length: {length}"), "not an HTTP request"),
        (format!("Host: a\r\nX: \0\r\nContent-Length: {length}"), "not an HTTP request"),
        (format!("Content-Length: {length}"), "the header Host is missing"),
        (format!("Host: a\r\nHost: b\r\nContent-Length: {length}"), "the header Host stands twice"),
    ] {
        let reply = one_answer(&server, &format!("{post}{head}\r\n\r\n{body}"));
        assert_eq!((reply.status, reply.text()), (400, refusal(detail)), "{head:?}");
        assert_eq!(reply.header("connection"), "close", "{head:?}");
    }
}

/// A chunked request, with `head` as its length headers.
fn chunked_request(head: &str) -> String {
    let body = shops();
    let chunks = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    format!("POST /api HTTP/1.1\r\nHost: a\r\n{head}\r\n\r\n{chunks}")
}

#[test]
fn length_with_chunked_is_refused_and_closed() {
    let server = Server::start("");
    let both = refusal("both Content-Length and Transfer-Encoding");
    for head in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Transfer-Encoding: chunked\r\nContent-Length: 5000",
        "transfer-encoding: Chunked\r\nX: y\r\nCONTENT-LENGTH:junk",
    ] {
        let reply = one_answer(&server, &chunked_request(head));
        assert_eq!((reply.status, reply.text()), (400, both.clone()), "{head:?}");
        assert_eq!(reply.header("connection"), "close", "{head:?}");
    }
    // After valid requests, and in pieces.
    let mut connection = Connection::open(&server);
    let chunked = chunked_request("Transfer-Encoding: chunked");
    for _ in 0..3 {
        assert_eq!(connection.post(shops().as_bytes()).text(), ok(json!([])));
        connection.write(chunked.as_bytes());
        assert_eq!(connection.read().unwrap().text(), ok(json!([])));
    }
    for piece in
        chunked_request("Transfer-Encoding: chunked\r\nContent-Length: 5").as_bytes().chunks(50)
    {
        connection.write(piece);
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert_eq!(connection.read().unwrap().text(), both);
    assert!(connection.read().is_none());
}

#[test]
fn length_header_inside_a_body_is_ignored() {
    let server = Server::start("");
    let mut connection = Connection::open(&server);
    let body = envelope("shop/list", json!({})).replace("{}", "{\r\nContent-Length: 5\r\n:1}");
    let head = "POST /api HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for _ in 0..2 {
        let chunks = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
        connection.write(format!("{head}{chunks}").as_bytes());
        let reply = connection.read().unwrap();
        assert_eq!((reply.status, reply.header("connection")), (200, ""), "{}", reply.text());
    }
}

#[test]
fn pipelined_request_with_both_lengths_closes() {
    let server = Server::start("");
    let first = String::from_utf8(post(shops().as_bytes())).unwrap();
    let second = chunked_request("Content-Length: 5\r\nTransfer-Encoding: chunked");
    let mut connection = Connection::open(&server);
    connection.write(format!("{first}{second}{}", smuggled_request()).as_bytes());
    assert_eq!(connection.read().unwrap().text(), ok(json!([])));
    // RFC 9112, 6.1: the chunks count, and no further request is read on this connection.
    let reply = connection.read().unwrap();
    assert!(reply.status == 400 || reply.text() == ok(json!([])), "{}", reply.text());
    assert!(connection.read().is_none());
}

#[test]
fn unusual_but_valid_requests_are_served() {
    let server = Server::start("");
    let body = shops();
    let length = body.len();
    for head in [
        // A target in absolute form, as for a proxy; the path counts.
        format!(
            "POST http://api.example.com/api HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n"
        ),
        // Bare LF (RFC 9112, 2.2: may be accepted as the end of a line).
        format!("POST /api HTTP/1.1\nHost: a\nContent-Length: {length}\n\n"),
        format!("\r\n\r\nPOST /api HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n"),
        // The same length twice is one.
        format!(
            "POST /api HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\nContent-Length: {length}\r\n\r\n"
        ),
    ] {
        let mut connection = Connection::open(&server);
        for _ in 0..2 {
            connection.write(format!("{head}{body}").as_bytes());
            let reply = connection.read().unwrap();
            assert_eq!((reply.status, reply.text()), (200, ok(json!([]))), "{head:?}");
        }
    }
}

#[test]
fn malformed_chunks_are_refused_and_closed() {
    let server = Server::start("");
    let head = "POST /api HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for chunks in ["zz\r\n", "5\r\nabcdeXX\r\n0\r\n\r\n", "ffffffffffffffffff\r\n", "-1\r\n\r\n"] {
        let reply = one_answer(&server, &format!("{head}{chunks}"));
        assert_eq!((reply.status, reply.text()), (400, refusal("the body is not readable")));
    }
}

#[test]
fn non_http_bytes_are_refused_in_an_envelope() {
    let server = Server::start("");
    for junk in [
        "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
        "\x16\x03\x01\r\n\r\n",
        "hello\r\n\r\n",
        "GET /api\r\n\r\n",
        "GET /\x7f \x01/1.1\r\n\r\n",
    ] {
        let reply = one_answer(&server, junk);
        assert_eq!((reply.status, reply.text()), (400, refusal("not an HTTP request")), "{junk:?}");
        assert_eq!(reply.header("content-type"), "application/json; charset=utf-8");
    }
    let target = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(100_000));
    let reply = server.raw(target.as_bytes());
    assert!(matches!(reply.status, 414 | 431), "{}", reply.status);
    assert_eq!(reply.json()["id"], -1);
}

#[test]
fn http_2_client_is_disconnected_unanswered() {
    let server = Server::start("");
    let mut connection = Connection::open(&server);
    // The preface, an empty SETTINGS frame, and bytes that would be a request in HTTP/1.1. Such a
    // client could not read an answer in HTTP/1.1.
    connection.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
    connection.write(smuggled_request().as_bytes());
    assert!(connection.read().is_none());
    // An upgrade request in HTTP/1.1 has no effect either.
    let mut connection = Connection::open(&server);
    let upgrade = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk";
    connection.write(format!("GET /none HTTP/1.1\r\nHost: a\r\n{upgrade}\r\n\r\n").as_bytes());
    assert_eq!(connection.read().unwrap().status, 404);
}

#[test]
fn stalled_body_is_408_and_closed() {
    let server = Server::start("");
    let mut connection = Connection::open(&server);
    connection.write(b"POST /api HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{\"id\":");
    // Others are served meanwhile.
    assert_eq!(server.call("shop/list", json!({})), ok(json!([])));
    let reply = connection.read().unwrap();
    let expected = concat!(
        r#"{"id":-1,"status":-404,"message":"Unknown Error","data":{},"#,
        r#""detail":"the body did not come in time"}"#
    );
    assert_eq!((reply.status, reply.text().as_str()), (408, expected));
    assert_eq!(reply.header("connection"), "close");
    assert!(connection.read().is_none());
}

#[test]
fn client_leaving_mid_body_changes_nothing() {
    let server = Server::start("");
    let hash = server.captcha();
    let body = envelope("sms/generate", json!({"phone": "13800001234", "hash": hash}));
    for sent in [0, 1, body.len() / 2, body.len() - 1] {
        let head =
            format!("POST /api HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", body.len());
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.write_all(&[head.as_bytes(), &body.as_bytes()[..sent]].concat()).unwrap();
        drop(stream);
        // Closing the sending side is no better.
        let mut connection = Connection::open(&server);
        connection.write(&[head.as_bytes(), &body.as_bytes()[..sent]].concat());
        connection.finish();
        assert!(connection.read().is_none_or(|reply| reply.status == 400), "after {sent} bytes");
    }
    assert_eq!(server.call("img/validate", json!({"hash": hash})), ok(json!({})));
    assert!(!server.log().contains("ERROR"), "{}", server.log());
}

#[test]
fn silent_connections_block_nobody() {
    let server = Server::start("");
    let silent: Vec<TcpStream> =
        (0..200).map(|_| TcpStream::connect(server.address()).unwrap()).collect();
    for mut stream in &silent {
        stream.write_all(b"POST /api HTTP/1.1\r\nHost:").unwrap();
    }
    assert_eq!(server.call("shop/list", json!({})), ok(json!([])));
    drop(silent);
    assert_eq!(server.call("shop/list", json!({})), ok(json!([])));
}
