//! Writes of every kind, each with a unique `id`, so that its answer can be found in a trace.

use super::facts::{Fact, PICTURES};
use crate::common::client::{Client, head};
use crate::common::notice::{sample, with};
use crate::common::{CODE, Server};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::hex::md5;
use serde_json::{Value, json};
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread;

/// Facts with the `id` of the acknowledging envelope.
pub type Acknowledged = Vec<(i64, Fact)>;

/// One client of a server.
struct Writer<'a> {
    server: &'a Server,
    client: Client,
    ids: &'a AtomicI64,
    told: &'a Mutex<Acknowledged>,
    patience: usize,
}

impl Writer<'_> {
    /// Calls an operation that must succeed, with retries if the database may fail. Returns the
    /// `id` of the successful envelope, and its `data`.
    fn call(&mut self, token: &str, name: &str, data: Value) -> (i64, Value) {
        let (kind, subtype) = name.split_once('/').unwrap();
        let mut body = json!({"status": 0, "type": kind, "subtype": subtype, "data": data});
        for again in 0.. {
            let id = self.ids.fetch_add(1, Ordering::Relaxed);
            body["id"] = json!(id);
            let body = body.to_string();
            let request = head(&format!("/api?token={token}"), body.len(), "") + &body;
            assert!(self.client.send(request.as_bytes()));
            let (_, answer) = self.client.receive().unwrap();
            let mut answer: Value = serde_json::from_str(&answer).unwrap();
            assert_eq!(answer["id"], id, "{answer}");
            if answer["status"] == 0 {
                return (id, answer["data"].take());
            }
            let may_fail = answer["status"] == -200 && again < self.patience;
            assert!(may_fail, "{name}: {answer}");
        }
        unreachable!("a range without an end")
    }

    fn record(&self, id: i64, fact: Fact) {
        self.told.lock().unwrap().push((id, fact));
    }

    fn captcha(&mut self) -> String {
        let (_, data) = self.call("", "img/generate", json!({}));
        md5(&format!("{CODE}{}", data["rand"].as_str().unwrap()))
    }

    /// Registers an account by name. Returns its id and a token.
    fn account(&mut self, name: &str) -> (i64, String) {
        let hash = self.captcha();
        let register = json!({"username": name, "password": "secret-1", "hash": hash});
        let (id, _) = self.call("", "user/register", register);
        self.record(id, Fact::Account(name.to_owned()));
        self.record(id, Fact::Spent(hash));
        self.login(name)
    }

    fn login(&mut self, name: &str) -> (i64, String) {
        let login = json!({"username": name, "password": "secret-1"});
        let (id, data) = self.call("", "user/login", login);
        let token = data["token"].as_str().unwrap().to_owned();
        self.record(id, Fact::Session(token.clone()));
        (data["user_id"].as_i64().unwrap(), token)
    }

    /// Registers an account by mobile number and SMS code.
    fn mobile(&mut self, mobile: &str) {
        let hash = self.captcha();
        let (id, _) = self.call("", "sms/generate", json!({"phone": mobile, "hash": hash}));
        self.record(id, Fact::Spent(hash));
        let sent = self.server.outbox();
        let sent = sent.iter().rfind(|message| message["phone"] == mobile).unwrap();
        let register = json!({"mobile": mobile, "sms_code": sent["code"], "password": "secret-1"});
        let (id, _) = self.call("", "user/register", register);
        self.record(id, Fact::Account(mobile.to_owned()));
    }

    fn scores(&mut self, player: &str, rounds: i64) {
        for round in 1..=rounds {
            let openid = format!("{player}-{}", round % 20);
            let post = json!({"openid": openid, "score": round});
            let (id, _) = self.call("", "score/post", post);
            self.record(id, Fact::Score(openid, round));
        }
    }

    fn rows(&mut self, name: &str, rounds: i64) {
        let (user, token) = self.account(name);
        for round in 1..=rounds {
            let title = format!("{name} {round}");
            let notice = with(sample(), json!({ "title": title }));
            let (id, data) = self.call(&token, "property/add", notice);
            self.record(id, Fact::Notice(data["uid"].as_i64().unwrap(), title, token.clone()));
            let (id, _) = self.call(&token, "rank/upload", json!({ "rank": round }));
            self.record(id, Fact::Rank(user, token.clone(), round));
            if round % 10 == 0 {
                let name = format!("{name}'s {round}");
                let (id, data) = self.call(&token, "shop/creat", json!({ "shop_name": name }));
                self.record(id, Fact::Shop(data["shop_id"].as_i64().unwrap(), name));
            }
        }
    }

    fn pictures(&mut self, rounds: usize) {
        for number in 0..rounds {
            for (place, (kind, bytes)) in PICTURES.iter().enumerate() {
                let base64 = STANDARD.encode(bytes);
                let number = number + 1;
                let upload =
                    json!({"name": "", "id": number.to_string(), "base64": base64, "type": kind});
                let (id, _) = self.call("", "portrait/upload", upload);
                self.record(id, Fact::Picture(number, place));
            }
        }
    }
}

/// Amounts to write: scores for each of two clients, notices, and portraits.
pub struct Size {
    pub scores: i64,
    pub rows: i64,
    pub pictures: usize,
    /// Number of retries after database failures.
    pub patience: usize,
}

/// The configuration for it.
pub const CONFIG: &str =
    "[shop]\nmax_per_account = 1000\n[portrait]\nopen_per_day_per_address = 0\n";

/// Writes everything with several concurrent clients.
pub fn write(server: &Server, size: &Size) -> Acknowledged {
    let (ids, told) = (AtomicI64::new(1), Mutex::new(Acknowledged::new()));
    let writer = || {
        let (client, patience) = (Client::connect(server), size.patience);
        Writer { server, client, ids: &ids, told: &told, patience }
    };
    thread::scope(|scope| {
        scope.spawn(|| writer().scores("left", size.scores));
        scope.spawn(|| writer().scores("right", size.scores));
        scope.spawn(|| writer().rows("nora", size.rows));
        scope.spawn(|| {
            let mut writer = writer();
            writer.account("otto");
            writer.pictures(size.pictures);
            writer.mobile("13800001234");
            writer.login("otto");
        });
    });
    told.into_inner().unwrap()
}
