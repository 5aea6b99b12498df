//! Searching notices (contract: envelope.md "GET /api/external/get/property"; seed 003).

use crate::common::notice::{add, found, row, sample, search, with};
use crate::common::{Server, envelope, ok};
use serde_json::{Value, json};

/// A notice of a given day in May 2024.
fn of_day(day: i64, changes: Value) -> Value {
    let at = format!("2024-05-{day:02} 00:00:00");
    with(with(sample(), json!({ "publish_time": at })), changes)
}

/// The ids in an answer, in order.
fn ids(answer: &str) -> Vec<i64> {
    let answer: Value = serde_json::from_str(answer).unwrap();
    assert_eq!(answer["status"], 0, "{answer}");
    answer["data"].as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

#[test]
fn newest_update_comes_first_then_larger_id() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    for day in [3, 5, 4, 4, 1] {
        add(&server, &token, of_day(day, json!({})));
    }
    add(&server, &token, of_day(9, json!({"type": 2})));
    let at = |id, day| {
        let at = format!("2024-05-{day:02} 00:00:00");
        row(json!({ "id": id, "publish_time": at, "update_time": at }))
    };
    let lost = [at(2, 5), at(4, 4), at(3, 4), at(1, 3), at(5, 1)];
    let reply = server.get(&format!("/api/external/get/property?token={token}&type=1"));
    assert_eq!((reply.status, reply.text()), (200, found(&lost)));
    assert_eq!(reply.header("content-type"), "application/json; charset=utf-8");
    // An update moves a notice, whatever its publish time.
    server.done(&token, "property/update", json!({"id": 5, "update_time": "2024-05-05 00:00:01"}));
    assert_eq!(ids(&search(&server, &token, &[("type", "1")])), [5, 2, 4, 3, 1]);
    assert_eq!(ids(&search(&server, &token, &[("type", "2")])), [6]);
    // Any account reads any notice.
    let (_, other) = server.account("otto");
    assert_eq!(ids(&search(&server, &other, &[("type", "1")])), [5, 2, 4, 3, 1]);
}

#[test]
fn envelope_search_takes_integers() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    add(&server, &token, sample());
    let data: Value = serde_json::from_str(&row(json!({}))).unwrap();
    for ask in [
        json!({"type": 1}),
        json!({"type": 1, "id": 1, "state": 0, "pic_num": 0, "title": "蓝色"}),
        json!({"type": 1, "key": "一卡通", "limit": 1, "before": null}),
        json!({"type": 1, "key": null, "lab": null, "token": token}),
    ] {
        let answer = server.call_as(&token, "property/query", ask.clone());
        assert_eq!(answer, found(&[row(json!({}))]).replace("\"id\":-1", "\"id\":7"), "{ask}");
    }
    assert_eq!(server.done(&token, "property/query", json!({"type": 1})), json!([data]));
    let by_token = json!({"type": 2, "token": token});
    assert_eq!(server.call("property/query", by_token), ok(json!([])));
}

/// A server with three notices that differ in every key.
fn three() -> (Server, String) {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let (_, other) = server.account("otto");
    add(
        &server,
        &token,
        of_day(
            1,
            json!({
                "lab": "卡类|一卡通", "title": "Blue CARD", "content": "第 100% 层_a\\b!c",
                "occurrence_time": "2024-04-01 08:00:00", "user_name": "李小雨", "user_phone": "13800001111",
                "user_qq": "11111", "pic_num": 1, "pic_url1": "/one/A.png",
            }),
        ),
    );
    add(
        &server,
        &other,
        of_day(
            2,
            json!({
                "lab": "钥匙", "title": "一串钥匙", "content": "Three keys, 100 层xa/b", "state": 1,
                "occurrence_time": "2024-04-02 08:00:00", "user_name": "Otto", "user_phone": "13800002222",
                "user_qq": "22222", "pic_num": 2, "pic_url1": "/two.png", "pic_url2": "/zwei.png",
            }),
        ),
    );
    add(
        &server,
        &token,
        of_day(
            3,
            json!({
                "lab": "书", "title": "ÄÖÜ 的书", "content": "3 本 😢", "user_phone": "", "user_qq": "",
                "occurrence_time": "2024-04-03 08:00:00", "user_name": "李小雪", "pic_num": 3,
                "pic_url3": "/three.png",
            }),
        ),
    );
    server.done(
        &token,
        "property/update",
        json!({
            "id": 3, "user2_id": "100002", "user2_name": "王Ming", "user2_phone": "13800003333",
            "user2_qq": "33333", "update_time": "2024-05-03 00:00:01",
        }),
    );
    (server, token)
}

