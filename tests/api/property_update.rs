//! Changing and removing a notice (contract: envelope.md "property"; seed 003).

use crate::common::notice::{add, found, row, sample, search, show, with};
use crate::common::{Server, envelope, fault, fault_with, ok};
use serde_json::{Value, json};

const VALUE: &str = "Arg's value error";
const EMPTY: &str = "Necessary key-value can't be empty";
const TYPE: &str = "Arg's value type error";

/// The answer for a notice that does not exist or belongs to another account.
fn not_yours() -> String {
    fault(-200, "Failure to operate database")
}

/// A server with one notice that has every key; its owner's token, and the row.
fn one_notice() -> (Server, String, Value) {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let pictures = json!({"pic_num": 2, "pic_url1": "/1.png", "pic_url2": "/2.png"});
    assert_eq!(add(&server, &token, with(sample(), pictures.clone())), 1);
    let finder = json!({
        "user2_id": "100002", "user2_name": "张三丰", "user2_phone": "13800005678",
        "user2_qq": "10002", "pic_url3": "/3.png", "update_time": "2024-05-07 00:00:00",
    });
    let sent = with(json!({"id": 1}), finder.clone());
    assert_eq!(server.call_as(&token, "property/update", sent), ok(json!({"uid": 1})));
    (server, token, with(pictures, finder))
}

#[test]
fn update_changes_only_the_sent_keys() {
    let (server, token, mut known) = one_notice();
    assert_eq!(show(&server, &token, 1), found(&[row(known.clone())]));
    let changes = [
        json!({"type": 2}),
        json!({"state": 1}),
        json!({"lab": "书包|黑色"}),
        json!({"title": "黑色的书包"}),
        json!({"content": "里面有一把雨伞 ☂️"}),
        json!({"occurrence_time": "2024-05-01 00:00:00"}),
        json!({"user_name": "王小明"}),
        json!({"user_phone": "13800009999"}),
        json!({"user_qq": "10001"}),
        json!({"user2_id": "100003"}),
        json!({"user2_name": "赵六"}),
        json!({"user2_phone": "13800008888"}),
        json!({"user2_qq": "10003"}),
        json!({"pic_num": 3}),
        json!({"pic_url1": "/a.png"}),
        json!({"pic_url2": "/b.png"}),
        json!({"pic_url3": "/c.png"}),
    ];
    for (day, change) in (10..).zip(changes) {
        // The client can set the update time, but neither the publish time nor the owner.
        let at = json!({"update_time": format!("2024-05-{day} 00:00:00")});
        known = with(with(known, change.clone()), at.clone());
        let ignored = json!({"publish_time": "junk", "user_id": "100001", "colour": [], "uid": 9});
        let sent = with(with(json!({"id": 1}), change.clone()), with(at, ignored));
        let body = envelope("property/update", sent);
        let path = format!("/api/external/property?token={token}");
        assert_eq!(server.post(&path, &body), ok(json!({"uid": 1})));
        assert_eq!(show(&server, &token, 1), found(&[row(known.clone())]), "{change}");
    }
}

