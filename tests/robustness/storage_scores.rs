//! Scores are as durable as rows, although they reach the disk as journal lines and their rows
//! later.

use crate::common::client::{Client, head, signal};
use crate::common::{Server, command, envelope, ok, run};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

/// Opens the server's database like another process.
fn database(server: &Server) -> Connection {
    let connection = Connection::open(server.folder().join("data/guichet.db")).unwrap();
    connection.busy_timeout(Duration::from_secs(10)).unwrap();
    connection
}

/// Number of journal lines.
fn journal(database: &Connection) -> i64 {
    database.query_row("SELECT count(*) FROM journal", [], |row| row.get(0)).unwrap()
}

/// The scores in the rows on disk.
fn rows(database: &Connection) -> BTreeMap<String, i64> {
    let mut rows = database.prepare("SELECT openid, score FROM score").unwrap();
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    rows.query_map([], row).unwrap().collect::<Result<_, _>>().unwrap()
}

#[test]
fn acknowledged_scores_survive_kill_9() {
    const PLAYERS: i64 = 300;
    let mut server = Server::start("");
    // Each player's highest acknowledged score.
    let mut acknowledged: BTreeMap<String, i64> = BTreeMap::new();
    // `KILLS=50 cargo test --release --test robustness kill_9` is the full figure.
    let kills = std::env::var("KILLS").map_or(4, |kills| kills.parse().unwrap());
    for kill in 0..kills {
        let (tell, told) = channel();
        thread::scope(|scope| {
            for writer in 0..8 {
                let (tell, server) = (tell.clone(), &server);
                scope.spawn(move || {
                    let mut client = Client::connect(server);
                    for post in 0.. {
                        let openid = format!("p{}", (post * 7 + writer) % PLAYERS);
                        let score = kill * 1_000_000 + post;
                        let body =
                            envelope("score/post", json!({"openid": openid, "score": score}));
                        let request = head("/api", body.len(), "") + &body;
                        let Some((200, answer)) =
                            client.send(request.as_bytes()).then(|| client.receive()).flatten()
                        else {
                            return;
                        };
                        let answer: Value = serde_json::from_str(&answer).unwrap();
                        let held = answer["data"]["score"].as_i64().unwrap();
                        assert!(held >= score, "{answer}");
                        if tell.send((openid, held)).is_err() {
                            return;
                        }
                    }
                });
            }
            drop(tell);
            let mut note = |(openid, score)| {
                let highest = acknowledged.entry(openid).or_insert(score);
                *highest = score.max(*highest);
            };
            // Enough scores that the journal is being moved into the rows.
            told.iter().take(4_000).for_each(&mut note);
            signal(&server, "KILL");
            told.iter().for_each(note);
        });
        server = server.kill_and_restart();
        let database = database(&server);
        let integrity: String =
            database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(integrity, "ok");
        assert_eq!(journal(&database), 0, "a start puts everything in its place");
        let rows = rows(&database);
        for (openid, score) in &acknowledged {
            let answer = server.done("", "score/get", json!({"openid": openid}));
            let held = answer["score"].as_i64().unwrap();
            assert!(held >= *score, "{openid}: {held} after {score} was acknowledged");
            assert_eq!(rows.get(openid), Some(&held));
        }
    }
}

#[test]
fn idle_server_moves_journal_to_rows() {
    let server = Server::start("");
    for (openid, score) in [("ada", 5), ("bob", 7), ("ada", 9), ("bob", 6)] {
        server.done("", "score/post", json!({"openid": openid, "score": score}));
    }
    let database = database(&server);
    let begun = Instant::now();
    while journal(&database) > 0 {
        assert!(begun.elapsed() < Duration::from_secs(60), "the journal is not emptied");
        thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(rows(&database), [("ada".to_owned(), 9), ("bob".to_owned(), 7)].into());
}

#[test]
fn stopped_server_leaves_an_empty_journal() {
    let mut server = Server::start("");
    for score in 0..50 {
        let openid = format!("p{}", score % 7);
        server.done("", "score/post", json!({"openid": openid, "score": score}));
    }
    assert_eq!(server.terminate(), 0);
    let database = database(&server);
    assert_eq!((journal(&database), rows(&database).len()), (0, 7));
    assert_eq!(rows(&database)["p0"], 49);
}

#[test]
fn equal_scores_keep_their_order_after_kill_9() {
    let mut server = Server::start("");
    let (first, second) = (server.account("ada"), server.account("bob"));
    let upload = |server: &Server, account: &(i64, String), score: i64| {
        server.done(&account.1, "rank/upload", json!({ "rank": score }));
    };
    upload(&server, &first, 50);
    upload(&server, &second, 50);
    // Removed and added again: now ranked after those who stayed.
    upload(&server, &first, 70);
    upload(&server, &first, 50);
    upload(&server, &second, 50);
    let place = |nth: u64, account: &(i64, String)| json!({"ranking": nth, "user": account.0.to_string(), "rank_score": 50});
    let expected = ok(json!([place(1, &second), place(2, &first)]));
    for kill in [true, true, false] {
        assert_eq!(server.call_as(&first.1, "rank/list", json!({})), expected);
        server = if kill { server.kill_and_restart() } else { server.restart() };
    }
    assert_eq!(server.call_as(&first.1, "rank/list", json!({})), expected);
}

/// A command that emptied the journal while the server runs would restart its numbering. The server
/// removes processed lines by number, so it would delete new lines with old numbers.
#[test]
fn command_beside_server_leaves_the_journal_alone() {
    let server = Server::start("");
    let database = database(&server);
    let mut score = 0;
    // An idle server empties the journal after a second; then the test tries again.
    let was_left = (0..20).any(|_| {
        for _ in 0..5 {
            score += 1;
            server.done("", "score/post", json!({"openid": "nora", "score": score}));
        }
        let before = journal(&database);
        run(command(server.folder()).args(["user", "list"]));
        before > 0 && journal(&database) >= before
    });
    assert!(was_left);
    let server = server.kill_and_restart();
    let told = server.done("", "score/get", json!({"openid": "nora"}));
    assert_eq!(told["score"], score);
}
