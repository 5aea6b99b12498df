//! Boards and players of games: how many unknown clients may add, while existing games and players
//! keep working.

use crate::common::cli::{done, guichet, refused};
use crate::common::{Server, envelope};
use rusqlite::Connection;
use serde_json::{Value, json};

/// Trusts a local proxy, so that a test can use any address.
const PROXY: &str = "[limits]\ntrusted_proxies = [\"127.0.0.1\"]\n";

/// Sends a batch of operations from an address. Returns the answers.
fn batch(server: &Server, address: &str, calls: &[(&str, Value)]) -> Vec<Value> {
    let items: Vec<String> =
        calls.iter().map(|(name, data)| envelope(name, data.clone())).collect();
    let body = format!("[{}]", items.join(","));
    let reply = server.send("POST", "/api", &[("X-Forwarded-For", address)], body.as_bytes());
    serde_json::from_slice(&reply.body).unwrap()
}

fn call(server: &Server, address: &str, name: &str, data: Value) -> Value {
    batch(server, address, &[(name, data)]).remove(0)
}

fn post(app: &str, openid: &str) -> (&'static str, Value) {
    ("score/post", json!({"app": app, "openid": openid, "score": 1}))
}

fn is_done(answer: &Value) -> bool {
    answer["status"] == 0
}

/// All boards with their players, as the command lists them.
fn boards(server: &Server) -> Vec<(String, u64)> {
    let listed = done(guichet(server.folder(), &["board", "list", "--json"]));
    let listed: Vec<Value> = serde_json::from_str(&listed).unwrap();
    let board = |board: &Value| {
        (board["name"].as_str().unwrap().to_owned(), board["players"].as_u64().unwrap())
    };
    listed.iter().map(board).collect()
}

fn database(server: &Server) -> Connection {
    Connection::open(server.folder().join("data/guichet.db")).unwrap()
}

#[test]
fn junk_games_do_not_take_reserved_boards() {
    let config =
        format!("{PROXY}[score]\nsecrets.guarded = \"s3cret\"\nlegacy_signatures = true\n");
    let server = Server::start(&config);
    let junk: Vec<_> = (0..64).map(|n| post(&format!("junk-{n}"), "p")).collect();
    let answers = batch(&server, "192.0.2.1", &junk);
    assert_eq!(answers.iter().filter(|answer| is_done(answer)).count(), 3);
    let told = answers[63]["detail"].as_str().unwrap();
    assert!(told.contains("score.new_boards_per_day"), "{told}");
    // Two boards stay reserved: for `default` and for the game with a secret.
    for address in 2..24 {
        let names = (0..3).map(|n| post(&format!("junk-{address}-{n}"), "p"));
        batch(&server, &format!("192.0.2.{address}"), &names.collect::<Vec<_>>());
    }
    assert_eq!(boards(&server).len(), 62);
    let full = call(&server, "198.51.100.1", "score/post", post("more", "p").1);
    assert_eq!(full["detail"], "app: there are as many boards as there may be");
    let answer = call(&server, "192.0.2.1", "score/post", json!({"openid": "p", "score": 1}));
    assert!(is_done(&answer), "{answer}");
    super::signing::post_signed(&server, "guarded", "s3cret", "p", 7);
    assert_eq!(boards(&server).len(), 64);
    // Games with a board still work.
    assert!(is_done(&call(&server, "192.0.2.1", "score/post", post("junk-0", "q").1)));
}

#[test]
fn only_configured_apps_have_boards() {
    let server = Server::start("");
    assert!(is_done(&call(&server, "", "score/post", post("old", "p").1)));
    let folder = server.into_folder();
    let server = Server::start_in(folder, "[score]\napps = [\"a\", \"b\", \"c\", \"d\", \"e\"]\n");
    for app in ["a", "b", "c", "d", "e"] {
        assert!(is_done(&call(&server, "", "score/post", post(app, "p").1)), "{app}");
    }
    for app in ["f", "default", "old"] {
        for (name, data) in [post(app, "p"), ("player/update", post(app, "p").1)] {
            let answer = call(&server, "", name, data);
            assert_eq!(answer["detail"], "app: this server has no such game", "{app}");
        }
    }
    let answer = server.send("POST", "/f/api/post_score", &[], b"openid=p&score=1").json();
    assert_eq!(answer["code"], 400);
    assert_eq!(boards(&server).len(), 6);
}

