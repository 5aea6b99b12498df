//! Bounds of the console.

use crate::common::console::{Console, PASSWORD};
use rusqlite::Connection;
use serde_json::json;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

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
    assert_eq!(status(), 200);
    // That request counts as a use, which is written a moment later.
    let seen = || -> i64 {
        database.query_row("SELECT seen_at FROM admin_session", [], |row| row.get(0)).unwrap()
    };
    let before = seen();
    while seen() == before && status() == 200 {}
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
