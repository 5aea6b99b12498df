//! The tables of the documents' codes: each fault in them is provoked.

use super::rows;
use crate::common::{CODE, Reply, Server, command, run};
use serde_json::{Value, json};

/// Checks that the provoked faults of a document are in its table, in order. `rest` is the number
/// of further rows, for failures of the server.
fn documented(table: &str, told: &[(Value, Value)], rest: usize) {
    let text = |value: &Value| value.as_str().map_or(value.to_string(), str::to_owned);
    let mut rows = rows(table).into_iter().peekable();
    let mut others = 0;
    for (code, message) in told {
        let message = text(message);
        others += std::iter::from_fn(|| {
            rows.next_if(|[known, words, _]| {
                let is_free = ["names the key", "says why"].contains(&&**words);
                *known != text(code) || !(is_free || *words == message)
            })
        })
        .count();
        let row = rows.next().unwrap_or_else(|| panic!("{table}: {code} {message}"));
        let is_said = row[1] != "says why" || !message.is_empty();
        let is_named = row[1] != "names the key" || message.contains(": ");
        assert!(is_said && is_named, "{table}: {code} {message}");
    }
    assert_eq!(others + rows.count(), rest, "{table}");
}

/// The values of two keys of a document's answer.
fn code_and_message(reply: &Reply, keys: [&str; 2]) -> (Value, Value) {
    let answer = reply.json();
    let [code, message] = keys.map(|key| answer[key].clone());
    (code, message)
}

#[test]
fn rank_table_matches_the_program() {
    let server = Server::start("");
    let (_, stale) = server.account("nora");
    let (_, gone) = server.account("omar");
    let new = json!({"old_password": "secret-1", "new_password": "secret-2"});
    server.done(&stale, "user/password", new);
    run(command(server.folder()).args(["user", "remove", "omar"]));
    let (_, token) = server.account("ada");
    let put = |token: &str, body: &str| {
        let path = format!("/ranking_list?token={token}");
        code_and_message(&server.send("PUT", &path, &[], body.as_bytes()), ["code", "error"])
    };
    let told = [
        put("", r#"{"rank":1}"#),
        put(&gone, r#"{"rank":1}"#),
        put(&stale, r#"{"rank":1}"#),
        put(&token, "{}"),
        put(&token, r#"{"rank":1,"arange":[0,1]}"#),
    ];
    documented("status rank", &told, 1);
}

#[test]
fn games_table_matches_the_program() {
    let server = Server::start("[score]\nmax_boards = 3\nsecrets.signed = \"hidden\"\n");
    let post = |app: &str, body: &str| {
        let reply = server.send("POST", &format!("/{app}/api/post_score"), &[], body.as_bytes());
        code_and_message(&reply, ["code", "msg"])
    };
    assert_eq!(post("a", "openid=b&score=1").0, 200);
    let told = [
        post("a", "openid=b&score=-1"),
        post("signed", "openid=b&score=1"),
        code_and_message(&server.get("/a/api/user_score?openid=c"), ["code", "msg"]),
        post("b", "openid=b&score=1"),
    ];
    documented("status pinball", &told, 1);
}

#[test]
fn profiles_table_matches_the_program() {
    let server = Server::start("[limits]\nlogin_attempts = 1\n");
    let (_, token) = server.account("nora");
    let send = |method, path: &str, body: &str| {
        let reply = server.send(method, &format!("{path}?token={token}"), &[], body.as_bytes());
        code_and_message(&reply, ["code", "msg"])
    };
    let login = |password: &str| {
        send("POST", "/login", &json!({"username": "nora", "password": password}).to_string())
    };
    let wrong = "0".repeat(32);
    let told = [
        login("plain"),
        send("PUT", "/user/update_user_info", "{}"),
        login(&wrong),
        login(&wrong),
        code_and_message(&server.get("/user/get_user_info"), ["code", "msg"]),
        code_and_message(&server.get("/user/get_user_info?token=0"), ["code", "msg"]),
        send("PUT", "/user/update_user_profile_picture", "file=AAAA"),
    ];
    documented("status entry-task", &told, 1);
}

#[test]
fn sessions_table_matches_the_program() {
    let server = Server::start("[sms]\nper_30_seconds = 0\nper_hour = 2\n");
    let (_, token) = server.account("nora");
    server.account("ada");
    let send = |method, path: &str, body: &str| {
        let path = format!("/api/v1.0/{path}");
        let headers = [("Authorization", &*token)];
        code_and_message(
            &server.send(method, &path, &headers, body.as_bytes()),
            ["errno", "errmsg"],
        )
    };
    let message = |mobile: &str, text: &str| {
        server.get("/api/v1.0/imagecode/a");
        send("GET", &format!("smscode/{mobile}?id=a&text={text}"), "")
    };
    let code = &CODE[..4];
    let user = |mobile: &str, code: &str| {
        let body = json!({"mobile": mobile, "sms_code": code, "password": "secret-1"});
        send("POST", "users", &body.to_string())
    };
    assert_eq!(message("13800000001", code).0, "0");
    let sent = server.outbox()[0]["code"].as_str().unwrap().to_owned();
    let other = if sent == "000000" { "000001" } else { "000000" };
    let wrong_code = user("13800000001", other);
    assert_eq!(user("13800000001", &sent).0, "0");
    let identity = r#"{"real_name":"诺拉","id_card":"11010519491231002X"}"#;
    assert_eq!(send("POST", "user/auth", identity).0, "0");
    assert_eq!(message("13800000002", code).0, "0");
    assert_eq!(message("13800000002", code).0, "0");
    let told = [
        send("PUT", "user/name", r#"{"name":"ada"}"#),
        send("GET", "smscode/13800000003?id=b&text=abcd", ""),
        user("13800000004", "000000"),
        message("13800000001", code),
        send("POST", "user/auth", identity),
        message("13800000003", "wxyz"),
        wrong_code,
        send("POST", "sessions", r#"{"mobile":"13800000001","password":"secret-2"}"#),
        send("POST", "user/avatar", r#"{"avatar":"AAAA"}"#),
        code_and_message(&server.get("/api/v1.0/user"), ["errno", "errmsg"]),
        send("PUT", "user/name", "{}"),
        message("13800000002", code),
    ];
    documented("status ihome", &told, 6);
}