#[test]
fn new_players_per_address_are_limited() {
    let config = format!("{PROXY}[score]\nnew_players_per_hour = 4\n");
    let mut server = Server::start(&config);
    let tell = |openid: &str| ("player/update", json!({"openid": openid, "nickname": "n"}));
    let player = |openid: &str| ("score/post", json!({"openid": openid, "score": 1}));
    // A player's profile and first score count once together, in either order.
    let calls = [tell("p1"), player("p1"), player("p2"), tell("p2"), tell("p3"), player("p4")];
    assert!(batch(&server, "192.0.2.1", &calls).iter().all(is_done));
    for _ in 0..2 {
        for (name, data) in [tell("p5"), player("p5")] {
            let answer = call(&server, "192.0.2.1", name, data);
            let told = answer["detail"].as_str().unwrap();
            assert!(told.contains("score.new_players_per_hour"), "{told}");
        }
        assert!(batch(&server, "192.0.2.1", &calls).iter().all(is_done));
        server = server.kill_and_restart();
    }
    assert!(is_done(&call(&server, "192.0.2.2", "score/post", player("p5").1)));
    let body = b"openid=p6&score=1";
    let reply = server.send("POST", "/api/post_score", &[("X-Forwarded-For", "192.0.2.1")], body);
    assert_eq!(reply.json()["code"], 429);
}

#[test]
fn full_board_still_serves_its_players() {
    let mut server = Server::start("[score]\nmax_players = 3\n");
    let tell = |openid: &str| ("player/update", json!({"openid": openid, "nickname": "n"}));
    let player = |openid: &str| ("score/post", json!({"openid": openid, "score": 1}));
    let calls = [player("p1"), tell("p2"), player("p3")];
    assert!(batch(&server, "", &calls).iter().all(is_done));
    let full = "openid: the board has as many players as it may have";
    for _ in 0..2 {
        for (name, data) in [tell("p4"), player("p4")] {
            assert_eq!(call(&server, "", name, data)["detail"], full);
        }
        server = server.kill_and_restart();
    }
    // A player with a profile has one of the three places.
    assert!(is_done(&call(&server, "", "score/post", player("p2").1)));
    assert_eq!(boards(&server), [("default".to_owned(), 3)]);
    let answer = server.send("POST", "/api/post_score", &[], b"openid=p4&score=1").json();
    assert_eq!((answer["code"].as_i64(), answer["msg"].as_str()), (Some(429), Some(full)));
}

#[test]
fn oldest_player_without_score_is_removed_first() {
    let server = Server::start("");
    // The first is posted by the game; the others stand for 9,999 more calls.
    server.done("", "player/update", json!({"openid": "first", "nickname": "a"}));
    server.done("", "score/post", json!({"openid": "plays", "score": 1}));
    server.done("", "player/update", json!({"openid": "plays", "nickname": "b"}));
    let mut ended = server;
    assert_eq!(ended.terminate(), 0);
    database(&ended)
        .execute_batch(
            "UPDATE player SET leaves_at = leaves_at - 1000 WHERE openid = 'first';
             WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 9999)
             INSERT INTO player SELECT 'default', 'p' || n, '', 0, '', '', '', '',
                 (SELECT leaves_at FROM player WHERE openid = 'first') + 1 FROM n;",
        )
        .unwrap();
    let server = Server::start_in(ended.into_folder(), "");
    assert_eq!(boards(&server), [("default".to_owned(), 10_001)]);
    server.done("", "player/update", json!({"openid": "last", "nickname": "c"}));
    assert_eq!(boards(&server), [("default".to_owned(), 10_001)]);
    let told = |openid: &str| {
        let new = server.done("", "player/update", json!({"openid": openid}))["new"].clone();
        new == false
    };
    assert!(told("plays") && told("last") && told("p9999") && !told("first"));
    assert!(!told("p1"), "the oldest but one made room for the first, who is new again");
}

#[test]
fn player_without_score_is_removed_after_a_day() {
    let server = Server::start("");
    for openid in ["gone", "stays", "plays"] {
        server.done("", "player/update", json!({"openid": openid, "nickname": openid}));
    }
    server.done("", "score/post", json!({"openid": "plays", "score": 1}));
    let mut ended = server;
    assert_eq!(ended.terminate(), 0);
    let database = database(&ended);
    let left: Vec<i64> = database
        .prepare("SELECT leaves_at - unixepoch() FROM player WHERE leaves_at IS NOT NULL")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(left.len(), 2);
    assert!(left.iter().all(|left| (86_000..=86_401).contains(left)), "{left:?}");
    database.execute_batch("UPDATE player SET leaves_at = 1 WHERE openid = 'gone'").unwrap();
    drop(database);
    // The removal runs at the start.
    let server = Server::start_in(ended.into_folder(), "");
    let begun = std::time::Instant::now();
    while boards(&server)[0].1 > 2 {
        assert!(begun.elapsed().as_secs() < 30, "nobody was swept");
    }
    let new = server.done("", "player/update", json!({"openid": "gone"}))["new"].clone();
    assert_eq!(new, true);
    assert_eq!(boards(&server)[0].1, 3);
}

