//! One account through every document: changes by one document are visible to the others (contract
//! README, "Accounts and tokens").

use crate::common::notice;
use crate::common::web;
use crate::common::web::{JSON, MULTIPART, PNG, entry, file, refused, success};
use crate::common::{CODE, Server, fault, ok};
use engine::hex::md5;
use serde_json::{Value, json};

/// Logs in like the entry-task client. Returns a token.
fn entry_login(server: &Server, username: &str, password: &str) -> String {
    let body = json!({"username": username, "password": md5(password)}).to_string();
    let answer = server.ask("POST", "/login", &[JSON], &body);
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["code"], 0, "{answer}");
    answer["result"]["token"].as_str().unwrap().to_owned()
}

/// Each document's answer about the account of a token.
fn answers_for(server: &Server, token: &str) -> [String; 4] {
    let (login, cookie) = (("Authorization", token), format!("session={token}"));
    [
        server.call_as(token, "user/info", json!({})),
        server.ask("GET", "/user/get_user_info", &[login], ""),
        server.ask("GET", "/api/v1.0/user", &[("Cookie", &cookie)], ""),
        server.ask("GET", "/api/v1.0/session", &[("Cookie", &cookie)], ""),
    ]
}

/// Each document's answer to an unknown token.
fn answers_without_login() -> [String; 4] {
    [
        fault(-101, "Error token"),
        entry(200_412, "the token is not valid", json!("")),
        refused("4101", "用户未登录"),
        refused("4101", "用户未登录"),
    ]
}

/// The expected answers.
fn profile(
    name: &str,
    nickname: &str,
    picture: &str,
    created: &Value,
    verified: bool,
) -> [String; 4] {
    [
        ok(json!({
            "user_id": 100_001, "username": name, "nickname": nickname,
            "profile_picture": picture, "mobile": "13800000001", "create_time": created,
            "verified": verified,
        })),
        entry(0, "", json!({"nickname": nickname, "profile_picture": picture, "username": name})),
        success(json!({
            "user_id": 100_001, "name": name, "avatar": picture, "avatar_url": picture,
            "mobile": "13800000001", "create_time": created,
        })),
        success(json!({"user_id": 100_001, "name": name})),
    ]
}

#[test]
fn change_by_one_document_is_shown_by_all() {
    let server = Server::start("");
    let token = server.registered("13800000001");
    let created = server.done(&token, "user/info", json!({}))["create_time"].clone();
    let (login, cookie) = ([("Authorization", &*token)], format!("session={token}"));
    assert_eq!(
        answers_for(&server, &token),
        profile("13800000001", "13800000001", "", &created, false)
    );

    server.ask("PUT", "/api/v1.0/user/name", &[("Cookie", &cookie)], "name=nora");
    assert_eq!(answers_for(&server, &token), profile("nora", "13800000001", "", &created, false));
    server.ask("PUT", "/user/update_user_info", &login, "nickname=Nora");
    assert_eq!(answers_for(&server, &token), profile("nora", "Nora", "", &created, false));
    server.done(&token, "user/rename", json!({"username": "mia"}));
    server.done(&token, "user/update", json!({"nickname": "米娅"}));
    assert_eq!(answers_for(&server, &token), profile("mia", "米娅", "", &created, false));

    let mut pictures = Vec::new();
    for (method, path, field) in [
        ("PUT", "/user/update_user_profile_picture", "file"),
        ("POST", "/api/v1.0/user/avatar", "avatar"),
    ] {
        let body = file(field, "a.png", PNG);
        assert_eq!(server.send(method, path, &[login[0], MULTIPART], &body).status, 200);
        let info = server.done(&token, "user/info", json!({}));
        let picture = info["profile_picture"].as_str().unwrap().to_owned();
        assert_eq!(answers_for(&server, &token), profile("mia", "米娅", &picture, &created, false));
        pictures.push(picture);
    }
    assert_ne!(pictures[0], pictures[1]);
    let body = r#"{"real_name":"林小雨","id_card":"11010519491231002X"}"#;
    assert_eq!(server.ask("POST", "/api/v1.0/user/auth", &login, body), success(Value::Null));
    assert_eq!(answers_for(&server, &token), profile("mia", "米娅", &pictures[1], &created, true));
    // A portrait is not an avatar.
    let default = include_bytes!("../../assets/pictures/default-avatar.png");
    assert!(server.get("/api/external/get/portrait/100001").body == default);
}

