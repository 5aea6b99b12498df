//! Profile pictures: upload, refusal, download (contract page `entry-task.md`; seed 002).

use crate::common::web::{FORM, GIF, JPEG, JSON, MULTIPART, PNG, SVG, WEBP, entry, file};
use crate::common::{Reply, Server};
use serde_json::json;
use std::fs;

const ERROR: &[u8] = include_bytes!("../../assets/pictures/error.png");
const BANNED: &[u8] = include_bytes!("../../assets/pictures/banned.png");

fn put(server: &Server, token: &str, more: (&str, &str), body: &[u8]) -> String {
    let headers = [("Authorization", token), more];
    let reply = server.send("PUT", "/user/update_user_profile_picture", &headers, body);
    assert_eq!(reply.status, 200);
    reply.text()
}

/// The path at which the account's picture is served.
fn path(server: &Server, token: &str) -> String {
    let info = server.done(token, "user/info", json!({}));
    let url = info["profile_picture"].as_str().unwrap();
    url.strip_prefix("http://api.example.com").unwrap().to_owned()
}

/// A server, a token, and the path of a picture.
fn with_picture(config: &str) -> (Server, String, String) {
    let server = Server::start(config);
    let (_, token) = server.account("nora");
    let answer = put(&server, &token, MULTIPART, &file("file", "a.png", PNG));
    assert_eq!(answer, entry(0, "", json!("")));
    let path = path(&server, &token);
    (server, token, path)
}

#[test]
fn picture_type_follows_its_bytes_not_its_name() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    for (name, bytes, kind, content_type) in [
        ("a.png", PNG, ".png", "image/png"),
        ("a.png", JPEG, ".jpg", "image/jpeg"),
        ("a.svg", GIF, ".gif", "image/gif"),
        ("../../../etc/passwd", WEBP, ".webp", "image/webp"),
        ("", PNG, ".png", "image/png"),
    ] {
        let answer = put(&server, &token, MULTIPART, &file("file", name, bytes));
        assert_eq!(answer, entry(0, "", json!("")), "{name}");
        let path = path(&server, &token);
        assert!(path.starts_with("/upload/") && path.ends_with(kind), "{path}");
        let reply = server.get(&path);
        assert_eq!((reply.status, reply.header("content-type")), (200, content_type));
        assert!(reply.body == bytes, "{name}");
        assert_eq!(server.pictures().len(), 1, "the one before is gone");
    }
}

