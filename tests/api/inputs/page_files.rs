//! What a folder of pages serves: which files, of which type, and to whom.

use super::pages::{get, serve};
use std::os::unix::fs::symlink;
use std::process::Command;

#[test]
fn pipes_and_devices_are_not_served() {
    let server = serve(&[("a.html", "a"), ("index.html/a", "x"), ("empty.html", "")]);
    let web = server.folder().join("web");
    let made = Command::new("mkfifo").arg(web.join("pipe.html")).status().unwrap();
    assert!(made.success());
    let _socket = std::os::unix::net::UnixListener::bind(web.join("socket.html")).unwrap();
    symlink("/dev/zero", web.join("zero.html")).unwrap();
    for path in ["/pipe.html", "/socket.html", "/zero.html", "/", "/index.html/", "/a.html/"] {
        assert_eq!(get(&server, path, &[]).status, 404, "{path}");
    }
    let reply = get(&server, "/empty.html", &[]);
    assert_eq!((reply.status, reply.header("content-length"), reply.body.len()), (200, "0", 0));
}

#[test]
fn common_web_files_have_their_media_type() {
    let types = [
        ("a.xhtml", "application/xhtml+xml"),
        ("a.md", "text/plain; charset=utf-8"),
        ("a.vtt", "text/vtt; charset=utf-8"),
        ("a.csv", "text/csv; charset=utf-8"),
        ("a.mov", "video/quicktime"),
        ("a.m4v", "video/mp4"),
        ("a.ogv", "video/ogg"),
        ("a.m4a", "audio/mp4"),
        ("a.flac", "audio/flac"),
        ("a.opus", "audio/ogg"),
        ("a.jxl", "image/jxl"),
        ("a.bmp", "image/bmp"),
        ("a.cjs", "text/javascript; charset=utf-8"),
        ("a.eot", "application/vnd.ms-fontobject"),
        ("a.rss", "application/rss+xml"),
    ];
    let files: Vec<(&str, &str)> = types.iter().map(|(name, _)| (*name, "x")).collect();
    let server = serve(&files);
    for (name, expected) in types {
        assert_eq!(
            get(&server, &format!("/{name}"), &[]).header("content-type"),
            expected,
            "{name}"
        );
    }
}

#[test]
fn page_of_another_origin_may_fetch_files() {
    // Public reports: hapijs/hapi#4397, corydolphin/flask-cors#262 and aspnet/Mvc#565 (a preflight that is
    // refused hides the 404).
    let server = serve(&[("a.txt", "0123456789"), ("docs/index.html", "docs")]);
    for path in
        ["/", "/a.txt", "/a.txt?x=1", "/docs", "/docs/", "/none", "/docs/none.js", "/..", "/%zz"]
    {
        for (method, wanted) in
            [("GET", "range"), ("GET", "if-none-match, x-app"), ("POST", "x-app")]
        {
            let headers = [
                ("Origin", "https://a.example"),
                ("Access-Control-Request-Method", method),
                ("Access-Control-Request-Headers", wanted),
            ];
            let reply = server.send("OPTIONS", path, &headers, b"");
            assert_eq!((reply.status, reply.body.len()), (204, 0), "{path}");
            assert_eq!(reply.header("access-control-allow-origin"), "*", "{path}");
            assert_eq!(reply.header("access-control-allow-methods"), "GET, HEAD", "{path}");
            assert!(reply.header("access-control-allow-headers").ends_with(wanted), "{path}");
        }
        let plain = server.send("OPTIONS", path, &[("Origin", "https://a.example")], b"");
        assert_eq!((plain.status, plain.header("allow")), (405, "GET, HEAD"), "{path}");
    }
}

#[test]
fn well_known_folder_is_served_despite_its_dot() {
    // Public reports: freshframework/fresh#3667, hasgeek/baseframe#175 and appwrite/appwrite#10292.
    let server = serve(&[
        (".well-known/assetlinks.json", "[]"),
        (".well-known/apple-app-site-association", "{}"),
        (".well-known/acme-challenge/token", "proof"),
        (".well-known/security.txt", "Contact: mailto:security@example.com"),
        (".well-known/.env", "secret"),
        (".env", "secret"),
        ("docs/.well-known/a.txt", "a"),
    ]);
    for (path, media_type) in [
        ("/.well-known/assetlinks.json", "application/json; charset=utf-8"),
        ("/.well-known/apple-app-site-association", "application/json; charset=utf-8"),
        ("/%2Ewell-known/assetlinks.json", "application/json; charset=utf-8"),
        ("/.well-known/acme-challenge/token", "application/octet-stream"),
        ("/.well-known/security.txt", "text/plain; charset=utf-8"),
    ] {
        let reply = get(&server, path, &[]);
        assert_eq!((reply.status, reply.header("content-type")), (200, media_type), "{path}");
    }
    for path in [
        "/.well-known/.env",
        "/.well-known/../.env",
        "/.well-known%2f..%2f.env",
        "/.well-known/",
        "/docs/.well-known/a.txt",
        "/.env",
        "/.Well-known/security.txt",
    ] {
        assert_eq!(get(&server, path, &[]).status, 404, "{path}");
    }
}
