//! A database that is locked by another process, so that writes wait.

use super::client::{Client, head};
use super::scrape::Scrape;
use super::{Server, envelope};
use rusqlite::Connection;
use serde_json::json;
use std::time::Duration;

/// Opens the server's database like another process.
pub fn database(server: &Server) -> Connection {
    let database = Connection::open(server.folder().join("data/guichet.db")).unwrap();
    database.busy_timeout(Duration::from_secs(10)).unwrap();
    database
}

/// The number of queued writes, from the metrics.
pub fn queue_depth(server: &Server) -> f64 {
    Scrape::of(server).get("guichet_queue_depth")
}

/// Posts a score without waiting for the answer.
pub fn post(server: &Server) -> Client {
    let body = envelope("score/post", json!({"app": "a", "openid": "b", "score": 1}));
    let mut client = Client::connect(server);
    assert!(client.send((head("/api", body.len(), "") + &body).as_bytes()));
    client
}

/// A locked database, and the waiting requests: the writer processes the first of them, and all
/// later writes are queued.
pub struct LockedDatabase {
    pub other: Connection,
    pub waiting: Vec<Client>,
}

/// Locks the database, for at most the 5 seconds that the server waits.
pub fn lock_database(server: &Server) -> LockedDatabase {
    let other = database(server);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut waiting = Vec::new();
    let mut steady = 0;
    // The writer takes the first job and those queued by then. Later jobs stay in the queue.
    while steady < 30 {
        if queue_depth(server) < 1.0 {
            assert!(waiting.len() < 1000, "nothing waits");
            waiting.push(post(server));
            steady = 0;
        } else {
            steady += 1;
        }
    }
    LockedDatabase { other, waiting }
}

impl LockedDatabase {
    /// Unlocks it.
    pub fn unlock(&self) {
        self.other.execute_batch("COMMIT").unwrap();
    }
}
