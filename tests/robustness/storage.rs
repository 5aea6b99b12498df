//! Acknowledged writes survive any end of the server (reliability: kill -9, SIGTERM, group commit).

use crate::common::client::{Client, head, signal};
use crate::common::notice::sample;
use crate::common::{Server, database_failed, envelope, fault, ok};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rusqlite::Connection;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::net::TcpStream;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

/// Opens the server's database like another process.
fn database(server: &Server) -> Connection {
    let connection = Connection::open(server.folder().join("data/guichet.db")).unwrap();
    connection.busy_timeout(Duration::from_secs(10)).unwrap();
    connection
}

/// The ids of all notices.
fn notices(database: &Connection) -> BTreeSet<i64> {
    let mut found = database.prepare("SELECT id FROM property").unwrap();
    found.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

/// The id in a successful answer to `property/add`.
fn uid(answer: &str) -> i64 {
    let parsed: Value = serde_json::from_str(answer).unwrap();
    let uid = parsed["data"]["uid"].as_i64().unwrap();
    assert_eq!(answer, ok(json!({ "uid": uid })));
    uid
}

#[test]
fn acknowledged_writes_survive_kill_9() {
    let mut server = Server::start("");
    let (_, token) = server.account("nora");
    let path = format!("/api/external/property?token={token}");
    let body = envelope("property/add", sample());
    let request = head(&path, body.len(), "") + &body;
    let mut acknowledged = BTreeSet::new();
    // `KILLS=50 cargo test --release --test robustness kill_9` is the full figure.
    let kills = std::env::var("KILLS").map_or(6, |kills| kills.parse().unwrap());
    for _ in 0..kills {
        let (tell, told) = channel();
        thread::scope(|scope| {
            for _ in 0..8 {
                let (tell, server, request) = (tell.clone(), &server, &request);
                scope.spawn(move || {
                    let mut client = Client::connect(server);
                    while client.send(request.as_bytes())
                        && let Some((200, answer)) = client.receive()
                    {
                        tell.send(uid(&answer)).unwrap();
                    }
                });
            }
            drop(tell);
            for uid in told.iter().take(200) {
                assert!(acknowledged.insert(uid), "{uid} was given twice");
            }
            signal(&server, "KILL");
            for uid in told {
                assert!(acknowledged.insert(uid), "{uid} was given twice");
            }
        });
        server = server.kill_and_restart();
        let database = database(&server);
        let integrity: String =
            database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(integrity, "ok");
        let there = notices(&database);
        let lost: Vec<_> = acknowledged.difference(&there).collect();
        assert!(lost.is_empty(), "of {} acknowledged: {lost:?}", acknowledged.len());
        // A commit group is stored completely or not at all: no id is skipped.
        assert!(there.iter().copied().eq(1..=i64::try_from(there.len()).unwrap()));
        // The session survived too, and ids continue from the last one.
        let next = server.done(&token, "property/add", sample())["uid"].as_i64().unwrap();
        assert_eq!(next, i64::try_from(there.len()).unwrap() + 1);
        acknowledged.insert(next);
    }
}

#[test]
fn shutdown_answers_requests_in_progress() {
    let mut server = Server::start("");
    let (_, token) = server.account("nora");
    let path = format!("/api?token={token}");
    let body = envelope("property/add", sample());
    // One idle connection that was used, and one that never was.
    let mut idle = Client::connect(&server);
    idle.send((head(&path, body.len(), "") + &body).as_bytes());
    assert_eq!(idle.receive(), Some((200, ok(json!({"uid": 1})))));
    let mut unused = Client::connect(&server);
    // "100 Continue" shows that the request has begun.
    let mut clients: Vec<Client> = (0..16).map(|_| Client::connect(&server)).collect();
    for client in &mut clients {
        client.send(head(&path, body.len(), "Expect: 100-continue\r\n").as_bytes());
        assert_eq!(client.receive(), Some((100, String::new())));
    }
    // While another process writes, nothing is committed.
    let other = database(&server);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    signal(&server, "TERM");
    while TcpStream::connect(server.address()).is_ok() {
        thread::yield_now();
    }
    assert_eq!((idle.receive(), unused.receive()), (None, None));
    for client in &mut clients {
        assert!(client.send(body.as_bytes()));
    }
    other.execute_batch("COMMIT").unwrap();
    drop(other);
    let answers: BTreeSet<i64> = clients
        .iter_mut()
        .map(|client| match client.receive() {
            Some((200, answer)) => uid(&answer),
            other => panic!("no answer but {other:?}"),
        })
        .collect();
    assert_eq!(answers, (2..=17).collect());
    assert!(clients.iter_mut().all(|client| client.receive().is_none()), "nothing after it");
    assert_eq!(server.terminate(), 0);
    let log = server.folder().join("data/guichet.db-wal");
    assert_eq!(fs::metadata(&log).map_or(0, |file| file.len()), 0, "the log is empty or gone");
    assert_eq!(notices(&database(&server)), (1..=17).collect());
}

#[test]
fn unfinished_requests_do_not_block_shutdown() {
    let mut server = Server::start("");
    let (_, token) = server.account("nora");
    let path = format!("/api?token={token}");
    let mut silent = Client::connect(&server);
    let mut half_a_head = Client::connect(&server);
    half_a_head.send(b"POST /api HTTP/1.1\r\nHost: api.exam");
    let mut half_a_body = Client::connect(&server);
    half_a_body.send(head(&path, 1000, "Expect: 100-continue\r\n").as_bytes());
    assert_eq!(half_a_body.receive(), Some((100, String::new())));
    half_a_body.send(b"{\"id\":7,");
    assert_eq!(server.done(&token, "property/add", sample()), json!({"uid": 1}));
    assert_eq!(server.terminate(), 0);
    assert_eq!((silent.receive(), half_a_head.receive()), (None, None));
    let log = server.folder().join("data/guichet.db-wal");
    assert_eq!(fs::metadata(&log).map_or(0, |file| file.len()), 0, "the log is empty or gone");
    assert_eq!(notices(&database(&server)), [1].into());
}

#[test]
fn concurrent_writes_share_a_commit() {
    let server = Server::start("[log]\nlevel = \"trace\"\n");
    let (_, token) = server.account("nora");
    let path = format!("/api?token={token}");
    let good = envelope("property/add", sample());
    let bad = envelope("property/delete", json!({"id": 999}));
    let logged = server.log().len();
    // While another process writes, all of them queue up.
    let other = database(&server);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut clients: Vec<(Client, bool)> =
        (0..64).map(|n| (Client::connect(&server), n % 8 != 0)).collect();
    for (client, is_good) in &mut clients {
        let body = if *is_good { &good } else { &bad };
        assert!(client.send((head(&path, body.len(), "") + body).as_bytes()));
    }
    other.execute_batch("COMMIT").unwrap();
    let mut uids = BTreeSet::new();
    for (client, is_good) in &mut clients {
        let (status, answer) = client.receive().unwrap();
        assert_eq!(status, 200);
        if *is_good {
            assert!(uids.insert(uid(&answer)), "{answer} came twice");
        } else {
            // A refused write does not affect the others of its group.
            assert_eq!(answer, fault(-200, "Failure to operate database"));
        }
    }
    assert_eq!(uids, (1..=56).collect());
    assert_eq!(notices(&other), uids);
    let groups: Vec<usize> = server.log()[logged..]
        .lines()
        .filter_map(|line| line.split_once("jobs=")?.1.trim().parse().ok())
        .collect();
    // The 64, and background writes of the server.
    assert!(groups.iter().sum::<usize>() >= 64, "{groups:?}");
    assert!(groups.iter().any(|jobs| *jobs > 1), "no commit was shared: {groups:?}");
}

#[test]
fn unwritable_database_refuses_writes_and_reads_on() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let uid = server.done(&token, "property/add", sample())["uid"].clone();
    let picture = STANDARD.encode(include_bytes!("../../src/image_check/fixtures/plain.png"));
    let writes = [
        ("property/add", sample()),
        ("property/delete", json!({ "id": uid })),
        ("shop/creat", json!({"shop_name": "伞"})),
        ("portrait/upload", json!({"name": "", "id": "5", "base64": picture, "type": "png"})),
    ];
    // Another process locks the database for longer than the server waits.
    let other = database(&server);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    thread::scope(|scope| {
        for (name, data) in writes.clone() {
            let (server, token) = (&server, &token);
            scope.spawn(move || {
                let answer = server.call_as(token, name, data);
                assert_eq!(answer, database_failed(), "{name}");
            });
        }
        let found = server.done(&token, "property/query", json!({"type": 1}));
        assert_eq!(found.as_array().map(Vec::len), Some(1));
    });
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(server.done("", "shop/list", json!({})), json!([]));
    assert_eq!(fs::read_dir(server.folder().join("data/pictures")).unwrap().count(), 0);
    assert_eq!(notices(&other), [1].into());
    for (name, data) in writes {
        server.done(&token, name, data);
    }
    assert_eq!(notices(&other), [2].into());
}

