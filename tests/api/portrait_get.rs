//! Portraits as pictures (contract: envelope.md "portrait"; seed 003), and their files on disk.

use crate::common::{Reply, Server, fault};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;

const PNG: &[u8] = include_bytes!("../../src/image_check/fixtures/plain.png");
const GIF: &[u8] = include_bytes!("../../src/image_check/fixtures/interlaced.gif");
const JPG: &[u8] = include_bytes!("../../src/image_check/fixtures/upright.jpg");
const WEBP: &[u8] = include_bytes!("../../src/image_check/fixtures/lossless.webp");
const AVATAR: &[u8] = include_bytes!("../../assets/pictures/default-avatar.png");
const BANNED: &[u8] = include_bytes!("../../assets/pictures/banned.png");
const ERROR: &[u8] = include_bytes!("../../assets/pictures/error.png");

fn upload(id: &str, kind: &str, bytes: &[u8]) -> Value {
    json!({"name": "me", "id": id, "base64": STANDARD.encode(bytes), "type": kind})
}

fn put(server: &Server, id: &str, kind: &str, bytes: &[u8]) {
    server.done("", "portrait/upload", upload(id, kind, bytes));
}

fn get(server: &Server, id: &str, headers: &[(&str, &str)]) -> Reply {
    server.send("GET", &format!("/api/external/get/portrait/{id}"), headers, b"")
}

/// Checks the bytes and headers of a picture.
fn is_picture(reply: &Reply, status: u16, kind: &str, bytes: &[u8]) {
    assert_eq!((reply.status, reply.header("content-type")), (status, kind));
    assert!(reply.body == bytes, "{} bytes came, not {}", reply.body.len(), bytes.len());
    assert_eq!(reply.header("content-length"), bytes.len().to_string());
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert_eq!(reply.header("vary"), "Referer");
    assert_eq!(reply.header("cache-control"), "no-cache");
    let tag = reply.header("etag");
    assert!(tag.len() > 2 && tag.starts_with('"') && tag.ends_with('"'), "{tag}");
}

fn pictures(server: &Server) -> PathBuf {
    server.folder().join("data/pictures")
}

#[test]
fn portrait_is_served_as_bytes_with_its_type() {
    let server = Server::start("");
    let none = get(&server, "5", &[]);
    is_picture(&none, 200, "image/png", AVATAR);
    let kinds = [("png", PNG), ("jpeg", JPG), ("gif", GIF), ("webp", WEBP)];
    for (kind, bytes) in kinds {
        put(&server, "5", kind, bytes);
        let reply = get(&server, "5", &[]);
        is_picture(&reply, 200, &format!("image/{kind}"), bytes);
        is_picture(&get(&server, "005?width=10", &[]), 200, &format!("image/{kind}"), bytes);
        let head = server.send("HEAD", "/api/external/get/portrait/5", &[], b"");
        assert_eq!((head.status, head.body.len()), (200, 0));
        for name in ["content-type", "content-length", "etag", "vary", "cache-control"] {
            assert_eq!(head.header(name), reply.header(name), "{name}");
        }
    }
    // Bytes after the picture's end are cut off.
    let polyglot = [GIF, b"<html><script>alert(1)</script></html>"].concat();
    put(&server, "6", "gif", &polyglot);
    is_picture(&get(&server, "6", &[]), 200, "image/gif", GIF);
}

#[test]
fn invalid_portrait_id_gets_the_error_picture() {
    let server = Server::start("");
    let odd = [
        "x",
        "-1",
        "+1",
        "1.png",
        "1234567890123456",
        "%20",
        "1%2F2",
        "%EF%BC%91",
        "%ff",
        "..%2f1",
        "1?id=2",
        "0x1",
    ];
    for id in odd {
        is_picture(&get(&server, id, &[]), 400, "image/png", ERROR);
        let head = server.send("HEAD", &format!("/api/external/get/portrait/{id}"), &[], b"");
        assert_eq!((head.status, head.body.len()), (400, 0));
    }
    // An answer of 400 is never "not modified".
    is_picture(&get(&server, "x", &[("If-None-Match", "*")]), 400, "image/png", ERROR);
    assert_eq!(get(&server, "", &[]).status, 404);
    assert_eq!(get(&server, "1/2", &[]).status, 404);
}

#[test]
fn unchanged_portrait_is_304() {
    let server = Server::start("");
    put(&server, "5", "gif", GIF);
    let tag = get(&server, "5", &[]).header("etag").to_owned();
    let tag = tag.as_str();
    for given in [
        tag,
        &format!("W/{tag}"),
        "*",
        &format!("\"a\", {tag}"),
        &format!("\"a\",W/\"b\" , W/{tag},\"c\""),
    ] {
        for method in ["GET", "HEAD"] {
            let headers = [("If-None-Match", given)];
            let reply = server.send(method, "/api/external/get/portrait/5", &headers, b"");
            assert_eq!((reply.status, reply.body.len()), (304, 0), "{given}");
            assert_eq!(reply.header("etag"), tag);
            assert_eq!(reply.header("vary"), "Referer");
            assert_eq!(reply.header("cache-control"), "no-cache");
        }
    }
    for given in ["\"a\"", "W/\"a\", \"b\"", "", &tag[..tag.len() - 2], "\"*\""] {
        is_picture(&get(&server, "5", &[("If-None-Match", given)]), 200, "image/gif", GIF);
    }
    // Another picture has another tag; so has the default avatar.
    put(&server, "5", "png", PNG);
    is_picture(&get(&server, "5", &[("If-None-Match", tag)]), 200, "image/png", PNG);
    is_picture(&get(&server, "6", &[("If-None-Match", tag)]), 200, "image/png", AVATAR);
    let default = get(&server, "6", &[]).header("etag").to_owned();
    assert_eq!(get(&server, "7", &[("If-None-Match", &default)]).status, 304);
    assert_eq!(get(&server, "5", &[("If-None-Match", &default)]).status, 200);
}

