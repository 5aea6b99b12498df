//! The order of the board: ties, restarts, concurrent uploads; and a player's neighbours.

use super::{DONE, Place, board, post, put, rows};
use crate::common::{Server, fault, fault_with, ok};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::thread;

#[test]
fn ties_rank_by_time_reached_also_after_restart() {
    let mut server = Server::start("");
    let [(a, ta), (b, tb), (c, tc)] = ["ada", "bea", "cleo"].map(|name| server.account(name));
    let steps: [Step; 9] = [
        (&ta, 50, &[(a, 50)]),
        (&tb, 50, &[(a, 50), (b, 50)]),
        (&ta, 50, &[(a, 50), (b, 50)]),
        (&tc, 60, &[(c, 60), (a, 50), (b, 50)]),
        (&tc, 40, &[(a, 50), (b, 50), (c, 40)]),
        (&ta, 30, &[(b, 50), (c, 40), (a, 30)]),
        (&ta, 50, &[(b, 50), (a, 50), (c, 40)]),
        (&tc, 50, &[(b, 50), (a, 50), (c, 50)]),
        (&tb, 50, &[(b, 50), (a, 50), (c, 50)]),
    ];
    for (n, (token, rank, order)) in steps.into_iter().enumerate() {
        assert_eq!(post(&server, token, &format!(r#"{{"rank":{rank}}}"#)), DONE);
        let places: Vec<Place> =
            order.iter().zip(1..).map(|(&(id, score), place)| (place, id, score)).collect();
        assert_eq!(board(&server, token), rows(&places), "step {n}");
        server = if n % 2 == 0 { server.kill_and_restart() } else { server.restart() };
        assert_eq!(board(&server, token), rows(&places), "restart {n}");
    }
}

#[test]
fn envelope_uploads_lists_and_shows_neighbours() {
    let server = Server::start("");
    let (a, ta) = server.account("ada");
    let (b, tb) = server.account("bea");
    assert_eq!(
        server.call("rank/upload", json!({"rank": 5})),
        fault(-100, "Missing necessary args")
    );
    for (data, status, message, detail) in [
        (json!({}), -3, "Error data key", "rank: missing"),
        (json!({"rank": "5"}), -2, "Error JSON value", "rank: expected an integer"),
    ] {
        assert_eq!(server.call_as(&ta, "rank/upload", data), fault_with(status, message, detail));
    }
    assert_eq!(server.call_as(&ta, "rank/upload", json!({"rank": 5})), ok(json!({"ranking": 1})));
    let nobody = fault_with(-2, "Error JSON value", "user: nothing is known under it");
    assert_eq!(server.call_as(&tb, "rank/around", json!({})), nobody);
    assert_eq!(
        server.call_as(&tb, "rank/upload", json!({"rank": 5, "token": "junk"})),
        ok(json!({"ranking": 2}))
    );
    let both = rows(&[(1, a, 5), (2, b, 5)]);
    for (data, answer) in [
        (json!({}), both.clone()),
        (json!({"span": null, "user": null}), both.clone()),
        (json!({"span": 100}), both.clone()),
        (json!({"span": 0}), rows(&[(2, b, 5)])),
        (json!({"user": a, "span": 0}), rows(&[(1, a, 5)])),
        (json!({"user": a.to_string(), "span": 1}), both),
        (json!({"user": 100_099}), nobody.clone()),
        (json!({"user": -1}), nobody),
        (json!({"span": 101}), fault_with(-2, "Error JSON value", "span: 0 to 100")),
        (json!({"span": -1}), fault_with(-2, "Error JSON value", "span: 0 to 100")),
        (json!({"user": "ada"}), fault_with(-2, "Error JSON value", "user: expected an integer")),
    ] {
        assert_eq!(server.call_as(&tb, "rank/around", data.clone()), answer, "{data}");
    }
    for name in ["rank/list", "rank/around"] {
        assert_eq!(server.call(name, json!({})), fault(-100, "Missing necessary args"));
        assert_eq!(server.call_as("junk", name, json!({})), fault(-101, "Error token"));
    }
}

#[test]
fn concurrent_uploads_see_consistent_rankings() {
    let server = Server::start("");
    let accounts: Vec<(i64, String)> = (0..6).map(|n| server.account(&format!("n{n}"))).collect();
    let (server, all) = (&server, accounts.len());
    thread::scope(|scope| {
        for (nth, (id, token)) in (0..).zip(&accounts) {
            scope.spawn(move || {
                for turn in 0..40 {
                    // Few different scores, so that there are many ties.
                    let rank = (turn * 7 + nth) % 3;
                    let answer =
                        put(server, token, &format!(r#"{{"rank":{rank},"arange":[1,100]}}"#));
                    let answer: Value = serde_json::from_str(&answer).unwrap();
                    check(&answer, &id.to_string(), rank, all);
                }
            });
        }
    });
}

/// A token, the score it uploads, and the expected order: accounts and their scores.
type Step<'a> = (&'a str, i64, &'a [(i64, i64)]);

/// Checks that there is no gap, no account twice, higher scores come first, and `self` is in the
/// list as uploaded.
fn check(answer: &Value, id: &str, rank: i64, all: usize) {
    let list: Vec<&Value> =
        answer["data"].as_array().unwrap().iter().map(|e| &e["rank_list"]).collect();
    let places: Vec<u64> = list.iter().map(|place| place["ranking"].as_u64().unwrap()).collect();
    assert_eq!(places, (1..=list.len() as u64).collect::<Vec<_>>(), "{answer}");
    let users: HashSet<&str> = list.iter().map(|place| place["user"].as_str().unwrap()).collect();
    assert!(users.len() == list.len() && list.len() <= all, "{answer}");
    assert!(list.is_sorted_by_key(|place| -place["rank_score"].as_i64().unwrap()), "{answer}");
    let own = &answer["self"];
    assert_eq!((own["user"].as_str(), own["rank_score"].as_i64()), (Some(id), Some(rank)));
    assert_eq!(list.iter().filter(|place| **place == own).count(), 1, "{answer}");
}