#[test]
fn only_expired_rows_are_removed() {
    let server = Server::start("");
    server.account("nora");
    // A session, a failed login and a captcha.
    let make = || {
        let wrong = json!({"username": "otto", "password": "secret-2"});
        server.call("user/login", wrong);
        (server.login("nora"), server.captcha())
    };
    let (old, _) = make();
    let other = database(&server);
    other
        .execute_batch(
            "UPDATE session SET expires_at = 1;
             UPDATE captcha SET expires_at = 1;
             UPDATE login_failure SET at = 1;
             INSERT INTO sms (id, phone, address, sent_at, hash, rand, expires_at)
             VALUES (7, '13800001234', '127.0.0.1', 1, 'h', 'r', 1);",
        )
        .unwrap();
    assert_eq!(server.call_as(&old, "user/info", json!({})), fault(-101, "Error token"));
    let (token, hash) = make();
    // The removal of expired rows runs at start, in the background; its end is visible in the
    // tables.
    let server = server.restart();
    let rows = || -> [i64; 4] {
        ["session", "captcha", "login_failure", "sms"].map(|table| {
            let count = format!("SELECT count(*) FROM {table}");
            other.query_row(&count, [], |row| row.get(0)).unwrap()
        })
    };
    let begun = Instant::now();
    while rows() != [1, 1, 1, 0] {
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?} are left", rows());
        thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(server.done(&token, "user/info", json!({}))["username"], "nora");
    assert_eq!(server.call("img/validate", json!({ "hash": hash })), ok(json!({})));
    assert_eq!(server.call_as(&old, "user/info", json!({})), fault(-101, "Error token"));
}
