//! HTTP: requests that reach no document, and connections (README, "Times, numbers, text";
//! operations.md, "Further rules").

use crate::common::connection::{Connection, post};
use crate::common::{Server, envelope, ok};
use serde_json::json;

/// The envelope that comes with an HTTP error of no document.
fn refusal(detail: &str) -> String {
    let answer = r#"{"id":-1,"status":-2,"message":"Error JSON value","data":{}"#;
    format!("{answer},\"detail\":\"{detail}\"}}")
}

fn shops() -> String {
    envelope("shop/list", json!({}))
}

#[test]
fn unknown_path_is_404() {
    let server = Server::start("");
    for path in ["/none", "/api/", "/API", "/api/external/", "/api/external/none", "/api//"] {
        for method in ["GET", "POST", "PUT", "DELETE"] {
            let reply = server.send(method, path, &[], b"");
            assert_eq!(reply.status, 404, "{method} {path}");
            assert_eq!(reply.text(), refusal("no such path"), "{method} {path}");
            assert_eq!(reply.header("content-type"), "application/json; charset=utf-8");
        }
    }
}

#[test]
fn wrong_method_is_405_with_allow_header() {
    let server = Server::start("");
    let get = "GET, HEAD";
    for (method, path, allow) in [
        ("GET", "/api", "POST"),
        ("PUT", "/api", "POST"),
        ("DELETE", "/api/external", "POST"),
        ("PATCH", "/api/external/shop", "POST"),
        ("OPTIONS", "/api", "POST"),
        ("get", "/api/external/get/property", get),
        ("POST", "/api/external/get/property", get),
        ("PUT", "/api/external/get/portrait/1", get),
    ] {
        let reply = server.send(method, path, &[], b"");
        assert_eq!((reply.status, reply.header("allow")), (405, allow), "{method} {path}");
        assert_eq!(reply.text(), refusal("the path does not answer this method"));
        assert_eq!(reply.header("content-type"), "application/json; charset=utf-8");
    }
}

#[test]
fn head_is_answered_like_get_without_body() {
    let server = Server::start("");
    for path in ["/api", "/api/external/get/property", "/api/external/get/portrait/1", "/none"] {
        let (head, get) = (server.send("HEAD", path, &[], b""), server.get(path));
        assert_eq!((head.status, head.body.len()), (get.status, 0), "{path}");
        for name in ["content-length", "content-type", "allow", "etag", "vary"] {
            assert_eq!(head.header(name), get.header(name), "{path} {name}");
        }
        assert_eq!(head.header("content-length"), get.body.len().to_string(), "{path}");
    }
}

#[test]
fn body_at_the_limit_passes_and_one_byte_more_fails() {
    let server = Server::start("[limits]\nmax_body = 1000\n");
    let body = |length: usize| shops() + &" ".repeat(length - shops().len());
    let answer = server.send("POST", "/api", &[], body(1000).as_bytes());
    assert_eq!((answer.status, answer.text()), (200, ok(json!([]))));
    let too_large = refusal("the body is longer than limits.max_body");
    for length in [1001, 100_000] {
        let answer = server.send("POST", "/api", &[], body(length).as_bytes());
        assert_eq!((answer.status, answer.text()), (413, too_large.clone()));
        assert_eq!(answer.header("connection"), "close");
    }
    // Refused because of its headers, before the body was sent.
    let mut connection = Connection::open(&server);
    connection.write(b"POST /api HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n");
    assert_eq!(connection.read().unwrap().text(), too_large);
    assert!(connection.read().is_none());
}

/// A chunked request with a chunk for each piece.
fn chunked(pieces: &[&[u8]]) -> Vec<u8> {
    let mut request =
        b"POST /api HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for piece in pieces {
        request.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        request.extend_from_slice(piece);
        request.extend_from_slice(b"\r\n");
    }
    [&request[..], b"0\r\n\r\n"].concat()
}

#[test]
fn body_limit_holds_without_content_length() {
    let server = Server::start("[limits]\nmax_body = 1000\n");
    let body = format!("{:1000}", shops());
    let mut connection = Connection::open(&server);
    let pieces: Vec<&[u8]> = body.as_bytes().chunks(7).collect();
    connection.write(&chunked(&pieces));
    assert_eq!(connection.read().unwrap().text(), ok(json!([])));
    connection.write(&chunked(&[body.as_bytes()]));
    assert_eq!(connection.read().unwrap().text(), ok(json!([])));
    connection.write(&chunked(&[body.as_bytes(), b" "]));
    let reply = connection.read().unwrap();
    assert_eq!(reply.status, 413);
    assert_eq!(reply.text(), refusal("the body is longer than limits.max_body"));
    assert!(connection.read().is_none(), "what follows can't be told from the body");
}

