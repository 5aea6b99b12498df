//! Passwords over the wire: both formats, guessing and changing (README, "Accounts and tokens";
//! operations.md, "Login attempts").

use crate::common::{
    Server, command, envelope, fault, fault_with, ok, too_many_logins as too_many,
    wrong_password as wrong,
};
use engine::hex::md5;
use serde_json::{Value, json};
use std::thread;

fn login(server: &Server, username: &str, password: &str) -> String {
    server.call("user/login", json!({"username": username, "password": password}))
}

fn is_in(answer: &str) -> bool {
    answer.starts_with(r#"{"id":7,"status":0,"message":"successful","data":{"token":""#)
}

fn register(server: &Server, username: &str, password: &str) {
    let hash = server.captcha();
    let data = json!({"username": username, "password": password, "hash": hash});
    server.done("", "user/register", data);
}

fn change(server: &Server, token: &str, old: &str, new: &str) -> String {
    let data = json!({"old_password": old, "new_password": new});
    server.call_as(token, "user/password", data)
}

#[test]
fn plain_text_and_md5_are_the_same_password() {
    let server = Server::start("[limits]\nlogin_attempts = 0\n");
    let plain = "秘密-Secret-1";
    let hash = md5(plain);
    register(&server, "plain", plain);
    register(&server, "lower", &hash);
    register(&server, "upper", &hash.to_uppercase());
    for name in ["plain", "lower", "upper"] {
        for password in [plain, &hash, &hash.to_uppercase()] {
            assert!(is_in(&login(&server, name, password)), "{name} {password}");
        }
        let lower = plain.to_lowercase();
        for password in [lower.as_str(), &md5(&lower), &md5(&hash), &hash[1..], " ", "x"] {
            assert_eq!(login(&server, name, password), wrong(), "{name} {password}");
        }
    }
}

#[test]
fn long_password_costs_no_more_up_to_160_kib() {
    let server = Server::start("");
    server.account("nora");
    assert_eq!(login(&server, "nora", &"x".repeat(160_000)), wrong());
    assert_eq!(login(&server, &"x".repeat(160_000), "secret-1"), wrong());
    let too_long = fault_with(-2, "Error JSON value", "data: longer than 160 KiB, and no picture");
    assert_eq!(login(&server, "nora", &"x".repeat(1_000_000)), too_long);
    assert!(is_in(&login(&server, "nora", "secret-1")));
}

#[test]
fn passwords_and_tokens_are_never_stored_in_the_clear() {
    if crate::common::postgres::is_used() {
        return;
    }
    let server = Server::start("[log]\nlevel = \"trace\"\n");
    register(&server, "nora", "Canary-Secret-1");
    login(&server, "nora", "Canary-Wrong-1");
    let answer: Value = serde_json::from_str(&login(&server, "nora", "Canary-Secret-1")).unwrap();
    let token = answer["data"]["token"].as_str().unwrap();
    assert_eq!(change(&server, token, "Canary-Secret-1", "Canary-Secret-2"), ok(json!({})));
    let mut kept = server.log();
    for file in std::fs::read_dir(server.folder().join("data")).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            kept += &String::from_utf8_lossy(&std::fs::read(path).unwrap());
        }
    }
    assert!(kept.contains("$argon2id$v=19$m=19456,t=2,p=1$"));
    let md5s = [md5("Canary-Secret-1"), md5("Canary-Secret-2"), md5("Canary-Wrong-1")];
    assert!(!kept.contains("Canary") && !kept.contains(token));
    assert!(md5s.iter().all(|md5| !kept.contains(md5.as_str())));
}

#[test]
fn right_password_after_five_failures_is_refused() {
    let server = Server::start("");
    server.account("nora");
    server.account("omar");
    for _ in 0..5 {
        assert_eq!(login(&server, "nora", "wrong-1"), wrong());
    }
    assert_eq!(login(&server, "nora", "wrong-1"), too_many());
    assert_eq!(login(&server, "nora", "secret-1"), too_many());
    assert!(is_in(&login(&server, "omar", "secret-1")), "others are not held up");
    // A restart does not reset the counts.
    let server = server.kill_and_restart();
    assert_eq!(login(&server, "nora", "secret-1"), too_many());
}

#[test]
fn successful_login_clears_the_failure_count() {
    let server = Server::start("");
    server.account("nora");
    for _ in 0..3 {
        for _ in 0..4 {
            assert_eq!(login(&server, "nora", "wrong-1"), wrong());
        }
        assert!(is_in(&login(&server, "nora", "secret-1")));
    }
}

#[test]
fn unknown_name_is_answered_like_wrong_password() {
    let server = Server::start("");
    server.account("nora");
    let transcript = |name: &str| -> Vec<Vec<u8>> {
        let body = envelope("user/login", json!({"username": name, "password": "wrong-1"}));
        let all = (0..7).map(|_| {
            let reply = server.send("POST", "/api", &[], body.as_bytes());
            let kept = reply.headers.iter().filter(|(name, _)| name != "date");
            [format!("{} {:?}", reply.status, kept.collect::<Vec<_>>()).into_bytes(), reply.body]
                .concat()
        });
        all.collect()
    };
    let known = transcript("nora");
    assert_ne!(known[4], known[5], "the sixth try is refused otherwise");
    for unknown in ["nobody", "13800001234", "' OR 1=1 --", &"x".repeat(1000)] {
        assert_eq!(transcript(unknown), known, "{unknown}");
    }
}

