//! Players of games who prove who they are, and scores that are not believed at once.

use crate::common::Server;
use crate::common::cli::{done, guichet};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Asks an operation at its own path; HTTP status and answer.
fn ask(server: &Server, token: &str, operation: &str, data: Value) -> (u16, Value) {
    let bearer = format!("Bearer {token}");
    let proof = [("Authorization", bearer.as_str())];
    let headers = if token.is_empty() { &[][..] } else { &proof };
    let path = format!("/api/op/{operation}");
    let answer = server.send("POST", &path, headers, data.to_string().as_bytes());
    (answer.status, answer.json())
}

fn top(server: &Server) -> Vec<i64> {
    let rows = server.done("", "score/top", json!({"app": "lamps"}));
    rows.as_array().unwrap().iter().map(|row| row["score"].as_i64().unwrap()).collect()
}

/// A new guest of lamps: token and openid.
fn guest(server: &Server) -> (String, String) {
    let made = server.done("", "player/guest", json!({"app": "lamps"}));
    let text = |key: &str| made[key].as_str().unwrap().to_owned();
    (text("token"), text("openid"))
}

#[test]
fn guest_posts_for_nobody_else() {
    let server = Server::start("[score]\nguests = [\"lamps\"]\n");
    let (token, openid) = guest(&server);
    let (other_token, other) = guest(&server);
    let post = |token: &str, openid: &str| {
        ask(&server, token, "score/post", json!({"app": "lamps", "openid": openid, "score": 5})).0
    };
    assert_eq!(post(&token, &openid), 200);
    assert_eq!((post(&token, &other), post("", &openid)), (403, 401));
    assert_eq!(post(&"0".repeat(32), &openid), 401);
    let (_, account) = server.account("omar");
    assert_eq!(post(&account, &openid), 401, "a login is no player");
    for (operation, more) in [
        ("player/update", json!({"nickname": "Omar"})),
        ("score/get", json!({})),
        ("round/start", json!({})),
    ] {
        let mut data = json!({"app": "lamps", "openid": openid});
        data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        assert_eq!(ask(&server, &other_token, operation, data.clone()).0, 403, "{operation}");
        assert_eq!(ask(&server, "", operation, data.clone()).0, 401, "{operation}");
        assert_eq!(ask(&server, &token, operation, data).0, 200, "{operation}");
    }
    // The document's own paths, with the token in the query.
    let body = json!({"openid": openid, "score": 7}).to_string();
    let path = format!("/lamps/api/post_score?token={token}");
    let json = [("Content-Type", "application/json")];
    let answer = server.send("POST", &path, &json, body.as_bytes()).text();
    assert!(answer.contains("修改成绩成功"), "{answer}");
    let refused = server.send("POST", "/lamps/api/post_score", &json, body.as_bytes()).text();
    assert!(!refused.contains("修改成绩成功"), "{refused}");
    assert_eq!(top(&server), [7]);
    // Other games go on as they were.
    server.done("", "score/post", json!({"app": "pins", "openid": openid, "score": 5}));
    assert_eq!(ask(&server, "", "player/guest", json!({"app": "pins"})).0, 404);
    assert_eq!(ask(&server, &token, "user/info", json!({})).0, 401, "a player has no account");
}

/// A server of WeChat's that answers with these texts, one after the other; what it was asked.
fn wechat(answers: Vec<&'static str>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    std::thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut buffer = [0; 4096];
            let length = stream.read(&mut buffer).unwrap();
            let request = String::from_utf8_lossy(&buffer[..length]).into_owned();
            seen.lock().unwrap().push(request.lines().next().unwrap_or_default().to_owned());
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length:";
            stream
                .write_all(format!("{head} {}\r\n\r\n{answer}", answer.len()).as_bytes())
                .unwrap();
        }
    });
    (address, asked)
}

