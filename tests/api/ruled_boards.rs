//! Boards with rules of their own: which score counts, which stands first, seasons and metadata.

use crate::common::cli::{done, guichet};
use crate::common::gateway::{Behaviour, Gateway};
use crate::common::{Server, command, postgres};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use std::fs;
use std::time::{Duration, Instant};

pub fn call(server: &Server, name: &str, app: &str, more: Value) -> Value {
    let mut data = json!({"app": app});
    data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    server.done("", name, data)
}

#[test]
fn unknown_season_is_not_found() {
    let server = Server::start("[score.boards.lamps]\nseason = \"week\"\n");
    call(&server, "score/post", "lamps", json!({"openid": "ada", "score": 5}));
    for season in [2, -1, 9, -9, i64::MAX, i64::MIN] {
        for name in ["score/top", "score/get", "score/around", "score/of"] {
            let data = json!({
                "app": "lamps", "openid": "ada", "openids": ["ada"], "season": season
            });
            let answer = server.call(name, data);
            assert!(answer.contains("season"), "{name} {season}: {answer}");
        }
    }
    // A board without rules has the present alone.
    call(&server, "score/post", "plain", json!({"openid": "ada", "score": 5}));
    assert_eq!(call(&server, "score/top", "plain", json!({"season": 0}))[0]["score"], 5);
    assert!(server.call("score/top", json!({"app": "plain", "season": 1})).contains("season"));
}

#[test]
fn sums_stop_at_the_highest_integer() {
    let server = Server::start("[score.boards.lamps]\nrule = \"sum\"\n");
    for _ in 0..2 {
        let post = json!({"openid": "ada", "score": i64::MAX});
        assert_eq!(call(&server, "score/post", "lamps", post)["score"], i64::MAX);
    }
}

#[test]
fn metadata_is_shown_with_the_score_that_counts() {
    let server = Server::start("[score.boards.lamps]\n");
    let post = |score: i64, metadata: &str| {
        let data = json!({"openid": "ada", "score": score, "metadata": metadata});
        call(&server, "score/post", "lamps", data);
    };
    let shown = || call(&server, "score/top", "lamps", json!({}))[0]["metadata"].clone();
    post(5, "first");
    assert_eq!(shown(), "first");
    post(3, "worse");
    assert_eq!(shown(), "first", "what comes with a score that does not count is not kept");
    post(7, "😀 best");
    assert_eq!(shown(), "😀 best");
    assert_eq!(
        call(&server, "score/get", "lamps", json!({"openid": "ada"}))["metadata"],
        "😀 best"
    );
    for (metadata, fits) in
        [("x".repeat(256), true), ("x".repeat(257), false), ("é".repeat(129), false)]
    {
        let data = json!({"app": "lamps", "openid": "bob", "score": 1, "metadata": metadata});
        let answer: Value = serde_json::from_str(&server.call("score/post", data)).unwrap();
        assert_eq!(answer["status"] == 0, fits, "{answer}");
    }
    let plain = json!({"app": "plain", "openid": "bob", "score": 1, "metadata": "x"});
    assert!(server.call("score/post", plain).contains("metadata"));
}

#[test]
fn rules_are_fixed_once_there_are_scores() {
    let mut server = Server::start("");
    let board = |server: &Server, args: &[&str]| {
        let output = guichet(server.folder(), &[&["board"], args].concat());
        let told =
            String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        (output.status.success(), told)
    };
    assert!(!board(&server, &["set", "lamps", "--rule", "sum"]).0, "there is no such board");
    assert!(board(&server, &["add", "lamps", "--rule", "sum"]).0);
    assert!(!board(&server, &["add", "lamps", "--rule", "last"]).0, "there is one already");
    assert!(board(&server, &["set", "lamps", "--rule", "last"]).0);
    for (score, held) in [(5, 5), (3, 3)] {
        let post = json!({"openid": "ada", "score": score});
        assert_eq!(call(&server, "score/post", "lamps", post)["score"], held, "the newest counts");
    }
    let (is_done, told) = board(&server, &["set", "lamps", "--rule", "sum"]);
    assert!(!is_done && told.contains("rules are fixed"), "{told}");
    // A board of a game without rules gets none later.
    call(&server, "score/post", "plain", json!({"openid": "ada", "score": 5}));
    assert!(!board(&server, &["add", "plain", "--rule", "last"]).0);
    assert_eq!(server.terminate(), 0);
    let folder = server.into_folder();
    let file = folder.path().join("guichet.toml");
    let before = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{before}\n[score.boards.lamps]\nrule = \"sum\"\n")).unwrap();
    let started = command(folder.path()).output().unwrap();
    let told = String::from_utf8_lossy(&started.stderr).into_owned();
    assert!(!started.status.success() && told.contains("score.boards.lamps"), "{told}");
    // What is in PostgreSQL is not looked at by this command.
    if !postgres::is_used() {
        let checked = String::from_utf8(guichet(folder.path(), &["check"]).stdout).unwrap();
        assert!(checked.contains("score.boards.lamps: the board has scores"), "{checked}");
    }
    fs::write(&file, before).unwrap();
    let server = Server::start_in(folder, "[score.boards.lamps]\nrule = \"last\"\n");
    assert_eq!(call(&server, "score/get", "lamps", json!({"openid": "ada"}))["score"], 3);
}

