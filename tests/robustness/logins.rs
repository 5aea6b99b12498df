//! Many concurrent logins: each is answered, within the memory of a small machine (reliability:
//! password hashing).

use crate::common::connection::Connection;
use crate::common::scrape::Scrape;
use crate::common::{Server, envelope, ok, wrong_password};
use serde_json::json;
use std::fs;
use std::thread::sleep;
use std::time::Duration;

const LOGINS: usize = 200;

/// A request as forwarded by an unconfigured proxy, for whose clients there is no limit per
/// address.
fn behind_proxy(body: &str) -> String {
    let length = body.len();
    format!(
        "POST /api HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.1\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

/// Peak memory of the server in MB.
fn peak(server: &Server) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() / 1024
}

#[test]
fn two_hundred_logins_at_once_take_less_than_150_mb() {
    if !cfg!(target_os = "linux") {
        eprintln!("skipped: the memory is read from /proc");
        return;
    }
    let server = Server::start("[limits]\nlogin_attempts = 0\n");
    let (user, token) = server.account("nora");
    let before = peak(&server);
    let login = |password: &str| {
        behind_proxy(&envelope("user/login", json!({"username": "nora", "password": password})))
    };
    let mut logins: Vec<Connection> = (0..LOGINS).map(|_| Connection::open(&server)).collect();
    for (nth, connection) in logins.iter_mut().enumerate() {
        // Every fourth password is wrong, and takes as long.
        let password = if nth % 4 == 0 { "secret-2" } else { "secret-1" };
        connection.write(login(password).as_bytes());
    }
    let waiting = logins.iter().filter(|login| !login.has_answer()).count();
    assert!(waiting > LOGINS * 3 / 4, "only {waiting} are under way at once");
    // The others are served meanwhile.
    let mut other = Connection::open(&server);
    while !logins.iter().all(Connection::has_answer) {
        let answer = other.post(envelope("shop/list", json!({})).as_bytes());
        assert_eq!(answer.text(), ok(json!([])));
        // Hashing runs at idle priority.
        sleep(Duration::from_millis(10));
    }
    let wrong = wrong_password();
    let mut tokens = vec![token];
    for (nth, mut connection) in logins.into_iter().enumerate() {
        let answer = connection.read().unwrap();
        if nth % 4 == 0 {
            assert_eq!(answer.text(), wrong);
            continue;
        }
        assert_eq!(answer.json()["data"]["user_id"], user, "{}", answer.text());
        tokens.push(answer.json()["data"]["token"].as_str().unwrap().to_owned());
    }
    for token in &tokens {
        assert_eq!(server.done(token, "user/info", json!({}))["user_id"], user);
    }
    tokens.sort();
    tokens.dedup();
    assert_eq!(tokens.len(), 1 + LOGINS * 3 / 4, "each login has a session of its own");
    let most = peak(&server);
    eprintln!("{before} MB before {LOGINS} logins at once, {most} MB at most");
    assert!(most < 150, "{before} MB before, {most} MB at most");
}

#[test]
fn logins_past_the_queue_are_refused_at_once() {
    let server = Server::start("[limits]\nlogin_attempts = 0\n");
    server.account("nora");
    let login = envelope("user/login", json!({"username": "nora", "password": "secret-1"}));
    let login = behind_proxy(&login);
    // One or two are processed, 256 wait.
    let mut logins: Vec<Connection> = (0..2 * LOGINS).map(|_| Connection::open(&server)).collect();
    for connection in &mut logins {
        connection.write(login.as_bytes());
    }
    let busy = r#"{"id":-1,"status":-404,"message":"Unknown Error","data":{},"detail":"the server is busy; try again"}"#;
    let (mut done, mut refused) = (0, 0);
    for mut connection in logins {
        let answer = connection.read().unwrap();
        if answer.status == 200 {
            assert_eq!(answer.json()["data"]["username"], "nora", "{}", answer.text());
            done += 1;
        } else {
            assert_eq!((answer.status, answer.text().as_str()), (503, busy));
            assert_eq!(answer.header("retry-after"), "1");
            refused += 1;
        }
    }
    assert!(done > 0 && refused > 0, "{done} were done, {refused} refused");
    let scrape = Scrape::of(&server);
    assert_eq!(scrape.get("guichet_refused_total{reason=\"no_place\"}"), f64::from(refused));
}
