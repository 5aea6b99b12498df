//! Limited uses under concurrency: captchas, codes, quotas and logins. Neither the answer nor the
//! time of a failed login reveals whether an account exists.

use crate::common::surface;
use crate::common::web::{JSON, refused};
use crate::common::{
    CODE, Reply, Server, envelope, fault, fault_with, ok, too_many_logins, wrong_code,
    wrong_password,
};
use engine::hex::md5;
use rusqlite::Connection;
use serde_json::{Value, json};
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

const PHONE: &str = "13800001234";

/// Calls `ask` `count` times concurrently. Returns the results.
fn at_once<T: Send>(count: usize, ask: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let start = Barrier::new(count);
    thread::scope(|scope| {
        let one = |nth| {
            let (ask, start) = (&ask, &start);
            scope.spawn(move || {
                start.wait();
                ask(nth)
            })
        };
        let all: Vec<_> = (0..count).map(one).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    })
}

fn count(answers: &[String], told: &str) -> usize {
    answers.iter().filter(|answer| *answer == told).count()
}

/// How many wrong guesses at the codes of [`PHONE`] were counted, and how many codes are still
/// valid.
fn guesses(server: &Server) -> (i64, i64) {
    let database = Connection::open(server.folder().join("data/guichet.db")).unwrap();
    database.busy_timeout(Duration::from_secs(10)).unwrap();
    let sql = "SELECT sum(wrong), sum(expires_at > 0) FROM sms WHERE phone = ?1";
    database.query_row(sql, [PHONE], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
}

/// Has a code sent. Returns the code and the random text of its proof.
fn code(server: &Server) -> (String, String) {
    let data = json!({"phone": PHONE, "hash": server.captcha()});
    let rand = server.done("", "sms/generate", data)["rand"].as_str().unwrap().to_owned();
    (server.outbox().pop().unwrap()["code"].as_str().unwrap().to_owned(), rand)
}

/// A different code.
fn other(code: &str, nth: usize) -> String {
    format!("{:06}", (code.parse::<usize>().unwrap() + 1 + nth) % 1_000_000)
}

#[test]
fn only_five_of_200_concurrent_code_guesses_count() {
    let server = Server::start("");
    let (code, rand) = code(&server);
    let guess = |code: &str| {
        let hash = md5(&format!("{code}{rand}"));
        server.call("sms/validate", json!({"phone": PHONE, "hash": hash}))
    };
    assert_eq!(guesses(&server), (0, 1));
    let answers = at_once(200, |nth| guess(&other(&code, nth)));
    assert_eq!(count(&answers, &wrong_code()), 200);
    assert_eq!(guesses(&server), (5, 1));
    assert_eq!(guess(&code), wrong_code(), "the right one comes too late from here");
}

#[test]
fn only_five_of_200_guessed_registrations_count() {
    let server = Server::start("");
    let (code, _) = code(&server);
    let guess = |code: &str| {
        let body = json!({"mobile": PHONE, "sms_code": code, "password": "secret-1"});
        server.ask("POST", "/api/v1.0/users", &[JSON], &body.to_string())
    };
    let answers = at_once(200, |nth| guess(&other(&code, nth)));
    let wrong = refused("4004", "短信验证码错误");
    // One address has 64 places in the queue for hashing; the others are refused.
    let not_queued = count(&answers, &refused("4201", "请求次数受限"));
    assert_eq!(count(&answers, &wrong) + not_queued, 200);
    assert!(not_queued < 200 - 5, "{not_queued}");
    assert_eq!(guesses(&server), (5, 1));
    assert_eq!(guess(&code), wrong);
    // Four failures do not lock.
    let server = Server::start("");
    let (code, _) = self::code(&server);
    at_once(4, |nth| {
        let guess = other(&code, nth);
        let data = json!({"mobile": PHONE, "sms_code": guess, "password": "secret-1"});
        assert_eq!(server.call("user/register", data), wrong_code());
    });
    assert_eq!(guesses(&server), (4, 1));
    let data = json!({"mobile": PHONE, "sms_code": code, "password": "secret-1"});
    assert_eq!(server.call("user/register", data), ok(json!({"user_id": 100_001})));
}

#[test]
fn named_captcha_pays_for_one_of_fifty_messages() {
    let server = Server::start("");
    assert_eq!(server.get("/api/v1.0/imagecode/page-1").status, 200);
    let text = &CODE[..4];
    let answers = at_once(50, |nth| {
        let path = format!("/api/v1.0/smscode/138000010{nth:02}?id=page-1&text={text}");
        server.ask("GET", &path, &[], "")
    });
    assert_eq!(count(&answers, &refused("0", "发送成功")), 1);
    assert_eq!(count(&answers, &refused("4002", "图片验证码已过期")), 49);
    assert_eq!(server.outbox().len(), 1);
}

#[test]
fn captcha_pays_for_a_message_or_an_account_not_both() {
    let server = Server::start("");
    for round in 0..3 {
        let hash = server.captcha();
        let answers = at_once(50, |nth| match nth % 2 {
            0 => {
                let phone = format!("1380000{round}0{nth:02}");
                server.call("sms/generate", json!({"phone": phone, "hash": hash}))
            }
            _ => {
                let name = format!("nora-{round}-{nth}");
                let data = json!({"username": name, "password": "secret-1", "hash": hash});
                server.call("user/register", data)
            }
        });
        assert_eq!(count(&answers, &fault(-4, "Error Hash")), 49, "{answers:?}");
        let done = answers.iter().filter(|answer| answer.contains("\"status\":0,")).count();
        assert_eq!(done, 1, "{answers:?}");
    }
}

#[test]
fn sms_quotas_hold_concurrently_and_over_a_restart() {
    let message = "单个手机号日下发短信条数超过设定的上限";
    for (limits, name, address_of, phone_of) in [
        ("per_hour = 0\nper_30_seconds = 0\nper_day = 3", "per_day", 0, 0),
        ("per_day_per_address = 3", "per_day_per_address", 0, 1),
        ("per_day_in_all = 3", "per_day_in_all", 1, 1),
    ] {
        let day = fault_with(1025, message, &format!("too many messages (sms.{name})"));
        let proxies = "[limits]\ntrusted_proxies = [\"127.0.0.1\"]\n";
        let send = |server: &Server, nth: usize| {
            let phone = format!("138000010{:02}", nth * phone_of);
            let address = format!("192.0.2.{}", 1 + nth * address_of);
            let data = json!({"phone": phone, "hash": server.captcha()});
            let body = envelope("sms/generate", data);
            let headers = [("X-Forwarded-For", &*address)];
            server.send("POST", "/api", &headers, body.as_bytes()).text()
        };
        let server = Server::start(&format!("[sms]\n{limits}\n{proxies}"));
        let answers = at_once(20, |nth| send(&server, nth));
        assert_eq!((count(&answers, &day), server.outbox().len()), (17, 3), "{limits}");
        let server = server.kill_and_restart();
        assert_eq!(send(&server, 50), day, "{limits}");
        let server = server.restart();
        assert_eq!(send(&server, 51), day, "{limits}");
        assert_eq!(server.outbox().len(), 3, "{limits}");
    }
}

fn login(server: &Server, name: &str, password: &str) -> String {
    server.call("user/login", json!({"username": name, "password": password}))
}

#[test]
fn guesses_at_unknown_name_are_limited_alike() {
    let server = Server::start("");
    server.account("nora");
    let wrong = wrong_password();
    let many = too_many_logins();
    for name in ["nora", "nobody"] {
        let answers = at_once(30, |nth| login(&server, name, &format!("wrong-{nth}")));
        assert_eq!((count(&answers, &wrong), count(&answers, &many)), (5, 25), "{name}");
    }
    // At the limit the answer is also the same for a right and a wrong password.
    assert_eq!(login(&server, "nora", "secret-1"), many);
    assert_eq!(login(&server, "nobody", "secret-1"), many);
}

#[test]
fn every_login_path_hides_whether_a_name_exists() {
    let server = Server::start("[limits]\nlogin_attempts = 2\n");
    server.registered(PHONE);
    let logins: Vec<_> =
        surface::paths().into_iter().filter(|path| path.operation == "user/login").collect();
    assert!(logins.len() > 2);
    for path in logins {
        // By mobile number: one document requires it, and for the others it is a name.
        let told = |name: &str| -> Vec<_> {
            let fields = path.fields.iter().filter(|field| *field != "hash");
            let keys = fields.map(|field| match &**field {
                "password" => (field.clone(), md5("wrong-1").into()),
                _ => (field.clone(), Value::from(name)),
            });
            let body = Value::Object(keys.collect()).to_string();
            let ask = || server.send(&path.method, &path.path, &[JSON], body.as_bytes());
            let replies = (0..4).map(|_| ask());
            let kept = |mut reply: Reply| {
                reply.headers.retain(|(name, _)| name != "date");
                (reply.status, reply.headers, reply.body)
            };
            replies.map(kept).collect()
        };
        let known = told(PHONE);
        assert!(known[1] != known[2] && known[2] == known[3], "{path:?} {known:?}");
        assert_eq!(told(&format!("1390000{:04}", path.path.len())), known, "{path:?}");
        clear_login_failures(&server);
    }
}

/// Deletes all recorded failed logins.
fn clear_login_failures(server: &Server) {
    let database = Connection::open(server.folder().join("data/guichet.db")).unwrap();
    database.busy_timeout(Duration::from_secs(10)).unwrap();
    database.execute("DELETE FROM login_failure", []).unwrap();
}

#[test]
fn an_unknown_name_takes_as_long_as_a_wrong_password() {
    let server = Server::start("[limits]\nlogin_attempts = 0\n");
    server.account("nora");
    // Alternating, so that other load on the machine affects both alike.
    let mut times = [vec![], vec![]];
    for nth in 0..42 {
        let name = ["nora", "nobody"][nth % 2];
        let start = Instant::now();
        let answer: Value = serde_json::from_str(&login(&server, name, "wrong-1")).unwrap();
        times[nth % 2].push(start.elapsed());
        assert!(answer["detail"].as_str().unwrap().starts_with("user name or password is wrong"));
    }
    times.iter_mut().for_each(|times| times.sort());
    let [known, unknown] = times.each_ref().map(|times| times[times.len() / 2]);
    // Without hashing it would take a tenth of the time; one lookup more or less does not matter.
    assert!(known < 3 * unknown && unknown < 3 * known, "{known:?} {unknown:?}");
}