#[test]
fn every_search_parameter_filters_correctly() {
    let (server, token) = three();
    let cases: &[(&str, &str, &[i64])] = &[
        // Exact.
        ("id", "2", &[2]),
        ("id", "02", &[2]),
        ("id", "-2", &[]),
        ("state", "0", &[3, 1]),
        ("state", "1", &[2]),
        ("state", "2", &[]),
        ("pic_num", "3", &[3]),
        ("occurrence_time", "2024-04-02 08:00:00", &[2]),
        ("occurrence_time", "2024-04-02 08:00:01", &[]),
        ("publish_time", "2024-05-03 00:00:00", &[3]),
        ("update_time", "2024-05-03 00:00:00", &[]),
        ("update_time", "2024-05-03 00:00:01", &[3]),
        // A part of the text.
        ("lab", "类|一", &[1]),
        ("title", "钥匙", &[2]),
        ("title", "blue card", &[1]),
        ("title", "BLUE", &[1]),
        ("content", "THREE KEYS", &[2]),
        ("content", "😢", &[3]),
        ("user_id", "00001", &[3, 1]),
        ("user_id", "100002", &[2]),
        ("user_name", "小", &[3, 1]),
        ("user_name", "oTTo", &[2]),
        ("user_phone", "1380000", &[2, 1]),
        ("user_qq", "22", &[2]),
        ("user2_id", "0000", &[3]),
        ("user2_name", "mING", &[3]),
        ("user2_phone", "3333", &[3]),
        ("user2_qq", "333", &[3]),
        ("pic_url1", ".png", &[2, 1]),
        ("pic_url1", "/one/a", &[1]),
        ("pic_url2", "zwei", &[2]),
        ("pic_url3", "three", &[3]),
        // Only ASCII letters have two cases.
        ("title", "Äöü", &[]),
        ("title", "ÄÖÜ", &[3]),
        // Wildcards of patterns are ordinary characters.
        ("content", "100%", &[1]),
        ("content", "%", &[1]),
        ("content", "_", &[1]),
        ("content", "层_A", &[1]),
        ("content", "\\", &[1]),
        ("content", "a\\b", &[1]),
        ("content", "!", &[1]),
        ("content", "!c", &[1]),
        ("content", "?", &[]),
        ("content", "*", &[]),
        ("content", "'", &[]),
        ("content", "' OR 1=1 --", &[]),
        // A keyword: a part of label, title or content, or a whole id or user id.
        ("key", "钥匙", &[2]),
        ("key", "一", &[2, 1]),
        ("key", "卡类", &[1]),
        ("key", "card", &[1]),
        ("key", "keys", &[2]),
        ("key", "100", &[2, 1]),
        ("key", "100001", &[3, 1]),
        ("key", "100002", &[2]),
        ("key", "00001", &[]),
        ("key", "3", &[3]),
        ("key", "03", &[]),
        ("key", "1", &[2, 1]),
        ("key", "100%", &[1]),
        ("key", "_", &[1]),
        ("key", "\\", &[1]),
        ("key", "!", &[1]),
        ("key", "小", &[]),
        ("key", "1380000", &[]),
        ("key", "99999999999999999999", &[]),
    ];
    for (key, value, expected) in cases {
        let answer = search(&server, &token, &[("type", "1"), (*key, *value)]);
        assert_eq!(ids(&answer), *expected, "{key}={value}");
    }
}

