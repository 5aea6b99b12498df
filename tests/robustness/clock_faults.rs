//! The system clock is set forward and back by two hours while the server runs: nothing that
//! expired becomes valid again, and no quota opens early or stays closed. Needs libfaketime, which
//! replaces the server's clock; without it, the tests print that they are skipped.

use crate::common::{CODE, Folder, Server, fault, ok, wrong_code};
use engine::hex::md5;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

const HOUR: i64 = 3_600;
const PHONE: &str = "13800001234";

/// The path of the multithreaded library, if installed.
pub fn library() -> Option<PathBuf> {
    let name = "libfaketimeMT.so.1";
    let folders = ["/usr/lib/x86_64-linux-gnu/faketime", "/usr/lib/aarch64-linux-gnu/faketime"];
    let more = ["/usr/lib/faketime", "/usr/lib64/faketime", "/usr/local/lib/faketime"];
    let mut places = folders.iter().chain(&more).map(|folder| Path::new(folder).join(name));
    let found = places.find(|path| path.is_file());
    if found.is_none() {
        eprintln!("skipped: there is no libfaketime");
    }
    found
}

/// A server whose clock can be set.
struct SkewedServer {
    server: Server,
    skew: i64,
}

impl SkewedServer {
    /// `None` where there is no libfaketime.
    fn start(config: &str) -> Option<Self> {
        let library = library()?;
        let folder = Folder::new();
        let file = folder.path().join("clock");
        fs::write(&file, "+0s\n").unwrap();
        let server = Server::start_by(folder, config, |mut command| {
            command
                .env("LD_PRELOAD", library)
                .env("FAKETIME_TIMESTAMP_FILE", file)
                .env("FAKETIME_NO_CACHE", "1")
                // Unchanged: setting the clock does not change the monotonic clock.
                .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
            command
        });
        Some(SkewedServer { server, skew: 0 })
    }

    /// Sets the clock off by `skew`, and waits until the server uses it.
    fn set(&mut self, skew: i64) {
        let file = self.server.folder().join("clock");
        // Replaced atomically, so that the server never reads half of it.
        fs::write(file.with_extension("new"), format!("{skew:+}s\n")).unwrap();
        fs::rename(file.with_extension("new"), file).unwrap();
        self.skew = skew;
        self.eventually("the new time", || self.date().abs_diff(self.now()) <= 2);
    }

    /// The time as the server's clock must show it.
    fn now(&self) -> u64 {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        now.checked_add_signed(self.skew).unwrap()
    }

    /// The header `Date` of an answer, in seconds since 1970.
    fn date(&self) -> u64 {
        let reply = self.server.get("/none");
        let date = jiff::fmt::rfc2822::parse(reply.header("date")).unwrap();
        date.timestamp().as_second().try_into().unwrap()
    }

