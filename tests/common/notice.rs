//! Helpers for notices: as sent by clients, and as returned rows.

use super::Server;
use serde_json::{Value, json};

/// The keys of a row in the seed's order, with the values of a notice made from [`sample`].
const ROW: [(&str, &str); 21] = [
    ("id", "1"),
    ("type", "1"),
    ("state", "0"),
    ("lab", "\"卡类|一卡通\""),
    ("title", "\"蓝色的卡套\""),
    ("content", "\"丢在图书馆三楼靠窗的座位 😢\""),
    ("occurrence_time", "\"2024-05-05 12:00:00\""),
    ("user_id", "\"100001\""),
    ("user_name", "\"李小雨\""),
    ("user_phone", "\"13800001234\""),
    ("user_qq", "\"10000\""),
    ("user2_id", "\"\""),
    ("user2_name", "\"\""),
    ("user2_phone", "\"\""),
    ("user2_qq", "\"\""),
    ("publish_time", "\"2024-05-06 07:08:09\""),
    ("update_time", "\"2024-05-06 07:08:09\""),
    ("pic_num", "0"),
    ("pic_url1", "\"\""),
    ("pic_url2", "\"\""),
    ("pic_url3", "\"\""),
];

/// A valid notice with all required keys and a fixed publish time.
pub fn sample() -> Value {
    json!({
        "type": 1,
        "lab": "卡类|一卡通",
        "title": "蓝色的卡套",
        "content": "丢在图书馆三楼靠窗的座位 😢",
        "occurrence_time": "2024-05-05 12:00:00",
        "user_name": "李小雨",
        "user_phone": "13800001234",
        "user_qq": "10000",
        "publish_time": "2024-05-06 07:08:09",
    })
}

/// `base` with the keys of `changes` replaced.
pub fn with(mut base: Value, changes: Value) -> Value {
    let Value::Object(changes) = changes else { return base };
    base.as_object_mut().unwrap().extend(changes);
    base
}

/// `base` without `key`.
pub fn without(mut base: Value, key: &str) -> Value {
    base.as_object_mut().unwrap().remove(key).expect("the key is there");
    base
}

/// The row of a notice made from [`sample`], with `changes` applied.
pub fn row(changes: Value) -> String {
    let cells: Vec<String> = ROW
        .iter()
        .map(|(key, usual)| match changes.get(key) {
            Some(other) => format!("\"{key}\":{other}"),
            None => format!("\"{key}\":{usual}"),
        })
        .collect();
    format!("{{{}}}", cells.join(","))
}

/// The whole answer of a search that found `rows`.
pub fn found(rows: &[String]) -> String {
    let rows = rows.join(",");
    format!("{{\"id\":-1,\"status\":0,\"message\":\"successful\",\"data\":[{rows}]}}")
}

/// Publishes `notice`. Returns its id.
pub fn add(server: &Server, token: &str, notice: Value) -> i64 {
    server.done(token, "property/add", notice)["uid"].as_i64().unwrap()
}

/// Searches notices with these parameters. Returns the whole answer as text.
pub fn search(server: &Server, token: &str, parameters: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("token", token)
        .extend_pairs(parameters)
        .finish();
    let reply = server.get(&format!("/api/external/get/property?{query}"));
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.text()
}

/// The row of the notice `id`, of type 1 or else of type 2.
pub fn show(server: &Server, token: &str, id: i64) -> String {
    let id = id.to_string();
    let lost = search(server, token, &[("type", "1"), ("id", &id)]);
    if lost != found(&[]) { lost } else { search(server, token, &[("type", "2"), ("id", &id)]) }
}
