//! Every operation that needs a login, with every kind of missing login (contract pages `faults.md`
//! and `operations.md`), and the codes of each document.

use crate::common::notice;
use crate::common::surface;
use crate::common::web::{FORM, MULTIPART, PNG, entry, file, refused};
use crate::common::{Reply, Server, fault, fault_with};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// Why there is no login.
#[derive(Debug, Clone, Copy, PartialEq)]
enum MissingLogin {
    /// No token at all.
    None,
    /// A token that is malformed, unknown, expired or logged out.
    Bad,
    /// A token older than the password.
    Stale,
    /// A token of a removed account.
    Gone,
}

fn envelope_answer(name: &str, lack: MissingLogin) -> String {
    if name == "property/query" {
        return query_answer(7, lack);
    }
    match lack {
        MissingLogin::None => fault(-100, "Missing necessary args"),
        MissingLogin::Bad | MissingLogin::Stale => fault(-101, "Error token"),
        MissingLogin::Gone => fault(-102, "Get userid failed for the token"),
    }
}

fn query_answer(id: i64, lack: MissingLogin) -> String {
    let (status, message, detail) = match lack {
        MissingLogin::None => (-104, "Missing necessary args", "a token is needed: log in first"),
        MissingLogin::Bad | MissingLogin::Stale => (
            -105,
            "Error token",
            "the token is unknown, expired, logged out or older than the password",
        ),
        MissingLogin::Gone => (-105, "Error token", "the token's account was removed"),
    };
    let answer =
        json!({"id": id, "status": status, "message": message, "data": [], "detail": detail});
    answer.to_string()
}

fn rank_answer(method: &str, lack: MissingLogin) -> String {
    let (code, error) = match lack {
        MissingLogin::None | MissingLogin::Bad => (10086, "Please login"),
        MissingLogin::Stale => (10111, "User or password is wrong"),
        MissingLogin::Gone => (10010, "User is wrong"),
    };
    match method {
        "POST" => json!({"code": code, "data": "error", "error": error}).to_string(),
        _ => json!({"code": code, "error": error}).to_string(),
    }
}

fn entry_task_answer(lack: MissingLogin) -> String {
    match lack {
        MissingLogin::None => entry(200_410, "no token", json!("")),
        _ => entry(200_412, "the token is not valid", json!("")),
    }
}

/// Valid data of an operation for a logged-in caller.
fn data(name: &str) -> Value {
    let mut data = surface::samples(name, 123_456_789).swap_remove(0);
    if name == "portrait/upload" {
        data["id"] = "100001".into();
    }
    data
}

/// Sends requests to documents and records their paths, to check that none is missing.
struct RecordedServer<'a> {
    server: &'a Server,
    paths: Vec<String>,
}

impl RecordedServer<'_> {
    fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        self.paths.push(format!("{method} {}", path.split('?').next().unwrap()));
        self.server.send(method, path, headers, body.as_bytes())
    }

    fn ask(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> String {
        let reply = self.send(method, path, headers, body);
        assert_eq!(reply.status, 200, "{method} {path}: {}", reply.text());
        reply.text()
    }
}