#[test]
fn picture_over_1024_kb_or_invalid_is_refused() {
    let (server, token, before) = with_picture("");
    let padded = |length: usize| {
        let mut bytes = PNG.to_vec();
        bytes.resize(length, 0);
        file("file", "a.png", &bytes)
    };
    let no_picture = "not a PNG, JPEG, GIF or WebP picture";
    let refused = |msg: &str| entry(200_413, msg, json!(""));
    for (body, answer) in [
        (padded((1 << 20) + 1), refused("the picture is larger than 1048576 bytes")),
        (file("file", "a.png", b"no picture"), refused(no_picture)),
        (file("file", "a.svg", SVG), refused(no_picture)),
        (file("file", "a.bmp", b"BM\x1e\0\0\0\0\0\0\0"), refused(no_picture)),
        (file("file", "a.png", b""), entry(200_401, "file: must not be empty", json!(""))),
        (file("avatar", "a.png", PNG), entry(200_401, "file: missing", json!(""))),
        (file("base64", "a.png", PNG), entry(200_401, "file: missing", json!(""))),
        (b"--border--\r\n".to_vec(), entry(200_401, "file: missing", json!(""))),
    ] {
        assert_eq!(put(&server, &token, MULTIPART, &body), answer);
    }
    let cut = put(&server, &token, MULTIPART, &file("file", "a.png", &PNG[..PNG.len() - 20]));
    assert!(cut.starts_with(r#"{"code":200413,"msg":"the picture is damaged or cut off: "#));
    let half = &file("file", "a.png", PNG)[..500];
    let broken = put(&server, &token, MULTIPART, half);
    assert!(broken.starts_with(r#"{"code":200400,"msg":"the multipart body is not readable: "#));
    for (more, body) in [(JSON, "{}"), (JSON, r#"{"file":null}"#), (FORM, "")] {
        let answer = put(&server, &token, more, body.as_bytes());
        assert_eq!(answer, entry(200_401, "file: missing", json!("")), "{body}");
    }
    let no_boundary = put(&server, &token, ("Content-Type", "multipart/form-data"), &padded(4000));
    assert_eq!(no_boundary, entry(200_400, "the multipart body has no boundary", json!("")));
    // After every refusal the old picture is there, and no other file.
    assert_eq!(path(&server, &token), before);
    assert_eq!(server.pictures().len(), 1);

    assert_eq!(put(&server, &token, MULTIPART, &padded(1 << 20)), entry(0, "", json!("")));
    // Bytes after the picture's end are not stored.
    assert_eq!(server.get(&path(&server, &token)).body, PNG);
}

/// The headers with which pictures are served.
fn headers(reply: &Reply) -> [&str; 5] {
    ["content-type", "etag", "cache-control", "vary", "x-content-type-options"]
        .map(|name| reply.header(name))
}

#[test]
fn picture_is_served_with_portrait_headers() {
    let (server, _, path) = with_picture("");
    let tag = format!("\"{}\"", &path["/upload/".len()..][..32]);
    let usual = ["image/png", &tag, "no-cache", "Referer", "nosniff"];
    let reply = server.get(&path);
    assert_eq!((reply.status, headers(&reply)), (200, usual));
    let head = server.send("HEAD", &path, &[], b"");
    assert_eq!((head.status, headers(&head), head.body.len()), (200, usual, 0));
    assert_eq!(head.header("content-length"), PNG.len().to_string());
    let weak = format!("\"other\", W/{tag}");
    for condition in [&*tag, &weak, "*"] {
        for method in ["GET", "HEAD"] {
            let reply = server.send(method, &path, &[("If-None-Match", condition)], b"");
            assert_eq!((reply.status, reply.body.len()), (304, 0), "{condition}");
            assert_eq!(headers(&reply), ["", &tag, "no-cache", "Referer", "nosniff"]);
        }
    }
    let reply = server.send("GET", &path, &[("If-None-Match", "\"other\"")], b"");
    assert_eq!((reply.status, headers(&reply)), (200, usual));
    assert!(reply.body == PNG);
}

#[test]
fn unknown_picture_name_gets_the_error_picture() {
    let (server, _, path) = with_picture("");
    let stem = &path["/upload/".len()..][..32];
    let secret = server.folder().join("data/pictures/secret.txt");
    fs::write(secret, "secret").unwrap();
    for name in [
        "x",
        "secret.txt",
        ".",
        "..",
        "%2e%2e",
        "..%2fguichet.db",
        "..%2F..%2Fguichet.toml",
        "%2Fetc%2Fpasswd",
        "..%5Cguichet.db",
        &format!("{stem}.jpg"),
        &format!("{stem}.png.part"),
        &format!("{stem}.png%00"),
        &format!("{stem}.png%2F"),
        &format!("{}.png", stem.to_uppercase().replace(|c: char| c.is_ascii_digit(), "A")),
        &format!("{}.png", "0".repeat(32)),
        stem,
    ] {
        let reply = server.get(&format!("/upload/{name}"));
        assert_eq!((reply.status, reply.header("content-type")), (404, "image/png"), "{name}");
        assert!(reply.body == ERROR, "{name}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
    }
    for path in ["/upload/", "/upload/../guichet.db", &format!("{path}/"), &format!("/api{path}")] {
        let reply = server.get(path);
        assert_eq!(reply.status, 404, "{path}");
        assert_eq!(
            reply.text(),
            "{\"id\":-1,\"status\":-2,\"message\":\"Error JSON value\",\"data\":{},\
             \"detail\":\"no such path\"}"
        );
    }
}

#[test]
fn page_of_a_foreign_site_gets_the_ban_picture() {
    let config = "[portrait]\nallowed_referers = [\"app.example.com\", \".example.org\"]\n";
    let (server, _, path) = with_picture(config);
    for (referer, welcome) in [
        ("", true),
        ("http://app.example.com/", true),
        ("https://APP.example.com:8443/page?x=y", true),
        ("http://www.example.org/", true),
        ("http://example.org/", false),
        ("http://example.com/", false),
        ("http://evil.example.net/app.example.com", false),
        ("http://app.example.com.evil.example.net/", false),
        ("junk", false),
    ] {
        let reply = server.send("GET", &path, &[("Referer", referer)], b"");
        let (status, body) = if welcome { (200, PNG) } else { (403, BANNED) };
        assert_eq!((reply.status, reply.header("content-type")), (status, "image/png"));
        assert!(reply.body == body, "{referer}");
        assert_eq!(reply.header("vary"), "Referer");
    }
    // Foreign pages can't find out which names exist.
    let foreign = [("Referer", "http://evil.example.net/")];
    assert!(server.send("GET", "/upload/x", &foreign, b"").body == BANNED);
    assert!(server.get(&path).body == PNG, "without a referer");
}
