//! Boards that are watched: `/api/events`.

use crate::common::Server;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// A stream of events.
struct Stream {
    lines: BufReader<TcpStream>,
    status: u16,
    head: String,
}

impl Stream {
    fn open(server: &Server, query: &str) -> Self {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let request = format!("GET /api/events{query} HTTP/1.1\r\nHost: a\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut lines = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(lines.read_line(&mut head).unwrap() > 0, "{head}");
        }
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Stream { lines, status, head: head.to_lowercase() }
    }

    /// The scores of the next event.
    fn scores(&mut self) -> Vec<i64> {
        let mut line = String::new();
        loop {
            line.clear();
            assert!(self.lines.read_line(&mut line).unwrap() > 0, "the stream ended");
            if let Some(data) = line.strip_prefix("data: ") {
                let data: Value = serde_json::from_str(data).unwrap();
                let rows = data["top"].as_array().unwrap();
                return rows.iter().map(|row| row["score"].as_i64().unwrap()).collect();
            }
        }
    }

    /// The player's own place of the next event that has it.
    fn own(&mut self) -> Value {
        let mut line = String::new();
        let mut is_own = false;
        loop {
            line.clear();
            assert!(self.lines.read_line(&mut line).unwrap() > 0, "the stream ended");
            match line.strip_prefix("data: ") {
                Some(data) if is_own => return serde_json::from_str(data).unwrap(),
                _ => is_own = line == "event: rank\n",
            }
        }
    }

    fn has_ended(mut self) -> bool {
        let mut rest = String::new();
        loop {
            match self.lines.read_line(&mut rest) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(error) => return error.kind() == std::io::ErrorKind::ConnectionReset,
            }
        }
    }
}

fn post(server: &Server, openid: &str, score: i64) {
    server.done("", "score/post", json!({"app": "lamps", "openid": openid, "score": score}));
}

#[test]
fn watcher_sees_the_board_and_each_change() {
    let server = Server::start("");
    post(&server, "a", 5);
    let mut stream = Stream::open(&server, "?board=lamps&limit=2");
    assert_eq!(stream.status, 200);
    for line in
        ["content-type: text/event-stream", "cache-control: no-store", "x-accel-buffering: no"]
    {
        assert!(stream.head.contains(line), "{line}: {}", stream.head);
    }
    assert_eq!(stream.scores(), [5]);
    let begun = Instant::now();
    post(&server, "b", 9);
    assert_eq!(stream.scores(), [9, 5]);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    // Behind the places that are shown: no event.
    post(&server, "c", 1);
    post(&server, "a", 7);
    assert_eq!(stream.scores(), [9, 7]);
    let mut second = Stream::open(&server, "?board=lamps");
    assert_eq!(second.scores(), [9, 7, 1]);
}

#[test]
fn board_that_begins_later_is_seen() {
    let server = Server::start("");
    let mut stream = Stream::open(&server, "?board=lamps");
    assert_eq!(stream.scores(), [0_i64; 0]);
    post(&server, "a", 5);
    assert_eq!(stream.scores(), [5]);
}

#[test]
fn many_changes_in_a_moment_are_few_events() {
    let server = Server::start("");
    let mut stream = Stream::open(&server, "?board=lamps&limit=1");
    assert_eq!(stream.scores(), [0_i64; 0]);
    let begun = Instant::now();
    for score in 1..=200 {
        post(&server, "a", score);
    }
    let mut events = 0;
    while stream.scores() != [200] {
        events += 1;
    }
    // One each 250 ms, and one for the time until the first was seen.
    let most = begun.elapsed().as_millis() / 250 + 2;
    assert!(events <= most, "{events} in {:?}", begun.elapsed());
}

#[test]
fn watchers_are_bounded_and_wrong_requests_refused() {
    let server = Server::start("[events]\nper_address = 2\nmax = 3\n");
    let status = |query: &str| Stream::open(&server, query).status;
    for query in ["", "?board=", "?board=lamps&limit=0", "?board=lamps&limit=101", "?board=a%20b"] {
        assert_eq!(status(query), 400, "{query}");
    }
    assert_eq!(server.send("POST", "/api/events?board=lamps", &[], b"").status, 405);
    let streams = ["a", "b"].map(|board| Stream::open(&server, &format!("?board={board}")));
    assert_eq!(status("?board=c"), 429);
    drop(streams);
    // The places are given back once the server sees that the clients have gone.
    let until = Instant::now() + Duration::from_secs(10);
    while status("?board=c") != 200 {
        assert!(Instant::now() < until);
    }
    let none = Server::start("[events]\nmax = 0\n");
    assert_eq!(Stream::open(&none, "?board=a").status, 503);
}

#[test]
fn end_of_the_server_ends_streams_at_once() {
    let mut server = Server::start("");
    let mut stream = Stream::open(&server, "?board=lamps");
    stream.scores();
    let begun = Instant::now();
    assert_eq!(server.terminate(), 0);
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    assert!(stream.has_ended());
}

#[test]
fn own_place_is_told_as_others_overtake() {
    let server = Server::start("");
    post(&server, "ada", 5);
    let mut stream = Stream::open(&server, "?board=lamps&limit=1&openid=ada");
    assert_eq!(stream.own(), json!({"score": 5, "rank": 1}));
    for (openid, score, rank) in [("bob", 9, 2), ("cid", 7, 3)] {
        post(&server, openid, score);
        assert_eq!(stream.own(), json!({"score": 5, "rank": rank}));
    }
    post(&server, "ada", 8);
    assert_eq!(stream.own(), json!({"score": 8, "rank": 2}));
    // Who has no score yet gets one.
    let mut stream = Stream::open(&server, "?board=lamps&openid=dan");
    post(&server, "dan", 1);
    assert_eq!(stream.own(), json!({"score": 1, "rank": 4}));
}

#[test]
fn own_place_needs_the_token_of_the_player() {
    let server = Server::start("[score]\nguests = [\"lamps\"]\n");
    let guest = server.done("", "player/guest", json!({"app": "lamps"}));
    let other = server.done("", "player/guest", json!({"app": "lamps"}));
    let query = |player: &Value, token: &Value| {
        let [openid, token] = [player, token].map(|it| it.as_str().unwrap());
        format!("?board=lamps&openid={openid}&token={token}")
    };
    let status = |query: &str| Stream::open(&server, query).status;
    let openid = &guest["openid"];
    assert_eq!(status(&query(openid, &guest["token"])), 200);
    assert_eq!(status(&query(openid, &other["token"])), 403);
    assert_eq!(status(&query(openid, &json!(""))), 401);
    assert_eq!(status(&query(&json!("a b"), &other["token"])), 400);
}