#[test]
fn held_and_removed_scores_leave_a_ruled_board() {
    let server = Server::start("[score.boards.lamps]\nrule = \"sum\"\norder = \"lowest\"\n");
    let score = |args: &[&str]| done(guichet(server.folder(), &[&["score"], args].concat()));
    // On PostgreSQL a server hears of what a command did a moment later.
    let shows = |expected: &[i64]| {
        let end = Instant::now() + Duration::from_secs(10);
        loop {
            let top = call(&server, "score/top", "lamps", json!({}));
            let scores: Vec<i64> =
                top.as_array().unwrap().iter().map(|row| row["score"].as_i64().unwrap()).collect();
            if scores == expected {
                return;
            }
            let is_late = postgres::is_used() && Instant::now() < end;
            assert!(is_late, "{scores:?} instead of {expected:?}");
        }
    };
    let post = |openid: &str, score: i64| {
        call(&server, "score/post", "lamps", json!({"openid": openid, "score": score}))
    };
    post("ada", 5);
    post("bob", 7);
    score(&["hold", "lamps", "ada"]);
    shows(&[7]);
    post("ada", 4);
    // What is reached meanwhile is held as well.
    shows(&[7]);
    assert!(score(&["held"]).contains("ada\t9\t"));
    score(&["confirm", "lamps", "ada"]);
    shows(&[7, 9]);
    assert!(score(&["list", "lamps"]).starts_with("1\tbob\t7\t"));
    score(&["remove", "lamps", "bob"]);
    shows(&[9]);
    score(&["reset", "lamps", "--yes"]);
    shows(&[]);
    assert_eq!(post("ada", 1), json!({"score": 1, "rank": 1, "new": true, "season": 1}));
    done(guichet(server.folder(), &["board", "remove", "lamps", "--yes"]));
    shows(&[]);
}

#[test]
fn game_checks_hold_by_the_rules_of_the_board() {
    let server = Server::start(
        "[score.boards.race]\norder = \"lowest\"\n[score.checks.race]\nlargest_step = 10\n",
    );
    let post =
        |score: i64| call(&server, "score/post", "race", json!({"openid": "ada", "score": score}));
    assert_eq!(post(60)["score"], 60, "the first is no step");
    assert_eq!(post(55)["score"], 55);
    assert_eq!(post(20)["score"], 55, "it is held");
    assert_eq!(call(&server, "score/get", "race", json!({"openid": "ada"}))["score"], 55);
}

#[test]
fn old_seasons_beyond_those_kept_are_removed() {
    let server =
        Server::start("[score]\nkept_seasons = 2\n[score.boards.lamps]\nseason = \"manual\"\n");
    for nth in 1..=4 {
        call(&server, "score/post", "lamps", json!({"openid": "ada", "score": nth}));
        done(guichet(server.folder(), &["board", "close", "lamps", "--yes"]));
    }
    let end = Instant::now() + Duration::from_secs(20);
    while !server.call("score/top", json!({"app": "lamps", "season": 2})).contains("season") {
        assert!(Instant::now() < end, "season 2 is still there");
    }
    assert_eq!(call(&server, "score/top", "lamps", json!({"season": 3}))[0]["score"], 3);
    assert_eq!(call(&server, "score/top", "lamps", json!({"season": -1}))[0]["score"], 4);
}

