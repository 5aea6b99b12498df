//! Boards of all rules, compared with a plain list.

use crate::common::Server;
use crate::common::cli::{done, guichet};
use crate::ruled_boards::call;
use proptest::test_runner::{RngAlgorithm, TestRng};
use rand::Rng as _;
use serde_json::json;
use std::collections::BTreeMap;

const RULES: [&str; 3] = ["best", "last", "sum"];
const ORDERS: [&str; 2] = ["highest", "lowest"];
const TIES: [&str; 2] = ["first", "shared"];

/// A board as a plain list.
#[derive(Debug, Clone, Default)]
struct Model {
    rule: &'static str,
    order: &'static str,
    ties: &'static str,
    /// Player, score, and when it was reached.
    players: BTreeMap<String, (i64, u64)>,
    posts: u64,
}

impl Model {
    fn post(&mut self, openid: &str, score: i64) {
        self.posts += 1;
        let held = self.players.get(openid).map(|(score, _)| *score);
        let counts = match (self.rule, self.order, held) {
            (_, _, None) | ("last", ..) => score,
            ("sum", _, Some(held)) => held + score,
            (_, "highest", Some(held)) => held.max(score),
            (_, _, Some(held)) => held.min(score),
        };
        if held != Some(counts) {
            self.players.insert(openid.to_owned(), (counts, self.posts));
        }
    }

    /// Players with score and place, in order.
    fn places(&self) -> Vec<(String, i64, u64)> {
        let mut rows: Vec<(String, i64, u64)> = self
            .players
            .iter()
            .map(|(openid, (score, reached))| (openid.clone(), *score, *reached))
            .collect();
        let sign = if self.order == "highest" { -1 } else { 1 };
        rows.sort_by_key(|(_, score, reached)| (sign * score, *reached));
        let place = |nth: usize, score: i64| match self.ties {
            "first" => nth + 1,
            _ => rows.iter().take_while(|row| row.1 != score).count() + 1,
        };
        let places = rows.iter().enumerate();
        places.map(|(nth, row)| (row.0.clone(), row.1, place(nth, row.1) as u64)).collect()
    }
}

/// Does the server show this season of the board as the list has it?
fn assert_same(server: &Server, app: &str, season: i64, model: &Model) {
    let places = model.places();
    let top = call(server, "score/top", app, json!({"season": season}));
    let shown: Vec<(i64, u64)> = top
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["score"].as_i64().unwrap(), row["rank"].as_u64().unwrap()))
        .collect();
    let expected: Vec<(i64, u64)> =
        places.iter().map(|(_, score, place)| (*score, *place)).collect();
    assert_eq!(shown, expected, "{app}, season {season}");
    let openids: Vec<&String> = places.iter().map(|(openid, ..)| openid).collect();
    if openids.is_empty() {
        return;
    }
    let of = call(server, "score/of", app, json!({"season": season, "openids": openids}));
    for (nth, (openid, score, place)) in places.iter().enumerate() {
        let got = call(server, "score/get", app, json!({"season": season, "openid": openid}));
        assert_eq!(got, json!({"score": score, "rank": place}), "{app}, season {season}, {openid}");
        let around = json!({"season": season, "openid": openid, "span": 1});
        let around = call(server, "score/around", app, around);
        let rows: Vec<u64> =
            around.as_array().unwrap().iter().map(|row| row["rank"].as_u64().unwrap()).collect();
        let window = nth.saturating_sub(1)..(nth + 2).min(places.len());
        let expected: Vec<u64> = places[window].iter().map(|(_, _, place)| *place).collect();
        assert_eq!(rows, expected, "{app}, season {season}, around {openid}");
    }
    let mut expected: Vec<(u64, String)> =
        places.iter().map(|(openid, _, place)| (*place, openid.clone())).collect();
    expected.sort();
    let shown: Vec<(u64, String)> = of
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["rank"].as_u64().unwrap(), row["openid"].as_str().unwrap().to_owned()))
        .collect();
    assert_eq!(shown, expected, "{app}, season {season}, score/of");
}

#[test]
fn boards_of_all_rules_are_as_a_plain_list() {
    let mut config = String::new();
    let mut models: Vec<(String, Vec<Model>)> = Vec::new();
    for rule in RULES {
        for order in ORDERS {
            for ties in TIES {
                let app = format!("{rule}-{order}-{ties}");
                config.push_str(&format!(
                    "[score.boards.{app}]\nrule = \"{rule}\"\norder = \"{order}\"\nties = \"{ties}\"\n\
                     season = \"manual\"\n"
                ));
                models.push((app, vec![Model { rule, order, ties, ..Model::default() }]));
            }
        }
    }
    let mut server = Server::start(&config);
    let mut random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    for round in 0..4 {
        for _ in 0..400 {
            let (app, seasons) = &mut models[random.next_u32() as usize % 12];
            let openid = format!("p{}", random.next_u32() % 9);
            // Few different scores, so that many are equal.
            let score = i64::from(random.next_u32() % 6);
            let answer =
                call(&server, "score/post", app, json!({"openid": openid, "score": score}));
            let number = seasons.len();
            let model = seasons.last_mut().unwrap();
            let is_new = !model.players.contains_key(&openid);
            model.post(&openid, score);
            let places = model.places();
            let (_, score, place) = places.iter().find(|row| row.0 == openid).unwrap();
            let expected = json!({"score": score, "rank": place, "new": is_new, "season": number});
            assert_eq!(answer, expected, "{app}");
        }
        for (app, seasons) in &models {
            assert_same(&server, app, 0, seasons.last().unwrap());
        }
        if round % 2 == 0 {
            for (app, seasons) in &mut models {
                done(guichet(server.folder(), &["board", "close", app, "--yes"]));
                let Model { rule, order, ties, .. } = *seasons.last().unwrap();
                seasons.push(Model { rule, order, ties, ..Model::default() });
            }
        }
        server = if round % 2 == 0 { server.kill_and_restart() } else { server.restart() };
        for (app, seasons) in &models {
            let count = i64::try_from(seasons.len()).unwrap();
            for (number, model) in (1..).zip(seasons) {
                assert_same(&server, app, number, model);
                assert_same(&server, app, number - count, model);
            }
        }
    }
}