#[test]
fn login_limit_is_configurable_and_can_be_off() {
    for (limit, tries) in [(1, 1), (2, 2), (0, 12)] {
        let server = Server::start(&format!("[limits]\nlogin_attempts = {limit}\n"));
        server.account("nora");
        for _ in 0..tries {
            assert_eq!(login(&server, "nora", "wrong-1"), wrong());
        }
        let answer = login(&server, "nora", "secret-1");
        assert!(if limit == 0 { is_in(&answer) } else { answer == too_many() }, "{answer}");
    }
}

#[test]
fn login_failures_are_counted_per_address() {
    let server = Server::start("[limits]\ntrusted_proxies = [\"127.0.0.1\"]\n");
    server.account("nora");
    let from = |address: &str, password: &str| {
        let body = envelope("user/login", json!({"username": "nora", "password": password}));
        server.send("POST", "/api", &[("X-Forwarded-For", address)], body.as_bytes()).text()
    };
    for _ in 0..5 {
        assert_eq!(from("192.0.2.1", "wrong-1"), wrong());
    }
    assert_eq!(from("192.0.2.1", "secret-1"), too_many());
    assert!(is_in(&from("192.0.2.2", "secret-1")), "the owner is not locked out");
    assert_eq!(from("192.0.2.1", "secret-1"), too_many(), "another's success clears nothing here");
}

#[test]
fn failures_by_name_and_by_number_are_separate() {
    let server = Server::start("");
    let hash = server.captcha();
    server.done("", "sms/generate", json!({"phone": "13800001234", "hash": hash}));
    let code = server.outbox()[0]["code"].clone();
    let data = json!({"mobile": "13800001234", "sms_code": code, "password": "secret-1"});
    server.done("", "user/register", data);
    let token = server.login("13800001234");
    server.done(&token, "user/rename", json!({"username": "nora"}));
    // Otherwise the refusal would reveal which number belongs to a name.
    for _ in 0..5 {
        assert_eq!(login(&server, "nora", "wrong-1"), wrong());
    }
    assert_eq!(login(&server, "nora", "secret-1"), too_many());
    assert!(is_in(&login(&server, "13800001234", "secret-1")));
}

#[test]
fn only_five_of_thirty_concurrent_guesses_are_checked() {
    let server = Server::start("");
    server.account("nora");
    let answers: Vec<String> = thread::scope(|scope| {
        let guess = || login(&server, "nora", "wrong-1");
        let all: Vec<_> = (0..30).map(|_| scope.spawn(guess)).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(answers.iter().filter(|answer| **answer == wrong()).count(), 5);
    assert_eq!(answers.iter().filter(|answer| **answer == too_many()).count(), 25);
}

#[test]
fn changing_the_password_ends_every_session() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let others = [server.login("nora"), server.login("nora")];
    let (_, omar) = server.account("omar");
    let (old, new) = (md5("secret-1").to_uppercase(), md5("secret-2"));
    assert_eq!(change(&server, &token, &old, &new), ok(json!({})));
    for token in others.iter().chain([&token]) {
        let answer = server.call_as(token, "user/info", json!({}));
        assert_eq!(answer, fault(-101, "Error token"));
    }
    assert_eq!(login(&server, "nora", "secret-1"), wrong());
    assert!(is_in(&login(&server, "nora", "secret-2")));
    assert_eq!(server.done(&omar, "user/info", json!({}))["username"], "omar");
}

#[test]
fn wrong_old_password_counts_as_failed_login() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    for _ in 0..5 {
        assert_eq!(change(&server, &token, "wrong-1", "secret-2"), wrong());
    }
    assert_eq!(change(&server, &token, "secret-1", "secret-2"), too_many());
    assert_eq!(login(&server, "nora", "secret-1"), too_many());
    // The session is still valid.
    assert_eq!(server.done(&token, "user/info", json!({}))["username"], "nora");
}

#[test]
fn one_of_ten_concurrent_password_changes_succeeds() {
    let server = Server::start("[limits]\nlogin_attempts = 0\n");
    let (_, token) = server.account("nora");
    let answers: Vec<String> = thread::scope(|scope| {
        let all: Vec<_> = (0..10)
            .map(|n| {
                let (server, token) = (&server, &token);
                scope.spawn(move || change(server, token, "secret-1", &format!("secret-2-{n}")))
            })
            .collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let made: Vec<usize> = (0..10).filter(|&n| answers[n] == ok(json!({}))).collect();
    assert_eq!(made.len(), 1, "{answers:?}");
    // The others came too late: with the old password, or with a token that had ended.
    let late = [wrong(), fault(-101, "Error token")];
    assert_eq!(answers.iter().filter(|answer| late.contains(answer)).count(), 9, "{answers:?}");
    assert!(is_in(&login(&server, "nora", &format!("secret-2-{}", made[0]))));
}

#[test]
fn password_set_by_command_ends_every_session() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let set = crate::common::with_input(
        command(server.folder()).args(["user", "passwd", "nora", "--password-stdin"]),
        "secret-2\n",
    );
    assert!(set.status.success(), "{set:?}");
    assert_eq!(server.call_as(&token, "user/info", json!({})), fault(-101, "Error token"));
    assert_eq!(login(&server, "nora", "secret-1"), wrong());
    assert!(is_in(&login(&server, "nora", "secret-2")));
}