#[test]
fn filters_combine_and_keyword_combines_with_paging() {
    let (server, token) = three();
    let find =
        |more: &[(&str, &str)]| ids(&search(&server, &token, &[&[("type", "1")], more].concat()));
    assert_eq!(find(&[("state", "0"), ("user_name", "小"), ("lab", "书")]), [3]);
    assert_eq!(find(&[("state", "0"), ("id", "2")]), [0; 0]);
    assert_eq!(find(&[("user_id", "100001"), ("limit", "1")]), [3]);
    assert_eq!(find(&[("user_id", "100001"), ("limit", "1"), ("before", "3")]), [1]);
    assert_eq!(find(&[("key", "100001"), ("limit", "1")]), [3]);
    assert_eq!(find(&[("key", "100001"), ("before", "3")]), [1]);
    assert_eq!(find(&[("key", "100001"), ("before", "2")]), [1]);
    assert_eq!(find(&[("key", "100001"), ("before", "1")]), [0; 0]);
    assert_eq!(find(&[("before", "77")]), [0; 0]);
    assert_eq!(search(&server, &token, &[("type", "2")]), found(&[]));
}

#[test]
fn parameters_are_percent_encoded_utf_8() {
    let (server, token) = three();
    for query in [
        "title=%E9%92%A5%E5%8C%99",
        "title=%e9%92%a5%e5%8c%99",
        "key=keys%2C+100",
        "key=keys%2c%20100",
        "occurrence_time=2024-04-02+08:00:00",
        "occurrence_time=2024-04-02%2008%3A00%3A00",
        "&&state=1&",
    ] {
        let reply = server.get(&format!("/api/external/get/property?token={token}&type=1&{query}"));
        assert_eq!(ids(&reply.text()), [2], "{query}");
    }
}

#[test]
fn filter_has_256_bytes_and_keyword_64_characters() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let content = "长".repeat(85) + "x";
    add(&server, &token, with(sample(), json!({ "content": content })));
    assert_eq!(content.len(), 256);
    let key = "长".repeat(64);
    for (name, text) in [("content", content.as_str()), ("key", key.as_str())] {
        assert_eq!(ids(&search(&server, &token, &[("type", "1"), (name, text)])), [1]);
    }
}

#[test]
fn pages_join_without_gap_or_repeat() {
    let server = Server::start("[database]\nsynchronous = \"normal\"\n");
    let (_, token) = server.account("nora");
    // More than fit on the largest page, many with the same time.
    let count = 1_005;
    let notices: Vec<Value> = (0..count)
        .map(|n| serde_json::from_str(&envelope("property/add", of_day(1 + n * 7 % 5, json!({})))))
        .collect::<Result<_, _>>()
        .unwrap();
    for batch in notices.chunks(64) {
        server.post(&format!("/api?token={token}"), &Value::from(batch).to_string());
    }
    let mut whole: Vec<i64> = (1..=count).collect();
    whole.sort_by_key(|id| std::cmp::Reverse(((id - 1) * 7 % 5, *id)));
    for (limit, sizes) in
        [("", vec![1000, 5]), ("1000", vec![1000, 5]), ("335", vec![335, 335, 335])]
    {
        let (mut pages, mut all): (Vec<usize>, Vec<i64>) = (vec![], vec![]);
        loop {
            let before = all.last().map(ToString::to_string);
            let mut ask = vec![("type", "1")];
            ask.extend((!limit.is_empty()).then_some(("limit", limit)));
            ask.extend(before.as_ref().map(|id| ("before", id.as_str())));
            let page = ids(&search(&server, &token, &ask));
            if page.is_empty() {
                break;
            }
            pages.push(page.len());
            all.extend(page);
        }
        assert_eq!(pages, sizes);
        assert_eq!(all, whole, "limit {limit:?}");
    }
}