#[test]
fn boards_are_listed_and_removed() {
    let mut server = Server::start("");
    server.done("", "score/post", json!({"app": "lamps", "openid": "p", "score": 5}));
    server.done("", "player/update", json!({"app": "lamps", "openid": "p", "nickname": "诺拉"}));
    server.done("", "player/update", json!({"app": "pins", "openid": "q"}));
    let list = |server: &Server| done(guichet(server.folder(), &["board", "list"]));
    let listed = list(&server);
    let lines: Vec<Vec<&str>> = listed.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!((lines[0][0], lines[0][1], lines[0][2].len()), ("lamps", "1", 19));
    assert_eq!((lines[1][0], lines[1][1], lines[1][2]), ("pins", "1", ""));
    assert!(lines[0][3].parse::<u32>().unwrap() > lines[1][3].parse::<u32>().unwrap());
    let remove = |server: &Server, args: &[&str]| {
        guichet(server.folder(), &[&["board", "remove"], args].concat())
    };
    assert_eq!(server.terminate(), 0);
    let told = refused(server.folder(), remove(&server, &["lamps"]));
    assert!(told.contains("--yes"), "{told}");
    done(remove(&server, &["lamps", "--yes"]));
    let told = refused(server.folder(), remove(&server, &["lamps", "--yes"]));
    assert_eq!(told, "lamps: there is no such board");
    let server = Server::start_in(server.into_folder(), "");
    assert_eq!(boards(&server), [("pins".to_owned(), 1)]);
    let top = server.done("", "score/top", json!({"app": "lamps"}));
    assert_eq!(top, json!([]));
    // Nothing of the player is left: score and name start from nothing.
    let posted = json!({"app": "lamps", "openid": "p", "score": 1});
    assert_eq!(server.done("", "score/post", posted), json!({"score": 1, "rank": 1, "new": true}));
    let row = json!([{"nickname": "", "avatar": "", "score": 1, "rank": 1}]);
    assert_eq!(server.done("", "score/top", json!({"app": "lamps"})), row);
}

#[test]
fn row_of_the_top_list_is_bounded() {
    let server = Server::start("");
    let (name, url) = ("😀".repeat(64), format!("http://{}", "😀".repeat(1017)));
    let face = json!({"openid": "p", "nickname": name, "headimgurl": url});
    server.done("", "player/update", face);
    server.done("", "score/post", json!({"openid": "p", "score": i64::MAX}));
    let row = server.done("", "score/top", json!({}))[0].to_string();
    // The figure for a thousand rows in docs/limits.md.
    assert!((4_390..=4_400).contains(&row.len()), "{}", row.len());
    for text in ["a\u{1}b", "a\nb", "\u{7f}", "\u{85}", "\u{2028}", "\u{202e}b", "\u{2066}b"] {
        for key in ["nickname", "province", "city", "country"] {
            let data = json!({"openid": "p", key: text});
            let answer = call(&server, "", "player/update", data);
            assert_eq!(answer["detail"], format!("{key}: control characters are not accepted"));
        }
        let data = json!({"openid": "p", "headimgurl": format!("http://{text}")});
        assert_eq!(call(&server, "", "player/update", data)["status"], -2);
    }
    // Joined emoji, and names in scripts with joiners, are allowed.
    for text in ["👩\u{200d}🚀", "می\u{200c}خواهم", "诺拉"] {
        assert!(is_done(&call(
            &server,
            "",
            "player/update",
            json!({"openid": "p", "nickname": text})
        )));
    }
}

#[test]
fn open_boards_share_a_limit_of_players() {
    let score = "[score]\nmax_players = 2\nnew_boards_per_day = 0\n[score.secrets]\nours = \"s\"\n";
    let server = Server::start(score);
    let post = |app: &str, openid: &str| {
        let data = json!({"app": app, "openid": openid, "score": 1});
        server.call("score/post", data)
    };
    for app in ["a", "b", "c", "d"] {
        for openid in ["p", "q"] {
            assert!(post(app, openid).contains("\"status\":0,"), "{app} {openid}");
        }
    }
    let full = post("e", "p");
    assert!(full.contains("as many players together as they may have"), "{full}");
    assert!(post("a", "p").contains("\"status\":0,"), "known players always post");
    assert!(post("default", "p").contains("\"status\":0,"), "a reserved place");
}
