//! Random changes of notices with a fixed seed, and the expected results of searches.

use super::notice::{found, sample, search, with};
use super::{Server, envelope};
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Pieces of texts and keys: upper and lower case, wildcards, quotes, query operators, digits of
/// ids, and characters that differ in one bit.
const PIECES: [&str; 34] = [
    "钥", "匙", "钥匙", "伞", "😀", "😢", "é", "É", "ß", "a", "B", "b", "OR", "AND ", "not",
    "NEAR(", "%", "_", "\\", "!", "\"", "'", "*", "?", " ", "|", "-", ":", "1", "0", "2", "100001",
    "\u{80}", "\u{a0}",
];

/// Times of changes, with many duplicates.
const TIMES: [&str; 7] = [
    "0001-01-02 00:00:00",
    "1969-12-31 23:59:59",
    "1970-01-01 00:00:00",
    "2024-05-05 12:00:00",
    "2024-05-05 12:00:01",
    "2514-05-30 01:53:04",
    "9999-12-30 00:00:00",
];

pub fn text(rng: &mut SmallRng, most: usize, limit: usize) -> String {
    let pieces = rng.random_range(1..=most);
    let text: String = (0..pieces).map(|_| *PIECES.choose(rng).unwrap()).collect();
    text.chars().take(limit).collect()
}

/// The lower case as the contract defines it.
pub fn lower(row: &Value, key: &str) -> String {
    row[key].as_str().unwrap().to_ascii_lowercase()
}

/// An integer as its text.
pub fn number(row: &Value, key: &str) -> String {
    row[key].as_i64().unwrap().to_string()
}

/// The rows of a listing in order, each with its text.
pub fn rows(answer: &str) -> Vec<(Value, String)> {
    let data = answer.split_once("\"data\":[").unwrap().1.strip_suffix("]}").unwrap();
    let mut texts = data.replace("},{\"id\":", "}\u{0}{\"id\":");
    if texts.is_empty() {
        return vec![];
    }
    texts.push('\u{0}');
    texts
        .split_terminator('\u{0}')
        .map(|text| (serde_json::from_str(text).unwrap(), text.to_owned()))
        .collect()
}

pub struct World {
    pub server: Server,
    pub tokens: [String; 2],
    /// The owner of each notice.
    owners: BTreeMap<i64, usize>,
    rng: SmallRng,
}

impl World {
    pub fn new(seed: u64) -> Self {
        let server = Server::start("[database]\nsynchronous = \"normal\"\n");
        let tokens = ["nora", "otto"].map(|name| server.account(name).1);
        World { server, tokens, owners: BTreeMap::new(), rng: SmallRng::seed_from_u64(seed) }
    }

    /// Sends operations of one account in one batch. Returns their answers.
    pub fn send(&self, who: usize, operations: Vec<String>) -> Vec<Value> {
        let body = format!("[{}]", operations.join(","));
        let answer = self.server.post(&format!("/api?token={}", self.tokens[who]), &body);
        serde_json::from_str(&answer).unwrap()
    }

    pub fn texts(&mut self) -> Value {
        let rng = &mut self.rng;
        let (lab, title) = (text(rng, 3, 50), text(rng, 3, 20));
        let content = text(rng, 12, 500);
        json!({"lab": lab, "title": title, "content": content, "type": rng.random_range(1..=2)})
    }

    pub fn add(&mut self, count: usize) {
        let who = self.rng.random_range(0..2);
        let operations = (0..count)
            .map(|_| {
                let at = TIMES.choose(&mut self.rng).unwrap();
                let notice = with(with(sample(), self.texts()), json!({ "publish_time": at }));
                envelope("property/add", notice)
            })
            .collect();
        for answer in self.send(who, operations) {
            self.owners.insert(answer["data"]["uid"].as_i64().unwrap(), who);
        }
    }

