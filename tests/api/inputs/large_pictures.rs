//! Pictures in requests longer than `limits.max_body` (row F7 of the inputs). Up to 8 MiB,
//! documents refuse them in their usual format, because their pages show nothing else.
//!
//! Public reports of the kind (a server that refuses while the client still sends): PostHog/posthog#85639,
//! api7/aisix#239, nick-pape/grackle#1263, rwf2/Rocket#3004, ratpack/ratpack#1604.

use crate::common::connection::Connection;
use crate::common::web::{PNG, entry, file, refused, success};
use crate::common::{Reply, Server};
use serde_json::json;

const MIB: usize = 1024 * 1024;

/// The paths that accept a picture, and their answers to a too large one.
const PATHS: [(&str, &str, &str); 3] = [
    ("PUT", "/user/update_user_profile_picture", "file"),
    ("PUT", "/api/user/update_user_profile_picture", "file"),
    ("POST", "/api/v1.0/user/avatar", "avatar"),
];

fn answer(path: &str, max_body: usize) -> String {
    if path.contains("v1.0") {
        return refused("4004", "数据错误");
    }
    let why = format!("the picture is too large: its request is longer than {max_body} bytes");
    entry(200_413, &why, json!(""))
}

fn answer_without_login(path: &str) -> String {
    if path.contains("v1.0") {
        return refused("4101", "用户未登录");
    }
    entry(200_410, "no token", json!(""))
}

/// The request head of an upload; `more` gives its length.
fn head(method: &str, path: &str, token: &str, more: &str) -> String {
    let login =
        if token.is_empty() { String::new() } else { format!("Authorization: {token}\r\n") };
    format!(
        "{method} {path} HTTP/1.1\r\nHost: api.example.com\r\n{login}\
         Content-Type: multipart/form-data; boundary=border\r\n{more}\r\n\r\n"
    )
}

/// A multipart body of `length` bytes.
fn body(field: &str, length: usize) -> Vec<u8> {
    let bare = file(field, "a.png", b"").len();
    let mut picture = PNG.to_vec();
    picture.resize(length - bare, 0);
    file(field, "a.png", &picture)
}

/// The body in chunked encoding.
fn chunked(body: &[u8], piece: usize) -> Vec<u8> {
    let mut chunks = Vec::new();
    for piece in body.chunks(piece) {
        chunks.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        chunks.extend_from_slice(piece);
        chunks.extend_from_slice(b"\r\n");
    }
    chunks.extend_from_slice(b"0\r\n\r\n");
    chunks
}

/// Sends a whole request, then reads its answer.
fn upload(connection: &mut Connection, head: &str, body: &[u8]) -> Reply {
    connection.write(head.as_bytes());
    connection.write(body);
    connection.read().unwrap()
}

/// Checks that the connection still works.
fn is_usable(connection: &mut Connection) {
    let call = br#"{"jsonrpc":"2.0","method":"shop.list","id":1}"#;
    assert_eq!(connection.post(call).text(), r#"{"jsonrpc":"2.0","id":1,"result":[]}"#);
}

#[test]
fn large_picture_is_refused_in_the_documents_format() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    for (method, path, field) in PATHS {
        let mut connection = Connection::open(&server);
        for length in [2 * MIB + 1, 2_200_000, 5 * MIB, 8 * MIB] {
            let body = body(field, length);
            for (more, body) in [
                (format!("Content-Length: {length}"), body.clone()),
                ("Transfer-Encoding: chunked".to_owned(), chunked(&body, 60_000)),
            ] {
                let reply = upload(&mut connection, &head(method, path, &token, &more), &body);
                assert_eq!(
                    (reply.status, reply.text()),
                    (200, answer(path, 2 * MIB)),
                    "{length} {more}"
                );
                assert_ne!(reply.header("connection"), "close");
                is_usable(&mut connection);
            }
        }
        // Without a login, that is reported.
        let body = body(field, 3 * MIB);
        let more = format!("Content-Length: {}", body.len());
        let reply = upload(&mut connection, &head(method, path, "", &more), &body);
        assert_eq!((reply.status, reply.text()), (200, answer_without_login(path)));
        is_usable(&mut connection);
    }
    assert_eq!(server.done(&token, "user/info", json!({}))["profile_picture"], "");
    let metrics = server.get("/metrics").text();
    assert!(metrics.contains("guichet_refused_total{reason=\"body_size\"} 27"), "{metrics}");
}

#[test]
fn picture_past_8_mib_is_cut_off() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    for (method, path, field) in PATHS {
        // With `Content-Length`, nothing of the body is read.
        let told = format!("Content-Length: {}", 8 * MIB + 1);
        let mut connection = Connection::open(&server);
        connection.write(head(method, path, &token, &told).as_bytes());
        let reply = connection.read().unwrap();
        assert_eq!((reply.status, reply.header("connection")), (413, "close"), "{path}");
        let body = chunked(&body(field, 8 * MIB + 1), 100_000);
        let mut connection = Connection::open(&server);
        connection.write(head(method, path, &token, "Transfer-Encoding: chunked").as_bytes());
        connection.write(&body);
        let reply = connection.read().unwrap();
        assert_eq!((reply.status, reply.json()["id"].as_i64()), (413, Some(-1)), "{path}");
    }
}

