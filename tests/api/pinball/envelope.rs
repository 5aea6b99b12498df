//! The boards by envelope (contract: operations.md), with numbers and plain text.

use super::{JSON, get, post, score};
use crate::common::{Server, fault_with, ok};
use serde_json::{Value, json};

fn row(nickname: &str, avatar: &str, score: i64, rank: i64) -> Value {
    json!({"nickname": nickname, "avatar": avatar, "score": score, "rank": rank})
}

fn me(mut row: Value) -> Value {
    row["me"] = Value::Bool(true);
    row
}

#[test]
fn every_score_operation_answers_in_the_envelope() {
    let server = Server::start("");
    let call = |name: &str, data: Value| server.call(name, data);
    let app = "g1";
    for (openid, points, rank, new) in [
        ("a", 10, 1, true),
        ("b", 20, 1, true),
        ("c", 20, 2, true),
        ("a", 5, 3, false),
        ("a", 20, 3, false),
    ] {
        let answer = call("score/post", json!({"app": app, "openid": openid, "score": points}));
        assert_eq!(answer, ok(json!({"score": points.max(10), "rank": rank, "new": new})));
    }
    let url = "https://img.example.com/a.png";
    for new in [true, false] {
        let data =
            json!({"app": app, "openid": "a", "nickname": "甲😀", "sex": 1, "headimgurl": url});
        assert_eq!(call("player/update", data), ok(json!({"new": new})));
    }
    assert_eq!(
        call("score/get", json!({"app": app, "openid": "a"})),
        ok(json!({"score": 20, "rank": 3}))
    );
    let (b, c, a) = (row("", "", 20, 1), row("", "", 20, 2), row("甲😀", url, 20, 3));
    assert_eq!(call("score/top", json!({"app": app})), ok(json!([b, c, a])));
    assert_eq!(call("score/top", json!({"app": app, "limit": 2})), ok(json!([b, c])));
    assert_eq!(call("score/top", json!({"app": app, "limit": 1000})), ok(json!([b, c, a])));
    assert_eq!(call("score/top", json!({})), ok(json!([])));
    let around = |openid: &str, span: Value| {
        call("score/around", json!({"app": app, "openid": openid, "span": span}))
    };
    assert_eq!(around("c", json!(0)), ok(json!([me(c.clone())])));
    assert_eq!(around("a", json!(1)), ok(json!([c, me(a.clone())])));
    assert_eq!(around("b", json!(100)), ok(json!([me(b), c, a])));
    // The same board by the document.
    assert_eq!(get(&server, "/g1/api/user_score?openid=a"), score(20, 3));
    post(&server, "/g1/api/post_score", JSON, r#"{"openid":"c","score":21}"#);
    assert_eq!(
        call("score/get", json!({"app": app, "openid": "c"})),
        ok(json!({"score": 21, "rank": 1}))
    );
}

#[test]
fn envelope_fault_names_the_key() {
    let server = Server::start("");
    server.call("score/post", json!({"openid": "known", "score": 1}));
    let (key, value) = ((-3, "Error data key"), (-2, "Error JSON value"));
    let plain = "openid: 1 to 64 of A-Z a-z 0-9 _ -";
    for (name, data, (status, message), detail) in [
        ("score/post", json!({"score": 1}), key, "openid: missing"),
        ("score/post", json!({"openid": "p"}), key, "score: missing"),
        ("score/post", json!({"openid": "p", "score": "1"}), value, "score: expected an integer"),
        (
            "score/post",
            json!({"openid": "p", "score": -1}),
            value,
            "score: 0 to 9223372036854775807",
        ),
        ("score/post", json!({"openid": "", "score": 1}), value, "openid: must not be empty"),
        ("score/post", json!({"openid": "ö", "score": 1}), value, plain),
        ("score/post", json!({"openid": 5, "score": 1}), value, "openid: expected a string"),
        (
            "score/post",
            json!({"app": "a b", "openid": "p", "score": 1}),
            value,
            "app: 1 to 32 of A-Z a-z 0-9 _ -",
        ),
        (
            "score/post",
            json!({"app": "", "openid": "p", "score": 1}),
            value,
            "app: 1 to 32 of A-Z a-z 0-9 _ -",
        ),
        (
            "score/post",
            json!({"app": "api", "openid": "p", "score": 1}),
            value,
            "app: api is not a game",
        ),
        ("score/get", json!({}), key, "openid: missing"),
        ("score/get", json!({"openid": "p"}), value, "openid: nothing is known under it"),
        (
            "score/get",
            json!({"app": "nil", "openid": "known"}),
            value,
            "openid: nothing is known under it",
        ),
        ("score/around", json!({"openid": "p"}), value, "openid: nothing is known under it"),
        ("score/around", json!({"openid": "known", "span": 101}), value, "span: 0 to 100"),
        ("score/around", json!({"openid": "known", "span": -1}), value, "span: 0 to 100"),
        ("score/top", json!({"limit": 0}), value, "limit: 1 to 1000"),
        ("score/top", json!({"limit": 1001}), value, "limit: 1 to 1000"),
        ("score/top", json!({"limit": "5"}), value, "limit: expected an integer"),
        ("player/update", json!({"nickname": "a"}), key, "openid: missing"),
        ("player/update", json!({"openid": "p", "sex": 3}), value, "sex: 0 to 2"),
        (
            "player/update",
            json!({"openid": "p", "headimgurl": "x"}),
            value,
            "headimgurl: expected an http or https address",
        ),
    ] {
        let answer = server.call(name, data.clone());
        assert_eq!(answer, fault_with(status, message, detail), "{name} {data}");
    }
}

#[test]
fn no_answer_reveals_another_players_openid() {
    let server = Server::start("");
    for n in 0..5 {
        let openid = format!("secret-{n}");
        server.call("score/post", json!({"openid": openid, "score": n}));
        server.call("player/update", json!({"openid": openid, "nickname": format!("n{n}")}));
    }
    for (name, data) in [
        ("score/top", json!({})),
        ("score/around", json!({"openid": "secret-2", "span": 100})),
        ("score/get", json!({"openid": "secret-2"})),
    ] {
        let answer = server.call(name, data);
        assert!(!answer.contains("secret"), "{answer}");
        assert!(answer.contains(r#""status":0"#), "{answer}");
    }
}
