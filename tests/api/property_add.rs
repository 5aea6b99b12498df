//! Publishing a notice (contract: envelope.md "property"; seed 003).

use crate::common::notice::{add, found, row, sample, search, show, with, without};
use crate::common::{Server, command, envelope, fault, fault_with, ok};
use serde_json::{Value, json};

const VALUE: &str = "Arg's value error";

#[test]
fn notice_with_every_key_is_found_unchanged() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let given = json!({
        "type": 2, "state": 1, "user_id": "100001", "pic_num": 3,
        "pic_url1": "https://img.example.com/1.png?a=1&b=\"2\"", "pic_url2": "/二.png",
        "pic_url3": "3\\\t",
    });
    let ignored = json!({
        "id": 77, "user2_id": 5, "user2_name": [], "user2_phone": "13800000002", "user2_qq": null,
        "update_time": "never", "colour": "blue", "": {}, "token": "junk",
    });
    let body = envelope("property/add", with(with(sample(), given.clone()), ignored));
    // As the seed shows it: its own address, the token in the query.
    let path = format!("/api/external/property?token={token}");
    assert_eq!(server.post(&path, &body), ok(json!({"uid": 1})));
    assert_eq!(show(&server, &token, 1), found(&[row(given)]));
}

#[test]
fn absent_or_empty_keys_get_defaults() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    // The notice to send, and the differences of its row from the sample's.
    let nothing = [Value::from(""), Value::Null];
    let mut cases = vec![(sample(), json!({}))];
    for empty in nothing {
        for key in ["state", "user_id", "pic_num", "pic_url1", "pic_url2", "pic_url3"] {
            cases.push((with(sample(), json!({ key: empty })), json!({})));
        }
        for key in ["user_phone", "user_qq"] {
            cases.push((with(sample(), json!({ key: empty })), json!({ key: "" })));
        }
        let published = json!({"occurrence_time": "2024-05-06 07:08:09"});
        cases.push((with(sample(), json!({ "occurrence_time": empty })), published));
    }
    for (index, (sent, differs)) in cases.into_iter().enumerate() {
        let uid = add(&server, &token, sent.clone());
        assert_eq!(uid, i64::try_from(index).unwrap() + 1);
        let expected = row(with(differs, json!({ "id": uid })));
        assert_eq!(show(&server, &token, uid), found(&[expected]), "{sent}");
    }
}

#[test]
fn notice_without_publish_time_is_published_now() {
    let server = Server::start("timezone = \"Asia/Tokyo\"\n");
    let (_, token) = server.account("nora");
    let zone = jiff::tz::TimeZone::get("Asia/Tokyo").unwrap();
    let clock = engine::clock::Clock::new(zone);
    let absent = without(sample(), "publish_time");
    let [empty, null] =
        [json!(""), json!(null)].map(|v| with(sample(), json!({"publish_time": v})));
    for sent in [absent, empty, null] {
        let begun = clock.now();
        let uid = add(&server, &token, with(sent, json!({"occurrence_time": ""})));
        // The row has one of the few seconds that have passed, three times the same.
        let shown = show(&server, &token, uid);
        let is_at = |now| {
            let now = clock.format(now);
            let times = json!({"publish_time": now, "update_time": now, "occurrence_time": now});
            shown == found(&[row(with(times, json!({ "id": uid })))])
        };
        assert!((begun..=clock.now()).any(is_at), "{shown}");
    }
}

#[test]
fn text_limits_are_exact_and_count_characters() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let limits = [
        ("lab", 50, "1 to 50"),
        ("title", 20, "1 to 20"),
        ("content", 500, "1 to 500"),
        ("user_name", 10, "1 to 10"),
        ("user_phone", 15, "at most 15"),
        ("user_qq", 15, "at most 15"),
        ("pic_url1", 1024, "at most 1024"),
        ("pic_url2", 1024, "at most 1024"),
        ("pic_url3", 1024, "at most 1024"),
    ];
    for (key, limit, words) in limits {
        for character in ["x", "伞", "😀", "\u{301}"] {
            let most = character.repeat(limit);
            let uid = add(&server, &token, with(sample(), json!({ key: most })));
            let expected = row(json!({"id": uid, key: most}));
            assert_eq!(show(&server, &token, uid), found(&[expected]), "{key} of {character}");
            let more = with(sample(), json!({ key: character.repeat(limit + 1) }));
            let told = fault_with(-204, VALUE, &format!("{key}: {words} characters"));
            assert_eq!(server.call_as(&token, "property/add", more), told, "{key}, {character}");
        }
    }
}

