//! Seasons end when their time has come: over midnight, daylight saving, stops, crashes and clocks that are set. Needs
//! libfaketime, which replaces the server's clock; without it, the tests print that they are skipped.

use super::clock_faults::library;
use crate::common::cli::{done, guichet};
use crate::common::client::{Client, head, signal};
use crate::common::{Folder, Server, envelope};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

const PARIS: &str = "[score.boards.lamps]\nseason = \"day\"\ntimezone = \"Europe/Paris\"\n";

/// Starts a server that believes that it is `at`, in UTC.
fn start_at(folder: Folder, at: &str) -> Option<Server> {
    let library = library()?;
    let at = format!("@{at}");
    Some(Server::start_by(folder, PARIS, |mut command| {
        command.env("LD_PRELOAD", library).env("FAKETIME", at).env("TZ", "UTC");
        command
    }))
}

fn post(server: &Server, score: i64) -> i64 {
    let data = json!({"app": "lamps", "openid": "ada", "score": score});
    server.done("", "score/post", data)["season"].as_i64().unwrap()
}

fn season(server: &Server) -> i64 {
    server.done("", "score/board", json!({"app": "lamps"}))["season"]["number"].as_i64().unwrap()
}

fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < end, "{what}: not in 20 s");
        thread::sleep(Duration::from_millis(20));
    }
}

fn score_of(server: &Server, season: i64) -> Value {
    let data = json!({"app": "lamps", "openid": "ada", "season": season});
    server.done("", "score/get", data)["score"].clone()
}

#[test]
fn day_of_25_hours_is_one_season() {
    // Midnight in Paris; the clocks go back during this day.
    let Some(server) = start_at(Folder::new(), "2026-10-24 21:59:56") else { return };
    assert_eq!(post(&server, 5), 1);
    eventually("the next season", || season(&server) == 2);
    assert_eq!(post(&server, 3), 2);
    assert_eq!(score_of(&server, 1), 5);
    // A summer's midnight is no midnight any more.
    let server = start_at(server.into_folder(), "2026-10-25 22:00:30").unwrap();
    assert_eq!(post(&server, 4), 2);
    let server = start_at(server.into_folder(), "2026-10-25 22:59:57").unwrap();
    assert_eq!(post(&server, 6), 2);
    eventually("the winter's midnight", || season(&server) == 3);
    assert_eq!((score_of(&server, -1), score_of(&server, -2)), (json!(6), json!(5)));
}

#[test]
fn first_post_after_midnight_is_in_the_new_season() {
    let Some(server) = start_at(Folder::new(), "2026-03-01 12:00:00") else { return };
    assert_eq!(post(&server, 5), 1);
    // It was off at midnight.
    let server = start_at(server.into_folder(), "2026-03-02 12:00:00").unwrap();
    assert_eq!(post(&server, 1), 2);
    assert_eq!(score_of(&server, -1), 5);
}

#[test]
fn clock_set_back_begins_no_season_again() {
    let Some(server) = start_at(Folder::new(), "2026-03-02 12:00:00") else { return };
    assert_eq!(post(&server, 5), 1);
    let server = start_at(server.into_folder(), "2026-03-01 12:00:00").unwrap();
    assert_eq!(post(&server, 7), 1);
    let server = start_at(server.into_folder(), "2026-03-03 12:00:00").unwrap();
    assert_eq!(post(&server, 1), 2);
    assert_eq!(score_of(&server, 1), 7);
}

#[test]
fn several_missed_seasons_wait_for_the_operator() {
    let Some(server) = start_at(Folder::new(), "2026-03-01 12:00:00") else { return };
    assert_eq!(post(&server, 5), 1);
    // A machine that starts with a wrong year.
    let server = start_at(server.into_folder(), "2031-01-01 12:00:00").unwrap();
    assert_eq!(post(&server, 6), 1);
    assert!(server.log().contains("guichet board advance"), "{}", server.log());
    // The right year again: nothing has happened.
    let server = start_at(server.into_folder(), "2026-03-01 13:00:00").unwrap();
    assert_eq!(post(&server, 7), 1);
    let server = start_at(server.into_folder(), "2026-03-11 12:00:00").unwrap();
    assert_eq!(post(&server, 8), 1);
    done(guichet(server.folder(), &["board", "advance", "lamps"]));
    assert_eq!(post(&server, 1), 2);
    assert_eq!(score_of(&server, 1), 8);
    let server = start_at(server.into_folder(), "2026-03-12 12:00:00").unwrap();
    assert_eq!(post(&server, 2), 3, "from then on it ends by itself again");
}

#[test]
fn kill_9_at_midnight_loses_no_season() {
    let mut folder = Folder::new();
    // Each player's highest acknowledged score in each season.
    let mut acknowledged: BTreeMap<(i64, String), i64> = BTreeMap::new();
    for day in 1..=4 {
        let Some(server) = start_at(folder, &format!("2026-06-{day:02} 21:59:59")) else { return };
        let (tell, told) = channel();
        thread::scope(|scope| {
            for writer in 0..4 {
                let (tell, server) = (tell.clone(), &server);
                scope.spawn(move || {
                    let mut client = Client::connect(server);
                    for post in 0.. {
                        let openid = format!("p{}", (post * 3 + writer) % 50);
                        let data = json!({"app": "lamps", "openid": openid, "score": post});
                        let body = envelope("score/post", data);
                        let request = head("/api", body.len(), "") + &body;
                        let Some((200, answer)) =
                            client.send(request.as_bytes()).then(|| client.receive()).flatten()
                        else {
                            return;
                        };
                        let answer: Value = serde_json::from_str(&answer).unwrap();
                        let data = &answer["data"];
                        let Some(season) = data["season"].as_i64() else { panic!("{answer}") };
                        let _ = tell.send((season, openid, data["score"].as_i64().unwrap()));
                    }
                });
            }
            drop(tell);
            let mut note = |(season, openid, score): (i64, String, i64)| {
                let highest = acknowledged.entry((season, openid)).or_insert(score);
                *highest = score.max(*highest);
            };
            let first = told.recv().unwrap();
            let (season, ..) = first;
            note(first);
            // Until some scores of the next season have been acknowledged.
            let mut after = 0;
            while after < 20 * day {
                let next = told.recv().unwrap();
                after += i64::from(next.0 > season);
                note(next);
            }
            signal(&server, "KILL");
            told.iter().for_each(note);
        });
        folder = server.into_folder();
    }
    let server = start_at(folder, "2026-06-04 23:00:00").unwrap();
    for ((season, openid), score) in &acknowledged {
        let data = json!({"app": "lamps", "openid": openid, "season": season});
        let held = server.done("", "score/get", data)["score"].as_i64().unwrap();
        assert!(held >= *score, "season {season}, {openid}: {held} after {score}");
    }
    assert_eq!(season(&server), 5);
}
