//! b. Durable scores: each is acknowledged once it is on the disk.

use crate::contest::{Effort, Series, Side, alternate};
use crate::guichet;
use crate::load::{Load, Random};
use crate::peers::{self, Durability};
use crate::players::{self, BOARD};
use crate::process::Running;
use crate::report::Row;
use crate::search::NoticeDatabase;
use crate::wire::{self, DONE};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const SECTION: &str = "b. Durable scores";

/// An upper bound for every server on hyper: the same requests, with nothing done or stored.
const BARE: &str = "bare hyper";

/// Number of players.
pub const PLAYERS: u64 = 100_000;

/// Random players, each time with a higher score than any before, so every request changes a row.
pub fn rising() -> impl Fn(&mut Random) -> (String, u64) + Clone {
    let score = Arc::new(AtomicU64::new(1 << 44));
    move |random| (players::openid(random.below(PLAYERS)), score.fetch_add(1, Ordering::Relaxed))
}

/// `score/post` by envelope.
pub fn post(connections: usize) -> Load {
    let next = rising();
    Load::http(connections, DONE, move |random, out| {
        let (openid, score) = next(random);
        let data = format!("{{\"openid\":\"{openid}\",\"score\":{score}}}");
        wire::envelope(out, ("score", "post"), &data);
    })
}

/// ZADD.
pub fn zadd(connections: usize) -> Load {
    let next = rising();
    Load::redis(connections, b":0", move |random, out| {
        let (openid, score) = next(random);
        wire::command(out, &["ZADD", BOARD, &score.to_string(), &openid]);
    })
}

pub fn run(effort: Effort, _: &mut NoticeDatabase) -> Vec<Row> {
    let folder = players::folder(PLAYERS, false);
    let ours = guichet::start(&folder);
    let always = peers::redis(Durability::Always);
    let every_second = peers::redis(Durability::EverySecond);
    let pool = Some(peers::pool(PLAYERS));
    let flask = peers::flask(PLAYERS);
    let fastify = peers::fastify(PLAYERS);
    let bare = Running::announced(&mut peers::own_program("serve-bare"));
    for redis in [&always, &every_second].into_iter().flatten() {
        players::into_redis(redis.server.address(), PLAYERS);
    }
    let mut rows = Vec::new();
    for connections in [16, 64, 256] {
        eprintln!("  {connections} connections");
        let others = [
            ("Redis, synced always", &always, zadd(connections)),
            ("Redis, synced every second", &every_second, zadd(connections)),
            ("a pool, a transaction each", &pool, post(connections)),
            ("Flask + gunicorn", &flask, post(connections)),
            ("fastify + better-sqlite3", &fastify, post(connections)),
        ];
        let ours = Side { name: "Guichet", server: &ours, load: post(connections) };
        let others = others.into_iter().filter_map(|(name, peer, load)| {
            peer.as_ref().map(|peer| Side { name, server: &peer.server, load })
        });
        let floor = Side { name: BARE, server: &bare, load: post(connections) };
        let sides: Vec<Side<'_>> = [ours, floor].into_iter().chain(others).collect();
        rows.extend(judged(connections, &alternate(effort, &sides)));
    }
    rows
}

/// The targets are set for 64 connections.
fn judged(connections: usize, series: &[Series]) -> Vec<Row> {
    let ours = &series[0];
    let work = format!("{connections} at once");
    let mut rows = Vec::new();
    for theirs in series.iter().skip(1).filter(|series| series.name != BARE) {
        let row = Row::rate(SECTION, &work, ours, theirs);
        let aim = match theirs.name {
            _ if connections != 64 => None,
            "Redis, synced always" => Some(1.5),
            "a pool, a transaction each" => Some(4.0),
            "Flask + gunicorn" => Some(20.0),
            _ => None,
        };
        rows.push(aim.map_or(row.clone(), |aim| row.aim(aim)));
    }
    if let Some(redis) = series.iter().find(|series| series.name == "Redis, synced always") {
        let row = Row::p99(SECTION, &format!("p99, {work}"), ours, redis);
        rows.push(if connections == 64 { row.aim(1.0) } else { row });
        if let Some(bare) = series.iter().find(|series| series.name == BARE) {
            let work = format!("the floor, {work}: bare hyper, nothing kept");
            rows.push(Row::rate(SECTION, &work, bare, redis).floor());
        }
    }
    rows
}