    fn eventually(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let end = Instant::now() + Duration::from_secs(20);
        while !holds() {
            assert!(Instant::now() < end, "{what}: not in 20 s; Date is {}", self.date());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Has a code sent. Returns its proof, or the fault.
    fn send_code(&self) -> Result<String, String> {
        let data = json!({"phone": PHONE, "hash": self.server.captcha()});
        let answer = self.server.call("sms/generate", data);
        let value: Value = serde_json::from_str(&answer).unwrap();
        let Some(rand) = value["data"]["rand"].as_str() else { return Err(answer) };
        let sent = self.server.outbox();
        let code = sent.last().unwrap()["code"].as_str().unwrap();
        Ok(md5(&format!("{code}{rand}")))
    }

    fn redeem(&self, proof: &str) -> String {
        self.server.call("sms/validate", json!({"phone": PHONE, "hash": proof}))
    }
}

#[test]
fn date_header_follows_the_clock_both_ways() {
    let Some(mut skewed) = SkewedServer::start("") else { return };
    for skew in [2 * HOUR, 0, -2 * HOUR, -2 * HOUR - 60, 2 * HOUR, -HOUR, 0] {
        skewed.set(skew);
    }
    // And continues: a stopped clock would be right only once.
    skewed.set(-2 * HOUR);
    let before = skewed.date();
    skewed.eventually("a later Date", || skewed.date() >= before + 2);
    assert!(skewed.date().abs_diff(skewed.now()) <= 2);
}

#[test]
fn expired_items_stay_expired_after_clock_steps() {
    let config = format!(
        "[session]\nttl = \"9s\"\n[sms]\nttl = \"8s\"\n[captcha]\nttl = \"8s\"\ntest_code = \"{CODE}\"\n"
    );
    let Some(mut skewed) = SkewedServer::start(&config) else { return };
    let (captcha, code) = (skewed.server.captcha(), skewed.send_code().unwrap());
    let (_, token) = skewed.server.account("ann");
    let token_is_good = |skewed: &SkewedServer| {
        skewed.server.call_as(&token, "user/info", json!({})) != fault(-101, "Error token")
    };
    // It is the newest: once it has expired, all have.
    skewed.eventually("the end of the session", || !token_is_good(&skewed));
    for skew in [0, -2 * HOUR, 2 * HOUR, -2 * HOUR, 0] {
        skewed.set(skew);
        assert_eq!(skewed.redeem(&code), wrong_code(), "{skew} s");
        let validated = skewed.server.call("img/validate", json!({"hash": captcha}));
        assert_eq!(validated, fault(-1, "验证码hash值不匹配"), "{skew} s");
        assert!(!token_is_good(&skewed), "{skew} s");
    }
}

#[test]
fn valid_items_stay_valid_after_clock_steps() {
    let Some(mut skewed) =
        SkewedServer::start("[session]\nttl = \"1h\"\n[sms]\nper_30_seconds = 0\n")
    else {
        return;
    };
    let (_, token) = skewed.server.account("ann");
    let codes = [skewed.send_code().unwrap(), skewed.send_code().unwrap()];
    for (skew, code) in [2 * HOUR, -2 * HOUR].into_iter().zip(codes) {
        skewed.set(skew);
        assert_eq!(skewed.redeem(&code), ok(json!({})), "{skew} s");
        assert_eq!(skewed.server.done(&token, "user/info", json!({}))["username"], "ann");
    }
}

#[test]
fn quotas_are_unaffected_by_clock_steps() {
    let Some(mut skewed) = SkewedServer::start("[limits]\nlogin_attempts = 1\n") else { return };
    let used_up = fault(1023, "单个手机号30秒内下发短信条数超过设定的上限");
    let guess = |skewed: &SkewedServer| {
        let data = json!({"username": "nobody", "password": "secret-2"});
        skewed.server.call("user/login", data)
    };
    let (wrong, too_many) = (guess(&skewed), guess(&skewed));
    assert_ne!(wrong, too_many, "the second try is one too many");
    let begun = Instant::now();
    skewed.send_code().unwrap();
    for skew in [2 * HOUR, -2 * HOUR] {
        skewed.set(skew);
        assert_eq!(guess(&skewed), too_many, "{skew} s");
        assert_eq!(skewed.send_code(), Err(used_up.clone()), "{skew} s");
    }
    let mut sent = false;
    while !sent && begun.elapsed() < Duration::from_secs(45) {
        std::thread::sleep(Duration::from_millis(500));
        sent = skewed.send_code().is_ok();
    }
    assert!(sent, "30 s are over");
    assert!(begun.elapsed() >= Duration::from_secs(28), "{:?}", begun.elapsed());
}

#[test]
fn hourly_quota_is_not_reset_by_the_clock() {
    let config = "[sms]\nper_30_seconds = 0\nper_hour = 1\nper_day_in_all = 50\n";
    let Some(mut skewed) = SkewedServer::start(config) else { return };
    skewed.send_code().unwrap();
    for skew in [0, 2 * HOUR, -2 * HOUR, 2 * HOUR] {
        skewed.set(skew);
        let used_up = fault(1024, "单个手机号1小时内下发短信条数超过设定的上限");
        assert_eq!(skewed.send_code(), Err(used_up), "{skew} s");
    }
}