#[test]
fn token_of_one_document_is_valid_in_all() {
    let server = Server::start("");
    let ihome = server.registered("13800000001");
    let by_mobile = entry_login(&server, "13800000001", "secret-1");
    server.ask("PUT", "/api/v1.0/user/name", &[("Authorization", &ihome)], "name=nora");
    let by_name = entry_login(&server, "nora", "secret-1");
    for (number, token) in [ihome, by_mobile, by_name].iter().enumerate() {
        let score = 100 + i64::try_from(number).unwrap();
        let id = notice::add(&server, token, notice::sample());
        let path = format!("/api/external/get/property?token={token}&type=1&id={id}");
        let row = notice::row(json!({"id": id}));
        assert_eq!(server.get(&path).text(), notice::found(&[row]));
        let shop = json!({"shop_name": format!("shop {number}"), "user_id": 100_001});
        let shop = server.done(token, "shop/create", shop)["shop_id"].clone();
        assert_eq!(server.done("", "shop/get", json!({"shop_id": shop}))["user_id"], 100_001);
        let body = json!({"rank": score, "arange": [1, 1]}).to_string();
        let place = json!({"ranking": 1, "user": "100001", "rank_score": score});
        let told = json!({"code": 200, "data": [{"rank_list": place}], "self": place}).to_string();
        let bearer = format!("Bearer {token}");
        assert_eq!(server.ask("PUT", "/ranking_list", &[("Authorization", &bearer)], &body), told);
        let path = format!("/ranking_list?token={token}");
        assert_eq!(server.ask("PUT", &path, &[], &body), told);
        assert_eq!(server.done(token, "rank/list", json!({})), json!([place]));
    }
}

#[test]
fn logout_by_any_document_ends_the_session_in_all() {
    let server = Server::start("");
    let other = server.registered("13800000001");
    let created = server.done(&other, "user/info", json!({}))["create_time"].clone();
    let known = profile("13800000001", "13800000001", "", &created, false);
    for (method, path, answer) in [
        ("POST", "/user/logout", entry(0, "", json!(""))),
        ("DELETE", "/api/v1.0/session", success(Value::Null)),
    ] {
        let token = entry_login(&server, "13800000001", "secret-1");
        assert_eq!(answers_for(&server, &token), known);
        assert_eq!(server.ask(method, path, &[("Authorization", &token)], ""), answer);
        assert_eq!(answers_for(&server, &token), answers_without_login());
    }
    let token = entry_login(&server, "13800000001", "secret-1");
    assert_eq!(server.call_as(&token, "user/logout", json!({})), ok(json!({})));
    assert_eq!(answers_for(&server, &token), answers_without_login());
    assert_eq!(answers_for(&server, &other), known);
}

