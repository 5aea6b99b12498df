//! The counts of a board match its rows after any posts, refusals, removals and crashes.

use crate::common::cli::{done, guichet};
use crate::common::{Server, envelope};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::thread;

const GAMES: [&str; 2] = ["left", "right"];

/// Maximum players of a board: too few for all, so that some are refused.
const MOST: usize = 12;

/// The model of one game: highest scores, and players without a score.
#[derive(Default)]
struct Model {
    scores: BTreeMap<String, i64>,
    waiting: BTreeSet<String>,
}

impl Model {
    fn has_room_for(&self, openid: &str) -> bool {
        let is_known = self.scores.contains_key(openid) || self.waiting.contains(openid);
        is_known || self.scores.len() + self.waiting.len() < MOST
    }

    /// Applies a post. Returns whether it is accepted.
    fn apply(&mut self, openid: &str, score: Option<i64>) -> bool {
        if !self.has_room_for(openid) {
            return false;
        }
        match score {
            Some(score) => {
                self.waiting.remove(openid);
                let highest = self.scores.entry(openid.to_owned()).or_insert(score);
                *highest = score.max(*highest);
            }
            None if self.scores.contains_key(openid) => {}
            None => drop(self.waiting.insert(openid.to_owned())),
        }
        true
    }
}

fn open(server: &Server) -> Connection {
    Connection::open(server.folder().join("data/guichet.db")).unwrap()
}

/// Compares the counts of a game with its rows. The rows of scores may lag behind in value, never
/// in number.
fn compare_rows(server: &Server, game: &str, model: &Model) {
    let database = open(server);
    let number = |sql: &str| -> i64 { database.query_row(sql, [game], |row| row.get(0)).unwrap() };
    let scores = i64::try_from(model.scores.len()).unwrap();
    let waiting = i64::try_from(model.waiting.len()).unwrap();
    assert_eq!(number("SELECT players FROM app WHERE name = $1"), scores);
    assert_eq!(number("SELECT count(*) FROM score WHERE app = $1"), scores);
    assert_eq!(number("SELECT waiting FROM app WHERE name = $1"), waiting);
    let sql = "SELECT count(*) FROM player WHERE app = $1 AND leaves_at IS NOT NULL";
    assert_eq!(number(sql), waiting);
}

/// Compares the board in memory.
fn compare_board(server: &Server, game: &str, model: &Model) {
    let mut expected: Vec<i64> = model.scores.values().copied().collect();
    expected.sort_unstable_by_key(|score| -score);
    let top = server.done("", "score/top", json!({"app": game, "limit": 1000}));
    let scores: Vec<i64> =
        top.as_array().unwrap().iter().map(|row| row["score"].as_i64().unwrap()).collect();
    assert_eq!(scores, expected);
}

#[test]
fn board_counts_match_rows_and_boards() {
    let seed: u64 = rand::random();
    eprintln!("seed {seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let mut server = Server::start(&format!("[score]\nmax_players = {MOST}\n"));
    let mut models = [Model::default(), Model::default()];
    for round in 0..6 {
        for _ in 0..10 {
            let mut expected = Vec::new();
            let items: Vec<String> = (0..20)
                .map(|_| {
                    let (game, player) = (rng.random_range(0..2), rng.random_range(0..20));
                    let openid = format!("p{player}");
                    let score = rng.random_bool(0.5).then(|| rng.random_range(0..50_i64));
                    expected.push(models[game].apply(&openid, score));
                    match score {
                        Some(score) => envelope(
                            "score/post",
                            json!({"app": GAMES[game], "openid": openid, "score": score}),
                        ),
                        None => {
                            envelope("player/update", json!({"app": GAMES[game], "openid": openid}))
                        }
                    }
                })
                .collect();
            let answers = server.post("/api", &format!("[{}]", items.join(",")));
            let answers: Vec<Value> = serde_json::from_str(&answers).unwrap();
            let taken: Vec<bool> = answers.iter().map(|answer| answer["status"] == 0).collect();
            assert_eq!(taken, expected, "seed {seed}");
        }
        for (game, model) in GAMES.into_iter().zip(&models) {
            compare_rows(&server, game, model);
            compare_board(&server, game, model);
        }
        if round % 2 == 0 {
            server = server.kill_and_restart();
            continue;
        }
        // Waiting players are removed, and one of the two boards completely.
        assert_eq!(server.terminate(), 0);
        let folder = server.into_folder();
        if round == 3 {
            done(guichet(folder.path(), &["board", "remove", "left", "--yes"]));
            models[0] = Model::default();
        }
        Connection::open(folder.path().join("data/guichet.db"))
            .unwrap()
            .execute_batch("UPDATE player SET leaves_at = 1 WHERE leaves_at IS NOT NULL")
            .unwrap();
        server = Server::start_in(folder, &format!("[score]\nmax_players = {MOST}\n"));
        models.iter_mut().for_each(|model| model.waiting.clear());
        let sql = "SELECT count(*) FROM player WHERE leaves_at IS NOT NULL";
        let database = open(&server);
        let begun = std::time::Instant::now();
        while database.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap() > 0 {
            assert!(begun.elapsed().as_secs() < 30, "nobody was swept");
            thread::yield_now();
        }
    }
}

#[test]
fn concurrent_posts_of_a_new_player_count_once() {
    let server = Server::start("");
    thread::scope(|scope| {
        for side in 0..8_i64 {
            let server = &server;
            scope.spawn(move || {
                for player in 0..20 {
                    let data = json!({"openid": format!("p{player}"), "score": side});
                    server.done("", "score/post", data);
                }
            });
        }
    });
    let model = Model {
        scores: (0..20).map(|player| (format!("p{player}"), 7)).collect(),
        waiting: BTreeSet::new(),
    };
    compare_rows(&server, "default", &model);
    compare_board(&server, "default", &model);
    let used: i64 = open(&server)
        .query_row(
            "SELECT sum(count) FROM quota WHERE name = 'score.new_players_per_hour'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(used, 20);
}
