//! Accounts over the wire: reading and changing one's own (contract: README "Accounts and tokens",
//! operations.md).

use crate::common::{Server, command, fault, fault_with, ok, wrong_password};
use serde_json::{Value, json};
use std::thread;
use std::time::Duration;

fn value(detail: &str) -> String {
    fault_with(-2, "Error JSON value", detail)
}

/// Removes an account by command while the server runs.
fn remove(server: &Server, name: &str) {
    let done = command(server.folder()).args(["user", "remove", name]).output().unwrap();
    assert!(done.status.success(), "{done:?}");
}

#[test]
fn login_opens_a_session_and_returns_the_user() {
    let server = Server::start("");
    let (id, _) = server.account("nora");
    let answer = server.call("user/login", json!({"username": "nora", "password": "secret-1"}));
    let token = serde_json::from_str::<Value>(&answer).unwrap()["data"]["token"].clone();
    let token = token.as_str().unwrap();
    assert!(token.len() == 32 && token.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')));
    let data = format!(
        r#"{{"token":"{token}","user_id":{id},"username":"nora","nickname":"nora","profile_picture":""}}"#
    );
    assert_eq!(answer, format!(r#"{{"id":7,"status":0,"message":"successful","data":{data}}}"#));
}

#[test]
fn logout_ends_only_its_own_session() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let other = server.login("nora");
    assert_ne!(token, other);
    assert_eq!(server.call_as(&token, "user/logout", json!({})), ok(json!({})));
    for name in ["user/info", "user/logout"] {
        assert_eq!(server.call_as(&token, name, json!({})), fault(-101, "Error token"));
    }
    assert_eq!(server.done(&other, "user/info", json!({}))["username"], "nora");
}

#[test]
fn user_info_shows_the_owners_account() {
    let server = Server::start("");
    let (id, token) = server.account("nora");
    let answer = server.call_as(&token, "user/info", json!({}));
    let time = serde_json::from_str::<Value>(&answer).unwrap()["data"]["create_time"].clone();
    let time = time.as_str().unwrap();
    let shape: String = time.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert_eq!(shape, "0000-00-00 00:00:00");
    let data = format!(
        r#"{{"user_id":{id},"username":"nora","nickname":"nora","profile_picture":"","mobile":"","create_time":"{time}","verified":false}}"#
    );
    assert_eq!(answer, format!(r#"{{"id":7,"status":0,"message":"successful","data":{data}}}"#));
}

#[test]
fn nickname_has_1_to_32_characters_and_may_repeat() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    server.account("omar");
    for nickname in
        ["n", "omar", "诺拉", &"诺".repeat(32), &"😀".repeat(32), "a b\"\\", "13800001234"]
    {
        let answer = server.call_as(&token, "user/update", json!({"nickname": nickname}));
        assert_eq!(answer, ok(json!({})), "{nickname}");
        let info = server.done(&token, "user/info", json!({}));
        assert_eq!((&info["nickname"], &info["username"]), (&json!(nickname), &json!("nora")));
    }
    for (data, expected) in [
        (json!({}), fault_with(-3, "Error data key", "nickname: missing")),
        (json!({"nickname": ""}), value("nickname: must not be empty")),
        (json!({"nickname": null}), value("nickname: expected a string")),
        (json!({"nickname": 5}), value("nickname: expected a string")),
        (json!({"nickname": "n".repeat(33)}), value("nickname: 1 to 32 characters")),
        (json!({"nickname": "诺".repeat(33)}), value("nickname: 1 to 32 characters")),
        (json!({"nickname": "😀".repeat(33)}), value("nickname: 1 to 32 characters")),
        (json!({"nickname": "n".repeat(100_000)}), value("nickname: 1 to 32 characters")),
        (json!({"nickname": "a\u{0}b"}), value("nickname: a NUL character can't be kept")),
        (
            json!({"nickname": "a\nb"}),
            value("nickname: control characters can't be part of a name"),
        ),
    ] {
        assert_eq!(server.call_as(&token, "user/update", data.clone()), expected, "{data}");
    }
    assert_eq!(server.done(&token, "user/info", json!({}))["nickname"], "13800001234");
}

#[test]
fn account_can_take_a_free_name() {
    let server = Server::start("[limits]\nrenames_per_day = 0\n");
    let (_, token) = server.account("nora");
    server.account("omar");
    let rename = |name: &str| server.call_as(&token, "user/rename", json!({"username": name}));
    assert_eq!(rename("omar"), value("the name is taken"));
    for name in ["nora", "Nora", "诺拉", &"😀".repeat(32), "paula"] {
        assert_eq!(rename(name), ok(json!({"username": name})));
    }
    for (data, expected) in [
        (json!({}), fault_with(-3, "Error data key", "username: missing")),
        (json!({"username": ""}), value("username: must not be empty")),
        (json!({"username": 5}), value("username: expected a string")),
        (json!({"username": "n".repeat(33)}), value("username: 1 to 32 characters")),
        (
            json!({"username": "13800001234"}),
            value("username: another's telephone number can't be a name"),
        ),
    ] {
        assert_eq!(server.call_as(&token, "user/rename", data.clone()), expected, "{data}");
    }
    // The session and nickname stay, and the old name is held for the account.
    let info = server.done(&token, "user/info", json!({}));
    assert_eq!((&info["username"], &info["nickname"]), (&json!("paula"), &json!("nora")));
    server.login("paula");
    let old = server.call("user/login", json!({"username": "nora", "password": "secret-1"}));
    assert_eq!(old, wrong_password());
    let data = json!({"username": "nora", "password": "secret-1", "hash": server.captcha()});
    assert_eq!(server.call("user/register", data), value("the name is taken"));
    assert_eq!(rename("nora"), ok(json!({"username": "nora"})));
}

#[test]
fn user_token_is_checked_before_the_data() {
    let server = Server::start("");
    let (_, gone) = server.account("nora");
    remove(&server, "nora");
    let junk = "0".repeat(32);
    for (token, expected) in [
        ("", fault(-100, "Missing necessary args")),
        (&junk, fault(-101, "Error token")),
        (&gone, fault(-102, "Get userid failed for the token")),
    ] {
        for name in ["user/logout", "user/info", "user/update", "user/rename", "user/password"] {
            for data in [json!({}), json!({"nickname": 5, "username": [], "old_password": null})] {
                assert_eq!(server.call_as(token, name, data), expected, "{name}");
            }
        }
        // The envelope's own checks come before either.
        let none = server.call_as(token, "user/none", json!({}));
        assert_eq!(none, value("type, subtype: no such operation"));
        let body = json!({"id": 7, "status": 0, "type": "user", "subtype": "info"}).to_string();
        let missing = fault_with(-1, "Error JSON key", "data: missing from the envelope");
        assert_eq!(server.post(&format!("/api?token={token}"), &body), missing);
    }
}

#[test]
fn user_errors_rank_missing_empty_type() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let missing = |key: &str| fault_with(-3, "Error data key", &format!("{key}: missing"));
    for (name, data, expected) in [
        ("user/password", json!({}), missing("old_password")),
        ("user/password", json!({"old_password": 5}), missing("new_password")),
        (
            "user/password",
            json!({"old_password": 5, "new_password": ""}),
            value("new_password: must not be empty"),
        ),
        (
            "user/password",
            json!({"old_password": 5, "new_password": "short"}),
            value("old_password: expected a string"),
        ),
        (
            "user/password",
            json!({"old_password": "wrong", "new_password": "short"}),
            value("new_password: 6 to 64 characters, or the md5 of them"),
        ),
        ("user/login", json!({}), missing("username")),
        ("user/login", json!({"username": 5}), missing("password")),
        ("user/login", json!({"password": ""}), missing("username")),
        (
            "user/login",
            json!({"username": 5, "password": ""}),
            value("password: must not be empty"),
        ),
        (
            "user/login",
            json!({"username": "nora", "password": null}),
            value("password: expected a string"),
        ),
        (
            "user/login",
            json!({"username": "", "password": "x"}),
            value("username: must not be empty"),
        ),
    ] {
        assert_eq!(server.call_as(&token, name, data.clone()), expected, "{name} {data}");
    }
    // None of that counted as a failed login.
    server.login("nora");
}

#[test]
fn removed_account_is_gone_and_its_id_not_reused() {
    let server = Server::start("");
    let (nora, _) = server.account("nora");
    let (omar, token) = server.account("omar");
    assert_eq!((nora, omar), (100_001, 100_002));
    remove(&server, "omar");
    let gone = fault(-102, "Get userid failed for the token");
    assert_eq!(server.call_as(&token, "user/info", json!({})), gone);
    let login = server.call("user/login", json!({"username": "omar", "password": "secret-1"}));
    assert_eq!(login, wrong_password());
    // Nobody else gets the name for a while, and nobody ever gets the id.
    let data = json!({"username": "omar", "password": "secret-1", "hash": server.captcha()});
    assert_eq!(server.call("user/register", data), value("the name is taken"));
    let (id, _) = server.account("paula");
    assert_eq!(id, 100_003);
    assert_eq!(server.call_as(&token, "user/info", json!({})), gone);
    let server = server.restart();
    remove(&server, "paula");
    assert!(server.account("quinn").0 > id);
}

#[test]
fn session_survives_restart_and_expires_on_time() {
    let server = Server::start("");
    let (id, token) = server.account("nora");
    let server = server.kill_and_restart();
    assert_eq!(server.done(&token, "user/info", json!({}))["user_id"], id);

    let server = Server::start("[session]\nttl = \"1s\"\n");
    let (_, token) = server.account("nora");
    for _ in 0..100 {
        let answer = server.call_as(&token, "user/info", json!({}));
        if answer == fault(-101, "Error token") {
            assert_eq!(server.call_as(&token, "user/logout", json!({})), answer);
            return;
        }
        assert!(answer.contains("\"username\":\"nora\""), "{answer}");
        thread::sleep(Duration::from_millis(100));
    }
    panic!("the session did not end");
}

#[test]
fn one_of_two_concurrent_renames_gets_the_name() {
    let server = Server::start("");
    let tokens: Vec<String> = (0..20).map(|n| server.account(&format!("n{n}")).1).collect();
    let answers: Vec<String> = thread::scope(|scope| {
        let rename = |token| server.call_as(token, "user/rename", json!({"username": "nora"}));
        let all: Vec<_> = tokens.iter().map(|token| scope.spawn(move || rename(token))).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let done = ok(json!({"username": "nora"}));
    assert_eq!(answers.iter().filter(|answer| **answer == done).count(), 1);
    let refused = value("the name is taken");
    assert_eq!(answers.iter().filter(|answer| **answer == refused).count(), 19);
}