    /// Tries to change or delete some notices, as the owner or as another account.
    pub fn change_randomly(&mut self, count: usize) {
        let who = self.rng.random_range(0..2);
        let ids: Vec<i64> = self.owners.keys().copied().collect();
        let mut gone = Vec::new();
        let operations = (0..count)
            .map(|_| {
                let id = *ids.choose(&mut self.rng).unwrap();
                if self.rng.random_ratio(1, 5) {
                    gone.push(id);
                    return envelope("property/delete", json!({ "id": id }));
                }
                let mut change = self.texts();
                for key in ["lab", "title", "content", "type"] {
                    if self.rng.random_bool(0.5) {
                        change.as_object_mut().unwrap().remove(key);
                    }
                }
                let at = TIMES.choose(&mut self.rng).unwrap();
                envelope("property/update", with(change, json!({"id": id, "update_time": at})))
            })
            .collect();
        self.send(who, operations);
        self.owners.retain(|id, owner| *owner != who || !gone.contains(id));
    }

    /// All notices of a type, from a listing without a search.
    pub fn all(&self, kind: &str) -> Vec<(Value, String)> {
        let all = rows(&search(&self.server, &self.tokens[0], &[("type", kind)]));
        let order = |row: &Value| {
            let at = row["update_time"].as_str().unwrap().to_owned();
            std::cmp::Reverse((at, row["id"].as_i64().unwrap()))
        };
        assert!(all.is_sorted_by_key(|(row, _)| order(row)));
        all
    }

    /// A random key: a part of a stored text, a random text, or an id.
    pub fn key(&mut self, all: &[(Value, String)]) -> String {
        let rng = &mut self.rng;
        match rng.random_range(0..8) {
            0 => rng.random_range(1..200).to_string(),
            1 => (100_000 + rng.random_range(0..4)).to_string(),
            2 | 3 => text(rng, 4, 6),
            _ => {
                let Some((row, _)) = all.choose(rng) else { return "钥".into() };
                let field = ["lab", "title", "content"].choose(rng).unwrap();
                let cells: Vec<char> = row[field].as_str().unwrap().chars().collect();
                let from = rng.random_range(0..cells.len());
                let to = rng.random_range(from + 1..=cells.len().min(from + 30));
                let key: String = cells[from..to].iter().collect();
                if rng.random() { key.to_ascii_uppercase() } else { key }
            }
        }
    }

    /// Searches with pages of random size, and compares the bytes with the matching notices.
    pub fn compare(
        &mut self,
        kind: &str,
        all: &[(Value, String)],
        ask: &[(&str, &str)],
        matches: impl Fn(&Value) -> bool,
    ) {
        let limit = self.rng.random_range(1..30);
        let mut before: Option<i64> = match self.rng.random_range(0..3) {
            // Also of the other type: only its position counts.
            0 => self.owners.keys().copied().collect::<Vec<_>>().choose(&mut self.rng).copied(),
            _ => None,
        };
        for _ in 0..2 {
            let others = if kind == "1" { "2" } else { "1" };
            let mut cursor = None;
            if let Some(id) = before {
                let of = |rows: &[(Value, String)]| {
                    rows.iter().find(|(row, _)| row["id"] == id).map(|(row, _)| place(row))
                };
                cursor = of(all).or_else(|| of(&self.all(others)));
                assert!(cursor.is_some());
            }
            let expected: Vec<(&Value, String)> = all
                .iter()
                .filter(|(row, _)| cursor.as_ref().is_none_or(|cursor| place(row) < *cursor))
                .filter(|(row, _)| matches(row))
                .map(|(row, text)| (row, text.clone()))
                .take(limit)
                .collect();
            let (size, from) = (limit.to_string(), before.map(|id| id.to_string()));
            let mut asked = vec![("type", kind), ("limit", &size)];
            asked.extend(from.as_ref().map(|id| ("before", id.as_str())));
            asked.extend(ask);
            let answer = search(&self.server, &self.tokens[0], &asked);
            let texts: Vec<String> = expected.iter().map(|(_, text)| text.clone()).collect();
            assert_eq!(answer, found(&texts), "{asked:?}");
            let Some((last, _)) = expected.last() else { return };
            before = last["id"].as_i64();
        }
    }
}

/// A row's sort key in the contract's order.
pub fn place(row: &Value) -> (String, i64) {
    (row["update_time"].as_str().unwrap().to_owned(), row["id"].as_i64().unwrap())
}
