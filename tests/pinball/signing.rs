//! Games that have a secret, and how many games there may be.

use super::common::{Server, envelope, fault_with, ok};
use super::{
    CAPPED, INFO_ADDED, INFO_CHANGED, JSON, NO_SCORE, added, changed, fault, get, post, score, top,
};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;

const SECRETS: &str = "[score.secrets]\nguarded = \"s3cret\"\n";

fn sign(secret: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    engine::hex::encode(&mac.finalize().into_bytes())
}

#[test]
fn a_guarded_game_takes_only_what_is_signed_over_the_bodys_very_bytes() {
    let server = Server::start(SECRETS);
    let refused = fault(403, "X-Signature is missing or wrong");
    for (path, first, again, body) in [
        (
            "/guarded/api/post_score",
            added(5, 1),
            changed(5, 1),
            " {\"score\": 5, \"openid\": \"p\"}\n",
        ),
        (
            "/guarded/api/post_user_info",
            INFO_ADDED.into(),
            INFO_CHANGED.into(),
            "openid=p&nickname=a+b&",
        ),
    ] {
        let right = sign("s3cret", body);
        let trimmed = sign("s3cret", body.trim());
        let wrong = sign("another", body);
        for signature in
            [&wrong, &right[..62], "", "junk", &format!("{right}00"), &sign("s3cret", "")]
        {
            let headers = [("X-Signature", signature)];
            assert_eq!(post(&server, path, &headers, body), refused, "{signature}");
        }
        if trimmed != right {
            assert_eq!(post(&server, path, &[("X-Signature", &trimmed)], body), refused);
        }
        assert_eq!(post(&server, path, JSON, body), refused);
        assert_eq!(post(&server, path, &[("X-Signature", &right)], body), first);
        assert_eq!(post(&server, path, &[("X-Signature", &right.to_uppercase())], body), again);
    }
    assert_eq!(get(&server, "/guarded/api/top_score"), top(&[("a b", "", 5)]));
    assert_eq!(get(&server, "/guarded/api/user_score?openid=p"), score(5));
}

#[test]
fn no_other_door_leads_to_a_guarded_game() {
    let server = Server::start(SECRETS);
    let refused = fault(403, "X-Signature is missing or wrong");
    // The app's name in the query is not looked at: the post is for the game `default`.
    let body = r#"{"openid":"p","score":5}"#;
    assert_eq!(post(&server, "/api/post_score?app=guarded", JSON, body), added(5, 1));
    // Neither percent-encoding nor multipart leads around the signature.
    assert_eq!(post(&server, "/%67uarded/api/post_score", JSON, body), refused);
    let multipart = "--X\r\nContent-Disposition: form-data; name=\"openid\"\r\n\r\np\r\n\
                     --X\r\nContent-Disposition: form-data; name=\"score\"\r\n\r\n9\r\n--X--\r\n";
    let headers = [("Content-Type", "multipart/form-data; boundary=X")];
    assert_eq!(post(&server, "/guarded/api/post_score", &headers, multipart), refused);
    for (name, data) in [
        ("score/post", json!({"app": "guarded", "openid": "p", "score": 5})),
        ("player/update", json!({"app": "guarded", "openid": "p", "nickname": "a"})),
    ] {
        let answer = server.call(name, data.clone());
        assert_eq!(answer, r#"{"id":7,"status":-2,"message":"Error JSON value","data":{}}"#);
        // Signed over the whole envelope it is as good as at the document's own door.
        let body = envelope(name, data);
        let signature = [("X-Signature", &*sign("s3cret", &body))];
        let reply = server.send("POST", "/api", &signature, body.as_bytes());
        assert_eq!(reply.json()["status"], 0, "{}", reply.text());
    }
    assert_eq!(get(&server, "/guarded/api/user_score?openid=p"), score(5));
}

#[test]
fn other_games_need_no_signature_and_mind_none() {
    let server = Server::start(SECRETS);
    let body = r#"{"openid":"p","score":5}"#;
    assert_eq!(post(&server, "/Guarded/api/post_score", JSON, body), added(5, 1));
    assert_eq!(post(&server, "/api/post_score", &[("X-Signature", "junk")], body), added(5, 1));
    assert_eq!(
        server.call("score/post", json!({"openid": "q", "score": 6})),
        ok(json!({"score": 6, "rank": 1, "new": true}))
    );
    // A refused post opens no board, a fault in the data is told first.
    let answer = post(&server, "/guarded/api/post_score", JSON, r#"{"openid":"p"}"#);
    assert_eq!(answer, fault(400, "score: missing"));
    assert_eq!(get(&server, "/guarded/api/user_score?openid=p"), NO_SCORE);
}

#[test]
fn past_max_boards_a_new_game_is_refused_and_the_old_ones_go_on() {
    let config = "[score]\nmax_boards = 3\n";
    let mut server = Server::start(config);
    let body = r#"{"openid":"p","score":5}"#;
    // Looking opens no board; nor does a post that is refused.
    for n in 0..9 {
        assert_eq!(get(&server, &format!("/look{n}/api/top_score")), top(&[]));
        assert_eq!(get(&server, &format!("/look{n}/api/user_score?openid=p")), NO_SCORE);
        post(&server, &format!("/bad{n}/api/post_score"), JSON, "{}");
    }
    // Telling of a player opens one, and so does the game without a name.
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