#[test]
fn headers_past_16_kb_are_431() {
    let server = Server::start("");
    let long = |length: usize| "x".repeat(length);
    let (fits, half, over) = (long(15_000), long(8_200), long(17_000));
    let reply = server.send("POST", "/api", &[("X-Long", &fits)], shops().as_bytes());
    assert_eq!((reply.status, reply.text()), (200, ok(json!([]))));
    let too_long = refusal("the request's headers are longer than 16 KB");
    let path = format!("/api?x={over}");
    for (path, headers) in [
        ("/api", vec![("X-Long", over.as_str())]),
        ("/api", vec![("X-One", half.as_str()), ("X-Two", half.as_str())]),
        ("/none", vec![("Cookie", over.as_str())]),
        (&path, vec![]),
    ] {
        let reply = server.send("POST", path, &headers, shops().as_bytes());
        assert_eq!((reply.status, reply.text()), (431, too_long.clone()));
        assert_eq!(reply.header("connection"), "close");
    }
    // Longer than the read limit, or too many lines.
    let (huge, lines) = (format!("X: {}\r\n", long(1_000_000)), "X: y\r\n".repeat(2_000));
    for headers in [huge, lines] {
        let reply = server.raw(format!("GET /api HTTP/1.1\r\nHost: a\r\n{headers}\r\n").as_bytes());
        assert_eq!(reply.status, 431);
        assert_eq!(reply.json()["status"], -2);
    }
}

#[test]
fn connection_serves_requests_in_sequence() {
    let server = Server::start("");
    let mut connection = Connection::open(&server);
    for id in 0..20 {
        let request = shops().replace("\"id\":7", &format!("\"id\":{id}"));
        let reply = connection.post(request.as_bytes());
        assert_eq!(reply.text(), ok(json!([])).replace("\"id\":7", &format!("\"id\":{id}")));
        assert_eq!(reply.header("connection"), "");
    }
    connection.finish();
    assert!(connection.read().is_none());
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let server = Server::start("");
    let mut connection = Connection::open(&server);
    let of = |id: i64| shops().replace("\"id\":7", &format!("\"id\":{id}"));
    // The second waits for a captcha, the third does not; the last asks to close.
    let drawing = envelope("img/generate", json!({}));
    let get = b"GET /none HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".to_vec();
    let requests = [post(of(1).as_bytes()), post(drawing.as_bytes()), post(of(3).as_bytes()), get];
    connection.write(&requests.concat());
    assert_eq!(connection.read().unwrap().json()["id"], 1);
    assert!(connection.read().unwrap().json()["data"]["imgdata"].is_string());
    assert_eq!(connection.read().unwrap().json()["id"], 3);
    assert_eq!(connection.read().unwrap().status, 404);
    assert!(connection.read().is_none());
}

#[test]
fn refused_request_leaves_connection_open() {
    let server = Server::start("");
    let mut connection = Connection::open(&server);
    connection.write(b"GET /none HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(connection.read().unwrap().status, 404);
    connection.write(b"POST /none HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
    assert_eq!(connection.read().unwrap().status, 404);
    connection.write(b"GET /api HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(connection.read().unwrap().status, 405);
    assert_eq!(connection.post(b"junk").status, 200);
    assert_eq!(connection.post(shops().as_bytes()).text(), ok(json!([])));
}

#[test]
fn http_1_0_request_is_served_and_closed() {
    let server = Server::start("");
    let body = shops();
    let head = format!("POST /api HTTP/1.0\r\nContent-Length: {}\r\n\r\n", body.len());
    let reply = server.raw(&[head.as_bytes(), body.as_bytes()].concat());
    assert_eq!((reply.status, reply.text()), (200, ok(json!([]))));
}

#[test]
fn expect_100_continue_is_answered() {
    let server = Server::start("");
    let mut connection = Connection::open(&server);
    let body = shops();
    let length = body.len();
    let head = format!(
        "POST /api HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n"
    );
    connection.write(head.as_bytes());
    assert_eq!(connection.read_head().unwrap().status, 100);
    connection.write(body.as_bytes());
    assert_eq!(connection.read().unwrap().text(), ok(json!([])));
}