#[test]
fn page_not_in_the_list_gets_the_ban_picture() {
    let config = "[portrait]\nallowed_referers = [\"www.example.com\", \".example.org\"]\n";
    let server = Server::start(config);
    put(&server, "5", "gif", GIF);
    let welcome = [
        "http://www.example.com/",
        "https://www.example.com:8443/page?a=1&b=%E4%BC%9E",
        "https://WWW.Example.COM/x",
        "https://www.example.com",
        "https://img.example.org/",
        "https://a.b.example.org/x/y",
        "",
    ];
    is_picture(&get(&server, "5", &[]), 200, "image/gif", GIF);
    for referer in welcome {
        is_picture(&get(&server, "5", &[("Referer", referer)]), 200, "image/gif", GIF);
    }
    for referer in [
        "https://evil.example/",
        "https://example.com/",
        "https://m.www.example.com/",
        "https://www.example.com.evil.example/",
        "https://evil.example/www.example.com/",
        "https://evil.example/?https://www.example.com/",
        "https://www.example.com@evil.example/",
        "https://example.org/",
        "https://evilexample.org/",
        "https://img.example.org.evil.example/",
        "junk",
        "https://",
    ] {
        for id in ["5", "6", "x"] {
            let reply = get(&server, id, &[("Referer", referer)]);
            is_picture(&reply, 403, "image/png", BANNED);
        }
        let known = get(&server, "5", &[("Referer", referer), ("If-None-Match", "*")]);
        is_picture(&known, 403, "image/png", BANNED);
    }
    let headers = [("Referer", "https://evil.example/")];
    let head = server.send("HEAD", "/api/external/get/portrait/5", &headers, b"");
    assert_eq!((head.status, head.body.len()), (403, 0));
    // Only pictures are refused to foreign pages, and the envelope is not a picture.
    let body = crate::common::envelope("portrait/get", json!({"id": "5"}));
    let reply = server.send("POST", "/api", &headers, body.as_bytes());
    assert_eq!(reply.json()["data"]["type"], "gif");
}

#[test]
fn without_a_list_every_referer_is_served() {
    let server = Server::start("");
    for referer in ["https://evil.example/", "junk", ""] {
        is_picture(&get(&server, "5", &[("Referer", referer)]), 200, "image/png", AVATAR);
    }
}

#[test]
fn portrait_survives_restart_crash_leftovers_do_not() {
    let server = Server::start("");
    put(&server, "5", "gif", GIF);
    put(&server, "6", "png", PNG);
    let folder = pictures(&server);
    let used = || -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    let before = used();
    assert_eq!(before.len(), 2);
    let half = format!("{}.part", before[0]);
    for left in [&"0".repeat(32), &"f".repeat(32)].map(|stem| format!("{stem}.png")) {
        fs::write(folder.join(&left), PNG).unwrap();
        fs::write(folder.join(format!("{left}.part")), &PNG[..100]).unwrap();
    }
    fs::write(folder.join(half), b"GIF").unwrap();
    // A file that the server did not make is left alone.
    fs::write(folder.join("README"), b"pictures of accounts").unwrap();
    let server = server.kill_and_restart();
    let mut expected = before;
    expected.push("README".into());
    expected.sort();
    assert_eq!(used(), expected);
    is_picture(&get(&server, "5", &[]), 200, "image/gif", GIF);
    is_picture(&get(&server, "6", &[]), 200, "image/png", PNG);
}

#[test]
fn unstorable_picture_has_its_own_fault() {
    let server = Server::start("");
    put(&server, "5", "gif", GIF);
    let away = server.folder().join("away");
    fs::rename(pictures(&server), &away).unwrap();
    for id in ["5", "6"] {
        let answer = server.call("portrait/upload", upload(id, "png", PNG));
        assert_eq!(answer, fault(1000, "头像文件创建失败"));
    }
    is_picture_that_failed(&get(&server, "5", &[]));
    is_picture(&get(&server, "6", &[]), 200, "image/png", AVATAR);
    fs::rename(&away, pictures(&server)).unwrap();
    is_picture(&get(&server, "5", &[]), 200, "image/gif", GIF);
    put(&server, "5", "png", PNG);
    is_picture(&get(&server, "5", &[]), 200, "image/png", PNG);
}

/// Checks the answer for a lost file: an error status with the error picture.
fn is_picture_that_failed(reply: &Reply) {
    assert_eq!((reply.status, reply.header("content-type")), (500, "image/png"));
    assert!(reply.body == ERROR);
}
