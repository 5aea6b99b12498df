//! Peers that send what no request is, too slowly, or not to the end (reliability: smuggling, slow
//! bodies, clients that leave).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use common::connection::Connection;
use common::{Reply, Server, envelope, ok};
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

/// A complete request that must never be answered: it hides behind another.
fn hidden() -> String {
    let body = shops().replace("\"id\":7", "\"id\":666");
    format!("POST /api HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// Send these bytes and a hidden request behind them: one answer comes, then the end.
fn one_answer(server: &Server, bytes: &str) -> Reply {
    let mut connection = Connection::open(server);
    connection.write(format!("{bytes}{}", hidden()).as_bytes());
    let reply = connection.read().unwrap();
    assert!(connection.read().is_none(), "more than one answer to {bytes:?}");
    assert_ne!(reply.json()["id"], 666, "{bytes:?}");
    reply
}

#[test]
fn what_two_readers_could_take_for_two_requests_is_refused_and_the_connection_closed() {
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
        (format!("Host: a\r\nX: \0\r\nContent-Length: {length}"), "not an HTTP request"),
        (format!("Content-Length: {length}"), "the header Host is missing"),
        (format!("Host: a\r\nHost: b\r\nContent-Length: {length}"), "the header Host stands twice"),
    ] {
        let reply = one_answer(&server, &format!("{post}{head}\r\n\r\n{body}"));
        assert_eq!((reply.status, reply.text()), (400, refusal(detail)), "{head:?}");
        assert_eq!(reply.header("connection"), "close", "{head:?}");
    }
}

#[test]
fn of_a_length_and_chunks_the_chunks_count_and_nothing_is_read_behind_them() {
    let server = Server::start("");
    let body = shops();
    let chunks = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    for head in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Transfer-Encoding: chunked\r\nContent-Length: 5000",
    ] {
        let request = format!("POST /api HTTP/1.1\r\nHost: a\r\n{head}\r\n\r\n{chunks}");
        // RFC 9112, 6.1: by the chunks alone, and no further request on this connection.
        let reply = one_answer(&server, &request);
        assert!(reply.status == 400 || reply.text() == ok(json!([])), "{}", reply.text());
    }
}

#[test]
fn chunks_that_are_none_are_refused_and_the_connection_closed() {
    let server = Server::start("");
    let head = "POST /api HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for chunks in ["zz\r\n", "5\r\nabcdeXX\r\n0\r\n\r\n", "ffffffffffffffffff\r\n", "-1\r\n\r\n"] {
        let reply = one_answer(&server, &format!("{head}{chunks}"));
        assert_eq!((reply.status, reply.text()), (400, refusal("the body is not readable")));
    }
}

#[test]
fn what_is_not_http_is_told_so_in_an_envelope() {
    let server = Server::start("");
    for junk in
        ["\x16\x03\x01\r\n\r\n", "hello\r\n\r\n", "GET /api\r\n\r\n", "GET /\x7f \x01/1.1\r\n\r\n"]
    {
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
fn a_body_that_stops_coming_is_408_and_the_connection_closed() {
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
fn a_client_that_leaves_in_the_middle_of_a_body_has_done_nothing() {
    let server = Server::start("");
    let hash = server.captcha();
    let body = envelope("img/validate", json!({"hash": hash}));
    for sent in [0, 1, body.len() / 2, body.len() - 1] {
        let head =
            format!("POST /api HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", body.len());
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.write_all(&[head.as_bytes(), &body.as_bytes()[..sent]].concat()).unwrap();
        drop(stream);
        // Saying that no more will come is no better.
        let mut connection = Connection::open(&server);
        connection.write(&[head.as_bytes(), &body.as_bytes()[..sent]].concat());
        connection.finish();
        assert!(connection.read().is_none_or(|reply| reply.status == 400), "after {sent} bytes");
    }
    assert_eq!(server.call("img/validate", json!({"hash": hash})), ok(json!({})));
    assert!(!server.log().contains("ERROR"), "{}", server.log());
}

#[test]
fn connections_that_say_nothing_hold_nobody_up() {
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
