//! Neighbouring writes of a batch share a COMMIT, and nothing else changes: answers and rows are as if each item had been
//! sent alone.

use crate::common::notice::{sample, with};
use crate::common::postgres;
use crate::common::scrape::Scrape;
use crate::common::{Server, envelope};
use engine::hex::md5;
use proptest::test_runner::{RngAlgorithm, TestRng};
use rand::Rng as _;
use serde_json::{Value, json};

const CONFIG: &str = "[limits]\nrequests_per_minute = 0\n[shop]\nmax_per_account = 5\n\
    [score.boards.ruled]\nrule = \"sum\"\nties = \"shared\"\n\
    [score.checks.checked]\nlargest_step = 100\nmax = 150\n";

/// Leaves out what changes from run to run.
fn without_chance(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            // Shops have ids that nobody can guess.
            let varies = |key: &str| key.contains("time") || key == "shop_id";
            fields.retain(|key, _| !varies(key));
            fields.values_mut().for_each(without_chance);
        }
        Value::Array(items) => {
            items.iter_mut().for_each(without_chance);
            if items.iter().any(|item| item["shop_name"].is_string()) {
                items.sort_by_key(ToString::to_string);
            }
        }
        _ => {}
    }
}

fn parsed(text: &str) -> Value {
    let mut value = serde_json::from_str(text).unwrap();
    without_chance(&mut value);
    value
}

/// Draws items.
struct Draw {
    random: TestRng,
    tokens: [String; 2],
}

impl Draw {
    fn below(&mut self, most: u32) -> u32 {
        self.random.next_u32() % most
    }

    fn item(&mut self, id: i64) -> Value {
        let openid = format!("p{}", self.below(4));
        let app = ["plain", "ruled", "checked"][self.below(3) as usize];
        let score = i64::from(self.below(200));
        let number = i64::from(self.below(12)) + 1;
        let token = self.tokens[self.below(2) as usize].clone();
        let post = json!({"app": app, "openid": openid, "score": score});
        let (name, data) = match self.below(20) {
            0..=7 => ("score/post", post),
            8 => ("score/post", json!({"app": app, "openid": openid})),
            9 => ("player/update", json!({"app": app, "openid": openid, "nickname": "n"})),
            10 => ("score/top", json!({"app": app})),
            11 => ("score/get", json!({"app": app, "openid": openid})),
            12 => (
                "property/add",
                with(sample(), json!({"title": format!("t{number}"), "token": token})),
            ),
            13 => (
                "property/update",
                with(sample(), json!({"id": number, "title": "new", "token": token})),
            ),
            14 => ("property/delete", json!({"id": number, "token": token})),
            15 => (
                "shop/creat",
                json!({"shop_name": format!("s{number}"), "shop_content": "c", "token": token}),
            ),
            16 => ("rank/upload", json!({"rank": score, "token": token})),
            17 => ("no/such", json!({})),
            18 => ("property/add", json!({"title": "nothing else", "token": token})),
            _ => ("shop/list", json!({})),
        };
        let mut item: Value = serde_json::from_str(&envelope(name, data.clone())).unwrap();
        item["id"] = json!(id);
        if self.below(4) == 0 {
            let method = name.replace('/', ".");
            item = json!({"jsonrpc": "2.0", "method": method, "params": data, "id": id});
        }
        item
    }
}

fn registered(server: &Server) -> [String; 2] {
    ["omar", "nora"].map(|name| {
        let hash = server.captcha();
        server.done(
            "",
            "user/register",
            json!({"username": name, "password": md5(name), "hash": hash}),
        );
        let login = json!({"username": name, "password": md5(name)});
        server.done("", "user/login", login)["token"].as_str().unwrap().to_owned()
    })
}

#[test]
fn batches_are_as_their_items_one_by_one() {
    let [together, alone] = [Server::start(CONFIG), Server::start(CONFIG)];
    let mut draw = Draw {
        random: TestRng::deterministic_rng(RngAlgorithm::ChaCha),
        tokens: registered(&together),
    };
    let others = registered(&alone);
    let own = draw.tokens.clone();
    for _ in 0..40 {
        let count = 1 + draw.below(40);
        let items: Vec<Value> = (0..count).map(|id| draw.item(id.into())).collect();
        let answers = together.post("/api", &Value::from(items.clone()).to_string());
        let answers = parsed(&answers);
        let mut expected = Vec::new();
        for item in &items {
            let mut text = item.to_string();
            for (token, other) in own.iter().zip(&others) {
                text = text.replace(token, other);
            }
            expected.push(parsed(&alone.post("/api", &text)));
        }
        for ((item, answer), expected) in
            items.iter().zip(answers.as_array().unwrap()).zip(&expected)
        {
            assert_eq!(answer, expected, "{item}\nof {items:#?}");
        }
        assert_eq!(answers.as_array().unwrap().len(), expected.len());
    }
    for app in ["plain", "ruled", "checked"] {
        let top = |server: &Server| server.done("", "score/top", json!({"app": app}));
        assert_eq!(top(&together), top(&alone), "{app}");
        let before = top(&together);
        assert!(!before.as_array().unwrap().is_empty());
    }
    let held = |server: &Server| {
        crate::common::cli::done(crate::common::cli::guichet(server.folder(), &["score", "held"]))
            .lines()
            .map(|line| line.split('\t').take(3).collect::<Vec<_>>().join(" "))
            .collect::<Vec<_>>()
    };
    assert_eq!(held(&together), held(&alone));
    assert!(!held(&together).is_empty());
    // What was answered is there after a crash.
    let top = together.done("", "score/top", json!({"app": "plain"}));
    let together = together.kill_and_restart();
    assert_eq!(together.done("", "score/top", json!({"app": "plain"})), top);
}

#[test]
fn writes_of_a_batch_share_a_commit() {
    if postgres::is_used() {
        // There each has a transaction of its own.
        return;
    }
    let server = Server::start(CONFIG);
    let post = |nth: i64| {
        let data = json!({"app": "plain", "openid": format!("p{nth}"), "score": nth});
        serde_json::from_str::<Value>(&envelope("score/post", data)).unwrap()
    };
    let groups = || Scrape::of(&server).get("guichet_jobs_per_commit_count");
    let before = groups();
    let items: Vec<Value> = (0..64).map(post).collect();
    let answers = parsed(&server.post("/api", &Value::from(items).to_string()));
    assert!(answers.as_array().unwrap().iter().all(|answer| answer["status"] == 0));
    // The server's own work may have brought about some.
    let commits = groups() - before;
    assert!((1.0..=4.0).contains(&commits), "{commits} commits for 64 scores");
    // A read ends the run, and sees what came before.
    let top =
        serde_json::from_str(&envelope("score/top", json!({"app": "plain", "limit": 1}))).unwrap();
    let items = vec![post(70), post(71), top, post(72)];
    let answers = parsed(&server.post("/api", &Value::from(items).to_string()));
    assert_eq!(answers[2]["data"][0]["score"], 71);
}

#[test]
fn checks_see_what_the_same_batch_posted() {
    let server = Server::start(CONFIG);
    let post = |score: i64| {
        let data = json!({"app": "checked", "openid": "ada", "score": score});
        serde_json::from_str::<Value>(&envelope("score/post", data)).unwrap()
    };
    // Each is no more than 100 above the one before.
    let items = vec![post(90), post(120), post(149)];
    let answers = parsed(&server.post("/api", &Value::from(items).to_string()));
    assert_eq!(answers[2]["data"]["score"], 149, "{answers}");
    assert_eq!(
        server.done("", "score/get", json!({"app": "checked", "openid": "ada"}))["score"],
        149
    );
}