#[test]
fn out_of_range_integers_and_times_are_refused() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let ranges = [("type", 1, 2), ("state", 0, 1), ("pic_num", 0, 3)];
    for (key, least, most) in ranges {
        for number in least..=most {
            let uid = add(&server, &token, with(sample(), json!({ key: number })));
            let expected = row(json!({"id": uid, key: number}));
            assert_eq!(show(&server, &token, uid), found(&[expected]));
        }
        for number in [least - 1, most + 1, i64::MIN, i64::MAX] {
            let sent = with(sample(), json!({ key: number }));
            let told = fault_with(-204, VALUE, &format!("{key}: {least} to {most}"));
            assert_eq!(server.call_as(&token, "property/add", sent), told, "{number}");
        }
    }
    for key in ["occurrence_time", "publish_time"] {
        for text in ["now", "2024-02-30 00:00:00", "2024-05-05T12:00:00", "2024-05-05", " "] {
            let sent = with(sample(), json!({ key: text }));
            let told = fault_with(-204, VALUE, &format!("{key}: expected YYYY-MM-DD HH:MM:SS"));
            assert_eq!(server.call_as(&token, "property/add", sent), told, "{text}");
        }
    }
}

#[test]
fn user_id_is_the_callers_own_or_absent() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let (other, _) = server.account("otto");
    let send = |user: Value| {
        server.call_as(&token, "property/add", with(sample(), json!({ "user_id": user })))
    };
    assert_eq!(send(json!("100001")), ok(json!({"uid": 1})));
    let foreign = fault_with(-204, VALUE, "user_id: must be the caller's");
    for user in [&other.to_string(), "0100001", " 100001", "nora", "123456789012345"] {
        assert_eq!(send(json!(user)), foreign, "{user}");
    }
    let long = fault_with(-204, VALUE, "user_id: 1 to 15 characters");
    assert_eq!(send(json!("1234567890123456")), long);
    let number = fault_with(-203, "Arg's value type error", "user_id: expected a string");
    assert_eq!(send(json!(100_001)), number);
    // Nothing of the refused requests was stored.
    assert_eq!(search(&server, &token, &[("type", "1")]), found(&[row(json!({}))]));
}

