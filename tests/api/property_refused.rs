//! Refused searches: which fault, in which order (contract: envelope.md "property"; operations.md;
//! seed 003).

use crate::common::notice::{add, found, sample, search};
use crate::common::{Server, command, envelope};
use serde_json::json;

/// Parameters and the expected fault: code, text and detail.
type Case<'a> = (&'a [(&'a str, &'a str)], (i64, &'a str), String);

/// The detail where no token was sent.
const NO_TOKEN: &str = "a token is needed: log in first";

/// The detail where the token sent is not valid.
const BAD_TOKEN: &str = "the token is unknown, expired, logged out or older than the password";

/// The whole answer to a refused search.
fn refused(status: i64, message: &str, detail: &str) -> String {
    let answer = format!("{{\"id\":-1,\"status\":{status},\"message\":\"{message}\",\"data\":[]");
    match detail {
        "" => format!("{answer}}}"),
        detail => format!("{answer},\"detail\":{}}}", json!(detail)),
    }
}

/// A server with one notice, and a token that can read it.
fn one_notice() -> (Server, String) {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    add(&server, &token, sample());
    (server, token)
}

#[test]
fn every_search_fault_has_code_text_and_detail() {
    let (server, token) = one_notice();
    let long = "x".repeat(257);
    let long_characters = "长".repeat(65);
    let (unknown, kind) = ((-100, "Args Error"), (-101, "Args Type Error"));
    let (conflict, missing, value) =
        ((-103, "Args conflict"), (-104, "Missing necessary args"), (-106, "Args Error"));
    let integer = "expected an integer";
    let time = "expected YYYY-MM-DD HH:MM:SS";
    let cases: &[Case<'_>] = &[
        (&[], missing, "type: missing".into()),
        (&[("key", "x")], missing, "type: missing".into()),
        (&[("type", "")], kind, format!("type: {integer}")),
        (&[("type", "x")], kind, format!("type: {integer}")),
        (&[("type", "1.0")], kind, format!("type: {integer}")),
        (&[("type", "+1")], kind, format!("type: {integer}")),
        (&[("type", " 1")], kind, format!("type: {integer}")),
        (&[("type", "１")], kind, format!("type: {integer}")),
        (&[("type", "9223372036854775808")], kind, format!("type: {integer}")),
        (&[("type", "0")], value, "type: 1 to 2".into()),
        (&[("type", "3")], value, "type: 1 to 2".into()),
        (&[("type", "-1")], value, "type: 1 to 2".into()),
        (&[("type", "1"), ("colour", "blue")], unknown, "colour: unknown parameter".into()),
        (&[("type", "1"), ("", "")], unknown, ": unknown parameter".into()),
        (&[("type", "1"), ("Key", "x")], unknown, "Key: unknown parameter".into()),
        (&[("type", "1"), ("id", "x")], kind, format!("id: {integer}")),
        (&[("type", "1"), ("id", "")], kind, format!("id: {integer}")),
        (&[("type", "1"), ("state", "on")], kind, format!("state: {integer}")),
        (&[("type", "1"), ("pic_num", "1e1")], kind, format!("pic_num: {integer}")),
        (&[("type", "1"), ("limit", "all")], kind, format!("limit: {integer}")),
        (&[("type", "1"), ("limit", "")], kind, format!("limit: {integer}")),
        (&[("type", "1"), ("before", "x")], kind, format!("before: {integer}")),
        (&[("type", "1"), ("limit", "0")], value, "limit: 1 to 1000".into()),
        (&[("type", "1"), ("limit", "1001")], value, "limit: 1 to 1000".into()),
        (&[("type", "1"), ("limit", "-1")], value, "limit: 1 to 1000".into()),
        (&[("type", "1"), ("occurrence_time", "now")], value, format!("occurrence_time: {time}")),
        (&[("type", "1"), ("publish_time", "2024-05-06")], value, format!("publish_time: {time}")),
        (&[("type", "1"), ("update_time", "")], value, format!("update_time: {time}")),
        (&[("type", "1"), ("key", "")], value, "key: must not be empty".into()),
        (&[("type", "1"), ("lab", "")], value, "lab: must not be empty".into()),
        (&[("type", "1"), ("user2_qq", "")], value, "user2_qq: must not be empty".into()),
        (&[("type", "1"), ("key", &long_characters)], value, "key: at most 64 characters".into()),
        (&[("type", "1"), ("title", &long)], value, "title: at most 256 characters".into()),
        (&[("type", "1"), ("key", "x"), ("id", "1")], conflict, "id".into()),
        (&[("type", "1"), ("key", "x"), ("update_time", "")], conflict, "update_time".into()),
        (&[("type", "1"), ("lab", "x"), ("key", "")], conflict, "lab".into()),
    ];
    for (parameters, (status, message), detail) in cases {
        let detail = match *status {
            -103 => format!("{detail}: can't be combined with key"),
            _ => detail.clone(),
        };
        let answer = search(&server, &token, parameters);
        assert_eq!(answer, refused(*status, message, &detail), "{parameters:?}");
    }
}

#[test]
fn keyword_conflicts_with_all_filters_but_paging() {
    let (server, token) = one_notice();
    let (zero, time, text) = ("0", "2024-05-06 07:08:09", "x");
    for (filter, value) in [
        ("id", zero),
        ("state", zero),
        ("pic_num", zero),
        ("occurrence_time", time),
        ("publish_time", time),
        ("update_time", time),
        ("lab", text),
        ("title", text),
        ("content", text),
        ("user_id", text),
        ("user_name", text),
        ("user_phone", text),
        ("user_qq", text),
        ("user2_id", text),
        ("user2_name", text),
        ("user2_phone", text),
        ("user2_qq", text),
        ("pic_url1", text),
        ("pic_url2", text),
        ("pic_url3", text),
    ] {
        let answer = search(&server, &token, &[("type", "1"), (filter, value), ("key", "卡")]);
        let detail = format!("{filter}: can't be combined with key");
        assert_eq!(answer, refused(-103, "Args conflict", &detail));
    }
    let paging = [("type", "2"), ("key", "卡"), ("limit", "1"), ("before", "1")];
    assert_eq!(search(&server, &token, &paging), found(&[]));
}

#[test]
fn search_errors_come_in_the_contract_order() {
    let (server, token) = one_notice();
    // Each step fixes the reported fault.
    let mut query: Vec<(&str, &str)> =
        vec![("limit", "0"), ("before", "x"), ("id", "1"), ("key", "k"), ("colour", "blue")];
    let told = |query: &[(&str, &str)]| search(&server, &token, query);
    let unknown = refused(-100, "Args Error", "colour: unknown parameter");
    assert_eq!(search(&server, "", &query), refused(-104, "Missing necessary args", NO_TOKEN));
    assert_eq!(search(&server, "junk", &query), refused(-105, "Error token", BAD_TOKEN));
    assert_eq!(told(&query), unknown);
    query.pop();
    assert_eq!(told(&query), refused(-104, "Missing necessary args", "type: missing"));
    query.push(("type", "3"));
    assert_eq!(told(&query), refused(-103, "Args conflict", "id: can't be combined with key"));
    query.retain(|(key, _)| *key != "id");
    assert_eq!(told(&query), refused(-101, "Args Type Error", "before: expected an integer"));
    query.retain(|(key, _)| *key != "before");
    assert_eq!(told(&query), refused(-106, "Args Error", "type: 1 to 2"));
    query.retain(|(key, _)| *key != "type");
    query.push(("type", "1"));
    assert_eq!(told(&query), refused(-106, "Args Error", "limit: 1 to 1000"));
}

#[test]
fn invalid_token_is_refused_before_other_errors() {
    let (server, token) = one_notice();
    let get = |path: &str| {
        let reply = server.get(path);
        (reply.status, reply.text())
    };
    let none = (200, refused(-104, "Missing necessary args", NO_TOKEN));
    for query in ["", "?", "?type=1", "?token=", "?token=&type=1", "?colour=blue"] {
        assert_eq!(get(&format!("/api/external/get/property{query}")), none, "{query}");
    }
    let bad = (200, refused(-105, "Error token", BAD_TOKEN));
    let out = server.login("nora");
    server.done(&out, "user/logout", json!({}));
    for junk in ["junk", &"0".repeat(32), &token.to_uppercase(), &out] {
        for query in ["", "&type=1", "&colour=blue"] {
            assert_eq!(get(&format!("/api/external/get/property?token={junk}{query}")), bad);
        }
    }
    let removed = command(server.folder()).args(["user", "remove", "nora"]).status().unwrap();
    assert!(removed.success());
    let gone = (200, refused(-105, "Error token", "the token's account was removed"));
    assert_eq!(get(&format!("/api/external/get/property?token={token}&type=1")), gone);
}

#[test]
fn duplicate_parameter_is_a_wrong_value() {
    let (server, token) = one_notice();
    let get = |query: &str| server.get(&format!("/api/external/get/property?{query}")).text();
    for (query, key) in [
        ("&type=1&type=1", "type"),
        ("&type=1&type=2", "type"),
        ("&type=1&key=a&key=b", "key"),
        ("&type=1&titl%65=a&title=a", "title"),
        (&format!("&type=1&token={token}"), "token"),
    ] {
        let told = refused(-106, "Args Error", &format!("{key}: sent twice"));
        assert_eq!(get(&format!("token={token}{query}")), told, "{query}");
    }
    // The token is still checked first.
    let twice = "type=1&type=1";
    assert_eq!(get(twice), refused(-104, "Missing necessary args", NO_TOKEN));
    assert_eq!(get(&format!("token=junk&{twice}")), refused(-105, "Error token", BAD_TOKEN));
}

#[test]
fn envelope_search_fault_has_an_empty_list() {
    let (server, token) = one_notice();
    let by_envelope =
        |status, message, detail| refused(status, message, detail).replace("\"id\":-1", "\"id\":7");
    for (data, status, message, detail) in [
        (json!({}), -104, "Missing necessary args", "type: missing"),
        (json!({"type": "1"}), -101, "Args Type Error", "type: expected an integer"),
        (json!({"type": 3}), -106, "Args Error", "type: 1 to 2"),
        (json!({"type": 1, "title": 5}), -101, "Args Type Error", "title: expected a string"),
        (json!({"type": 1, "uid": 5}), -100, "Args Error", "uid: unknown parameter"),
        (
            json!({"type": 1, "key": "x", "state": 0}),
            -103,
            "Args conflict",
            "state: can't be combined with key",
        ),
    ] {
        let answer = server.call_as(&token, "property/query", data.clone());
        assert_eq!(answer, by_envelope(status, message, detail), "{data}");
    }
    let none = server.call("property/query", json!({}));
    assert_eq!(none, by_envelope(-104, "Missing necessary args", NO_TOKEN));
    let junk = server.call_as("junk", "property/query", json!({}));
    assert_eq!(junk, by_envelope(-105, "Error token", BAD_TOKEN));
    // Faults of the envelope come first, with an object as data.
    let body = envelope("property/query", json!({})).replace("{}", "[]");
    let answer = server.post("/api", &body);
    let told =
        "\"message\":\"Error JSON value\",\"data\":{},\"detail\":\"data: expected an object\"}";
    assert_eq!(answer, format!("{{\"id\":7,\"status\":-2,{told}"));
}

#[test]
fn search_path_answers_only_get_and_head() {
    let (server, token) = one_notice();
    let path = format!("/api/external/get/property?token={token}&type=1");
    let get = server.get(&path);
    let head = server.send("HEAD", &path, &[], b"");
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), get.body.len().to_string());
    for method in ["POST", "PUT", "DELETE", "PATCH"] {
        let reply = server.send(method, &path, &[], b"");
        assert_eq!((reply.status, reply.header("allow")), (405, "GET, HEAD"), "{method}");
        assert_eq!(reply.json()["id"], -1);
        assert_eq!(reply.json()["status"], -2);
    }
}