#[test]
fn new_password_ends_sessions_in_all_documents() {
    let server = Server::start("");
    let ihome = server.registered("13800000001");
    let entry_token = entry_login(&server, "13800000001", "secret-1");
    let wrong = json!({"old_password": "secret-0", "new_password": "secret-2"});
    let told = server.call_as(&ihome, "user/password", wrong);
    assert!(told.starts_with(r#"{"id":7,"status":-2,"message":"Error JSON value","data":{}"#));
    assert_ne!(answers_for(&server, &ihome), answers_without_login());
    // One client knows the plain text, the other its md5.
    let change = json!({"old_password": md5("secret-1"), "new_password": "secret-2"});
    assert_eq!(server.call_as(&ihome, "user/password", change), ok(json!({})));
    for token in [&ihome, &entry_token] {
        assert_eq!(answers_for(&server, token), answers_without_login());
    }
    let old = json!({"username": "13800000001", "password": md5("secret-1")}).to_string();
    let answer = server.ask("POST", "/login", &[], &old);
    assert_eq!(answer, entry(3002, "user name or password is wrong", json!("")));
    let old = r#"{"mobile":"13800000001","password":"secret-1"}"#;
    let answer = server.ask("POST", "/api/v1.0/sessions", &[], old);
    assert_eq!(answer, refused("4004", "用户名或密码错误"));
    let new = r#"{"mobile":"13800000001","password":"secret-2"}"#;
    let answer = server.ask("POST", "/api/v1.0/sessions", &[], new);
    assert_eq!(answer, success(json!({"user_id": 100_001})));
    assert_ne!(
        answers_for(&server, &entry_login(&server, "13800000001", "secret-2")),
        answers_without_login()
    );
}

#[test]
fn failed_logins_of_all_documents_count_together() {
    let server = Server::start("");
    server.registered("13800000001");
    let token = server.login("13800000001");
    server.ask("PUT", "/api/v1.0/user/name", &[("Authorization", &token)], "name=nora");
    let bad = md5("secret-0");
    // Failures are counted by the sent name, for all documents together.
    for _ in 0..2 {
        server.call("user/login", json!({"username": "nora", "password": "secret-0"}));
        let body = json!({"username": "nora", "password": bad}).to_string();
        assert!(server.ask("POST", "/login", &[], &body).starts_with(r#"{"code":3002,"#));
    }
    let body = r#"{"mobile":"nora","password":"secret-0"}"#;
    let answer = server.ask("POST", "/api/v1.0/sessions", &[], body);
    assert_eq!(answer, refused("4004", "用户名或密码错误"));
    let body = r#"{"mobile":"nora","password":"secret-1"}"#;
    let answer = server.ask("POST", "/api/v1.0/sessions", &[], body);
    assert_eq!(answer, refused("4201", "请求次数受限"));
}

#[test]
fn secrets_are_in_no_log_or_foreign_answer() {
    for format in ["text", "json"] {
        let server = Server::start(&format!("[log]\nlevel = \"trace\"\nformat = \"{format}\"\n"));
        let code = server.sms_code("13800000001");
        let (password, card) = ("canary-password", "11010519491231002X");
        let body = json!({"mobile": "13800000001", "sms_code": code, "password": password});
        let wrong = json!({"mobile": "13800000001", "sms_code": code, "password": "pw"});
        server.ask("POST", "/api/v1.0/users", &[], &wrong.to_string());
        let reply = server.send("POST", "/api/v1.0/users", &[], body.to_string().as_bytes());
        let token = web::session(&reply);
        let second = entry_login(&server, "13800000001", password);
        let told = json!({"real_name": "林小雨", "id_card": card});
        // Refused and successful requests; secrets in the path, query, header, cookie and
        // envelope.
        server.ask("POST", "/api/v1.0/user/auth", &[], &told.to_string());
        server.ask("POST", &format!("/api/v1.0/user/auth?id_card={card}x&token={token}"), &[], "");
        server.done(&token, "user/verify", told.clone());
        server.call_as(&token, "user/verify", told);
        let mut shown = json!({"real_name": "林小雨", "id_card": card, "token": second});
        server.call("user/verified", shown.clone());
        shown["id_card"] = json!([card]);
        server.call("user/verify", shown);
        let change = json!({"old_password": "canary-wrong", "new_password": password});
        server.call_as(&token, "user/password", change);
        server.post("/api", &format!("{{\"data\":\"{password}\",{card}"));
        server.get(&format!("/no/such/path/{card}?token={token}"));
        server.get(&format!("/api/v1.0/smscode/13800000002?id=none&text={CODE}"));
        notice::add(&server, &token, notice::sample());
        server.done(&token, "rank/upload", json!({"rank": 5}));

        let (_, stranger) = server.account("nora");
        for name in ["user/info", "user/verified", "rank/list", "shop/list"] {
            let answer = server.call_as(&stranger, name, json!({}));
            assert!(!answer.contains(card) && !answer.contains("林小雨"), "{answer}");
        }
        let found = notice::search(&server, &stranger, &[("type", "1")]);
        assert!(found.contains("\"user_id\":\"100001\"") && !found.contains(card), "{found}");

        let log = server.log();
        let md5 = md5(password);
        assert!(log.contains("user/verify"), "the log says something: {log}");
        for canary in [password, "canary-wrong", &md5, &token, &second, card, "林小雨"] {
            assert!(!log.contains(canary), "{canary} is in the log: {log}");
        }
        // Too short: they may be part of a time or of a request id.
        let mut words = log.split(|c: char| !c.is_alphanumeric());
        assert!(words.all(|word| word != code && word != CODE), "{code} is in the log: {log}");
    }
}
