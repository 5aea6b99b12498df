//! The cached top list shows every change at once.

use crate::common::{Server, ok};
use serde_json::{Value, json};

fn row(nickname: &str, score: i64, rank: i64) -> Value {
    json!({"nickname": nickname, "avatar": "", "score": score, "rank": rank})
}

fn top(server: &Server, limit: i64) -> String {
    server.call("score/top", json!({ "limit": limit }))
}

#[test]
fn cached_top_list_shows_every_acknowledged_change() {
    let server = Server::start("");
    let post = |openid: &str, score: i64| {
        server.done("", "score/post", json!({"openid": openid, "score": score}));
    };
    let name = |openid: &str, nickname: &str| {
        server.done("", "player/update", json!({"openid": openid, "nickname": nickname}));
    };
    assert_eq!(top(&server, 2), ok(json!([])));
    post("ada", 10);
    assert_eq!(top(&server, 2), ok(json!([row("", 10, 1)])));
    name("ada", "Ada");
    post("bob", 20);
    let both = [row("", 20, 1), row("Ada", 10, 2)];
    assert_eq!(top(&server, 2), ok(json!(both)));
    assert_eq!(top(&server, 2), ok(json!(both)), "and again");
    // Fewer and more rows than requested before.
    assert_eq!(top(&server, 1), ok(json!(both[..1])));
    name("bob", "Bob");
    assert_eq!(top(&server, 100), ok(json!([row("Bob", 20, 1), row("Ada", 10, 2)])));
    post("ada", 30);
    assert_eq!(top(&server, 100), ok(json!([row("Ada", 30, 1), row("Bob", 20, 2)])));
    // Each game has its own players.
    server.done("", "player/update", json!({"app": "other", "openid": "ada", "nickname": "No"}));
    assert_eq!(top(&server, 1), ok(json!([row("Ada", 30, 1)])));
}

#[test]
fn change_at_the_last_listed_place_is_shown() {
    let server = Server::start("");
    for player in 0..150 {
        let data = json!({"openid": format!("p{player}"), "score": 1_000 - player});
        server.done("", "score/post", data);
    }
    let last = |score: i64| row("", score, 100).to_string() + "]}";
    assert!(top(&server, 100).ends_with(&last(901)));
    server.done("", "score/post", json!({"openid": "p149", "score": 901}));
    assert!(top(&server, 100).ends_with(&last(901)), "behind whoever had it before");
    server.done("", "score/post", json!({"openid": "p149", "score": 902}));
    assert!(top(&server, 100).ends_with(&last(902)));
}