#[test]
fn name_is_shown_once_wechat_lets_it_pass() {
    let (endpoint, asked) = wechat(vec![
        r#"{"openid":"oA_b-1"}"#,
        r#"{"access_token":"first-token","expires_in":7200}"#,
        r#"{"errcode":0,"result":{"suggest":"pass","label":100}}"#,
        r#"{"errcode":0,"result":{"suggest":"risky","label":20001}}"#,
        r#"{"errcode":0,"result":{"suggest":"review","label":20002}}"#,
    ]);
    let section =
        "[wx.lamps]\nappid = \"wx-checked\"\nsecret = \"quite-secret\"\ncheck_texts = true\n";
    let server = Server::start(&format!("[wx]\nendpoint = \"{endpoint}\"\n{section}"));
    let login = ask(&server, "", "wx/login", json!({"app": "lamps", "code": "c"})).1;
    let token = login["data"]["token"].as_str().unwrap();
    let score = json!({"app": "lamps", "openid": "oA_b-1", "score": 3});
    assert_eq!(ask(&server, token, "score/post", score).0, 200);
    let shown = || server.done("", "score/top", json!({"app": "lamps"}))[0]["nickname"].clone();
    let tell = |nickname: &str| {
        let data = json!({"app": "lamps", "openid": "oA_b-1", "nickname": nickname});
        assert_eq!(ask(&server, token, "player/update", data).0, 200);
    };
    let looked = |count: usize| {
        let end = Instant::now() + Duration::from_secs(20);
        while asked.lock().unwrap().len() < count {
            assert!(Instant::now() < end, "{:?}", asked.lock().unwrap());
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    let becomes = |nickname: &str| {
        let end = Instant::now() + Duration::from_secs(20);
        while shown() != nickname {
            assert!(Instant::now() < end, "{}", shown());
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    tell("Good");
    becomes("Good");
    tell("Bad");
    looked(4);
    assert_eq!(shown(), "Good", "the earlier name stays");
    tell("Unsure");
    becomes("Unsure");
    let lines = asked.lock().unwrap().clone();
    assert!(lines[1].starts_with("POST /cgi-bin/stable_token "), "{lines:?}");
    let asked_for = lines.iter().filter(|line| line.contains("stable_token")).count();
    assert_eq!(asked_for, 1, "one token for all: {lines:?}");
    assert!(lines[2].starts_with("POST /wxa/msg_sec_check?access_token=first-token "), "{lines:?}");
    assert!(!server.log().contains("first-token") && !server.log().contains("quite-secret"));
}

fn with_wechat(endpoint: &str) -> Server {
    let section = "[wx.lamps]\nappid = \"wx0\"\nsecret = \"quite-secret\"\n";
    Server::start(&format!("[wx]\nendpoint = \"{endpoint}\"\n{section}"))
}

#[test]
fn wechat_player_posts_with_the_openid_of_the_code() {
    let (endpoint, asked) = wechat(vec![
        r#"{"session_key":"k/k==","openid":"oA_b-1"}"#,
        r#"{"errcode":-1,"errmsg":"system error"}"#,
        r#"{"session_key":"k","openid":"oA_b-2","unionid":"u"}"#,
    ]);
    let server = with_wechat(&endpoint);
    let login = |code: &str| ask(&server, "", "wx/login", json!({"app": "lamps", "code": code}));
    let (status, answer) = login("a&b");
    assert_eq!((status, &answer["data"]["openid"]), (200, &json!("oA_b-1")));
    assert!(!answer.to_string().contains("k/k"), "the session key stays here");
    let token = answer["data"]["token"].as_str().unwrap();
    let post = json!({"app": "lamps", "openid": "oA_b-1", "score": 3});
    assert_eq!(ask(&server, token, "score/post", post.clone()).0, 200);
    assert_eq!(ask(&server, "", "score/post", post).0, 401);
    // Busy: asked once more.
    assert_eq!(login("c").1["data"]["openid"], "oA_b-2");
    let asked = asked.lock().unwrap().clone();
    let query = "GET /sns/jscode2session?appid=wx0&secret=quite-secret&js_code=a%26b\
                 &grant_type=authorization_code HTTP/1.1";
    assert_eq!((asked[0].as_str(), asked.len()), (query, 3));
    assert!(!server.log().contains("quite-secret"));
}

#[test]
fn wechat_refusals_and_failures_are_told_apart() {
    let (endpoint, _) = wechat(vec![
        r#"{"errcode":40029,"errmsg":"invalid code"}"#,
        r#"{"errcode":40163,"errmsg":"code been used"}"#,
        r#"{"errcode":45011,"errmsg":"too often"}"#,
        r#"{"errcode":-1}"#,
        r#"{"errcode":-1}"#,
        "<html>",
        r#"{"openid":"a b"}"#,
    ]);
    let server = with_wechat(&endpoint);
    let statuses: Vec<u16> = (0..7)
        .map(|_| ask(&server, "", "wx/login", json!({"app": "lamps", "code": "c"})).0)
        .collect();
    assert_eq!(statuses, [422, 422, 502, 502, 502, 502, 502]);
    assert_eq!(ask(&server, "", "wx/login", json!({"app": "pins", "code": "c"})).0, 404);
    let log = server.log();
    assert!(!log.contains("quite-secret"), "{log}");
}

#[test]
fn doubtful_scores_are_held_and_confirmed() {
    let checks = "[score.checks.lamps]\nmax = 100\nmin = 1\nlargest_step = 50\n";
    let server = Server::start(checks);
    let post = |openid: &str, score: i64| {
        let data = json!({"app": "lamps", "openid": openid, "score": score});
        server.done("", "score/post", data)
    };
    post("fair", 40);
    assert_eq!(post("fair", 90), json!({"score": 90, "rank": 1, "new": false}));
    for (openid, score) in [("a", 101), ("b", 0), ("c", 51)] {
        let answer = post(openid, score);
        assert_eq!(answer, json!({"score": score, "rank": 2, "new": false}), "{openid}");
    }
    // A player who is on the board stays there with what is believed.
    assert_eq!(post("fair", 200), json!({"score": 90, "rank": 1, "new": false}));
    assert_eq!(top(&server), [90]);
    let held = done(guichet(server.folder(), &["score", "held", "lamps"]));
    let reasons: Vec<&str> = held.lines().map(|line| line.rsplit('\t').next().unwrap()).collect();
    let expected = [
        "above the highest score",
        "above the highest score",
        "too large a step",
        "below the lowest score",
    ];
    assert_eq!(reasons, expected, "{held}");
    for openid in ["fair", "a"] {
        done(guichet(server.folder(), &["score", "confirm", "lamps", openid]));
    }
    let until = Instant::now() + Duration::from_secs(10);
    while top(&server) != [200, 101] {
        // With PostgreSQL the server hears of it a moment later.
        assert!(Instant::now() < until, "{:?}", top(&server));
    }
    let server = server.kill_and_restart();
    assert_eq!(top(&server), [200, 101]);
}

#[test]
fn scores_beyond_so_many_a_minute_are_held() {
    let server = Server::start("[score.checks.lamps]\nper_minute = 2\n");
    for score in [1, 2, 3] {
        server.done("", "score/post", json!({"app": "lamps", "openid": "p", "score": score}));
    }
    assert_eq!(top(&server), [2]);
    let held = done(guichet(server.folder(), &["score", "held"]));
    assert!(held.contains("too many scores in a minute"), "{held}");
}

#[test]
fn ticket_of_a_round_is_good_for_one_score() {
    let server = Server::start(
        "[score.checks.lamps]\nshortest_round = \"0s\"\n[score.checks.pins]\nshortest_round = \"1h\"\n",
    );
    let start = |app: &str, openid: &str| {
        let data = json!({"app": app, "openid": openid});
        server.done("", "round/start", data)["round"].as_str().unwrap().to_owned()
    };
    let post = |app: &str, openid: &str, round: Value| {
        ask(
            &server,
            "",
            "score/post",
            json!({"app": app, "openid": openid, "score": 5, "round": round}),
        )
        .0
    };
    let round = start("lamps", "p");
    assert_eq!(post("lamps", "q", json!(round)), 422, "another player's");
    assert_eq!(post("lamps", "p", json!(round)), 200);
    assert_eq!(post("lamps", "p", json!(round)), 422, "it has its score");
    assert_eq!((post("lamps", "p", json!("junk")), post("lamps", "p", Value::Null)), (422, 400));
    assert_eq!(top(&server), [5]);
    assert_eq!(post("pins", "p", json!(start("pins", "p"))), 200);
    assert_eq!(server.done("", "score/top", json!({"app": "pins"})), json!([]));
    let held = done(guichet(server.folder(), &["score", "held", "pins"]));
    assert!(held.contains("the round was too short"), "{held}");
    // Of eleven tickets the oldest is gone.
    let rounds: Vec<String> = (0..11).map(|_| start("lamps", "r")).collect();
    let good = rounds.iter().filter(|round| post("lamps", "r", json!(round)) == 200).count();
    assert_eq!(good, 10);
}

#[test]
fn guests_of_an_address_are_bounded() {
    let server = Server::start("[score]\nguests = [\"lamps\"]\nnew_players_per_hour = 2\n");
    let statuses: Vec<u16> =
        (0..3).map(|_| ask(&server, "", "player/guest", json!({"app": "lamps"})).0).collect();
    assert_eq!(statuses, [200, 200, 429]);
}

#[test]
fn wechat_is_asked_so_often_an_hour() {
    // Nobody listens there: each try is a failure, and counts.
    let server = with_wechat("http://127.0.0.1:9");
    let login = || ask(&server, "", "wx/login", json!({"app": "lamps", "code": "c"})).0;
    let statuses: Vec<u16> = (0..601).map(|_| login()).collect();
    assert_eq!((statuses[599], statuses[600]), (502, 429));
}
