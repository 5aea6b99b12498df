//! What the writer tells: what waits, what shares a commit, who left meanwhile.

use super::client::{Client, head};
use super::common::{Server, envelope};
use super::scrape::Scrape;
use super::{changes, eventually};
use rusqlite::Connection;
use serde_json::json;
use std::time::Duration;

/// The server's database, as another process sees it.
fn database(server: &Server) -> Connection {
    let database = Connection::open(server.folder().join("data/guichet.db")).unwrap();
    database.busy_timeout(Duration::from_secs(10)).unwrap();
    database
}

#[test]
fn writes_that_wait_and_share_a_commit_are_told() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let before = Scrape::of(&server);
    let other = database(&server);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let path = format!("/api?token={token}");
    let body = envelope("rank/upload", json!({"rank": 5}));
    let mut clients = Vec::new();
    // The first group is under way and waits for the other process; what comes after waits for it.
    while Scrape::of(&server).get("guichet_queue_depth") < 8.0 {
        assert!(clients.len() < 1000, "nothing waits");
        let mut client = Client::connect(&server);
        assert!(client.send((head(&path, body.len(), "") + &body).as_bytes()));
        clients.push(client);
    }
    other.execute_batch("COMMIT").unwrap();
    for client in &mut clients {
        assert_eq!(client.receive().unwrap().0, 200);
    }
    let after = Scrape::of(&server);
    let grew = |series: &str| after.get(series) - before.get(series);
    assert_eq!(after.get("guichet_queue_depth"), 0.0);
    let (asked, groups) = (clients.len() as f64, grew("guichet_jobs_per_commit_count"));
    assert!(grew("guichet_jobs_per_commit_sum") >= asked);
    // What waited together was committed together.
    assert!((1.0..=asked - 6.0).contains(&groups), "{groups} of {asked}");
    assert!(grew("guichet_commit_seconds_count") >= groups);
    assert_eq!(grew("guichet_commits_lost_total"), 0.0);
    let series = r#"guichet_request_seconds_count{operation="rank/upload"}"#;
    assert_eq!(grew(series), asked);
    // They waited for the other process, which is in their time and not in the commit's.
    assert!(grew(r#"guichet_request_seconds_sum{operation="rank/upload"}"#) > 0.0);
}

#[test]
fn who_leaves_before_the_end_is_counted_too() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let before = Scrape::of(&server);
    let other = database(&server);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let body = envelope("rank/upload", json!({"rank": 5}));
    for _ in 0..3 {
        let mut client = Client::connect(&server);
        client.send((head(&format!("/api?token={token}"), body.len(), "") + &body).as_bytes());
        // Nothing is answered while the database is held; and then the client is gone.
    }
    let left = r#"guichet_requests_total{operation="rank/upload",status="left"}"#;
    eventually("the server notices that they left", || Scrape::of(&server).get(left) == 3.0);
    other.execute_batch("COMMIT").unwrap();
    let grew = changes(&server, &before);
    assert_eq!(grew[r#"guichet_request_seconds_count{operation="rank/upload"}"#], 3.0);
}
