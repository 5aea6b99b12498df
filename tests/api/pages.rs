//! A folder of pages beside the API (contract: README "Configuration", `[web]`; operations.md).

mod ranges;

use crate::common::{Folder, Reply, Server, command};
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::symlink;
use std::process::Stdio;

const WEB: &str = "[web]\ndir = \"web\"\n";

/// A server with these pages in its folder `web`, and `secret.txt` next to the folder.
fn serve(files: &[(&str, &[u8])]) -> Server {
    Server::start_in(with(files), WEB)
}

fn with(files: &[(&str, &[u8])]) -> Folder {
    let folder = Folder::new();
    for (name, bytes) in files {
        let file = folder.path().join("web").join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    }
    fs::write(folder.path().join("secret.txt"), "secret").unwrap();
    folder
}

/// The answer to a request that reaches no document.
fn refusal(detail: &str) -> String {
    format!(
        r#"{{"id":-1,"status":-2,"message":"Error JSON value","data":{{}},"detail":"{detail}"}}"#
    )
}

fn assert_refused(reply: &Reply, status: u16, detail: &str) {
    assert_eq!((reply.status, reply.text()), (status, refusal(detail)));
    assert_eq!(reply.header("content-type"), "application/json; charset=utf-8");
}

#[test]
fn root_and_every_folder_serve_their_index() {
    let server = serve(&[
        ("index.html", b"<p>home"),
        ("sub/index.html", b"<p>sub"),
        ("bare/page.html", b"<p>page"),
        ("\u{4e2d} \u{6587}/a b.html", b"<p>names"),
    ]);
    for (path, body) in [
        ("/", "<p>home"),
        ("/?a=b", "<p>home"),
        ("/index.html", "<p>home"),
        ("/sub/", "<p>sub"),
        ("/bare/page.html?x", "<p>page"),
        ("/%E4%B8%AD%20%e6%96%87/a%20b.html", "<p>names"),
    ] {
        let reply = server.get(path);
        assert_eq!((reply.status, reply.text()), (200, body.to_owned()), "{path}");
        for (name, value) in [
            ("content-type", "text/html; charset=utf-8"),
            ("content-length", &body.len().to_string()),
            ("accept-ranges", "bytes"),
            ("cache-control", "no-cache"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(reply.header(name), value, "{path}");
        }
    }
    for folder in ["/sub", "/bare", "/%E4%B8%AD%20%e6%96%87"] {
        let reply = server.get(folder);
        assert_eq!((reply.status, reply.body.len()), (301, 0), "{folder}");
        assert_eq!(reply.header("location"), format!("{folder}/"));
    }
    for path in
        ["/bare/", "/missing", "/missing/", "/index.html/", "/sub/missing.js", "/Index.html"]
    {
        assert_refused(&server.get(path), 404, "no such path");
    }
}

#[test]
fn file_extension_sets_the_content_type() {
    let types = [
        ("a.html", "text/html; charset=utf-8"),
        ("a.HTM", "text/html; charset=utf-8"),
        ("a.css", "text/css; charset=utf-8"),
        ("a.js", "text/javascript; charset=utf-8"),
        ("a.mjs", "text/javascript; charset=utf-8"),
        ("a.json", "application/json; charset=utf-8"),
        ("a.txt", "text/plain; charset=utf-8"),
        ("a.svg", "image/svg+xml"),
        ("a.png", "image/png"),
        ("a.min.JPG", "image/jpeg"),
        ("a.webp", "image/webp"),
        ("a.ico", "image/x-icon"),
        ("a.woff2", "font/woff2"),
        ("a.mp4", "video/mp4"),
        ("a.wasm", "application/wasm"),
        ("a.unheard", "application/octet-stream"),
        ("noending", "application/octet-stream"),
    ];
    let files: Vec<(&str, &[u8])> = types.iter().map(|(name, _)| (*name, &b"x"[..])).collect();
    let server = serve(&files);
    for (name, kind) in types {
        let reply = server.get(&format!("/{name}"));
        assert_eq!((reply.status, reply.header("content-type")), (200, kind), "{name}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
    }
}

#[test]
fn outside_and_hidden_files_are_not_served() {
    let server = serve(&[
        ("index.html", b"home"),
        ("sub/page.html", b"page"),
        (".env", b"hidden"),
        (".git/config", b"hidden"),
        ("sub/.hidden/a.html", b"hidden"),
    ]);
    for path in [
        "/../secret.txt",
        "/sub/../../secret.txt",
        "/sub/../index.html",
        "/./index.html",
        "/%2e%2e/secret.txt",
        "/%2E%2E%2Fsecret.txt",
        "/..%2fsecret.txt",
        "/sub/..%2f..%2fsecret.txt",
        "/sub%2f%2e%2e/index.html",
        "/..%5csecret.txt",
        "/sub%5cpage.html",
        "/%252e%252e/secret.txt",
        "/%c0%ae%c0%ae/secret.txt",
        "/index.html%00",
        "/index.html%00.txt",
        "/%ff",
        "//secret.txt",
        "//etc/hosts",
        "/%2fetc/hosts",
        "/sub//page.html",
        "/.env",
        "/%2eenv",
        "/.git/config",
        "/.git",
        "/sub/.hidden/a.html",
        "/sub/%2ehidden/a.html",
        "/web/index.html",
        "/data/guichet.db",
        "/guichet.toml",
    ] {
        assert_refused(&server.get(path), 404, "no such path");
    }
    // A raw backslash is not allowed in a URL: refused before any lookup.
    for path in ["/..\\secret.txt", "/sub\\page.html"] {
        let reply = server.get(path);
        assert!(matches!(reply.status, 400 | 404), "{path}: {}", reply.status);
        assert!(!reply.text().contains("secret") && !reply.text().contains("page"));
    }
}

#[test]
fn symbolic_link_out_of_the_folder_is_not_followed() {
    let folder = with(&[("sub/page.html", b"page")]);
    let (web, root) = (folder.path().join("web"), folder.path());
    symlink(web.join("sub/page.html"), web.join("inside.html")).unwrap();
    symlink("sub", web.join("also")).unwrap();
    symlink(root.join("secret.txt"), web.join("outside.txt")).unwrap();
    symlink("../secret.txt", web.join("sub/relative.txt")).unwrap();
    symlink("..", web.join("up")).unwrap();
    symlink("/", web.join("root")).unwrap();
    symlink("nowhere", web.join("broken")).unwrap();
    symlink("loop", web.join("loop")).unwrap();
    // A sibling whose name begins like the folder's is not in the folder.
    fs::create_dir(root.join("web-private")).unwrap();
    fs::write(root.join("web-private/a.txt"), "secret").unwrap();
    symlink(root.join("web-private"), web.join("private")).unwrap();
    let server = Server::start_in(folder, WEB);
    for path in ["/inside.html", "/also/page.html", "/sub/page.html"] {
        assert_eq!(server.get(path).text(), "page", "{path}");
    }
    for path in [
        "/outside.txt",
        "/sub/relative.txt",
        "/up/secret.txt",
        "/up",
        "/up/",
        "/root/etc/hosts",
        "/root",
        "/broken",
        "/loop",
        "/private/a.txt",
        "/private",
    ] {
        assert_refused(&server.get(path), 404, "no such path");
    }
}

#[test]
fn api_paths_take_precedence_over_pages() {
    let server = serve(&[
        ("ranking_list", b"page"),
        ("api/user_score", b"page"),
        ("api/v1.0/session", b"page"),
        ("game/api/top_score", b"page"),
        ("api/page.html", b"page"),
        ("login/index.html", b"page"),
    ]);
    for (path, allow) in [("/ranking_list", "POST, PUT"), ("/api", "POST"), ("/login", "POST")] {
        let reply = server.get(path);
        assert_refused(&reply, 405, "the path does not answer this method");
        assert_eq!(reply.header("allow"), allow);
    }
    for path in ["/api/user_score", "/api/v1.0/session", "/game/api/top_score"] {
        let answer = server.get(path).text();
        assert!(answer.starts_with('{'), "{path}: {answer}");
    }
    for path in ["/api/page.html", "/login/index.html"] {
        assert_eq!(server.get(path).text(), "page");
    }
}

#[test]
fn pages_answer_only_get_and_head() {
    let server = serve(&[("index.html", b"home"), ("a.js", b"code")]);
    for path in ["/", "/a.js"] {
        for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
            let reply = server.send(method, path, &[], b"");
            assert_refused(&reply, 405, "the path does not answer this method");
            assert_eq!(reply.header("allow"), "GET, HEAD");
        }
    }
    // Pages may be read from other origins, like the API.
    let reply = server.send("GET", "/a.js", &[("Origin", "https://a.example.com")], b"");
    assert_eq!(reply.header("access-control-allow-origin"), "*");
}

#[test]
fn without_web_dir_only_the_built_in_root_exists() {
    let server = Server::start("");
    let home =
        include_str!("../../assets/home.html").replace("{address}", "http://api.example.com");
    let reply = server.get("/");
    assert_eq!((reply.status, reply.text()), (200, home.clone()));
    assert_eq!(reply.header("content-type"), "text/html; charset=utf-8");
    let reply = server.send("HEAD", "/", &[], b"");
    assert_eq!((reply.status, reply.body.len()), (200, 0));
    assert_eq!(reply.header("content-length"), home.len().to_string());
    let reply = server.send("POST", "/", &[], b"x");
    assert_refused(&reply, 405, "the path does not answer this method");
    assert_eq!(reply.header("allow"), "GET, HEAD");
    for path in ["/index.html", "/favicon.ico", "//", "/api/", "/data/guichet.db"] {
        assert_refused(&server.get(path), 404, "no such path");
        assert_refused(&server.send("POST", path, &[], b"x"), 404, "no such path");
    }
}

#[test]
fn web_dir_with_data_or_missing_is_refused() {
    let holds = "lies in it and would be served; choose another folder";
    let folder = with(&[("index.html", b"home")]);
    let root = folder.path().canonicalize().unwrap();
    fs::create_dir(root.join("data")).unwrap();
    symlink(&root, root.join("link")).unwrap();
    for (dir, database, why) in [
        (".", "sqlite", format!("data_dir {holds}")),
        ("data", "sqlite", format!("data_dir {holds}")),
        ("link", "sqlite", format!("data_dir {holds}")),
        ("web/..", "sqlite", format!("data_dir {holds}")),
        ("web", "sqlite:web/db/my.db", format!("the database {holds}")),
        ("web", "sqlite:web/my.db", format!("the database {holds}")),
        ("web", "sqlite\"\n[backup]\ndir = \"web/b", format!("backup.dir {holds}")),
        (
            "web",
            "sqlite\"\n[privacy]\nkey_file = \"web/my.key",
            format!("privacy.key_file {holds}"),
        ),
        ("web", "sqlite\"\n[backup]\ndir = \"data/../web/b/c", format!("backup.dir {holds}")),
        ("missing", "sqlite", "No such file or directory (os error 2)".into()),
        ("web/index.html", "sqlite", "not a folder".into()),
    ] {
        let text = format!(
            "listen = \"127.0.0.1:0\"\ndata_dir = {:?}\n[web]\ndir = \"{dir}\"\n[database]\nurl = \"{database}\"\n",
            root.join("data")
        );
        fs::write(root.join("guichet.toml"), text).unwrap();
        let mut child =
            command(&root).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
        if !said.is_empty() {
            // It started, and would run for ever.
            child.kill().unwrap();
        }
        let output = child.wait_with_output().unwrap();
        let line = format!("guichet: web.dir: {dir}: {why}\n");
        assert_eq!((said, String::from_utf8_lossy(&output.stderr)), ("".into(), line.into()));
        assert_eq!(output.status.code(), Some(2), "{dir}");
    }
}
