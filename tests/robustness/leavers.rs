//! Clients that leave during the request or the answer: an operation takes effect completely or not
//! at all.

use crate::common::connection::{Connection, post};
use crate::common::{Server, envelope, ok};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::Duration;

/// Where a client leaves.
#[derive(Clone, Copy, Debug, PartialEq)]
enum LeavePoint {
    /// After this share of its request, in percent.
    Sending(usize),
    /// So many microseconds after the whole request.
    Waiting(u64),
    /// After the first byte of the answer.
    Reading,
}

/// Send a request and leave.
fn leave(server: &Server, request: &[u8], leaves: LeavePoint) {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_nodelay(true).unwrap();
    match leaves {
        LeavePoint::Sending(share) => {
            stream.write_all(&request[..(request.len() - 1) * share / 100]).unwrap();
        }
        LeavePoint::Waiting(micros) => {
            stream.write_all(request).unwrap();
            sleep(Duration::from_micros(micros));
        }
        LeavePoint::Reading => {
            stream.write_all(request).unwrap();
            stream.read_exact(&mut [0]).unwrap();
        }
    }
}

/// Every way to leave, many times.
fn all_leave_points() -> impl Iterator<Item = LeavePoint> {
    let sending = [0, 30, 60, 90, 100].map(LeavePoint::Sending);
    let waiting = [0, 50, 200, 500, 1_000, 3_000].map(LeavePoint::Waiting);
    sending.into_iter().chain(waiting).chain([LeavePoint::Reading])
}

/// A request with a token.
fn post_as(token: &str, body: &str) -> Vec<u8> {
    let plain = String::from_utf8(post(body.as_bytes())).unwrap();
    plain.replacen("POST /api ", &format!("POST /api?token={token} "), 1).into_bytes()
}

#[test]
fn write_of_leaving_client_is_all_or_nothing() {
    let server = Server::start("[shop]\nmax_per_account = 1000\n");
    let (_, token) = server.account("ann");
    let shop = |name: &str| envelope("shop/creat", json!({ "shop_name": name }));
    let mut sent = BTreeMap::new();
    for (nth, leaves) in (0..8).flat_map(|_| all_leave_points()).enumerate() {
        let name = format!("shop-{nth}");
        leave(&server, &post_as(&token, &shop(&name)), leaves);
        sent.insert(name, leaves);
    }
    // The writer works in order: this answer comes after all of them.
    server.done(&token, "shop/creat", json!({"shop_name": "the last"}));
    let list = server.done("", "shop/list", json!({"limit": 1000}));
    let rows = list.as_array().unwrap();
    let count = |name: &str| rows.iter().filter(|row| row["shop_name"] == name).count();
    for (name, leaves) in &sent {
        match leaves {
            LeavePoint::Sending(_) => assert_eq!(count(name), 0, "{name} {leaves:?}"),
            LeavePoint::Waiting(_) => assert!(count(name) <= 1, "{name} {leaves:?}"),
            LeavePoint::Reading => assert_eq!(count(name), 1, "{name} {leaves:?}"),
        }
    }
    let known = rows.iter().filter(|row| row["shop_name"] != "the last");
    let known = known.filter(|row| sent.contains_key(row["shop_name"].as_str().unwrap()));
    assert_eq!(known.count() + 1, rows.len(), "nothing else came about");
    assert!(!server.log().contains("ERROR"), "{}", server.log());
}

#[test]
fn account_and_its_captcha_commit_together() {
    let server = Server::start("");
    let register = |name: &str, hash: &str| {
        envelope("user/register", json!({"username": name, "password": "secret-1", "hash": hash}))
    };
    // Hashing takes a while: some of these leave before it, during it and after it.
    let later = [5_000, 20_000, 60_000].map(LeavePoint::Waiting);
    let sent: Vec<(String, String, LeavePoint)> = all_leave_points()
        .chain(later)
        .enumerate()
        .map(|(nth, leaves)| {
            let (name, hash) = (format!("user-{nth}"), server.captcha());
            leave(&server, &post(register(&name, &hash).as_bytes()), leaves);
            (name, hash, leaves)
        })
        .collect();
    // Hashing is queued too, so this comes after all of them.
    server.account("the last");
    let mut connection = Connection::open(&server);
    let mut made = 0;
    for (nth, (name, hash, leaves)) in sent.iter().enumerate() {
        let data = json!({"username": name, "password": "secret-1"});
        let login: Value = serde_json::from_str(&server.call("user/login", data)).unwrap();
        let again = connection.post(register(&format!("other-{nth}"), hash).as_bytes());
        let was_made = login["status"] == 0;
        made += usize::from(was_made);
        assert_eq!(again.json()["status"] == 0, !was_made, "{name} {leaves:?}: {}", again.text());
        if let LeavePoint::Sending(_) = leaves {
            assert!(!was_made, "{name} {leaves:?}");
        }
        if *leaves == LeavePoint::Reading {
            assert!(was_made, "{name} {leaves:?}");
        }
    }
    assert!((1..sent.len()).contains(&made), "{made} of {} were made", sent.len());
    assert_eq!(server.call("shop/list", json!({})), ok(json!([])));
}
