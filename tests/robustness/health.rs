//! Health probes: is the server alive, can it write, and if not, why?

use crate::common::client::{Client, signal};
use crate::common::connection::Connection;
use crate::common::held::{database, lock_database, queue_depth};
use crate::common::scrape::Scrape;
use crate::common::{Reply, Server};
use rusqlite::Connection as Database;
use std::thread::scope;
use std::time::{Duration, Instant};

const OK: &str = r#"{"status":"ok"}"#;
const ENDING: &str = r#"{"status":"failed","why":"the server is shutting down"}"#;
const SLOW: &str = r#"{"status":"failed","why":"a write did not reach the disk within a second"}"#;
const HELD: &str =
    r#"{"status":"failed","why":"the database can't be written: another process holds it"}"#;

fn status_and_body(reply: &Reply) -> (u16, String) {
    assert_eq!(reply.header("content-type"), "application/json; charset=utf-8");
    assert_eq!(reply.header("cache-control"), "no-store");
    (reply.status, reply.text())
}

#[test]
fn writable_server_is_ready_for_everyone() {
    let server = Server::start("[limits]\nrequests_per_minute = 1\n");
    for path in ["/healthz", "/readyz"] {
        for headers in [[("X-Forwarded-For", "203.0.113.7")], [("Origin", "https://a.example")]] {
            for _ in 0..3 {
                let reply = server.send("GET", path, &headers, b"");
                assert_eq!(status_and_body(&reply), (200, OK.to_owned()));
                assert!(reply.headers.iter().all(|(name, _)| !name.starts_with("access-control")));
            }
        }
        let head = server.send("HEAD", path, &[], b"");
        assert_eq!((head.status, head.body.len()), (200, 0));
        let length = OK.len().to_string();
        assert_eq!(head.header("content-length"), length);
        for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
            let reply = server.send(method, path, &[], b"");
            assert_eq!((reply.status, reply.header("allow")), (405, "GET, HEAD"), "{method}");
        }
        // Like the simplest check of a proxy.
        let reply = server.raw(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes());
        assert_eq!(status_and_body(&reply), (200, OK.to_owned()));
    }
    assert_eq!(server.get("/").status, 200);
    assert_eq!(server.get("/").status, 429);
}

#[test]
fn unwritable_database_is_alive_but_not_ready() {
    let server = Server::start("");
    assert_eq!(status_and_body(&server.get("/readyz")), (200, OK.to_owned()));
    let other = database(&server);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let begun = Instant::now();
    // A result is cached for a second.
    let mut seen = Vec::new();
    while seen.last() != Some(&(503, HELD.to_owned())) {
        assert!(begun.elapsed() < Duration::from_secs(30), "{seen:?}");
        let asked = Instant::now();
        let now = status_and_body(&server.get("/readyz"));
        assert!(asked.elapsed() < Duration::from_secs(5), "{now:?}");
        if seen.last() != Some(&now) {
            seen.push(now);
        }
        assert_eq!(status_and_body(&server.get("/healthz")), (200, OK.to_owned()));
    }
    // First the write does not return, and later the writer gives up waiting for the other
    // process.
    let failed = |why: &str| (503, why.to_owned());
    assert_eq!(seen, [(200, OK.to_owned()), failed(SLOW), failed(HELD)]);
    other.execute_batch("ROLLBACK").unwrap();
    let released = Instant::now();
    while status_and_body(&server.get("/readyz")).0 != 200 {
        assert!(released.elapsed() < Duration::from_secs(10));
    }
}

#[test]
fn readiness_probes_write_at_most_once_a_second() {
    let server = Server::start("");
    server.get("/readyz");
    let commits = || Scrape::of(&server).get("guichet_commit_seconds_count");
    let (before, begun) = (commits(), Instant::now());
    scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let mut connection = Connection::open(&server);
                for _ in 0..500 {
                    connection.write(b"GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n");
                    assert_eq!(connection.read().unwrap().text(), OK);
                }
            });
        }
    });
    let made = commits() - before;
    // One more for a second that had begun, and background writes of the server.
    assert!(made <= begun.elapsed().as_secs_f64() + 3.0, "{made} in {:?}", begun.elapsed());
}

