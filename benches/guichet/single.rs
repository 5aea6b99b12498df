//! i. One client: a score at a time, and 64 at once in a batch.

use crate::contest::{Effort, Side, alternate};
use crate::guichet;
use crate::load::Load;
use crate::peers::{self, Durability};
use crate::players::{self, BOARD};
use crate::posts::{self, PLAYERS, rising};
use crate::report::Row;
use crate::search::NoticeDatabase;
use crate::wire;

const SECTION: &str = "i. One client";

/// Scores in a batch.
const BATCH: usize = 64;

/// A batch of `score/post` by envelope.
fn batch() -> Load {
    let next = rising();
    Load::http(1, b"[{\"id\":7,\"status\":0,", move |random, out| {
        let items: Vec<String> = (0..BATCH)
            .map(|_| {
                let (openid, score) = next(random);
                format!(
                    "{{\"id\":7,\"status\":0,\"type\":\"score\",\"subtype\":\"post\",\
                     \"data\":{{\"openid\":\"{openid}\",\"score\":{score}}}}}"
                )
            })
            .collect();
        wire::http_request(out, "/api", &format!("[{}]", items.join(",")));
    })
}

/// As many ZADD, sent together.
fn pipeline() -> Load {
    let next = rising();
    let mut load = Load::redis(1, b":0", move |random, out| {
        for _ in 0..BATCH {
            let (openid, score) = next(random);
            wire::command(out, &["ZADD", BOARD, &score.to_string(), &openid]);
        }
    });
    load.protocol = wire::Protocol::Pipeline(BATCH);
    load
}

pub fn run(effort: Effort, _: &mut NoticeDatabase) -> Vec<Row> {
    let folder = players::folder(PLAYERS, false);
    let ours = guichet::start(&folder);
    let redis = peers::redis(Durability::Always);
    if let Some(redis) = &redis {
        players::into_redis(redis.server.address(), PLAYERS);
    }
    let mut rows = Vec::new();
    for (work, own, other, median, tail) in [
        ("one score at a time", posts::post(1), posts::zadd(1), Some(1.15), Some(3.0)),
        ("a batch of 64 scores", batch(), pipeline(), Some(1.0), None),
    ] {
        eprintln!("  {work}");
        let mut sides = vec![Side { name: "Guichet", server: &ours, load: own }];
        sides.extend(redis.as_ref().map(|redis| Side {
            name: "Redis, synced always",
            server: &redis.server,
            load: other,
        }));
        let series = alternate(effort, &sides);
        let ours = &series[0];
        for theirs in series.iter().skip(1) {
            let row = Row::p50(SECTION, &format!("p50, {work}"), ours, theirs);
            rows.push(median.map_or(row.clone(), |aim| row.aim(aim)));
            let row = Row::p99(SECTION, &format!("p99, {work}"), ours, theirs);
            rows.push(tail.map_or(row.clone(), |aim| row.aim(aim)));
        }
    }
    rows
}
