//! Mini-game high scores over the wire (contract: pinball.md; operations.md, "pinball").

mod differential;
mod envelope;
mod forms;
mod kept;
mod signing;

use crate::common::Server;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

const JSON: &[(&str, &str)] = &[("Content-Type", "application/json")];
const FORM: &[(&str, &str)] = &[("Content-Type", "application/x-www-form-urlencoded")];

const INFO_ADDED: &str = r#"{"status":200,"code":200,"msg":"添加用户信息成功"}"#;
const INFO_CHANGED: &str = r#"{"status":200,"code":200,"msg":"修改用户信息成功"}"#;
const NO_SCORE: &str = r#"{"status":404,"code":404,"msg":"没有该用户的成绩","data":{"score":0}}"#;
const CAPPED: &str =
    r#"{"status":429,"code":429,"msg":"app: there are as many boards as there may be"}"#;

/// Posts a body. Returns the answer; its HTTP status is always 200.
fn post(server: &Server, path: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> String {
    let reply = server.send("POST", path, headers, body.as_ref());
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.header("content-type"), "application/json; charset=utf-8");
    reply.text()
}

fn get(server: &Server, path: &str) -> String {
    let reply = server.get(path);
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.header("content-type"), "application/json; charset=utf-8");
    reply.text()
}

/// The answer to a player's first score.
fn added(score: i64, rank: usize) -> String {
    posted("添加成绩成功", score, rank)
}

fn changed(score: i64, rank: usize) -> String {
    posted("修改成绩成功", score, rank)
}

fn posted(message: &str, score: i64, rank: usize) -> String {
    format!(
        r#"{{"status":200,"code":200,"msg":"{message}","data":{{"score":{score},"rank":{rank}}}}}"#
    )
}

