//! Signed posts: unsigned parts are ignored, and each post counts once.

use crate::common::cli::done;
use crate::common::{Server, command, envelope, has, run};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

const CONFIG: &str = "[score.secrets]\ngame = \"s3cret\"\nother = \"s3cret\"\n";

type Headers = [(&'static str, String); 3];

fn sign(secret: &str, path: &str, nonce: &str, body: &str) -> Headers {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("POST\n{path}\n{now}\n{nonce}\n{body}").as_bytes());
    let signature = engine::hex::encode(&mac.finalize().into_bytes());
    [("X-Timestamp", now.to_string()), ("X-Nonce", nonce.to_owned()), ("X-Signature", signature)]
}

fn send(server: &Server, target: &str, headers: &Headers, body: &str) -> Value {
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, text)| (*name, &**text)).collect();
    server.send("POST", target, &headers, body.as_bytes()).json()
}

/// Posts a signed score by the document; it must be accepted.
pub fn post_signed(server: &Server, app: &str, secret: &str, openid: &str, score: i64) {
    let (path, body) = (format!("/{app}/api/post_score"), format!("openid={openid}&score={score}"));
    let nonce = format!("{:032x}", rand::random::<u128>());
    let answer = send(server, &path, &sign(secret, &path, &nonce, &body), &body);
    assert_eq!(answer["code"], 200, "{answer}");
}

fn score(server: &Server, app: &str, openid: &str) -> Value {
    server.get(&format!("/{app}/api/user_score?openid={openid}")).json()["data"]["score"].clone()
}

#[test]
fn query_is_not_part_of_the_signature() {
    let server = Server::start(CONFIG);
    let path = "/game/api/post_score";
    let body = r#"{"openid":"p"}"#;
    let headers = sign("s3cret", path, "0123456789abcdef", body);
    let answer = send(&server, &format!("{path}?score=999999"), &headers, body);
    assert_eq!(answer["msg"], "score: missing");
    assert_eq!(score(&server, "game", "p"), 0);
    let body = r#"{"openid":"p","score":5}"#;
    let headers = sign("s3cret", path, "0123456789abcdeg", body);
    let answer = send(&server, &format!("{path}?openid=q&score=999999"), &headers, body);
    assert_eq!(answer["data"], json!({"score": 5, "rank": 1}));
    let path = "/game/api/post_user_info";
    let headers = sign("s3cret", path, "0123456789abcdeh", "openid=p");
    let answer = send(&server, &format!("{path}?nickname=Mallory"), &headers, "openid=p");
    assert_eq!(answer["code"], 200);
    let top = server.get("/game/api/top_score").json();
    assert_eq!(top["data"][0]["nickname"], "");
}

#[test]
fn repeated_signed_request_has_no_effect() {
    let mut server = Server::start(CONFIG);
    let path = "/game/api/post_score";
    let body = r#"{"openid":"p","score":5}"#;
    let first = sign("s3cret", path, "nonce-0123456789", body);
    let answer = send(&server, path, &first, body);
    assert_eq!((&answer["code"], &answer["msg"]), (&json!(200), &json!("添加成绩成功")));
    assert_eq!(send(&server, path, &first, body), answer);
    let info = "/game/api/post_user_info";
    let named = sign("s3cret", info, "nonce-0123456788", "openid=p&nickname=a");
    let told = send(&server, info, &named, "openid=p&nickname=a");
    let renamed = sign("s3cret", info, "nonce-0123456787", "openid=p&nickname=b");
    send(&server, info, &renamed, "openid=p&nickname=b");
    // A used nonce has no effect, even with another, correctly signed body.
    let more = r#"{"openid":"p","score":50}"#;
    let again = sign("s3cret", path, "nonce-0123456789", more);
    assert_eq!(send(&server, path, &again, more)["data"], json!({"score": 5, "rank": 1}));
    let others = r#"{"openid":"q","score":50}"#;
    let again = sign("s3cret", path, "nonce-0123456789", others);
    let answer = send(&server, path, &again, others);
    assert_eq!(answer["msg"], "X-Nonce: used up by another request");
    post_signed(&server, "game", "s3cret", "p", 60);
    for _ in 0..2 {
        let answer = send(&server, path, &first, body);
        assert_eq!(answer["msg"], "添加成绩成功", "as the first time");
        assert_eq!(answer["data"], json!({"score": 60, "rank": 1}), "with the present score");
        assert_eq!(send(&server, info, &named, "openid=p&nickname=a"), told);
        let top = server.get("/game/api/top_score").json();
        assert_eq!(top["data"][0]["nickname"], "Yg==", "b");
        server = server.kill_and_restart();
    }
}

#[test]
fn signature_is_valid_only_for_its_own_game() {
    let server = Server::start(CONFIG);
    let body = "openid=p&score=5";
    let headers = sign("s3cret", "/game/api/post_score", "0123456789abcdef", body);
    for path in ["/other/api/post_score", "/game/api/post_user_info", "/%67ame/api/post_score"] {
        assert_eq!(send(&server, path, &headers, body)["msg"], "X-Signature: wrong", "{path}");
    }
    let body = r#"{"openid":"p","score":5}"#;
    let batch = envelope("score/post", json!({"app": "game", "openid": "p", "score": 5}));
    let headers = sign("s3cret", "/game/api/post_score", "0123456789abcdef", body);
    assert_eq!(send(&server, "/api", &headers, &batch)["detail"], "X-Signature: wrong");
    // The path is signed as sent.
    let headers = sign("s3cret", "/%67ame/api/post_score", "0123456789abcdef", body);
    assert_eq!(send(&server, "/%67ame/api/post_score", &headers, body)["code"], 200);
}