#[test]
fn season_webhook_is_tried_until_it_answers() {
    let receiver = Gateway::start(Behaviour::Answer(500, "not now".into()));
    let server = Server::start(&format!(
        "[score.boards.lamps]\nseason = \"manual\"\n\
         [score.webhooks.lamps]\nurl = \"{}/season\"\nsecret = \"whispered\"\nplaces = 2\n",
        receiver.url()
    ));
    for (openid, score) in [("ada", 5), ("bob", 9), ("cid", 7)] {
        call(&server, "score/post", "lamps", json!({"openid": openid, "score": score}));
    }
    done(guichet(server.folder(), &["board", "close", "lamps", "--yes"]));
    receiver.wait_for(1);
    receiver.set_behaviours(&[Behaviour::Answer(200, String::new())]);
    // Nothing of the first try is kept in memory alone.
    let server = server.kill_and_restart();
    receiver.wait_for(2);
    let requests = receiver.requests();
    let [first, second] = &requests[..] else { panic!("{} requests", requests.len()) };
    assert_eq!(first.header("webhook-id"), "season_lamps_1");
    assert_eq!(second.header("webhook-id"), "season_lamps_1", "the receiver knows it again");
    let signed = format!(
        "season_lamps_1.{}.{}",
        second.header("webhook-timestamp"),
        String::from_utf8_lossy(&second.body)
    );
    let mut hmac = Hmac::<Sha256>::new_from_slice(b"whispered").unwrap();
    hmac.update(signed.as_bytes());
    let signature = format!("v1,{}", STANDARD.encode(hmac.finalize().into_bytes()));
    assert_eq!(second.header("webhook-signature"), signature);
    let told = second.json();
    assert_eq!(
        (&told["board"], &told["season"], &told["players"]),
        (&json!("lamps"), &json!(1), &json!(3))
    );
    let top: Vec<(&Value, &Value)> =
        told["top"].as_array().unwrap().iter().map(|row| (&row["openid"], &row["score"])).collect();
    assert_eq!(top, [(&json!("bob"), &json!(9)), (&json!("cid"), &json!(7))]);
    let end = Instant::now() + Duration::from_secs(20);
    while !done(guichet(server.folder(), &["board", "show", "lamps"])).contains("\ttold ") {
        assert!(Instant::now() < end, "it is not noted");
    }
}

#[test]
fn removed_player_leaves_a_gap_in_ended_seasons() {
    let server = Server::start("[score.boards.lamps]\nseason = \"manual\"\n");
    for (openid, score) in [("ada", 9), ("bob", 7), ("cid", 7), ("dan", 3)] {
        call(&server, "score/post", "lamps", json!({"openid": openid, "score": score}));
    }
    done(guichet(server.folder(), &["board", "close", "lamps", "--yes"]));
    let end = Instant::now() + Duration::from_secs(20);
    while done(guichet(server.folder(), &["board", "show", "lamps"])).contains("being counted") {
        assert!(Instant::now() < end, "places are not counted");
    }
    done(guichet(server.folder(), &["score", "remove", "lamps", "bob"]));
    let of = json!({"season": 1, "openids": ["ada", "bob", "cid", "dan"]});
    let of = call(&server, "score/of", "lamps", of);
    let rows: Vec<(&str, u64)> = of
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["openid"].as_str().unwrap(), row["rank"].as_u64().unwrap()))
        .collect();
    assert_eq!(rows, [("ada", 1), ("cid", 3), ("dan", 4)], "nobody moves up");
    let top = call(&server, "score/top", "lamps", json!({"season": 1}));
    assert_eq!(top.as_array().unwrap().len(), 3);
    let around = json!({"season": 1, "openid": "dan", "span": 1});
    let around = call(&server, "score/around", "lamps", around);
    assert_eq!(around.as_array().unwrap().last().unwrap()["me"], true, "{around}");
}

#[test]
fn operators_see_the_places_that_players_share() {
    let server = Server::start("[score.boards.lamps]\nties = \"shared\"\n");
    for (openid, score) in [("ada", 7), ("bob", 7), ("cid", 3)] {
        call(&server, "score/post", "lamps", json!({"openid": openid, "score": score}));
    }
    let told = done(guichet(server.folder(), &["score", "list", "lamps"]));
    let places: Vec<&str> = told.lines().map(|line| line.split('\t').next().unwrap()).collect();
    assert_eq!(places, ["1", "1", "3"], "{told}");
}