fn fault(code: i64, message: &str) -> String {
    format!(r#"{{"status":{code},"code":{code},"msg":{}}}"#, Value::from(message))
}

fn score(score: i64, rank: usize) -> String {
    format!(r#"{{"status":200,"code":200,"data":{{"score":{score},"rank":{rank}}}}}"#)
}

/// Stands for the nickname of a player without profile.
const NO_PROFILE: &str = "\0";

/// The top list of a board: nickname, avatar and score of each.
fn top(places: &[(&str, &str, i64)]) -> String {
    let place = |(nth, (nickname, avatar, score)): (usize, &(&str, &str, i64))| {
        let rank = nth + 1;
        let (nickname, avatar) = match *nickname {
            NO_PROFILE => ("null".to_owned(), "null".to_owned()),
            nickname => (format!("\"{}\"", STANDARD.encode(nickname)), format!("\"{avatar}\"")),
        };
        format!(r#"{{"nickname":{nickname},"avatar":{avatar},"score":"{score}","rank":{rank}}}"#)
    };
    let places: Vec<String> = places.iter().enumerate().map(place).collect();
    format!(r#"{{"status":200,"code":200,"data":[{}]}}"#, places.join(","))
}

#[test]
fn board_keeps_highest_scores_on_every_path() {
    let server = Server::start("");
    for base in ["/api", "/5f19c0de/api", "/Game_2-b/api", "/default/api"] {
        let path = |name: &str| format!("{base}/{name}");
        // The game `default` is the one without a name.
        if base == "/default/api" {
            assert_eq!(get(&server, &path("user_score?openid=p1")), score(200, 1));
            continue;
        }
        assert_eq!(get(&server, &path("user_score?openid=p1")), NO_SCORE);
        assert_eq!(get(&server, &path("tpinball_score")), top(&[]));
        for (body, answer) in [
            (r#"{"openid":"p1","score":100}"#, added(100, 1)),
            (r#"{"openid":"p2","score":150}"#, added(150, 1)),
            (r#"{"openid":"p1","score":99}"#, changed(100, 2)),
            (r#"{"openid":"p1","score":100}"#, changed(100, 2)),
            (r#"{"openid":"p1","score":150}"#, changed(150, 2)),
            (r#"{"openid":"p3","score":0}"#, added(0, 3)),
            (r#"{"openid":"p1","score":200}"#, changed(200, 1)),
        ] {
            assert_eq!(post(&server, &path("post_score"), JSON, body), answer, "{base} {body}");
        }
        assert_eq!(get(&server, &path("user_score?openid=p1")), score(200, 1));
        assert_eq!(get(&server, &path("user_score?openid=p3")), score(0, 3));
        assert_eq!(get(&server, &path("user_score?openid=P1")), NO_SCORE);
        let places = top(&[(NO_PROFILE, "", 200), (NO_PROFILE, "", 150), (NO_PROFILE, "", 0)]);
        assert_eq!(get(&server, &path("tpinball_score")), places);
        assert_eq!(get(&server, &path("top_score?_=1700000000")), places);
        let first = top(&[(NO_PROFILE, "", 200)]);
        for name in ["top_score?limit=1", "tpinball_score?limit=1"] {
            assert_eq!(get(&server, &path(name)), first);
        }
        for limit in ["0", "1001"] {
            let answer = get(&server, &path(&format!("top_score?limit={limit}")));
            assert_eq!(answer, fault(400, "limit: 1 to 1000"));
        }
    }
}

#[test]
fn top_list_shows_names_and_avatars_but_no_openid() {
    let server = Server::start("");
    let long = format!("https://img.example.com/{}", "x".repeat(1000));
    let faces = [
        ("emoji-player", "😀👩‍🚀", "https://img.example.com/a.png?x=1&y=2"),
        ("cjk-player", "小明同学", ""),
        ("quoted-player", "a\"b\\c</script>", "http://img.example.com/b"),
        ("url-player", "", &long),
    ];
    for (rank, (openid, nickname, avatar)) in (1..).zip(faces) {
        let score = [900, 899, 898, 897][rank - 1];
        let body = format!(r#"{{"openid":"{openid}","score":{score}}}"#);
        assert_eq!(post(&server, "/api/post_score", JSON, body), added(score, rank));
        let (name, url) = (Value::from(nickname), Value::from(avatar));
        let body = format!(r#"{{"openid":"{openid}","nickname":{name},"headimgurl":{url}}}"#);
        assert_eq!(post(&server, "/api/post_user_info", JSON, &body), INFO_ADDED);
        assert_eq!(post(&server, "/api/post_user_info", JSON, &body), INFO_CHANGED);
    }
    let unknown = r#"{"openid":"unknown-player","score":9223372036854775807}"#;
    assert_eq!(post(&server, "/api/post_score", JSON, unknown), added(i64::MAX, 1));
    let mut places = vec![(NO_PROFILE, "", i64::MAX)];
    places.extend(faces.iter().zip(0..).map(|((_, name, url), n)| (*name, *url, 900 - n)));
    let answer = get(&server, "/api/top_score");
    assert_eq!(answer, top(&places));
    assert!(!answer.contains("player") && answer.contains(r#""nickname":"5bCP5piO5ZCM5a2m""#));
    // A player of one game is unknown in another.
    assert_eq!(
        post(&server, "/other/api/post_score", JSON, r#"{"openid":"cjk-player","score":1}"#),
        added(1, 1)
    );
    assert_eq!(get(&server, "/other/api/top_score"), top(&[(NO_PROFILE, "", 1)]));
}

#[test]
fn top_list_ends_at_100() {
    let server = Server::start("");
    for n in 1..=103 {
        // Three scores, so that ties decide at the end.
        let body = format!(r#"{{"openid":"p{n}","score":{}}}"#, n % 3);
        post(&server, "/api/post_score", JSON, body);
    }
    let mut places = vec![(NO_PROFILE, "", 2); 34];
    places.extend(vec![(NO_PROFILE, "", 1); 35]);
    places.extend(vec![(NO_PROFILE, "", 0); 31]);
    assert_eq!(get(&server, "/api/tpinball_score"), top(&places));
}

#[test]
fn omitted_player_fields_stay_unchanged() {
    let server = Server::start("");
    post(&server, "/g/api/post_score", JSON, r#"{"openid":"p","score":5}"#);
    let face = |nickname: &str, avatar: &str| {
        assert_eq!(get(&server, "/g/api/top_score"), top(&[(nickname, avatar, 5)]));
    };
    let url = "https://img.example.com/p.png";
    for (body, answer, nickname, avatar) in [
        (r#"{"openid":"p","sex":1,"city":"某市"}"#.to_owned(), INFO_ADDED, "", ""),
        (r#"{"openid":"p","nickname":"甲"}"#.to_owned(), INFO_CHANGED, "甲", ""),
        (format!(r#"{{"openid":"p","headimgurl":"{url}"}}"#), INFO_CHANGED, "甲", url),
        (r#"{"openid":"p"}"#.to_owned(), INFO_CHANGED, "甲", url),
        (r#"{"openid":"p","nickname":null,"headimgurl":null}"#.to_owned(), INFO_CHANGED, "甲", url),
        (r#"{"openid":"p","nickname":""}"#.to_owned(), INFO_CHANGED, "", url),
        (r#"{"openid":"p","headimgurl":""}"#.to_owned(), INFO_CHANGED, "", ""),
    ] {
        assert_eq!(post(&server, "/g/api/post_user_info", JSON, &body), answer, "{body}");
        face(nickname, avatar);
    }
}

#[test]
fn player_field_limits_are_exact_and_name_the_key() {
    let server = Server::start("");
    let text = |key: &str, length: usize| format!(r#","{key}":"{}""#, "字".repeat(length));
    let url = |length: usize| format!(r#","headimgurl":"https://{}""#, "a".repeat(length - 8));
    let mut cases = vec![
        (url(1024), Ok(())),
        (url(1025), Err("headimgurl: at most 1024 characters")),
        (
            r#","headimgurl":"ftp://example.com/a""#.into(),
            Err("headimgurl: expected an http or https address"),
        ),
        (
            r#","headimgurl":"javascript:alert(1)""#.into(),
            Err("headimgurl: expected an http or https address"),
        ),
        (r#","headimgurl":5"#.into(), Err("headimgurl: expected a string")),
        (r#","sex":0"#.into(), Ok(())),
        (r#","sex":2"#.into(), Ok(())),
        (r#","sex":"1""#.into(), Ok(())),
        (r#","sex":3"#.into(), Err("sex: 0 to 2")),
        (r#","sex":-1"#.into(), Err("sex: 0 to 2")),
        (r#","sex":1.0"#.into(), Err("sex: expected an integer")),
        (r#","sex":"male""#.into(), Err("sex: expected an integer")),
        (r#","nickname":["a"]"#.into(), Err("nickname: expected a string")),
        (r#","nickname":"a\u0000b""#.into(), Err("nickname: a NUL character can't be kept")),
        (r#","nickname":"a\nb""#.into(), Err("nickname: control characters are not accepted")),
        (r#","city":"a\u2028b""#.into(), Err("city: control characters are not accepted")),
        (r#","province":"\u202eb""#.into(), Err("province: control characters are not accepted")),
        (r#","country":"a\u0085b""#.into(), Err("country: control characters are not accepted")),
        (
            r#","headimgurl":"https://a\tb""#.into(),
            Err("headimgurl: control characters are not accepted"),
        ),
    ];
    for (key, error) in [
        ("nickname", "nickname: at most 64 characters"),
        ("province", "province: at most 64 characters"),
        ("city", "city: at most 64 characters"),
        ("country", "country: at most 64 characters"),
    ] {
        cases.push((text(key, 64), Ok(())));
        cases.push((text(key, 65), Err(error)));
    }
    for (more, result) in cases {
        let body = format!(r#"{{"openid":"p"{more}}}"#);
        let answer = post(&server, "/api/post_user_info", JSON, &body);
        match result {
            Ok(()) => assert!(answer == INFO_ADDED || answer == INFO_CHANGED, "{body}: {answer}"),
            Err(error) => assert_eq!(answer, fault(400, error), "{body}"),
        }
    }
}

#[test]
fn openid_game_and_score_limits_are_exact() {
    let server = Server::start("");
    let (plain64, plain32) =
        ("openid: 1 to 64 of A-Z a-z 0-9 _ -", "app: 1 to 32 of A-Z a-z 0-9 _ -");
    let longest = "Aa0_-".repeat(12) + "zzzz";
    let body = |openid: &str| format!(r#"{{"openid":{},"score":1}}"#, Value::from(openid));
    assert_eq!(post(&server, "/api/post_score", JSON, body(&longest)), added(1, 1));
    for openid in [format!("{longest}z"), "a b".into(), "a.b".into(), "中".into(), "a\n".into()] {
        assert_eq!(post(&server, "/api/post_score", JSON, body(&openid)), fault(400, plain64));
    }
    for (path, error) in [
        ("user_score", "openid: missing"),
        ("user_score?openid=", "openid: must not be empty"),
        ("user_score?openid=a%20b", plain64),
        ("user_score?openid=a&openid=a", "openid: sent twice"),
    ] {
        assert_eq!(get(&server, &format!("/api/{path}")), fault(400, error), "{path}");
    }
    let app = |length: usize| format!("/{}/api/user_score?openid=p", "g".repeat(length));
    assert_eq!(get(&server, &app(32)), NO_SCORE);
    for path in
        [app(33), "/a.b/api/user_score?openid=p".into(), "/%20/api/user_score?openid=p".into()]
    {
        assert_eq!(get(&server, &path), fault(400, plain32), "{path}");
    }
    let answer = get(&server, "/api/api/user_score?openid=p");
    assert_eq!(answer, fault(400, "app: api is not a game"));
    for (score, error) in [
        ("-1", "score: 0 to 9223372036854775807"),
        ("9223372036854775808", "score: expected an integer"),
        (r#""9223372036854775808""#, "score: expected an integer"),
        ("1.0", "score: expected an integer"),
        (r#"" 1""#, "score: expected an integer"),
        (r#""""#, "score: expected an integer"),
        ("null", "score: expected an integer"),
        ("true", "score: expected an integer"),
    ] {
        let body = format!(r#"{{"openid":"p","score":{score}}}"#);
        assert_eq!(post(&server, "/api/post_score", JSON, &body), fault(400, error), "{body}");
    }
    assert_eq!(post(&server, "/api/post_score", JSON, "{}"), fault(400, "openid: missing"));
    let answer = post(&server, "/api/post_score", JSON, r#"{"openid":"p"}"#);
    assert_eq!(answer, fault(400, "score: missing"));
    assert_eq!(get(&server, "/api/user_score?openid=p"), NO_SCORE);
}