#[test]
fn expect_continue_upload_is_answered() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    for (method, path, field) in PATHS {
        let body = body(field, 3 * MIB);
        let more = format!("Content-Length: {}\r\nExpect: 100-continue", body.len());
        let mut connection = Connection::open(&server);
        connection.write(head(method, path, &token, &more).as_bytes());
        assert_eq!(connection.read_head().unwrap().status, 100, "{path}");
        connection.write(&body);
        let reply = connection.read().unwrap();
        assert_eq!((reply.status, reply.text()), (200, answer(path, 2 * MIB)));
        is_usable(&mut connection);
        // No "100 Continue" for a body that would be refused.
        let more = format!("Content-Length: {}\r\nExpect: 100-continue", 8 * MIB + 1);
        connection.write(head(method, path, &token, &more).as_bytes());
        assert_eq!(connection.read_head().unwrap().status, 413, "{path}");
    }
}

#[test]
fn oversized_body_is_refused_for_any_content_type() {
    let server = Server::start("[limits]\nmax_body = 65536\n");
    let (_, token) = server.account("nora");
    for (method, path, field) in PATHS {
        for (kind, begin) in [
            ("application/json", format!("{{\"{field}\":\"")),
            ("application/x-www-form-urlencoded", format!("{field}=")),
            ("multipart/form-data; boundary=border", "--border\r\n".to_owned()),
            ("multipart/form-data", "--border\r\n".to_owned()),
            ("image/png", "\u{89}PNG".to_owned()),
            ("", String::new()),
        ] {
            let mut body = begin.into_bytes();
            body.resize(200_000, b'A');
            let reply = server.send(
                method,
                path,
                &[("Authorization", &token), ("Content-Type", kind)],
                &body,
            );
            let (status, text) = (reply.status, reply.text());
            // A body without a boundary is not read at all.
            if kind == "multipart/form-data" && text != answer(path, 65_536) {
                assert!(status == 200 && !text.contains("\"id\":-1"), "{kind}: {text}");
                continue;
            }
            assert_eq!((status, text), (200, answer(path, 65_536)), "{path} {kind}");
        }
    }
}

#[test]
fn other_paths_answer_413_as_before() {
    let server = Server::start("");
    let (id, token) = server.account("nora");
    let picture = "A".repeat(2 * MIB);
    let data = json!({"name": "a", "id": id.to_string(), "base64": picture, "type": "png"});
    let upload = crate::common::envelope("portrait/upload", data);
    let long = "x".repeat(2 * MIB + 1);
    for (method, path, body) in [
        ("POST", &*format!("/api?token={token}"), &*upload),
        ("POST", "/api/external/portrait", &upload),
        ("POST", "/api/rpc", &long),
        ("POST", "/login", &long),
        ("PUT", "/user/update_user_info", &long),
        ("POST", "/api/v1.0/user/auth", &long),
        ("PUT", "/api/v1.0/user/name", &long),
        ("POST", "/api/post_score", &long),
        ("PUT", "/ranking_list", &long),
        ("GET", "/user/get_user_info", &long),
    ] {
        let reply = server.send(method, path, &[], body.as_bytes());
        assert_eq!((reply.status, reply.json()["id"].as_i64()), (413, Some(-1)), "{path}");
    }
}

/// Discarded bodies take no memory: many at once leave memory for other bodies.
#[test]
fn discarded_bodies_take_no_memory() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let (method, path, field) = PATHS[2];
    let length = 4 * MIB;
    let begun = body(field, length);
    let half = &begun[..length - 1000];
    let more = format!("Content-Length: {length}");
    let head = head(method, path, &token, &more);
    std::thread::scope(|scope| {
        let uploads: Vec<_> = (0..12)
            .map(|_| {
                scope.spawn(|| {
                    let mut connection = Connection::open(&server);
                    connection.write(head.as_bytes());
                    connection.write(half);
                    connection
                })
            })
            .collect();
        let mut uploads: Vec<Connection> =
            uploads.into_iter().map(|one| one.join().unwrap()).collect();
        // All are in progress: 48 MiB, where all bodies together may take 32.
        let picture = file(field, "a.png", PNG);
        let headers = [("Authorization", &*token), crate::common::web::MULTIPART];
        let reply = server.send(method, path, &headers, &picture);
        let url = reply.json()["data"]["avatar_url"].clone();
        assert_eq!(reply.text(), success(json!({"avatar_url": url})));
        for connection in &mut uploads {
            assert!(!connection.has_answer());
            connection.write(&begun[length - 1000..]);
            let reply = connection.read().unwrap();
            assert_eq!((reply.status, reply.text()), (200, answer(path, 2 * MIB)));
        }
    });
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: usize = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(peak < 150_000, "{peak} kB");
}
