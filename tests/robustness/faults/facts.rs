//! Acknowledged writes, and checks that the server still has them.

use crate::common::Server;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rusqlite::Connection;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// Different pictures, none of them the default picture.
pub const PICTURES: [(&str, &[u8]); 4] = [
    ("png", include_bytes!("../../../src/image_check/fixtures/plain.png")),
    ("gif", include_bytes!("../../../src/image_check/fixtures/interlaced.gif")),
    ("jpeg", include_bytes!("../../../src/image_check/fixtures/upright.jpg")),
    ("webp", include_bytes!("../../../src/image_check/fixtures/lossy.webp")),
];

/// One acknowledged write.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// An account under a name or a number, with the password `secret-1`.
    Account(String),
    Session(String),
    /// A used captcha: it must not be accepted again.
    Spent(String),
    Score(String, i64),
    /// A score: account, token and value; later ones are higher.
    Rank(i64, String, i64),
    /// A notice's id and title, and a token that can read it.
    Notice(i64, String, String),
    /// A shop's id and name.
    Shop(i64, String),
    /// A portrait number, and the index of its picture in [`PICTURES`]; later ones have higher
    /// indexes.
    Picture(usize, usize),
}

/// The facts that the server has lost; growing values may be higher.
pub fn lost(server: &Server, facts: &[&Fact]) -> Vec<String> {
    let mut lost = Vec::new();
    let (mut scores, mut pictures) = (BTreeMap::new(), BTreeMap::new());
    let (mut ranks, mut notices) = (BTreeMap::new(), BTreeMap::new());
    for fact in facts {
        let is_there = match fact {
            Fact::Account(name) => {
                let login = json!({"username": name, "password": "secret-1"});
                ask(server, "", "user/login", login).is_some()
            }
            Fact::Session(token) => ask(server, token, "user/info", json!({})).is_some(),
            Fact::Spent(hash) => {
                ask(server, "", "sms/generate", json!({"phone": "13900000000", "hash": hash}))
                    .is_none()
            }
            Fact::Shop(id, name) => ask(server, "", "shop/get", json!({ "shop_id": id }))
                .is_some_and(|shop| shop.to_string().contains(&format!("\"{name}\""))),
            Fact::Score(openid, score) => {
                let highest = scores.entry(openid).or_insert(*score);
                *highest = (*highest).max(*score);
                true
            }
            Fact::Picture(id, place) => {
                pictures.insert(*id, *place);
                true
            }
            Fact::Rank(user, token, score) => {
                ranks.insert(*user, (token, *score));
                true
            }
            Fact::Notice(id, title, token) => {
                notices.insert(*id, (title, token));
                true
            }
        };
        if !is_there {
            lost.push(format!("{fact:?}"));
        }
    }
    for (openid, score) in scores {
        let held = ask(server, "", "score/get", json!({ "openid": openid }));
        if held.as_ref().is_none_or(|held| held["score"].as_i64() < Some(score)) {
            lost.push(format!("{score} of {openid}: {held:?}"));
        }
    }
    for (user, (token, score)) in ranks {
        let board = ask(server, token, "rank/list", json!({ "arange": [1, 100] }));
        let mut rows = board.iter().flat_map(|rows| rows.as_array().unwrap());
        let name = user.to_string();
        let held = rows.find(|row| row["user"] == name);
        if held.is_none_or(|held| held["rank_score"].as_i64() < Some(score)) {
            lost.push(format!("{score} of account {user}: {held:?}"));
        }
    }
    for (id, place) in pictures {
        let held = ask(server, "", "portrait/get", json!({ "id": id.to_string() }));
        let held = held.and_then(|held| Some(held["base64"].as_str()?.to_owned()));
        let mut fine = PICTURES[place..].iter().map(|(_, bytes)| STANDARD.encode(bytes));
        if !fine.any(|bytes| held.as_ref() == Some(&bytes)) {
            lost.push(format!("picture {place} of {id}"));
        }
    }
    lost.extend(notices_lost(server, &notices));
    lost
}

/// Lost notices; the newest must also be found by its text.
fn notices_lost(server: &Server, notices: &BTreeMap<i64, (&String, &String)>) -> Vec<String> {
    let Some((last, (title, token))) = notices.last_key_value() else { return vec![] };
    let search = |data: Value| -> BTreeMap<i64, String> {
        let found = ask(server, token, "property/query", data).unwrap_or(json!([]));
        let rows = found.as_array().unwrap().iter();
        rows.map(|row| (row["id"].as_i64().unwrap(), row["title"].as_str().unwrap().to_owned()))
            .collect()
    };
    let all = search(json!({"type": 1, "limit": 1000}));
    let mut lost: Vec<String> = notices
        .iter()
        .filter(|(id, (title, _))| all.get(id) != Some(title))
        .map(|(id, _)| format!("notice {id}"))
        .collect();
    if !search(json!({"type": 1, "key": title})).contains_key(last) {
        lost.push(format!("notice {last} is not found by its text"));
    }
    lost
}

/// The `data` of a successful answer.
pub fn ask(server: &Server, token: &str, name: &str, data: Value) -> Option<Value> {
    let mut answer: Value = serde_json::from_str(&server.call_as(token, name, data)).unwrap();
    (answer["status"] == 0).then(|| answer["data"].take())
}

/// The result of SQLite's integrity check of the database in this data folder.
pub fn integrity(data: &Path) -> String {
    let database = Connection::open(data.join("guichet.db")).unwrap();
    database.busy_timeout(Duration::from_secs(10)).unwrap();
    database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap()
}
