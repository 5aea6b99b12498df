//! j. Against what one would build instead: an HTTP server before Redis, synced always. And any other server, by its
//! address and two request templates (`--peer`).

use crate::contest::{Effort, Side, alternate};
use crate::guichet;
use crate::load::{Load, Random};
use crate::peers::{self, Durability};
use crate::players;
use crate::posts::{self, PLAYERS, rising};
use crate::process::Running;
use crate::ranks;
use crate::report::Row;
use crate::search::NoticeDatabase;
use std::fs;

const SECTION: &str = "j. Instead";

const CONNECTIONS: usize = 64;

/// Another server: how it takes a score, and how it tells a place.
struct Other {
    name: &'static str,
    server: Running,
    post: Load,
    get: Load,
}

/// A request over HTTP whose answer begins with `expect`.
fn request(
    method: &'static str,
    expect: &'static [u8],
    of: impl Fn(&str, u64) -> (String, String) + Send + Sync + 'static,
    next: impl Fn(&mut Random) -> (String, u64) + Send + Sync + 'static,
) -> Load {
    Load::http(CONNECTIONS, expect, move |random, out| {
        let (openid, score) = next(random);
        let (target, body) = of(&openid, score);
        let head = format!(
            "{method} {target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        );
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(body.as_bytes());
    })
}

fn known(random: &mut Random) -> (String, u64) {
    (players::openid(random.below(PLAYERS)), 0)
}

/// A server of ours that takes `POST /score` and `GET /rank?openid=`.
fn small(name: &'static str, server: Running) -> Other {
    let json = |openid: &str, score: u64| format!("{{\"openid\":\"{openid}\",\"score\":{score}}}");
    let post = move |openid: &str, score: u64| ("/score".to_owned(), json(openid, score));
    let get = |openid: &str, _: u64| (format!("/rank?openid={openid}"), String::new());
    Other {
        name,
        server,
        post: request("POST", b"{\"score\":", post, rising()),
        get: request("GET", b"{\"score\":", get, known),
    }
}

/// webdis passes commands on as they are; the place alone, for the score would be a second request.
fn webdis(server: Running) -> Other {
    let post = |openid: &str, score: u64| ("/".to_owned(), format!("ZADD/board/{score}/{openid}"));
    let get = |openid: &str, _: u64| (format!("/ZREVRANK/board/{openid}"), String::new());
    Other {
        name: "webdis + Redis",
        server,
        post: request("POST", b"{\"ZADD\":", post, rising()),
        get: request("GET", b"{\"ZREVRANK\":", get, known),
    }
}

/// The servers that the command line names: `--peer=NAME=ADDRESS,POST,GET`. POST and GET are files with a request: the
/// method and the path, headers, an empty line and the body. `{openid}` and `{score}` in them are replaced, and
/// `Content-Length` is added.
fn named() -> Vec<Other> {
    std::env::args().filter_map(|arg| arg.strip_prefix("--peer=").map(named_peer)).collect()
}

fn named_peer(text: &str) -> Other {
    let usage = "--peer=NAME=ADDRESS,POST_FILE,GET_FILE";
    let (name, rest) = text.split_once('=').expect(usage);
    let [address, post, get] = rest.split(',').collect::<Vec<_>>()[..] else { panic!("{usage}") };
    let server = Running::elsewhere(address.parse().expect("an address such as 127.0.0.1:8090"));
    let (post, get) = (template(post), template(get));
    Other {
        name: name.to_owned().leak(),
        server,
        post: templated(post, rising()),
        get: templated(get, known),
    }
}

fn template(file: &str) -> (String, String) {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{file}: {error}"));
    let text = text.replace("\r\n", "\n");
    let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
    (head.trim_end().to_owned(), body.trim_end().to_owned())
}

fn templated(
    (head, body): (String, String),
    next: impl Fn(&mut Random) -> (String, u64) + Send + Sync + 'static,
) -> Load {
    // What an answer says is the other server's affair; its status is looked at by whoever configures it.
    Load::http(CONNECTIONS, b"", move |random, out| {
        let (openid, score) = next(random);
        let fill =
            |text: &str| text.replace("{openid}", &openid).replace("{score}", &score.to_string());
        let body = fill(&body);
        let head = fill(&head).replace('\n', "\r\n");
        let length = body.len();
        out.extend_from_slice(
            format!("{head}\r\nContent-Length: {length}\r\n\r\n{body}").as_bytes(),
        );
    })
}

pub fn run(effort: Effort, _: &mut NoticeDatabase) -> Vec<Row> {
    let folder = players::folder(PLAYERS, false);
    let ours = guichet::start(&folder);
    let redis = peers::redis(Durability::Always);
    let mut others = Vec::new();
    if let Some(redis) = &redis {
        let address = redis.server.address();
        players::into_redis(address, PLAYERS);
        others.extend(peers::axum_redis(address.port()).map(|it| small("axum + Redis", it)));
        others.extend(peers::webdis(address.port()).map(webdis));
        others.extend(
            peers::ioredis(address.port()).map(|it| small("fastify + ioredis + Redis", it)),
        );
    }
    others.extend(named());
    let mut rows = Vec::new();
    let post = "64 at once";
    eprintln!("  scores");
    let mut sides = vec![Side { name: "Guichet", server: &ours, load: posts::post(CONNECTIONS) }];
    sides.extend(others.iter().map(|other| Side {
        name: other.name,
        server: &other.server,
        load: other.post.clone(),
    }));
    let series = alternate(effort, &sides);
    for theirs in series.iter().skip(1) {
        let row = Row::rate(SECTION, post, &series[0], theirs);
        let aim = match theirs.name {
            "axum + Redis" => Some(1.5),
            "webdis + Redis" => Some(1.8),
            _ => None,
        };
        rows.push(aim.map_or(row.clone(), |aim| row.aim(aim)));
        let row = Row::p99(SECTION, &format!("p99, {post}"), &series[0], theirs);
        rows.push(if theirs.name == "axum + Redis" { row.aim(1.0) } else { row });
    }
    eprintln!("  places");
    let mut sides = vec![Side { name: "Guichet", server: &ours, load: ranks::rank(PLAYERS) }];
    sides.extend(others.iter().map(|other| Side {
        name: other.name,
        server: &other.server,
        load: other.get.clone(),
    }));
    let series = alternate(effort, &sides);
    for theirs in series.iter().skip(1) {
        rows.push(Row::rate(SECTION, "one rank", &series[0], theirs));
    }
    rows
}
