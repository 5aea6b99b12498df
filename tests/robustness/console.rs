//! Bounds of the console.

use crate::common::console::{Console, PASSWORD};
use rusqlite::Connection;
use serde_json::json;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

#[test]
fn wrong_logins_of_an_address_are_counted() {
    let console = Console::start("");
    console.token("owner");
    let login = |name: &str, password: &str| {
        console.call("", "admin/login", &json!({"name": name, "password": password})).status
    };
    for nth in 0..20 {
        assert_eq!(login(&format!("somebody-{}", nth / 4), "wrong"), 422);
    }
    assert_eq!(login("owner", PASSWORD), 429);
}

#[test]
fn console_session_ends_when_it_is_idle() {
    let console = Console::start("");
    let token = console.token("owner");
    let database = Connection::open(console.server.folder().join("data/guichet.db")).unwrap();
    let age = |seconds: i64| {
        let sql = "UPDATE admin_session SET seen_at = seen_at - ?1";
        assert_eq!(database.execute(sql, [seconds]).unwrap(), 1);
    };
    let status = || console.page(&token, "/").status;
    assert_eq!(status(), 200);
    age(1_700);
    let seen = || -> i64 {
        database.query_row("SELECT seen_at FROM admin_session", [], |row| row.get(0)).unwrap()
    };
    let before = seen();
    assert_eq!(status(), 200);
    // That request counts as a use, which is written a moment later.
    let until = Instant::now() + Duration::from_secs(10);
    while seen() == before {
        assert!(Instant::now() < until, "the use was not noted");
        std::thread::sleep(Duration::from_millis(5));
    }
    age(1_801);
    assert_eq!(status(), 303);
    age(-1_801);
    assert_eq!(status(), 200);
    database.execute("UPDATE admin_session SET expires_at = 0", []).unwrap();
    assert_eq!(status(), 303, "12 hours have passed");
}

#[test]
fn console_serves_64_connections_at_a_time() {
    let console = Console::start("");
    let open: Vec<TcpStream> = (0..64)
        .map(|_| {
            let mut stream = TcpStream::connect(&console.address).unwrap();
            let request = format!("GET /console.css HTTP/1.1\r\nHost: {}\r\n\r\n", console.address);
            stream.write_all(request.as_bytes()).unwrap();
            assert!(stream.read(&mut [0; 64]).unwrap() > 0, "it has its place");
            stream
        })
        .collect();
    let mut waiting = TcpStream::connect(&console.address).unwrap();
    let request = format!("GET /login HTTP/1.1\r\nHost: {}\r\n\r\n", console.address);
    waiting.write_all(request.as_bytes()).unwrap();
    waiting.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    waiting.read(&mut [0; 64]).unwrap_err();
    drop(open);
    waiting.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    assert!(waiting.read(&mut [0; 64]).unwrap() > 0);
}

#[test]
fn form_that_is_too_long_is_refused() {
    let console = Console::start("");
    let body = format!("name=owner&password={}", "x".repeat(64 * 1024));
    assert_eq!(console.send("POST", "/login", &[], &body).status, 413);
}

#[test]
fn console_whose_address_is_taken_leaves_the_api() {
    let console = Console::start("");
    let config = "";
    let other =
        crate::common::Server::start_by(crate::common::cli::folder(), config, |mut command| {
            command.env("GUICHET__CONSOLE__LISTEN", &console.address);
            command
        });
    other.wait_for_log("the console is not served");
    assert_eq!(other.get("/healthz").status, 200);
}

#[test]
fn backup_made_in_the_console_is_listed_and_audited() {
    let console = Console::start("[backup]\ndir = \"backups\"\n");
    let token = console.token("owner");
    assert!(console.page(&token, "/backups").body.contains("/do/make_backup"));
    let made = console.call(&token, "admin/make_backup", &json!({})).json();
    let name = made["data"]["name"].as_str().unwrap();
    assert!(console.server.folder().join("backups").join(name).is_file(), "{made}");
    assert!(console.page(&token, "/backups").body.contains(name));
    let audit = console.audit();
    let last = audit.last().unwrap();
    assert_eq!((&last["action"], &last["target"]), (&json!("backup make"), &json!(name)));
}

#[test]
fn backup_without_a_folder_is_refused_in_words() {
    let console = Console::start("");
    let token = console.token("owner");
    let refused = console.call(&token, "admin/make_backup", &json!({}));
    assert_eq!(refused.status, 400);
    assert!(refused.json()["detail"].as_str().unwrap().contains("backup.dir"));
    let form_token = console.page(&token, "/backups").form_token();
    let body = format!("form_token={form_token}&back=%2Fbackups");
    let page = console.form(&token, "make_backup", &[], &body);
    assert!(page.status == 400 && page.body.contains("backup.dir"), "{}", page.body);
}

#[test]
fn log_page_shows_lines_with_a_text() {
    let console = Console::start("");
    let token = console.token("viewer");
    assert!(console.page(&token, "/log").body.contains("the console is at"));
    assert!(console.page(&token, "/log?text=CONSOLE").body.contains("the console is at"));
    assert!(!console.page(&token, "/log?text=nothing-of-it").body.contains("the console is at"));
}