/// Sends every operation with this token, with valid and invalid data, and checks the answers.
fn ask(server: &Server, token: &str, lack: MissingLogin) {
    let operations = surface::operations();
    let needs_login = |name: &str| {
        operations.iter().any(|operation| operation.needs_login && operation.name == name)
    };
    for surface::Operation { name, needs_login, .. } in &operations {
        let name = name.as_str();
        // A portrait's data says whether a login is needed; a removed account's id is free.
        let is_portrait = name == "portrait/upload";
        if !needs_login && !is_portrait || is_portrait && lack == MissingLogin::Gone {
            continue;
        }
        let told = envelope_answer(name, lack);
        let nothing = if is_portrait { data(name) } else { json!({}) };
        for mut data in [data(name), nothing] {
            assert_eq!(server.call_as(token, name, data.clone()), told, "{name} {lack:?}");
            let path = format!("/api/op/{name}");
            let login = ("Authorization", token);
            let reply = server.send("POST", &path, &[login], data.to_string().as_bytes());
            assert_eq!((reply.status, reply.text()), (401, without_id(&told)), "{path} {lack:?}");
            if lack != MissingLogin::None {
                data["token"] = token.into();
                assert_eq!(server.call(name, data), told, "{name} {lack:?}");
            }
        }
    }
    let mut asked = RecordedServer { server, paths: Vec::new() };
    let query = format!("/api/external/get/property?token={token}&type=1");
    for query in [&query, &format!("{query}&no=1")] {
        assert_eq!(asked.ask("GET", query, &[], ""), query_answer(-1, lack), "{lack:?}");
    }

    let login = ("Authorization", token);
    for method in ["POST", "PUT"] {
        for path in ["/ranking_list", "/api/ranking_list"] {
            for body in ["rank=5", "{}", r#"{"rank":5,"arange":[1,1]}"#, "{"] {
                let answer = asked.ask(method, path, &[login], body);
                assert_eq!(answer, rank_answer(method, lack), "{method} {body} {lack:?}");
            }
        }
    }
    let picture = String::from_utf8_lossy(&file("file", "a.png", b"GIF")).into_owned();
    for (method, path, more, body) in [
        ("POST", "logout", FORM, ""),
        ("PUT", "update_user_info", FORM, "nickname=Mia"),
        ("PUT", "update_user_info", FORM, ""),
        ("PUT", "update_user_profile_picture", MULTIPART, &*picture),
        ("GET", "get_user_info", FORM, ""),
    ] {
        for prefix in ["/user", "/api/user"] {
            let path = format!("{prefix}/{path}");
            let answer = asked.ask(method, &path, &[login, more], body);
            assert_eq!(answer, entry_task_answer(lack), "{path} {lack:?}");
        }
    }
    let cookie = format!("session={token}");
    let avatar = picture.replace("\"file\"", "\"avatar\"");
    for (method, path, more, body) in [
        ("GET", "session", FORM, ""),
        ("GET", "user", FORM, ""),
        ("POST", "user/avatar", MULTIPART, &*avatar),
        ("POST", "user/avatar", FORM, ""),
        ("PUT", "user/name", FORM, "name=mia"),
        ("PUT", "user/name", FORM, "name=mia&name=mia"),
        ("POST", "user/auth", FORM, "real_name=Mia&id_card=11010519491231002X"),
        ("GET", "user/auth", FORM, ""),
        ("DELETE", "session", FORM, ""),
    ] {
        for login in [login, ("Cookie", &*cookie)] {
            let path = format!("/api/v1.0/{path}");
            let reply = asked.send(method, &path, &[login, more], body);
            assert_eq!((reply.status, reply.text()), (200, refused("4101", "用户未登录")));
            assert_eq!(reply.header("set-cookie"), "", "{path} {lack:?}");
        }
    }
    for surface::Path { method, path, operation, .. } in surface::paths() {
        let is_asked = asked.paths.contains(&format!("{method} {path}"))
            || path == format!("/api/op/{operation}");
        assert!(is_asked || !needs_login(&operation), "{method} {path} is missing here");
    }
}

/// An envelope's answer as the path of an operation answers it.
fn without_id(answer: &str) -> String {
    let (_, rest) = answer.split_once(',').unwrap();
    format!("{{{rest}")
}

#[test]
fn invalid_token_has_each_documents_code() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let before = server.done(&token, "user/info", json!({}));
    ask(&server, "", MissingLogin::None);
    let upper = token.to_uppercase().replace(|c: char| c.is_ascii_digit(), "A");
    for junk in ["junk", &"0".repeat(32), &token[1..], &format!("{token}0"), &upper] {
        ask(&server, junk, MissingLogin::Bad);
    }
    let out = server.login("nora");
    server.done(&out, "user/logout", json!({}));
    ask(&server, &out, MissingLogin::Bad);
    // None of these requests changed anything.
    assert_eq!(server.done(&token, "user/info", json!({})), before);
    assert_eq!(server.done(&token, "rank/list", json!({})), json!([]));
    assert_eq!(server.done(&token, "property/query", json!({"type": 1})), json!([]));
    assert_eq!(server.done(&token, "shop/list", json!({})), json!([]));
    assert_eq!(server.pictures(), [""; 0]);
}

