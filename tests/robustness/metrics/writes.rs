//! Metrics of the writer: queued writes, shared commits, clients that left.

use super::eventually;
use crate::common::Server;
use crate::common::held::{lock_database, post, queue_depth};
use crate::common::scrape::Scrape;

#[test]
fn queued_and_grouped_writes_are_counted() {
    let server = Server::start("");
    let before = Scrape::of(&server);
    let mut held = lock_database(&server);
    held.waiting.extend((0..16).map(|_| post(&server)));
    eventually("they wait", || queue_depth(&server) >= 17.0);
    held.unlock();
    for client in &mut held.waiting {
        assert_eq!(client.receive().unwrap().0, 200);
    }
    let after = Scrape::of(&server);
    let grew = |series: &str| after.get(series) - before.get(series);
    assert_eq!(after.get("guichet_queue_depth"), 0.0);
    let (asked, groups) = (held.waiting.len() as f64, grew("guichet_jobs_per_commit_count"));
    assert!(grew("guichet_jobs_per_commit_sum") >= asked);
    // Queued writes were committed together; background writes may come in between.
    assert!((1.0..=asked - 14.0).contains(&groups), "{groups} of {asked}");
    assert!(grew("guichet_commit_seconds_count") >= groups);
    assert_eq!(grew("guichet_commits_lost_total"), 0.0);
    let calls = r#"guichet_request_seconds_count{operation="score/post"}"#;
    assert_eq!(grew(calls), asked);
    // Waiting for the other process counts in the request time, not in the commit time.
    let taken = grew(r#"guichet_request_seconds_sum{operation="score/post"}"#);
    assert!(taken > 16.0 * grew("guichet_commit_seconds_sum"), "{taken}");
}

#[test]
fn lost_commit_group_is_counted() {
    let server = Server::start("");
    let mut held = lock_database(&server);
    // The server gives up waiting for the other process.
    assert_eq!(held.waiting[0].receive().unwrap().0, 200);
    let lost = || Scrape::of(&server).get("guichet_commits_lost_total");
    eventually("the group is lost", || lost() >= 1.0);
    let failures = r#"guichet_failures_total{operation="score/post"}"#;
    assert!(Scrape::of(&server).get(failures) >= 1.0);
    held.unlock();
}

#[test]
fn client_leaving_early_is_counted() {
    let server = Server::start("");
    let held = lock_database(&server);
    let before = queue_depth(&server);
    let leave: Vec<_> = (0..3).map(|_| post(&server)).collect();
    eventually("they wait", || queue_depth(&server) == before + 3.0);
    drop(leave);
    let left = r#"guichet_requests_total{operation="score/post",status="left"}"#;
    eventually("they have left", || Scrape::of(&server).get(left) == 3.0);
    held.unlock();
    // Their operations are still executed, and not counted again.
    let calls = r#"guichet_request_seconds_count{operation="score/post"}"#;
    let all = held.waiting.len() as f64 + 3.0;
    eventually("all have ended", || Scrape::of(&server).get(calls) == all);
    assert_eq!(Scrape::of(&server).get(left), 3.0);
}
