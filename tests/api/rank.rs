//! The rank leaderboard over the wire (contract: rank.md; operations.md, "rank").

mod order;

use crate::common::{Server, command, fault_with};
use serde_json::{Value, json};

const DONE: &str = r#"{"code":200,"data":"ok"}"#;

/// Sends `body` to `path`. Returns the answer; its HTTP status is always 200.
fn send(server: &Server, method: &str, path: &str, token: &str, body: &str) -> String {
    let reply = server.send(method, path, &[("Authorization", token)], body.as_bytes());
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.header("content-type"), "application/json; charset=utf-8");
    reply.text()
}

fn post(server: &Server, token: &str, body: &str) -> String {
    send(server, "POST", "/ranking_list", token, body)
}

fn put(server: &Server, token: &str, body: &str) -> String {
    send(server, "PUT", "/ranking_list", token, body)
}

/// A rank, an account and its score.
type Place = (usize, i64, i64);

fn row((ranking, user, score): Place) -> String {
    format!(r#"{{"ranking":{ranking},"user":"{user}","rank_score":{score}}}"#)
}

/// The answer to a `PUT`: these rows, and the caller's own.
fn listed(places: &[Place], own: Place, version: Option<i64>) -> String {
    let version = version.map_or(String::new(), |version| format!(r#","version":{version}"#));
    let list: Vec<String> =
        places.iter().map(|place| format!(r#"{{"rank_list":{}{version}}}"#, row(*place))).collect();
    format!(r#"{{"code":200,"data":[{}],"self":{}}}"#, list.join(","), row(own))
}

/// The answers to a refused `POST` and `PUT`.
fn refused(code: i64, error: &str) -> [(&'static str, String); 2] {
    let error = Value::from(error);
    [
        ("POST", format!(r#"{{"code":{code},"data":"error","error":{error}}}"#)),
        ("PUT", format!(r#"{{"code":{code},"error":{error}}}"#)),
    ]
}

/// The whole board by envelope.
fn board(server: &Server, token: &str) -> String {
    server.call_as(token, "rank/list", json!({"arange": [1, 1000]}))
}

/// The expected answer of [`board`].
fn rows(places: &[Place]) -> String {
    let rows: Vec<String> = places.iter().map(|place| row(*place)).collect();
    format!(r#"{{"id":7,"status":0,"message":"successful","data":[{}]}}"#, rows.join(","))
}

#[test]
fn rank_upload_works_by_all_methods_and_credentials() {
    let server = Server::start("");
    let (id, token) = server.account("nora");
    let (bearer, cookie) = (format!("Bearer {token}"), format!("x=1; session={token}"));
    for path in ["/ranking_list", "/api/ranking_list"] {
        assert_eq!(send(&server, "POST", path, &token, r#"{"rank":100}"#), DONE);
        let answer = send(&server, "PUT", path, &bearer, r#"{"rank":100}"#);
        assert_eq!(answer, listed(&[(1, id, 100)], (1, id, 100), None));
        let reply = server.send("POST", path, &[("Cookie", &cookie)], b"rank=100");
        assert_eq!(reply.text(), DONE);
        let query = format!("{path}?token={token}&rank=100");
        assert_eq!(server.send("POST", &query, &[], b"").text(), DONE);
    }
}

#[test]
fn rank_login_errors_come_before_all_others() {
    let server = Server::start("");
    let (_, out) = server.account("nora");
    server.done(&out, "user/logout", json!({}));
    let (_, gone) = server.account("odo");
    let removed = command(server.folder()).args(["user", "remove", "odo"]).status().unwrap();
    assert!(removed.success());
    let (_, stale) = server.account("pia");
    let passwords = json!({"old_password": "secret-1", "new_password": "secret-2"});
    server.done(&stale, "user/password", passwords);
    for (token, code, error) in [
        ("", 10086, "Please login"),
        ("junk", 10086, "Please login"),
        ("0123456789abcdef0123456789abcdef", 10086, "Please login"),
        (&out, 10086, "Please login"),
        (&gone, 10010, "User is wrong"),
        (&stale, 10111, "User or password is wrong"),
    ] {
        for (method, answer) in refused(code, error) {
            for body in [r#"{"rank":1}"#, r#"{"rank":"x","arange":0}"#, ""] {
                assert_eq!(send(&server, method, "/ranking_list", token, body), answer, "{body}");
            }
        }
    }
    let (_, token) = server.account("quin");
    assert_eq!(board(&server, &token), rows(&[]));
}

#[test]
fn missing_or_invalid_rank_is_refused() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    for (method, answer) in refused(10098, "Please give me rank") {
        for rank in [
            r#""5""#,
            "5.0",
            "1e2",
            "1e400",
            "true",
            "null",
            "[]",
            "{}",
            r#""""#,
            "9223372036854775808",
            "-9223372036854775809",
            "18446744073709551616",
        ] {
            let body = format!(r#"{{"rank":{rank}}}"#);
            assert_eq!(send(&server, method, "/ranking_list", &token, &body), answer, "{body}");
        }
        for body in ["", "{}", r#"{"Rank":5}"#, r#"{"arange":0}"#, "rank=", "rank=+5", "rank=5.0"] {
            assert_eq!(send(&server, method, "/ranking_list", &token, body), answer, "{body}");
        }
    }
    assert_eq!(board(&server, &token), rows(&[]));
}

#[test]
fn non_object_rank_body_is_refused() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let eof = "not a JSON text: EOF while parsing an object at line 1 column 9";
    let twice = "not a JSON text: a key stands twice in one object at line 1 column 16";
    for (body, error) in [
        ("[1]", "the body is not a JSON object"),
        (r#"{"rank":1"#, eof),
        (r#"{"rank":1,"rank":2}"#, twice),
    ] {
        for (method, answer) in refused(10099, error) {
            assert_eq!(send(&server, method, "/ranking_list", &token, body), answer, "{body}");
        }
    }
    for (method, answer) in refused(10099, "rank: sent twice") {
        let reply = send(&server, method, "/ranking_list?rank=1", &token, r#"{"rank":2}"#);
        assert_eq!(reply, answer);
    }
    assert_eq!(board(&server, &token), rows(&[]));
}

#[test]
fn any_64_bit_integer_is_accepted_as_rank() {
    let server = Server::start("");
    let (id, token) = server.account("nora");
    for rank in [i64::MAX, i64::MIN, 0, -1, 9_007_199_254_740_993] {
        let answer = put(&server, &token, &format!(r#"{{"rank":{rank},"later":"keys"}}"#));
        assert_eq!(answer, listed(&[(1, id, rank)], (1, id, rank), None));
    }
    assert_eq!(post(&server, &token, "rank=-7"), DONE);
    assert_eq!(board(&server, &token), rows(&[(1, id, -7)]));
}

#[test]
fn arange_selects_places_and_bad_one_uploads_nothing() {
    let server = Server::start("");
    let mut all = Vec::new();
    let mut token = String::new();
    for n in 1..=12 {
        let (id, own) = server.account(&format!("player {n}"));
        assert_eq!(post(&server, &own, &format!(r#"{{"rank":{}}}"#, 1000 - n)), DONE);
        all.push((all.len() + 1, id, 1000 - n));
        token = own;
    }
    let own = all[11];
    for (arange, expected) in [
        ("", &all[..10]),
        (r#","arange":null"#, &all[..10]),
        (r#","arange":[]"#, &all[..10]),
        (r#","arange":[1,10]"#, &all[..10]),
        (r#","arange":[3,3]"#, &all[2..3]),
        (r#","arange":[11,12]"#, &all[10..]),
        (r#","arange":[12,500]"#, &all[11..]),
        (r#","arange":[1,1000]"#, &all),
        (r#","arange":[2,1001]"#, &all[1..]),
        (r#","arange":[13,20]"#, &[]),
        (r#","arange":[9223372036854775807,9223372036854775807]"#, &[]),
    ] {
        let body = format!(r#"{{"rank":988{arange}}}"#);
        assert_eq!(put(&server, &token, &body), listed(expected, own, None), "{body}");
    }
    let (kind, value) = (
        "arange: expected a list of two integers",
        "arange: first and last place, from 1, at most 1000 places",
    );
    for (arange, error) in [
        ("[1,1001]", value),
        ("[2,1002]", value),
        ("[2,1]", value),
        ("[0,5]", value),
        ("[-1,5]", value),
        ("[-9223372036854775808,9223372036854775807]", value),
        ("[1]", kind),
        ("[1,2,3]", kind),
        (r#"["1","2"]"#, kind),
        ("[1.0,2]", kind),
        ("[1,null]", kind),
        ("[1,9223372036854775808]", kind),
        (r#""1,2""#, kind),
        ("5", kind),
        (r#"{"first":1,"last":2}"#, kind),
    ] {
        let body = format!(r#"{{"rank":999999,"arange":{arange}}}"#);
        assert_eq!(put(&server, &token, &body), refused(10099, error)[1].1, "{body}");
        let listing = server.call_as(
            &token,
            "rank/list",
            serde_json::from_str(&format!(r#"{{"arange":{arange}}}"#)).unwrap(),
        );
        assert_eq!(listing, fault_with(-2, "Error JSON value", error), "{arange}");
    }
    assert_eq!(server.call_as(&token, "rank/list", json!({})), rows(&all[..10]));
    assert_eq!(board(&server, &token), rows(&all));
}

#[test]
fn version_is_compared_number_by_number() {
    let server = Server::start("[rank]\nversion = \"1.2.3\"\n");
    let (id, token) = server.account("nora");
    let own = (1, id, 5);
    for (version, told) in [
        (r#""1.2.3""#, Some(0)),
        (r#""1.2.3.0.0""#, Some(0)),
        (r#""1.2""#, Some(-1)),
        (r#""1.2.2.9""#, Some(-1)),
        (r#""0.99.99""#, Some(-1)),
        (r#""1.2.3.1""#, Some(1)),
        (r#""1.10""#, Some(1)),
        (r#""2""#, Some(1)),
        ("null", None),
    ] {
        let answer = put(&server, &token, &format!(r#"{{"rank":5,"version":{version}}}"#));
        assert_eq!(answer, listed(&[own], own, told), "{version}");
    }
    let (kind, value) = ("version: expected a string", "version: expected numbers between dots");
    for (version, error) in [
        ("1", kind),
        ("1.2", kind),
        (r#"["1.2.3"]"#, kind),
        (r#""1.""#, value),
        (r#"".1""#, value),
        (r#""1..2""#, value),
        (r#""v1.2.3""#, value),
        (r#""1.2.3-beta""#, value),
        (r#"" 1.2.3""#, value),
        (r#""-1""#, value),
        (r#""１.2""#, value),
    ] {
        let answer = put(&server, &token, &format!(r#"{{"rank":6,"version":{version}}}"#));
        assert_eq!(answer, refused(10099, error)[1].1, "{version}");
    }
    assert_eq!(board(&server, &token), rows(&[own]));
}