#[test]
fn expired_token_is_an_invalid_token() {
    let server = Server::start("[session]\nttl = \"1s\"\n");
    let (_, token) = server.account("nora");
    server.wait_until_expired(&token);
    ask(&server, &token, MissingLogin::Bad);
}

#[test]
fn token_older_than_password_has_its_own_code() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let other = server.login("nora");
    let change = json!({"old_password": "secret-1", "new_password": "secret-2"});
    server.done(&token, "user/password", change);
    ask(&server, &token, MissingLogin::Stale);
    ask(&server, &other, MissingLogin::Stale);
    server.user(&["passwd", "nora", "--password-stdin"], "secret-1\n");
    let newest = server.login("nora");
    server.user(&["passwd", "nora", "--password-stdin"], "secret-1\n");
    ask(&server, &newest, MissingLogin::Stale);
}

#[test]
fn token_of_removed_account_has_its_own_code() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    server.user(&["remove", "nora"], "");
    ask(&server, &token, MissingLogin::Gone);
    // The token stays the old account's.
    assert_eq!(server.account("paula").0, 100_002);
    ask(&server, &token, MissingLogin::Gone);
}

#[test]
fn another_accounts_data_cannot_be_changed() {
    let server = Server::start("");
    let (_, nora) = server.account("nora");
    let (_, mallory) = server.account("mallory");
    let notice = notice::add(&server, &nora, notice::sample());
    let shop = server.done(&nora, "shop/creat", json!({"shop_name": "Nora's"}))["shop_id"].clone();
    let mut portrait = data("portrait/upload");
    portrait["base64"] = STANDARD.encode(PNG).into();
    server.done(&nora, "portrait/upload", portrait.clone());
    let before = (notice::show(&server, &nora, notice), server.call("shop/list", json!({})));

    let denied = fault(-200, "Failure to operate database");
    let sample = notice::with(notice::sample(), json!({"user_id": "100001"}));
    for (name, data, told) in [
        ("property/update", json!({"id": notice, "title": "x"}), denied.clone()),
        ("property/update", json!({"id": notice, "user_id": "100001"}), denied.clone()),
        ("property/delete", json!({"id": notice}), denied.clone()),
        ("property/delete", json!({"id": notice, "user_id": "100001"}), denied.clone()),
        // As without a token.
        ("property/delete", json!({"id": 999}), denied),
        (
            "shop/update",
            json!({"shop_id": shop, "shop_content": "x"}),
            fault(100, "No right to update"),
        ),
        (
            "shop/creat",
            json!({"shop_id": shop, "shop_content": "x"}),
            fault(100, "No right to update"),
        ),
        (
            "shop/creat",
            json!({"shop_name": "x", "user_id": 100_001}),
            fault_with(
                -102,
                "Get userid failed for the token",
                "user_id: must be the id of the account that the token is of",
            ),
        ),
        ("portrait/upload", portrait, fault(-101, "Error token")),
    ] {
        assert_eq!(server.call_as(&mallory, name, data.clone()), told, "{name} {data}");
    }
    let told = server.call_as(&mallory, "property/add", sample);
    let detail = told.split_once(",\"detail\":").unwrap().1.trim_end_matches('}');
    let detail: String = serde_json::from_str(detail).unwrap();
    assert_eq!(told, fault_with(-204, "Arg's value error", &detail));
    assert!(detail.starts_with("user_id: "), "{detail}");

    let after = (notice::show(&server, &nora, notice), server.call("shop/list", json!({})));
    assert_eq!(after, before);
    assert!(server.get("/api/external/get/portrait/100001").body == PNG);
}