/// The keys of `add`, in the order of the contract's table, with an example of each.
fn table() -> [(&'static str, Value); 15] {
    [
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
        ("publish_time", json!("")),
        ("pic_num", json!(0)),
        ("pic_url1", json!("")),
        ("pic_url2", json!("")),
        ("pic_url3", json!("")),
    ]
}

/// Sends the table's notice with the keys from the n-th on replaced where `flaw` returns something
/// for them (`None` leaves the key out). Returns the answer.
fn flawed(
    server: &Server,
    token: &str,
    from: usize,
    flaw: &dyn Fn(&str) -> Option<Value>,
) -> String {
    let mut data = serde_json::Map::new();
    for (index, (key, usual)) in table().into_iter().enumerate() {
        let value = if index < from { Some(usual) } else { flaw(key) };
        data.extend(value.map(|value| (key.to_owned(), value)));
    }
    server.call_as(token, "property/add", Value::Object(data))
}

#[test]
fn first_of_several_errors_is_in_table_order() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let required = ["type", "lab", "title", "content", "occurrence_time", "user_name"];
    let filled = ["type", "lab", "title", "content", "user_name"];
    for (index, (key, _)) in table().into_iter().enumerate() {
        if required.contains(&key) || matches!(key, "user_phone" | "user_qq") {
            let told =
                fault_with(-202, "Missing necessary data key-value", &format!("{key}: missing"));
            assert_eq!(flawed(&server, &token, index, &|_| None), told);
        }
        if filled.contains(&key) {
            let words = format!("{key}: must not be empty");
            let told = fault_with(-201, "Necessary key-value can't be empty", &words);
            for empty in [json!(""), json!(null)] {
                assert_eq!(flawed(&server, &token, index, &|_| Some(empty.clone())), told);
            }
        }
        let is_number = matches!(key, "type" | "state" | "pic_num");
        let wrong = if is_number { "an integer" } else { "a string" };
        let told = fault_with(-203, "Arg's value type error", &format!("{key}: expected {wrong}"));
        let text_for_number = |key: &str| match key {
            "type" | "state" | "pic_num" => Some(json!("1")),
            _ => Some(json!(1)),
        };
        assert_eq!(flawed(&server, &token, index, &text_for_number), told);
        for value in
            [json!(true), json!(1.0), json!(9_223_372_036_854_775_808_u64), json!([1]), json!({})]
        {
            assert_eq!(flawed(&server, &token, index, &|_| Some(value.clone())), told, "{value}");
        }
        let answer = flawed(&server, &token, index, &|key| match key {
            "type" | "state" | "pic_num" => Some(json!(9)),
            _ => Some(json!("长".repeat(1025))),
        });
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!((&answer["status"], &answer["message"]), (&json!(-204), &json!(VALUE)));
        assert!(answer["detail"].as_str().unwrap().starts_with(&format!("{key}: ")), "{answer}");
    }
    assert_eq!(search(&server, &token, &[("type", "1")]), found(&[]));
}

#[test]
fn missing_precedes_empty_type_and_value_errors() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let mut data = json!({
        "type": 3, "state": "0", "lab": "", "title": "一串钥匙", "content": "三把",
        "occurrence_time": "", "user_name": "李小雨", "user_phone": "",
    });
    let mut refused = |change: Value, status, message, detail| {
        let told = fault_with(status, message, detail);
        assert_eq!(server.call_as(&token, "property/add", data.clone()), told);
        data = with(data.clone(), change);
    };
    let missing = "Missing necessary data key-value";
    refused(json!({"user_qq": ""}), -202, missing, "user_qq: missing");
    let empty = "Necessary key-value can't be empty";
    refused(json!({"lab": "钥匙"}), -201, empty, "lab: must not be empty");
    refused(json!({"state": 0}), -203, "Arg's value type error", "state: expected an integer");
    refused(json!({"type": 2}), -204, VALUE, "type: 1 to 2");
    assert_eq!(server.call_as(&token, "property/add", data), ok(json!({"uid": 1})));
}

#[test]
fn token_is_checked_before_the_data() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let out = server.login("nora");
    server.done(&out, "user/logout", json!({}));
    for data in [sample(), json!({})] {
        for name in ["property/add", "property/update", "property/delete"] {
            let none = fault(-100, "Missing necessary args");
            assert_eq!(server.call(name, data.clone()), none);
            assert_eq!(server.call_as("", name, data.clone()), none);
            for bad in ["junk", &"0".repeat(32), &token.to_uppercase(), &out, &token[1..]] {
                assert_eq!(server.call_as(bad, name, data.clone()), fault(-101, "Error token"));
            }
        }
    }
    let body = envelope("property/add", sample());
    let bearer = format!("Bearer {token}");
    let reply = server.send("POST", "/api", &[("Authorization", &bearer)], body.as_bytes());
    assert_eq!(reply.text(), ok(json!({"uid": 1})));
    let inside = with(sample(), json!({ "token": token }));
    assert_eq!(server.call("property/add", inside), ok(json!({"uid": 2})));

    let removed = command(server.folder()).args(["user", "remove", "nora"]).status().unwrap();
    assert!(removed.success());
    for name in ["property/add", "property/update", "property/delete"] {
        let gone = fault(-102, "Get userid failed for the token");
        assert_eq!(server.call_as(&token, name, json!({})), gone);
    }
    // The notices went with the account.
    let (_, other) = server.account("otto");
    assert_eq!(search(&server, &other, &[("type", "1")]), found(&[]));
}
