//! Concurrency: single-use things are used once, and limits hold.

use crate::common::notice::{add, found, sample, search};
use crate::common::{Server, fault, fault_with, ok};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::fs;
use std::sync::Barrier;
use std::thread;

/// Calls `ask(n)` concurrently for each `n` below `count`. Returns the answers in order of `n`.
fn at_once<T: Send>(count: usize, ask: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let start = Barrier::new(count);
    thread::scope(|scope| {
        let (start, ask) = (&start, &ask);
        let askers: Vec<_> = (0..count)
            .map(|n| {
                scope.spawn(move || {
                    start.wait();
                    ask(n)
                })
            })
            .collect();
        askers.into_iter().map(|asker| asker.join().unwrap()).collect()
    })
}

/// How many of `answers` equal `told`.
fn count(answers: &[String], told: &str) -> usize {
    answers.iter().filter(|answer| *answer == told).count()
}

#[test]
fn one_of_fifty_shops_of_one_name_is_opened() {
    let server = Server::start("");
    let tokens: Vec<String> =
        ["nora", "otto", "pia", "quin", "rosa"].map(|name| server.account(name).1).into();
    let taken = fault_with(100, "The shop name was used", "the name is taken");
    for name in ["伞", "书", "茶"] {
        let answers = at_once(50, |n| {
            server.call_as(&tokens[n % 5], "shop/creat", json!({ "shop_name": name }))
        });
        assert_eq!(count(&answers, &taken), 49, "{answers:?}");
        let opened = answers.iter().find(|answer| **answer != taken).unwrap();
        let id = serde_json::from_str::<Value>(opened).unwrap()["data"]["shop_id"].clone();
        assert_eq!(*opened, ok(json!({ "shop_id": id })));
        let shops = server.done("", "shop/list", json!({ "key": name }));
        assert_eq!((shops.as_array().unwrap().len(), &shops[0]["shop_id"]), (1, &id));
    }
}

#[test]
fn shop_cap_holds_for_concurrent_requests() {
    let server = Server::start("[shop]\nmax_per_account = 4\n");
    let ((nora, token), (otto, other)) = (server.account("nora"), server.account("otto"));
    let answers = at_once(50, |n| {
        let token = if n % 2 == 0 { &token } else { &other };
        server.call_as(token, "shop/creat", json!({"shop_name": n.to_string()}))
    });
    let words = "the account has as many shops as it may";
    let capped = fault_with(101, "The number of shops has been capped", words);
    assert_eq!(count(&answers, &capped), 42, "{answers:?}");
    for owner in [nora, otto] {
        let shops = server.done("", "shop/list", json!({ "user_id": owner }));
        assert_eq!(shops.as_array().unwrap().len(), 4);
    }
}

#[test]
fn concurrent_deletes_remove_a_notice_once() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    for _ in 0..3 {
        let uid = add(&server, &token, sample());
        let answers =
            at_once(30, |_| server.call_as(&token, "property/delete", json!({ "id": uid })));
        assert_eq!(count(&answers, &ok(json!({ "uid": uid }))), 1, "{answers:?}");
        assert_eq!(count(&answers, &fault(-200, "Failure to operate database")), 29);
    }
    assert_eq!(search(&server, &token, &[("type", "1")]), found(&[]));
}

#[test]
fn concurrent_updates_of_different_keys_all_apply() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let uid = add(&server, &token, sample());
    let keys = [
        "lab",
        "title",
        "content",
        "user_name",
        "user_phone",
        "user_qq",
        "user2_id",
        "user2_name",
        "user2_phone",
        "user2_qq",
        "pic_url1",
        "pic_url2",
        "pic_url3",
    ];
    let answers = at_once(keys.len(), |n| {
        let key = keys[n];
        server.call_as(&token, "property/update", json!({"id": uid, key: format!("new {n}")}))
    });
    assert_eq!(count(&answers, &ok(json!({ "uid": uid }))), keys.len(), "{answers:?}");
    let row = server.done(&token, "property/query", json!({"type": 1}))[0].clone();
    for (n, key) in keys.iter().enumerate() {
        assert_eq!(row[key], format!("new {n}"));
    }
}

#[test]
fn portrait_replaced_while_read_is_never_mixed() {
    let server = Server::start("");
    let pictures: [&[u8]; 3] = [
        include_bytes!("../../src/image_check/fixtures/plain.png"),
        include_bytes!("../../src/image_check/fixtures/interlaced.png"),
        include_bytes!("../../assets/pictures/error.png"),
    ];
    let put = |n: usize| {
        let text = STANDARD.encode(pictures[n % 3]);
        let sent = json!({"name": "", "id": "5", "base64": text, "type": "png"});
        server.call("portrait/upload", sent)
    };
    let stored = put(0);
    assert!(stored.contains("\"status\":0,"), "{stored}");
    at_once(24, |n| {
        for turn in n..n + 8 {
            if n % 2 == 0 {
                assert_eq!(put(turn), stored);
            } else {
                let reply = server.get("/api/external/get/portrait/5");
                assert_eq!(reply.status, 200);
                assert!(pictures.contains(&reply.body.as_slice()), "{} bytes", reply.body.len());
            }
        }
    });
    let kept = fs::read_dir(server.folder().join("data/pictures")).unwrap().count();
    assert_eq!(kept, 1, "files of what was replaced are gone");
}