#[test]
fn items_of_a_batch_share_the_signature() {
    let mut server = Server::start(CONFIG);
    let post = |app: &str, openid: &str, score: i64| {
        envelope("score/post", json!({"app": app, "openid": openid, "score": score}))
    };
    let rpc = json!({"jsonrpc": "2.0", "id": 1, "method": "score.post",
                     "params": {"app": "game", "openid": "r", "score": 3}});
    let items =
        [post("game", "p", 1), post("game", "q", 2), post("other", "p", 4), rpc.to_string()];
    let body = format!("[{}]", items.join(","));
    let unsigned: Value = serde_json::from_str(&server.post("/api", &body)).unwrap();
    assert_eq!(unsigned[0]["detail"], "X-Signature: missing");
    assert_eq!(unsigned[3]["error"]["data"], "X-Signature: missing");
    let headers = sign("s3cret", "/api", "0123456789abcdef", &body);
    let first = send(&server, "/api", &headers, &body);
    for n in 0..3 {
        assert_eq!(first[n]["data"]["new"], true, "{first}");
    }
    assert_eq!(first[3]["result"]["new"], true, "{first}");
    for _ in 0..2 {
        let again = send(&server, "/api", &headers, &body);
        // The ranks are the current ones.
        assert_eq!(again[0]["data"], json!({"score": 1, "rank": 3, "new": true}));
        assert_eq!(again[3], first[3]);
        server = server.kill_and_restart();
    }
}

#[test]
fn used_nonces_are_forgotten_in_time() {
    let server = Server::start(CONFIG);
    for n in 0..10 {
        post_signed(&server, "game", "s3cret", "p", n);
    }
    let file = server.folder().join("data/guichet.db");
    let database = rusqlite::Connection::open(file).unwrap();
    let count = || -> i64 {
        database.query_row("SELECT count(*) FROM score_nonce", [], |row| row.get(0)).unwrap()
    };
    let sql = "SELECT min(expires_at) - unixepoch() FROM score_nonce";
    let left: i64 = database.query_row(sql, [], |row| row.get(0)).unwrap();
    assert!((800..=900).contains(&left), "{left}");
    assert_eq!(count(), 10);
    database.execute_batch("UPDATE score_nonce SET expires_at = 1").unwrap();
    for n in 0..3 {
        post_signed(&server, "game", "s3cret", "p", n);
    }
    assert_eq!(count(), 3);
}

#[test]
fn body_signature_is_accepted_if_allowed() {
    let server = Server::start(&format!("[score]\nlegacy_signatures = true\n{CONFIG}"));
    let path = "/game/api/post_score";
    let mut mac = Hmac::<Sha256>::new_from_slice(b"s3cret").unwrap();
    mac.update(br#"{"openid":"p"}"#);
    let signature = engine::hex::encode(&mac.finalize().into_bytes());
    let headers = [("X-Signature", &*signature)];
    let target = format!("{path}?score=999999");
    let answer = server.send("POST", &target, &headers, br#"{"openid":"p"}"#).json();
    assert_eq!(answer["msg"], "score: missing", "the query does not count here either");
    let mut mac = Hmac::<Sha256>::new_from_slice(b"s3cret").unwrap();
    mac.update(b"openid=p&score=5");
    let signature = engine::hex::encode(&mac.finalize().into_bytes());
    let headers = [("X-Signature", &*signature)];
    let answer = server.send("POST", path, &headers, b"openid=p&score=5").json();
    assert_eq!(answer["code"], 200, "{answer}");
    post_signed(&server, "game", "s3cret", "p", 6);
    let checked = command(server.folder()).arg("check").output().unwrap();
    let told = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(told.contains("warning  score.legacy_signatures: "), "{told}");
}

#[test]
fn call_signs_with_the_configured_secret() {
    let server = Server::start(CONFIG);
    let url = format!("http://{}", server.address());
    let data = r#"{"app":"game","openid":"p","score":5}"#;
    let call = |args: &[&str]| {
        command(server.folder()).args(["call", "--url", &url]).args(args).output().unwrap()
    };
    assert_eq!(call(&["score", "post", data]).status.code(), Some(1));
    assert!(done(call(&["--sign", "game", "score", "post", data])).contains("\"score\": 5"));
    let refused = call(&["--sign", "nobody", "score", "post", data]);
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2));
    assert_eq!(told, "guichet: --sign: score.secrets has no secret for nobody\n");
}

#[test]
fn documented_signature_headers_are_accepted() {
    if !(has("sh") && has("curl") && has("openssl")) {
        return;
    }
    let page = include_str!("../../../docs/api/leaderboards.md");
    let (_, block) = page.split_once("<!-- signing: begin -->\n\n```sh\n").unwrap();
    let (block, _) = block.split_once("```\n").unwrap();
    let server = Server::start("[score.secrets]\npinball = \"a long random text\"\n");
    let script = block.replace("127.0.0.1:8080", server.address());
    let told = run(Command::new("sh").args(["-euc", &script]).current_dir(server.folder()));
    let (headers, answer) = told.trim_end().rsplit_once('\n').unwrap();
    let answer: Value = serde_json::from_str(answer).unwrap();
    assert_eq!(answer["code"], 200, "{told}");
    let names: Vec<&str> = headers.lines().map(|line| line.split_once(": ").unwrap().0).collect();
    assert_eq!(names, ["X-Timestamp", "X-Nonce", "X-Signature"]);
}
