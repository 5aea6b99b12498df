//! Conditional and range requests of pages (RFC 9110, sections 13 and 14).

use super::{assert_refused, serve};
use crate::common::Reply;
use std::fs;

fn part(reply: &Reply) -> (u16, &str, &str) {
    (reply.status, reply.header("content-range"), std::str::from_utf8(&reply.body).unwrap())
}

#[test]
fn unchanged_page_is_304() {
    let server = serve(&[("a.js", b"code"), ("b.js", b"code")]);
    let tag = server.get("/a.js").header("etag").to_owned();
    assert!(tag.len() > 2 && tag.starts_with('"') && tag.ends_with('"'), "{tag}");
    assert_eq!(server.get("/a.js").header("etag"), tag);
    for (given, status) in [
        (tag.clone(), 304),
        (format!("W/{tag}"), 304),
        (format!("\"other\", {tag}"), 304),
        ("*".into(), 304),
        ("\"other\"".into(), 200),
        (String::new(), 200),
    ] {
        for method in ["GET", "HEAD"] {
            let reply = server.send(method, "/a.js", &[("If-None-Match", &given)], b"");
            assert_eq!((reply.status, reply.header("etag")), (status, &*tag), "{given}");
            let has_body = status == 200 && method == "GET";
            assert_eq!(reply.text(), if has_body { "code" } else { "" });
        }
    }
    // Another content of the same length is another page.
    let file = server.folder().join("web/a.js");
    fs::remove_file(&file).unwrap();
    fs::write(&file, "edoc").unwrap();
    let reply = server.send("GET", "/a.js", &[("If-None-Match", &tag)], b"");
    assert_eq!((reply.status, reply.text()), (200, "edoc".to_owned()));
    assert_ne!(reply.header("etag"), tag);
}

#[test]
fn range_request_is_answered_with_the_part() {
    let server = serve(&[("a.txt", b"0123456789"), ("empty.txt", b"")]);
    for (range, status, content_range, body) in [
        ("bytes=0-4", 206, "bytes 0-4/10", "01234"),
        ("bytes=9-9", 206, "bytes 9-9/10", "9"),
        ("bytes=5-", 206, "bytes 5-9/10", "56789"),
        ("bytes=5-99", 206, "bytes 5-9/10", "56789"),
        ("bytes=-3", 206, "bytes 7-9/10", "789"),
        ("bytes=-99", 206, "bytes 0-9/10", "0123456789"),
        // Invalid and multiple ranges are answered with the whole page.
        ("bytes=4-2", 200, "", "0123456789"),
        ("bytes=0-1,3-4", 200, "", "0123456789"),
        ("bytes=a-b", 200, "", "0123456789"),
        ("bytes=-", 200, "", "0123456789"),
        ("bytes", 200, "", "0123456789"),
        ("lines=0-1", 200, "", "0123456789"),
    ] {
        let reply = server.send("GET", "/a.txt", &[("Range", range)], b"");
        assert_eq!(part(&reply), (status, content_range, body), "{range}");
        assert_eq!(reply.header("content-length"), body.len().to_string());
        assert_eq!(reply.header("content-type"), "text/plain; charset=utf-8");
        // A range is honoured for GET only (section 14.2).
        let reply = server.send("HEAD", "/a.txt", &[("Range", range)], b"");
        assert_eq!(part(&reply), (200, "", ""), "{range}");
        assert_eq!(reply.header("content-length"), "10");
    }
    let why = "the range begins behind the end of the file";
    for (path, range, length) in [
        ("/a.txt", "bytes=10-", 10),
        ("/a.txt", "bytes=99-100", 10),
        ("/a.txt", "bytes=-0", 10),
        ("/empty.txt", "bytes=0-", 0),
        ("/empty.txt", "bytes=-5", 0),
    ] {
        let reply = server.send("GET", path, &[("Range", range)], b"");
        assert_refused(&reply, 416, why);
        assert_eq!(reply.header("content-range"), format!("bytes */{length}"), "{range}");
    }
    let reply = server.get("/empty.txt");
    assert_eq!(part(&reply), (200, "", ""));
    assert_eq!(reply.header("content-length"), "0");
}

#[test]
fn if_range_of_another_version_gets_the_whole_page() {
    let server = serve(&[("a.txt", b"0123456789")]);
    let tag = server.get("/a.txt").header("etag").to_owned();
    let bare = tag.trim_matches('"');
    for (if_range, status) in [
        (&*tag, 206),
        ("\"other\"", 200),
        // Neither a weak tag nor a time identifies exactly these bytes (section 13.1.5).
        (&*format!("W/{tag}"), 200),
        ("Fri, 20 Nov 2026 12:00:00 GMT", 200),
        (bare, 200),
        ("*", 200),
    ] {
        let headers = [("Range", "bytes=2-3"), ("If-Range", if_range)];
        let reply = server.send("GET", "/a.txt", &headers, b"");
        let (range, body) = if status == 206 { ("bytes 2-3/10", "23") } else { ("", "0123456789") };
        assert_eq!(part(&reply), (status, range, body), "{if_range}");
    }
    // An unchanged page is not sent, neither whole nor in part.
    let headers = [("Range", "bytes=2-3"), ("If-None-Match", &tag)];
    assert_eq!(server.send("GET", "/a.txt", &headers, b"").status, 304);
}

#[test]
fn head_of_a_page_has_the_headers_of_get() {
    let server = serve(&[("a.txt", b"0123456789"), ("sub/index.html", b"home")]);
    for path in ["/a.txt", "/sub/", "/sub", "/missing"] {
        let (get, head) = (server.get(path), server.send("HEAD", path, &[], b""));
        assert_eq!((head.status, head.body.len()), (get.status, 0), "{path}");
        for name in ["content-type", "etag", "location", "cache-control"] {
            assert_eq!(head.header(name), get.header(name), "{path} {name}");
        }
        let length = if get.body.is_empty() { "" } else { get.header("content-length") };
        assert_eq!(head.header("content-length"), length, "{path}");
    }
}

#[test]
fn large_file_arrives_whole_and_in_ranges() {
    let large: Vec<u8> =
        (0..5_000_003_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let server = serve(&[("film.mp4", &large)]);
    let reply = server.get("/film.mp4");
    assert_eq!(reply.header("content-length"), "5000003");
    assert!(reply.status == 200 && reply.body == large);
    for (first, last) in
        [(0, 65_535), (65_535, 65_536), (1_000_000, 4_999_999), (4_900_000, 5_000_002)]
    {
        let range = format!("bytes={first}-{last}");
        let reply = server.send("GET", "/film.mp4", &[("Range", &range)], b"");
        assert_eq!(reply.header("content-range"), format!("bytes {first}-{last}/5000003"));
        assert!(reply.status == 206 && reply.body == large[first..=last], "{range}");
    }
}
