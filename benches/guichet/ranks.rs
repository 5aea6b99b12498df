//! c. Reading a board, from small to large.

use crate::contest::{Effort, Series, Side, alternate};
use crate::guichet;
use crate::load::{Load, Random};
use crate::peers::{self, Durability};
use crate::players::{self, BOARD};
use crate::process::Running;
use crate::report::Row;
use crate::search::NoticeDatabase;
use crate::wire::{self, DONE};

const SECTION: &str = "c. Reading a board";

const CONNECTIONS: usize = 32;

/// Rows listed on each side of a player.
const SPAN: u64 = 5;

/// The smallest board, the baseline for the others.
const SMALL: u64 = 10_000;

/// A read operation: its load for Guichet and for Redis, and the target ratio.
struct Work {
    name: &'static str,
    ours: fn(u64) -> Load,
    redis: fn(u64) -> Load,
    aim: Option<f64>,
}

const WORKS: [Work; 3] = [
    Work { name: "one rank", ours: rank, redis: zrevrank, aim: Some(1.25) },
    Work { name: "the top 100", ours: |_| top(), redis: |_| zrevrange(0, 99), aim: Some(2.0) },
    Work {
        name: "a window in the middle",
        ours: around,
        redis: |count| zrevrange(count / 2 - SPAN, count / 2 + SPAN),
        aim: None,
    },
];

/// `score/get`: score and rank.
pub fn rank(count: u64) -> Load {
    get("get", "", move |random| random.below(count))
}

/// `score/around` of players in the middle of the board.
fn around(count: u64) -> Load {
    let mut players: Vec<(u64, u64)> =
        (0..count).map(|player| (players::score(player), player)).collect();
    let middle = players.len() / 2;
    players.select_nth_unstable(middle);
    let player = players[middle].1;
    get("around", &format!(",\"span\":{SPAN}"), move |_| player)
}

fn get(
    subtype: &'static str,
    more: &str,
    player: impl Fn(&mut Random) -> u64 + Send + Sync + 'static,
) -> Load {
    let more = more.to_owned();
    Load::http(CONNECTIONS, DONE, move |random, out| {
        let openid = players::openid(player(random));
        wire::envelope(out, ("score", subtype), &format!("{{\"openid\":\"{openid}\"{more}}}"));
    })
}

/// `score/top`, `limit` 100.
fn top() -> Load {
    Load::http(CONNECTIONS, DONE, |_, out| {
        wire::envelope(out, ("score", "top"), r#"{"limit":100}"#);
    })
}

/// `rank/list` of ranks 1 to 100: accounts, without avatars to look up, and with a token.
fn list(token: String) -> Load {
    let target = format!("/api?token={token}");
    let text = wire::envelope_text(("rank", "list"), r#"{"arange":[1,100]}"#);
    Load::http(CONNECTIONS, DONE, move |_, out| wire::http_request(out, &target, &text))
}

/// ZREVRANK.
pub fn zrevrank(count: u64) -> Load {
    Load::redis(CONNECTIONS, b":", move |random, out| {
        wire::command(out, &["ZREVRANK", BOARD, &players::openid(random.below(count))]);
    })
}

/// ZREVRANGE with scores.
fn zrevrange(first: u64, last: u64) -> Load {
    Load::redis(CONNECTIONS, b"*", move |_, out| {
        let (first, last) = (first.to_string(), last.to_string());
        wire::command(out, &["ZREVRANGE", BOARD, &first, &last, "WITHSCORES"]);
    })
}

pub fn run(effort: Effort, _: &mut NoticeDatabase) -> Vec<Row> {
    let sizes: &[u64] =
        if effort.quick { &[SMALL, 100_000] } else { &[SMALL, 100_000, 1_000_000, 5_000_000] };
    let small_folder = players::folder(SMALL, true);
    let small = guichet::start(&small_folder);
    let bare = Running::announced(&mut peers::own_program("serve-bare"));
    let mut rows = Vec::new();
    for size in sizes {
        eprintln!("  {size} players");
        let folder = (*size != SMALL).then(|| players::folder(*size, false));
        let large = folder.as_ref().map(guichet::start);
        let ours = large.as_ref().unwrap_or(&small);
        let redis = peers::redis(Durability::None);
        if let Some(redis) = &redis {
            players::into_redis(redis.server.address(), *size);
        }
        for work in &WORKS {
            rows.extend(one(effort, work, *size, ours, &small, redis.as_ref().map(|r| &r.server)));
        }
        if let Some(redis) = &redis {
            // The same requests without a lookup: an upper bound for servers on hyper.
            let sides = [
                Side { name: "bare hyper", server: &bare, load: rank(*size) },
                Side { name: "Redis", server: &redis.server, load: zrevrank(*size) },
            ];
            let series = alternate(effort, &sides);
            let work = format!("one rank, {}: the floor, bare hyper", short(*size));
            rows.push(Row::rate(SECTION, &work, &series[0], &series[1]).floor());
        }
        if let (SMALL, Some(redis)) = (*size, &redis) {
            guichet::register(ours, "reader");
            let load = list(guichet::login(ours, "reader"));
            let sides = [
                Side { name: "Guichet", server: ours, load },
                Side { name: "Redis", server: &redis.server, load: zrevrange(0, 99) },
            ];
            let series = alternate(effort, &sides);
            rows.push(Row::rate(SECTION, "the top 100 of accounts, 10k", &series[0], &series[1]));
        }
    }
    rows.sort_by_key(|row| WORKS.iter().position(|work| row.work.starts_with(work.name)));
    rows
}

/// One read on a board of `size`: against Redis, and against the same read on the small board.
fn one(
    effort: Effort,
    work: &Work,
    size: u64,
    ours: &Running,
    small: &Running,
    redis: Option<&Running>,
) -> Vec<Row> {
    let mut sides = vec![Side { name: "Guichet", server: ours, load: (work.ours)(size) }];
    if let Some(server) = redis {
        sides.push(Side { name: "Redis", server, load: (work.redis)(size) });
    }
    if size != SMALL {
        let load = (work.ours)(SMALL);
        sides.push(Side { name: "itself with 10k", server: small, load });
    }
    let name = format!("{}, {}", work.name, short(size));
    let series = alternate(effort, &sides);
    let row = |theirs: &Series| match (theirs.name, work.aim) {
        ("Redis", Some(aim)) => Row::rate(SECTION, &name, &series[0], theirs).aim(aim),
        ("Redis", None) => Row::rate(SECTION, &name, &series[0], theirs),
        _ => Row::cpu(SECTION, &format!("{name}: CPU"), &series[0], theirs).aim(2.0),
    };
    series[1..].iter().map(row).collect()
}

/// A number in short form, such as 10k or 1M.
pub fn short(count: u64) -> String {
    match count {
        0..1_000_000 => format!("{}k", count / 1_000),
        _ => format!("{}M", count / 1_000_000),
    }
}
