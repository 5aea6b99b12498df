//! Games with a secret, and the limit of games.

use super::{
    CAPPED, INFO_ADDED, INFO_CHANGED, JSON, NO_SCORE, added, changed, fault, get, post, score, top,
};
use crate::common::{Server, envelope, fault_with, ok};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::time::{SystemTime, UNIX_EPOCH};

const SECRETS: &str = "[score.secrets]\nguarded = \"s3cret\"\n";

const PATH: &str = "/guarded/api/post_score";

/// The headers of a request signed now.
fn signed(secret: &str, path: &str, nonce: &str, body: &str) -> Vec<(&'static str, String)> {
    signed_at(now(), secret, path, nonce, body)
}

fn signed_at(
    at: u64,
    secret: &str,
    path: &str,
    nonce: &str,
    body: &str,
) -> Vec<(&'static str, String)> {
    let text = format!("POST\n{path}\n{at}\n{nonce}\n{body}");
    vec![
        ("X-Timestamp", at.to_string()),
        ("X-Nonce", nonce.to_owned()),
        ("X-Signature", hmac(secret, &text)),
    ]
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// A new nonce.
fn nonce() -> String {
    format!("{:032x}", rand::random::<u128>())
}

fn hmac(secret: &str, text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    engine::hex::encode(&mac.finalize().into_bytes())
}

/// Posts with these headers. Returns the answer.
fn send(server: &Server, path: &str, headers: &[(&'static str, String)], body: &str) -> String {
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, text)| (*name, &**text)).collect();
    post(server, path, &headers, body)
}

#[test]
fn game_with_secret_accepts_signed_posts() {
    let server = Server::start(SECRETS);
    for (path, first, again, body) in [
        (PATH, added(5, 1), changed(5, 1), " {\"score\": 5, \"openid\": \"p\"}\n"),
        (
            "/guarded/api/post_user_info",
            INFO_ADDED.into(),
            INFO_CHANGED.into(),
            "openid=p&nickname=a+b&",
        ),
    ] {
        let wrong = fault(403, "X-Signature: wrong");
        for headers in [
            signed("another", path, &nonce(), body),
            signed("s3cret", "/other/api/post_score", &nonce(), body),
            signed("s3cret", path, &nonce(), body.trim_end_matches(['\n', '&'])),
        ] {
            assert_eq!(send(&server, path, &headers, body), wrong);
        }
        let right = signed("s3cret", path, &nonce(), body);
        for given in ["", "junk", &right[2].1[..62], &format!("{}00", right[2].1)] {
            let mut headers = right.clone();
            headers[2].1 = given.to_owned();
            assert_eq!(send(&server, path, &headers, body), wrong, "{given}");
        }
        assert_eq!(post(&server, path, JSON, body), fault(403, "X-Signature: missing"));
        assert_eq!(send(&server, path, &right[1..], body), fault(403, "X-Timestamp: missing"));
        let headers = [right[0].clone(), right[2].clone()];
        assert_eq!(send(&server, path, &headers, body), fault(403, "X-Nonce: missing"));
        let short = signed("s3cret", path, "0123456789abcde", body);
        let told = fault(403, "X-Nonce: expected 16 to 64 of A-Z a-z 0-9 _ -");
        assert_eq!(send(&server, path, &short, body), told);
        for at in [now() - 310, now() + 310] {
            let headers = signed_at(at, "s3cret", path, &nonce(), body);
            let told = fault(403, "X-Timestamp: more than 5 minutes from the server's time");
            assert_eq!(send(&server, path, &headers, body), told);
        }
        assert_eq!(send(&server, path, &right, body), first);
        let mut upper = signed("s3cret", path, &nonce(), body);
        upper[2].1.make_ascii_uppercase();
        assert_eq!(send(&server, path, &upper, body), again);
    }
    assert_eq!(get(&server, "/guarded/api/top_score"), top(&[("a b", "", 5)]));
    assert_eq!(get(&server, "/guarded/api/user_score?openid=p"), score(5, 1));
}

#[test]
fn game_with_secret_refuses_unsigned_posts() {
    let server = Server::start(SECRETS);
    let refused = fault(403, "X-Signature: missing");
    // The app in the query is ignored: the post is for the game `default`.
    let body = r#"{"openid":"p","score":5}"#;
    assert_eq!(post(&server, "/api/post_score?app=guarded", JSON, body), added(5, 1));
    // Neither percent-encoding nor multipart bypasses the signature.
    assert_eq!(post(&server, "/%67uarded/api/post_score", JSON, body), refused);
    let multipart = "--X\r\nContent-Disposition: form-data; name=\"openid\"\r\n\r\np\r\n\
                     --X\r\nContent-Disposition: form-data; name=\"score\"\r\n\r\n9\r\n--X--\r\n";
    let headers = [("Content-Type", "multipart/form-data; boundary=X")];
    assert_eq!(post(&server, PATH, &headers, multipart), refused);
    for (name, data) in [
        ("score/post", json!({"app": "guarded", "openid": "p", "score": 5})),
        ("player/update", json!({"app": "guarded", "openid": "p", "nickname": "a"})),
    ] {
        let answer = server.call(name, data.clone());
        assert_eq!(answer, fault_with(-2, "Error JSON value", "X-Signature: missing"));
        // A signature over the whole envelope is valid like one at the document's path.
        let body = envelope(name, data);
        let headers = signed("s3cret", "/api", &nonce(), &body);
        let answer: Value = serde_json::from_str(&send(&server, "/api", &headers, &body)).unwrap();
        assert_eq!(answer["status"], 0, "{answer}");
    }
    assert_eq!(get(&server, "/guarded/api/user_score?openid=p"), score(5, 1));
}

#[test]
fn games_without_secret_ignore_signatures() {
    let server = Server::start(SECRETS);
    let body = r#"{"openid":"p","score":5}"#;
    assert_eq!(post(&server, "/Guarded/api/post_score", JSON, body), added(5, 1));
    assert_eq!(post(&server, "/api/post_score", &[("X-Signature", "junk")], body), added(5, 1));
    assert_eq!(
        server.call("score/post", json!({"openid": "q", "score": 6})),
        ok(json!({"score": 6, "rank": 1, "new": true}))
    );
    // A refused post opens no board, and invalid data is reported first.
    let answer = post(&server, "/guarded/api/post_score", JSON, r#"{"openid":"p"}"#);
    assert_eq!(answer, fault(400, "score: missing"));
    assert_eq!(get(&server, "/guarded/api/user_score?openid=p"), NO_SCORE);
}

#[test]
fn new_game_past_max_boards_is_refused() {
    let config = "[score]\nmax_boards = 3\n";
    let mut server = Server::start(config);
    let body = r#"{"openid":"p","score":5}"#;
    // Reading opens no board; nor does a refused post.
    for n in 0..9 {
        assert_eq!(get(&server, &format!("/look{n}/api/top_score")), top(&[]));
        assert_eq!(get(&server, &format!("/look{n}/api/user_score?openid=p")), NO_SCORE);
        post(&server, &format!("/bad{n}/api/post_score"), JSON, "{}");
    }
    // Posting a player opens one, and so does the game without a name.
    assert_eq!(post(&server, "/one/api/post_user_info", JSON, body), INFO_ADDED);
    assert_eq!(post(&server, "/two/api/post_score", JSON, body), added(5, 1));
    assert_eq!(post(&server, "/api/post_score", JSON, body), added(5, 1));
    for _ in 0..2 {
        assert_eq!(post(&server, "/three/api/post_score", JSON, body), CAPPED);
        assert_eq!(post(&server, "/three/api/post_user_info", JSON, body), CAPPED);
        let detail = "app: there are as many boards as there may be";
        let data = json!({"app": "three", "openid": "p", "score": 5});
        let answer = server.call("score/post", data);
        assert_eq!(answer, fault_with(-2, "Error JSON value", detail));
        assert_eq!(get(&server, "/three/api/user_score?openid=p"), NO_SCORE);
        server = server.kill_and_restart();
    }
    assert_eq!(post(&server, "/one/api/post_score", JSON, body), added(5, 1));
    assert_eq!(post(&server, "/default/api/post_score", JSON, body), changed(5, 1));
}