#[test]
fn empty_value_clears_an_optional_key() {
    for empty in [json!(""), json!(null)] {
        let (server, token, mut known) = one_notice();
        let texts = [
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
        let mut cleared: Vec<(&str, Value)> = texts.map(|key| (key, json!(""))).to_vec();
        cleared.push(("pic_num", json!(0)));
        cleared.push(("occurrence_time", json!("2024-05-06 07:08:09")));
        cleared.push(("user_id", json!("100001")));
        for (key, now) in cleared {
            let sent = json!({"id": 1, key: empty, "update_time": "2024-05-07 00:00:00"});
            assert_eq!(server.call_as(&token, "property/update", sent), ok(json!({"uid": 1})));
            known = with(known, json!({ key: now }));
            assert_eq!(show(&server, &token, 1), found(&[row(known.clone())]), "{key}");
        }
    }
}

#[test]
fn update_without_a_time_is_dated_now() {
    let (server, token, known) = one_notice();
    let zone = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap();
    let clock = engine::clock::Clock::new(zone);
    let absent = json!({"id": 1});
    let [empty, null] = [json!(""), json!(null)].map(|v| json!({"id": 1, "update_time": v}));
    for sent in [absent, empty, null] {
        let begun = clock.now();
        assert_eq!(server.call_as(&token, "property/update", sent), ok(json!({"uid": 1})));
        let shown = show(&server, &token, 1);
        let is_at = |now| {
            let now = json!({"update_time": clock.format(now)});
            shown == found(&[row(with(known.clone(), now))])
        };
        assert!((begun..=clock.now()).any(is_at), "{shown}");
    }
}

#[test]
fn text_limits_are_exact_and_count_characters() {
    let (server, token, _) = one_notice();
    let limits = [
        ("lab", 50, "1 to 50"),
        ("title", 20, "1 to 20"),
        ("content", 500, "1 to 500"),
        ("user_name", 10, "1 to 10"),
        ("user_phone", 15, "at most 15"),
        ("user_qq", 15, "at most 15"),
        ("user2_id", 15, "at most 15"),
        ("user2_name", 10, "at most 10"),
        ("user2_phone", 15, "at most 15"),
        ("user2_qq", 15, "at most 15"),
        ("pic_url1", 1024, "at most 1024"),
        ("pic_url2", 1024, "at most 1024"),
        ("pic_url3", 1024, "at most 1024"),
    ];
    for (key, limit, words) in limits {
        for character in ["x", "伞", "😀"] {
            let send = |length| {
                let sent = json!({"id": 1, key: character.repeat(length)});
                server.call_as(&token, "property/update", sent)
            };
            assert_eq!(send(limit), ok(json!({"uid": 1})), "{key} of {character}");
            let told = fault_with(-204, VALUE, &format!("{key}: {words} characters"));
            assert_eq!(send(limit + 1), told, "{key} of {character}");
        }
    }
    let row: Value = serde_json::from_str(&show(&server, &token, 1)).unwrap();
    for (key, limit, _) in limits {
        assert_eq!(row["data"][0][key], "😀".repeat(limit), "what was refused changed nothing");
    }
}

/// The keys of `update`, in the order of the contract's table, with an example of each.
fn table() -> [(&'static str, Value); 20] {
    [
        ("id", json!(1)),
        ("type", json!(1)),
        ("state", json!(0)),
        ("lab", json!("钥匙")),
        ("title", json!("一串钥匙")),
        ("content", json!("三把")),
        ("occurrence_time", json!("")),
        ("user_id", json!("100001")),
        ("user_name", json!("李小雨")),
        ("user_phone", json!("")),
        ("user_qq", json!("")),
        ("user2_id", json!("")),
        ("user2_name", json!("")),
        ("user2_phone", json!("")),
        ("user2_qq", json!("")),
        ("update_time", json!("")),
        ("pic_num", json!(0)),
        ("pic_url1", json!("")),
        ("pic_url2", json!("")),
        ("pic_url3", json!("")),
    ]
}

#[test]
fn first_of_several_errors_is_in_table_order() {
    let (server, token, known) = one_notice();
    // The table's keys, with an invalid value for those from the n-th on.
    let send = |from: usize, number: Value, text: Value| {
        let mut data = json!({});
        for (index, (key, usual)) in table().into_iter().enumerate() {
            let wrong =
                if matches!(key, "id" | "type" | "state" | "pic_num") { &number } else { &text };
            data = with(data, json!({ key: if index < from { &usual } else { wrong } }));
        }
        server.call_as(&token, "property/update", data)
    };
    for (index, (key, _)) in table().into_iter().enumerate() {
        let is_number = matches!(key, "id" | "type" | "state" | "pic_num");
        if matches!(key, "id" | "type" | "state" | "lab" | "title" | "content" | "user_name") {
            let told = fault_with(-201, EMPTY, &format!("{key}: must not be empty"));
            for empty in [json!(""), json!(null)] {
                assert_eq!(send(index, empty.clone(), empty), told);
            }
        }
        let wanted = if is_number { "an integer" } else { "a string" };
        let told = fault_with(-203, TYPE, &format!("{key}: expected {wanted}"));
        assert_eq!(send(index, json!("1"), json!(1)), told);
        for odd in [json!(false), json!(0.5), json!(9_223_372_036_854_775_808_u64), json!([])] {
            assert_eq!(send(index, odd.clone(), odd), told);
        }
        if key != "id" {
            let answer = send(index, json!(9), json!("长".repeat(1025)));
            let answer: Value = serde_json::from_str(&answer).unwrap();
            assert_eq!((&answer["status"], &answer["message"]), (&json!(-204), &json!(VALUE)));
            assert!(
                answer["detail"].as_str().unwrap().starts_with(&format!("{key}: ")),
                "{answer}"
            );
        }
    }
    assert_eq!(show(&server, &token, 1), found(&[row(known)]), "nothing was changed");
}

#[test]
fn update_errors_rank_missing_to_ownership() {
    let (server, token, _) = one_notice();
    let send = |data: Value| server.call_as(&token, "property/update", data);
    let missing = fault_with(-202, "Missing necessary data key-value", "id: missing");
    assert_eq!(send(json!({"lab": "", "type": "1", "state": 2})), missing);
    let empty = fault_with(-201, EMPTY, "lab: must not be empty");
    assert_eq!(send(json!({"id": 9, "lab": "", "type": "1", "state": 2})), empty);
    let wrong = fault_with(-203, TYPE, "type: expected an integer");
    assert_eq!(send(json!({"id": 9, "type": "1", "state": 2})), wrong);
    assert_eq!(send(json!({"id": 9, "state": 2})), fault_with(-204, VALUE, "state: 0 to 1"));
    assert_eq!(send(json!({"id": 9, "state": 1})), not_yours());
}

#[test]
fn foreign_and_unknown_notices_are_refused_alike() {
    let (server, owner, known) = one_notice();
    let (_, other) = server.account("otto");
    for name in ["property/update", "property/delete"] {
        for id in [1, 2, 0, -1, i64::MAX, i64::MIN] {
            // Sending the owner's id does not make the caller the owner.
            for user in [json!({}), json!({"user_id": "100001"}), json!({"user_id": "100002"})] {
                let sent = with(json!({"id": id, "title": "我的"}), user);
                assert_eq!(server.call_as(&other, name, sent), not_yours(), "{name} of {id}");
            }
        }
        for user in ["100002", "0100001", "nora"] {
            let sent = json!({"id": 1, "user_id": user});
            assert_eq!(server.call_as(&owner, name, sent), not_yours(), "{name} as {user}");
        }
    }
    assert_eq!(show(&server, &owner, 1), found(&[row(known)]), "nothing was changed");
}

#[test]
fn owner_deletes_notice_once_and_id_is_not_reused() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    for (uid, more) in [
        (1, json!({})),
        (2, json!({"user_id": "100001"})),
        (3, json!({"user_id": "", "type": "x", "title": 5, "token": token})),
        (4, json!({"user_id": null, "pic_num": 77})),
    ] {
        assert_eq!(add(&server, &token, sample()), uid);
        let body = envelope("property/delete", with(json!({ "id": uid }), more.clone()));
        let path = format!("/api/external/property?token={token}");
        assert_eq!(server.post(&path, &body), ok(json!({ "uid": uid })), "{more}");
        assert_eq!(server.post(&path, &body), not_yours());
        assert_eq!(search(&server, &token, &[("type", "1")]), found(&[]));
    }
    let send = |data: Value| server.call_as(&token, "property/delete", data);
    let missing = fault_with(-202, "Missing necessary data key-value", "id: missing");
    assert_eq!(send(json!({"user_id": 5})), missing);
    for empty in [json!(""), json!(null)] {
        let told = fault_with(-201, EMPTY, "id: must not be empty");
        assert_eq!(send(json!({"id": empty, "user_id": 5})), told);
    }
    for id in [json!("5"), json!(5.0), json!(true), json!([5])] {
        let told = fault_with(-203, TYPE, "id: expected an integer");
        assert_eq!(send(json!({"id": id, "user_id": 5})), told);
    }
    assert_eq!(
        send(json!({"id": 5, "user_id": 100_001})),
        fault_with(-203, TYPE, "user_id: expected a string")
    );
}
