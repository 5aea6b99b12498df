//! A few thousand random posts, compared with a simple model.

use super::{JSON, NO_PROFILE, added, changed, fault, get, post, top};
use crate::common::connection::Connection;
use crate::common::{Server, ok};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::json;
use std::collections::BTreeMap;
use std::thread;

const GAMES: [&str; 2] = ["left", "right"];

/// The model: each player's highest score and the time it was reached.
#[derive(Default)]
struct Model(BTreeMap<String, (i64, usize)>);

impl Model {
    /// Records a score; `true` if it is the player's first.
    fn post(&mut self, openid: &str, score: i64, at: usize) -> bool {
        let old = self.0.get(openid).copied();
        if old.is_none_or(|(highest, _)| score > highest) {
            self.0.insert(openid.to_owned(), (score, at));
        }
        old.is_none()
    }

    /// All players, the best first.
    fn order(&self) -> Vec<(&str, i64)> {
        let mut order: Vec<_> = self.0.iter().collect();
        order.sort_by_key(|(_, (score, at))| (-score, *at));
        order.into_iter().map(|(openid, (score, _))| (openid.as_str(), *score)).collect()
    }

    fn score_and_rank(&self, openid: &str) -> (i64, usize) {
        let order = self.order();
        let place = order.iter().position(|(player, _)| *player == openid).unwrap();
        (order[place].1, place + 1)
    }
}

/// Posts a score on an open connection. Returns the answer.
fn send(line: &mut Connection, game: &str, openid: &str, score: i64) -> String {
    let body = format!("openid={openid}&score={score}&");
    let length = body.len();
    line.write(
        format!(
            "POST /{game}/api/post_score HTTP/1.1\r\nHost: api.example.com\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        )
        .as_bytes(),
    );
    line.read().expect("an answer").text()
}

/// Compares the top 100 of each game and every player's rank.
fn compare(server: &Server, models: &[Model; 2]) {
    for (game, model) in GAMES.into_iter().zip(models) {
        let order = model.order();
        let names: Vec<String> = order.iter().map(|(player, _)| format!("我是{player}")).collect();
        let best: Vec<(&str, &str, i64)> = names
            .iter()
            .zip(&order)
            .take(100)
            .map(|(name, (_, score))| (&**name, "", *score))
            .collect();
        assert_eq!(get(server, &format!("/{game}/api/tpinball_score")), top(&best));
        for (rank, (openid, score)) in (1..).zip(&order) {
            let answer = server.call("score/get", json!({"app": game, "openid": openid}));
            assert_eq!(answer, ok(json!({"score": score, "rank": rank})), "{game} {openid}");
        }
        let all: Vec<_> = (1..).zip(names.iter().zip(&order)).map(|(rank, (name, (_, score)))| {
            json!({"nickname": name, "avatar": "", "score": score, "rank": rank})
        }).collect();
        let answer = server.call("score/top", json!({"app": game, "limit": 1000}));
        assert_eq!(answer, ok(json!(all)));
    }
}

/// Sets the nickname of every player, so that the rows of the top 100 can be identified.
fn set_nicknames(server: &Server, players: usize) {
    for game in GAMES {
        for n in 0..players {
            let body = format!(r#"{{"openid":"p{n}","nickname":"我是p{n}"}}"#);
            post(server, &format!("/{game}/api/post_user_info"), JSON, body);
        }
    }
}

#[test]
fn sequential_posts_agree_with_the_model() {
    let seed = rand::random();
    let mut rng = StdRng::seed_from_u64(seed);
    let mut server = Server::start("");
    set_nicknames(&server, 130);
    let mut models = [Model::default(), Model::default()];
    for round in 0..3 {
        let mut lines: Vec<Connection> = (0..4).map(|_| Connection::open(&server)).collect();
        for at in round * 700..(round + 1) * 700 {
            let (line, game) = (rng.random_range(0..4), rng.random_range(0..2));
            let openid = format!("p{}", rng.random_range(0..130));
            // Few scores, so that most players share theirs with others.
            let score = rng.random_range(0..20);
            let new = models[game].post(&openid, score, at);
            let (highest, rank) = models[game].score_and_rank(&openid);
            let expected = if new { added(highest, rank) } else { changed(highest, rank) };
            let answer = send(&mut lines[line], GAMES[game], &openid, score);
            assert_eq!(answer, expected, "seed {seed}, post {at}: {openid} {score}");
        }
        compare(&server, &models);
        server = if round == 0 { server.restart() } else { server.kill_and_restart() };
        compare(&server, &models);
    }
}

#[test]
fn concurrent_posts_agree_with_the_model() {
    const LINES: i64 = 4;
    let seed: u64 = rand::random();
    let server = Server::start("");
    set_nicknames(&server, 150);
    // Each connection posts scores of its own, so that who was first is known wherever scores are
    // equal.
    let posts: Vec<Vec<(usize, String, i64)>> = (0..LINES)
        .map(|line| {
            let mut rng = StdRng::seed_from_u64(seed.wrapping_add(line.cast_unsigned()));
            let score = |rng: &mut StdRng| rng.random_range(0..25) * LINES + line;
            let mut post = || {
                let openid = format!("p{}", rng.random_range(0..150));
                (rng.random_range(0..2), openid, score(&mut rng))
            };
            (0..600).map(|_| post()).collect()
        })
        .collect();
    thread::scope(|scope| {
        for posts in &posts {
            let mut line = Connection::open(&server);
            scope.spawn(move || {
                for (game, openid, score) in posts {
                    let answer = send(&mut line, GAMES[*game], openid, *score);
                    assert!(answer.starts_with(r#"{"status":200,"code":200,"msg":"#), "{answer}");
                }
            });
        }
    });
    let mut models = [Model::default(), Model::default()];
    for posts in &posts {
        for (at, (game, openid, score)) in posts.iter().enumerate() {
            models[*game].post(openid, *score, at);
        }
    }
    compare(&server, &models);
    let server = server.kill_and_restart();
    compare(&server, &models);
    compare(&server.restart(), &models);
}

#[test]
fn refused_post_changes_no_board() {
    let mut server = Server::start("");
    assert_eq!(
        post(&server, "/left/api/post_score", JSON, r#"{"openid":"p1","score":3}"#),
        added(3, 1)
    );
    let bad = r#"{"openid":"p1","score":-3}"#;
    let refused = fault(400, "score: 0 to 9223372036854775807");
    for _ in 0..2 {
        assert_eq!(post(&server, "/left/api/post_score", JSON, bad), refused);
        assert_eq!(get(&server, "/left/api/top_score"), top(&[(NO_PROFILE, "", 3)]));
        server = server.kill_and_restart();
    }
}
