//! Files of `web.dir`: conditional requests, and redirects of folders.

use crate::common::{Folder, Reply, Server};
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::{FileExt as _, symlink};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const OLD: &str = "0123456789";
const NEW: &str = "abcdefghij";

pub(super) fn serve(files: &[(&str, &str)]) -> Server {
    let folder = Folder::new();
    for (name, text) in files {
        let file = folder.path().join("web").join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    Server::start_in(folder, "[web]\ndir = \"web\"\n")
}

pub(super) fn get(server: &Server, path: &str, headers: &[(&str, &str)]) -> Reply {
    server.send("GET", path, headers, b"")
}

/// Sets the modification time of a file.
fn set_modified(path: &Path, at: SystemTime) {
    File::options().write(true).open(path).unwrap().set_modified(at).unwrap();
}

/// Writes a new file of the same length and time at `path`.
fn write_file(path: &Path, text: &str, at: SystemTime) {
    fs::write(path, text).unwrap();
    set_modified(path, at);
}

/// Replaces a file by another one of the same length and time.
type Replace = fn(&Path, SystemTime);

#[test]
fn replaced_file_of_same_size_and_time_is_new() {
    // Public reports: freeunit#356, aspnet/StaticFiles#159, NixOS/nixpkgs#25485 and #80851 (all times
    // of a store are one), innate-inc/innate-os#553 (an archive with times of 0).
    let ways: [(&str, Replace); 9] = [
        ("renamed over it", |path, at| {
            write_file(&path.with_extension("new"), NEW, at);
            fs::rename(path.with_extension("new"), path).unwrap();
        }),
        ("written over it, and dated back", |path, at| {
            let file = File::options().write(true).open(path).unwrap();
            file.write_all_at(NEW.as_bytes(), 0).unwrap();
            file.set_modified(at).unwrap();
        }),
        ("cut off and written", |path, at| write_file(path, NEW, at)),
        ("removed and made", |path, at| {
            fs::remove_file(path).unwrap();
            write_file(path, NEW, at);
        }),
        ("kept beside it and linked", |path, at| {
            write_file(&path.with_extension("new"), NEW, at);
            fs::remove_file(path).unwrap();
            fs::hard_link(path.with_extension("new"), path).unwrap();
        }),
        ("a link led elsewhere", |path, at| {
            write_file(&path.with_extension("new"), NEW, at);
            fs::remove_file(path).unwrap();
            symlink(path.with_extension("new"), path).unwrap();
        }),
        ("its folder was exchanged", |path, at| {
            let folder = path.parent().unwrap();
            let (next, last) = (folder.with_extension("next"), folder.with_extension("last"));
            fs::create_dir(&next).unwrap();
            write_file(&next.join(path.file_name().unwrap()), NEW, at);
            fs::rename(folder, last).unwrap();
            fs::rename(next, folder).unwrap();
        }),
        ("copied with its time", |path, at| {
            write_file(&path.with_extension("new"), NEW, at);
            let from = path.with_extension("new");
            assert!(Command::new("cp").arg("-p").arg(from).arg(path).status().unwrap().success());
        }),
        ("exchanged with another, and back", |path, at| {
            let other = path.with_extension("new");
            write_file(&other, NEW, at);
            fs::rename(path, path.with_extension("old")).unwrap();
            fs::rename(&other, path).unwrap();
        }),
    ];
    let files: Vec<String> = (0..ways.len()).map(|nth| format!("{nth}/a.txt")).collect();
    let texts: Vec<(&str, &str)> = files.iter().map(|file| (file.as_str(), OLD)).collect();
    let server = serve(&texts);
    for ((way, replace), file) in ways.into_iter().zip(&files) {
        for at in
            [UNIX_EPOCH + Duration::from_secs(1), UNIX_EPOCH + Duration::new(1_700_000_000, 5)]
        {
            let path = server.folder().join("web").join(file);
            let _ = fs::remove_dir_all(path.parent().unwrap().with_extension("last"));
            fs::remove_file(&path).unwrap();
            write_file(&path, OLD, at);
            let url = format!("/{file}");
            let tag = get(&server, &url, &[]).header("etag").to_owned();
            assert!(tag.starts_with('"') && tag.len() > 2, "{way}: {tag}");
            assert_eq!(get(&server, &url, &[("If-None-Match", &tag)]).status, 304, "{way}");
            replace(&path, at);
            let reply = get(&server, &url, &[("If-None-Match", &tag)]);
            assert_eq!((reply.status, &*reply.text()), (200, NEW), "{way}");
            let joined = get(&server, &url, &[("Range", "bytes=5-"), ("If-Range", &tag)]);
            assert_eq!((joined.status, &*joined.text()), (200, NEW), "{way}");
            let newer = reply.header("etag");
            assert!(newer != tag && newer == joined.header("etag"), "{way}: {newer}");
            let joined = get(&server, &url, &[("Range", "bytes=5-"), ("If-Range", newer)]);
            assert_eq!((joined.status, &*joined.text()), (206, "fghij"), "{way}");
        }
    }
}

#[test]
fn file_rewritten_at_once_gets_a_new_etag() {
    let server = serve(&[("a.txt", OLD)]);
    let path = server.folder().join("web/a.txt");
    let mut last = String::new();
    for turn in 0..20 {
        let text = format!("text {turn:05}");
        fs::write(&path, &text).unwrap();
        let reply = get(&server, "/a.txt", &[("If-None-Match", &last)]);
        assert_eq!((reply.status, reply.text()), (200, text));
        last = reply.header("etag").to_owned();
        assert!(!last.is_empty());
    }
    assert_eq!(get(&server, "/a.txt", &[("If-None-Match", &last)]).status, 304);
}

#[test]
fn conditional_requests_follow_rfc_9110() {
    // Public reports: oven-sh/bun#33548, cherrypy#1699, uwsgi#1587 and Dormice#86 (If-Range is not
    // looked at), bottle#1132 and starlette#3052 (a time goes before the tag).
    let server = serve(&[("a.txt", OLD)]);
    let tag = get(&server, "/a.txt", &[]).header("etag").to_owned();
    let bare = tag.trim_matches('"').to_owned();
    // A tag with a comma, which ends like ours.
    let inside = format!("\"x,{bare}\"");
    let (weak, list) = (format!("W/{tag}"), format!("\"x\" , W/\"y\",{tag}"));
    let future = "Fri, 01 Jan 2100 00:00:00 GMT";
    let past = "Thu, 01 Jan 1970 00:00:00 GMT";
    let part = ("Range", "bytes=2-3");
    for (headers, status) in [
        (&[("If-None-Match", tag.as_str())][..], 304),
        (&[("If-None-Match", &weak)], 304),
        (&[("If-None-Match", &list)], 304),
        (&[("If-None-Match", "*")], 304),
        (&[("If-None-Match", &bare)], 304),
        (&[("If-None-Match", &inside)], 200),
        (&[("If-None-Match", &tag), ("If-Modified-Since", past)], 304),
        (&[("If-None-Match", "\"x\""), ("If-Modified-Since", future)], 200),
        // There is no `Last-Modified`, so no date matches.
        (&[("If-Modified-Since", future)], 200),
        (&[("If-Modified-Since", "junk")], 200),
        (&[("If-Unmodified-Since", past)], 200),
        (&[("If-Match", &tag)], 200),
        (&[("If-Match", "*")], 200),
        (&[("If-Match", &list)], 200),
        (&[("If-Match", &weak)], 412),
        (&[("If-Match", &bare)], 412),
        (&[("If-Match", "\"x\"")], 412),
        (&[("If-Match", "\"x\""), ("If-None-Match", &tag)], 412),
        (&[part, ("If-Match", "\"x\"")], 412),
        (&[part, ("If-Match", &tag)], 206),
        (&[part, ("If-Range", &tag)], 206),
        (&[part, ("If-Range", &weak)], 200),
        (&[part, ("If-Range", &bare)], 200),
        (&[part, ("If-Range", future)], 200),
        (&[part, ("If-Range", past)], 200),
        (&[part, ("If-Range", "")], 200),
        (&[part, ("If-Range", "*")], 200),
        (&[part, ("If-Range", &list)], 200),
        (&[part, ("If-None-Match", &tag)], 304),
        (&[part, part], 200),
        // A range after the end means that the client has the whole page: curl and others expect
        // this answer.
        (&[("Range", "bytes=10-"), ("If-Range", &tag)], 416),
        (&[("Range", "bytes=10-"), ("If-Range", "\"x\"")], 200),
        (&[("Range", "bytes=18446744073709551616-")], 416),
        (&[("Range", "bytes=0-18446744073709551616")], 206),
    ] {
        let reply = get(&server, "/a.txt", headers);
        assert_eq!(reply.status, status, "{headers:?}");
        assert_eq!(reply.header("last-modified"), "", "a time can't tell two contents apart");
        let head = server.send("HEAD", "/a.txt", headers, b"");
        let expected = if matches!(status, 206 | 416) { 200 } else { status };
        assert_eq!((head.status, head.body.len()), (expected, 0), "HEAD {headers:?}");
        if !matches!(status, 412 | 416) {
            assert_eq!((reply.header("etag"), head.header("etag")), (&*tag, &*tag), "{headers:?}");
        }
    }
}

#[test]
fn folder_redirect_keeps_path_host_and_query() {
    // Public reports: connect#792, node-static#186, tangelo#407 and static-web-server#523 (the query is
    // lost), namecheap/ilc#520 (a way to another host).
    let server = serve(&[
        ("docs/index.html", "docs"),
        ("docs/deep/index.html", "deep"),
        ("a b/index.html", "blank"),
        ("\u{4e2d}/index.html", "middle"),
        ("semi;colon/index.html", "semi"),
        ("v1.0./index.html", "dots"),
        ("bare/page.html", "page"),
    ]);
    for (path, location) in [
        ("/docs", "/docs/"),
        ("/docs?x=1", "/docs/?x=1"),
        ("/docs?", "/docs/?"),
        ("/docs?a=1&b=%2F&c=/d", "/docs/?a=1&b=%2F&c=/d"),
        ("/docs?next=//evil.example/", "/docs/?next=//evil.example/"),
        ("/docs?x=%0d%0aSet-Cookie:%20a=b", "/docs/?x=%0d%0aSet-Cookie:%20a=b"),
        ("/docs/deep?q", "/docs/deep/?q"),
        ("/docs%2fdeep?q", "/docs/deep/?q"),
        ("/docs%2F?q", "/docs/?q"),
        ("/a%20b?q=%20", "/a%20b/?q=%20"),
        ("/%E4%B8%AD?q=%E4%B8%AD", "/%E4%B8%AD/?q=%E4%B8%AD"),
        ("/semi;colon?x", "/semi;colon/?x"),
        ("/v1.0.?x", "/v1.0./?x"),
        ("/bare?x", "/bare/?x"),
    ] {
        for method in ["GET", "HEAD"] {
            let reply = server.send(method, path, &[], b"");
            assert_eq!((reply.status, reply.header("location")), (301, location), "{path}");
        }
        let found = get(&server, location, &[]).status;
        assert_eq!(found, if location.starts_with("/bare") { 404 } else { 200 }, "{location}");
    }
    for path in [
        "//evil.example",
        "//evil.example/..",
        "//evil.example/%2e%2e",
        "//docs",
        "///docs",
        "/%2fdocs",
        "/%2f%2fevil.example",
        "/%5cevil.example",
        "/%5c%5cevil.example",
        "/docs//deep",
        "/docs%2f%2fdeep",
        "/.//docs",
        "/docs/.",
        "/docs/..",
        "/docs/./deep",
        "/docs%00",
        "/docs%0d%0aX:1",
    ] {
        let reply = get(&server, path, &[]);
        assert_eq!((reply.status, reply.header("location")), (404, ""), "{path}");
    }
}

/// Reads the beginning of a long answer. Returns the connection and the bytes.
fn begin_download(server: &Server, path: &str) -> (TcpStream, Vec<u8>) {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    let mut read = vec![0; 32 << 10];
    stream.read_exact(&mut read).unwrap();
    let body = read.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;
    (stream, read.split_off(body))
}

#[test]
fn file_changed_while_sent_is_never_complete() {
    // Public reports: oven-sh/bun#34185 and #41622, freeunit#285, actor-ts#1320, httrack-android#133.
    const LENGTH: usize = 64 << 20;
    let server = serve(&[("a.html", "a")]);
    let path = server.folder().join("web/film.mp4");
    for turn in ["shorter", "empty", "longer", "exchanged", "removed"] {
        let _ = fs::remove_file(&path);
        File::create(&path).unwrap().set_len(LENGTH as u64).unwrap();
        let (mut stream, mut body) = begin_download(&server, "/film.mp4");
        let file = File::options().append(true).open(&path).unwrap();
        match turn {
            "shorter" => file.set_len(LENGTH as u64 - 1).unwrap(),
            "empty" => file.set_len(0).unwrap(),
            "longer" => (&file).write_all(&[7; 100_000]).unwrap(),
            "exchanged" => {
                fs::write(path.with_extension("new"), "other").unwrap();
                fs::rename(path.with_extension("new"), &path).unwrap();
            }
            _ => fs::remove_file(&path).unwrap(),
        }
        let is_cut = matches!(turn, "shorter" | "empty");
        if is_cut {
            // Closed, so that the client does not wait for missing bytes. A reset counts as an end
            // too.
            let _ = stream.read_to_end(&mut body);
            assert!(body.len() < LENGTH, "{turn}: {}", body.len());
        } else {
            let mut rest = vec![1; LENGTH - body.len()];
            stream.read_exact(&mut rest).unwrap();
            assert!(rest.iter().all(|byte| *byte == 0), "{turn}");
            // Nothing follows: the next answer on the connection is complete.
            write!(stream, "GET /a.html HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
            let mut next = String::new();
            stream.read_to_string(&mut next).unwrap();
            assert!(
                next.starts_with("HTTP/1.1 200 OK\r\n") && next.ends_with("\r\n\r\na"),
                "{turn}"
            );
        }
    }
}
