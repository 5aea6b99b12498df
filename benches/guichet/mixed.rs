//! d. Nine reads to one durable write.

use crate::contest::{Effort, Side, alternate};
use crate::guichet;
use crate::load::Load;
use crate::peers::{self, Durability};
use crate::players::{self, BOARD};
use crate::posts::{PLAYERS, rising};
use crate::report::Row;
use crate::search::NoticeDatabase;
use crate::wire::{self, DONE};

const SECTION: &str = "d. 90 % one rank, 10 % durable scores";

fn ours(connections: usize) -> Load {
    let next = rising();
    Load::http(connections, DONE, move |random, out| {
        let read = random.below(10) > 0;
        let (openid, score) = next(random);
        if read {
            wire::envelope(out, ("score", "get"), &format!("{{\"openid\":\"{openid}\"}}"));
        } else {
            let data = format!("{{\"openid\":\"{openid}\",\"score\":{score}}}");
            wire::envelope(out, ("score", "post"), &data);
        }
    })
}

fn redis(connections: usize) -> Load {
    let next = rising();
    Load::redis(connections, b":", move |random, out| {
        let read = random.below(10) > 0;
        let (openid, score) = next(random);
        if read {
            wire::command(out, &["ZREVRANK", BOARD, &openid]);
        } else {
            wire::command(out, &["ZADD", BOARD, &score.to_string(), &openid]);
        }
    })
}

pub fn run(effort: Effort, _: &mut NoticeDatabase) -> Vec<Row> {
    let folder = players::folder(PLAYERS, false);
    let guichet = guichet::start(&folder);
    let Some(peer) = peers::redis(Durability::Always) else { return Vec::new() };
    players::into_redis(peer.server.address(), PLAYERS);
    let mut rows = Vec::new();
    for connections in [16, 64, 256] {
        eprintln!("  {connections} connections");
        let sides = [
            Side { name: "Guichet", server: &guichet, load: ours(connections) },
            Side { name: "Redis, synced always", server: &peer.server, load: redis(connections) },
        ];
        let series = alternate(effort, &sides);
        let work = format!("{connections} at once");
        rows.push(Row::rate(SECTION, &work, &series[0], &series[1]));
        rows.push(Row::p99(SECTION, &format!("p99, {work}"), &series[0], &series[1]));
    }
    rows
}