#[test]
fn health_probes_leave_no_rows() {
    let server = Server::start("");
    let version = |database: &Database| -> i64 {
        database.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
    };
    let other = database(&server);
    let dump = |database: &Database| -> Vec<(String, i64)> {
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'table'
                      AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name";
        let mut tables = database.prepare(sql).unwrap();
        let names = tables.query_map([], |row| row.get::<_, String>(0)).unwrap();
        let count = |name: String| {
            let sql = format!("SELECT count(*) FROM \"{name}\"");
            let rows = database.query_row(&sql, [], |row| row.get(0)).unwrap();
            (name, rows)
        };
        names.map(|name| count(name.unwrap())).collect()
    };
    let before = (version(&other), dump(&other));
    let commits = || Scrape::of(&server).get("guichet_commit_seconds_count");
    let first = commits();
    let begun = Instant::now();
    while commits() < first + 3.0 {
        assert_eq!(server.get("/readyz").status, 200);
        assert!(begun.elapsed() < Duration::from_secs(30));
    }
    assert_eq!((version(&other), dump(&other)), before);
}

#[test]
fn stopping_server_is_neither_alive_nor_ready() {
    let mut server = Server::start("");
    let held = lock_database(&server);
    // The probe's write waits too. Others have sent half a request.
    let before = queue_depth(&server);
    let mut waits = Client::connect(&server);
    waits.send(b"GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n");
    let mut halves: Vec<Client> = (0..8).map(|_| Client::connect(&server)).collect();
    for (nth, half) in halves.iter_mut().enumerate() {
        let path = ["/healthz", "/readyz"][nth % 2];
        assert!(half.send(format!("GET {path} HTTP/1.1\r\nHo").as_bytes()));
    }
    let open = held.waiting.len() as f64 + 10.0;
    let begun = Instant::now();
    let connections = || Scrape::of(&server).get("guichet_connections");
    while connections() < open || queue_depth(&server) <= before {
        assert!(begun.elapsed() < Duration::from_secs(5), "all have been accepted");
    }
    signal(&server, "TERM");
    assert_eq!(waits.receive(), Some((503, ENDING.to_owned())));
    // Requests whose head was begun are answered; none is answered with success.
    let mut told = 0;
    for half in &mut halves {
        half.send(b"st: a\r\n\r\n");
        if let Some(answer) = half.receive() {
            assert_eq!(answer, (503, ENDING.to_owned()));
            told += 1;
        }
    }
    assert!(told > 0, "nobody was told");
    held.unlock();
    assert_eq!(server.terminate(), 0);
}

#[test]
fn draining_server_takes_requests_and_is_not_ready() {
    let mut server = Server::start("drain = \"60s\"\n");
    let mut connection = Connection::open(&server);
    let mut get = || {
        connection.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        connection.read().unwrap()
    };
    assert_eq!(get().header("connection"), "");
    signal(&server, "TERM");
    let begun = Instant::now();
    while server.get("/readyz").status == 200 {
        assert!(begun.elapsed() < Duration::from_secs(10));
    }
    assert_eq!(status_and_body(&server.get("/readyz")), (503, ENDING.to_owned()));
    assert_eq!(status_and_body(&server.get("/healthz")), (200, OK.to_owned()));
    let reply = get();
    assert_eq!((reply.status, reply.header("connection")), (200, "close"));
    // A second one ends it at once.
    assert_eq!(server.terminate(), 0);
    assert!(begun.elapsed() < Duration::from_secs(30));
}

#[test]
fn drained_server_ends_by_itself() {
    let mut server = Server::start("drain = \"1s\"\n");
    let begun = Instant::now();
    assert_eq!(server.terminate(), 0);
    assert!(begun.elapsed() >= Duration::from_secs(1));
}
