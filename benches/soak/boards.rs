//! Scores of a fixed set of players, and the board of accounts.

use crate::client::{Client, DONE, Expect, Request, envelope};
use crate::world::{PermanentAccount, World};
use serde_json::{Value, json};
use std::rc::Rc;

const APPS: [&str; 4] = ["pinball", "lamps", "marbles", "kites"];
const PLAYERS: u64 = 2_000;

/// The mini-game document's code for success.
const GOOD: Expect = Expect::Code(200);

fn app() -> &'static str {
    APPS[rand::random_range(0..APPS.len())]
}

fn player() -> String {
    format!("player-{}", rand::random_range(0..PLAYERS))
}

/// Gives every player a score, so that the boards do not grow later.
pub async fn fill(world: &Rc<World>) {
    let mut client = Client::new(world);
    for app in APPS {
        let players: Vec<u64> = (0..PLAYERS).collect();
        for some in players.chunks(64) {
            let post = |nth: &u64| {
                let data = json!({"app": app, "openid": format!("player-{nth}"), "score": nth});
                envelope("score/post", data)
            };
            let batch = Value::Array(some.iter().map(post).collect());
            client.ask("batch", &Request::post("/api", batch.to_string()), DONE).await;
        }
    }
}

/// One of sixteen connections that post and read scores, by envelope and by the mini-game document.
pub async fn scores(world: Rc<World>) {
    let (mut client, mut pace) = (Client::new(&world), world.pace(13.0));
    while pace.turn().await {
        let (app, openid, score) = (app(), player(), world.number() + PLAYERS);
        match rand::random_range(0..20) {
            0..6 => {
                let data = json!({"app": app, "openid": openid, "score": score});
                client.done("", "score/post", data).await;
            }
            6..9 => {
                let body = format!("openid={openid}&score={score}");
                let request = Request::post(&format!("/{app}/api/post_score"), body);
                client.ask("score/post, document", &request, GOOD).await;
            }
            9..13 => {
                client.done("", "score/get", json!({"app": app, "openid": openid})).await;
            }
            13 => {
                let request = Request::get(&format!("/{app}/api/user_score?openid={openid}"));
                client.ask("score/get, document", &request, GOOD).await;
            }
            14 => {
                client.fault("", "score/get", json!({"app": app, "openid": "nobody"}), -2).await;
            }
            15 => {
                let limit = rand::random_range(1..=100);
                client.done("", "score/top", json!({"app": app, "limit": limit})).await;
            }
            16 => {
                let request = Request::get(&format!("/{app}/api/top_score"));
                client.ask("score/top, document", &request, GOOD).await;
            }
            17 => {
                let data = json!({"app": app, "openid": openid, "span": 10});
                client.done("", "score/around", data).await;
            }
            18 => {
                let nickname = format!("诺拉 {score}");
                let data = json!({"app": app, "openid": openid, "nickname": nickname});
                client.done("", "player/update", data).await;
            }
            _ => {
                client.fault("", "score/post", json!({"app": app, "openid": "?"}), -3).await;
            }
        }
    }
}

/// One of four accounts on the board of accounts.
pub async fn ranks(world: Rc<World>) {
    let mut client = Client::new(&world);
    let mut home = PermanentAccount::new(&mut client, format!("rank-{}", world.number())).await;
    client.done(&home.token, "rank/upload", json!({"rank": 1})).await;
    let mut pace = world.pace(10.0);
    while pace.turn().await {
        let token = home.token(&mut client).await;
        let score = rand::random_range(-1_000_000..1_000_000_i64);
        match rand::random_range(0..6) {
            0 | 1 => drop(client.done(&token, "rank/upload", json!({"rank": score})).await),
            2 => drop(client.done(&token, "rank/list", json!({"arange": [1, 50]})).await),
            3 => drop(client.done(&token, "rank/around", json!({"span": 3})).await),
            4 => {
                let body = json!({"rank": score, "arange": [1, 3], "version": "0.9"}).to_string();
                let request = Request::new("PUT", "/ranking_list", body).by(&token);
                client.ask("rank, document", &request, GOOD).await;
            }
            _ => {
                let request = Request::post("/ranking_list", "{}");
                client.ask("rank, document", &request, Expect::Fault(10086)).await;
            }
        }
    }
}
