//! h. PostgreSQL instead of SQLite, with one, two and three servers on one database.

use crate::contest::{Effort, Side, Spread, alternate};
use crate::folder::Folder;
use crate::guichet;
use crate::load::Load;
use crate::notices as stock;
use crate::players;
use crate::posts::{PLAYERS, post};
use crate::process::Running;
use crate::report::{Row, Unit};
use crate::search::{KEYS, NoticeDatabase, envelope, search};
use crate::wire;
use engine::clock::Clock;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::scope;
use std::time::{Duration, Instant};

const SECTION: &str = "h. PostgreSQL instead of SQLite";

/// A PostgreSQL of its own, which syncs every commit; it ends with this.
struct Database {
    child: Child,
    url: String,
}

impl Database {
    /// `None` where PostgreSQL is not installed.
    fn start() -> Option<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/postgres.sh");
        let mut child = Command::new(script)
            .env("GUICHET_TEST_FSYNC", "on")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        if url.is_empty() {
            let _ = child.wait();
            eprintln!("  left out: PostgreSQL is not installed");
            return None;
        }
        Some(Database { child, url: url.trim_end().to_owned() })
    }

    /// Move the rows of SQLite's file in the folder `from` to it.
    fn fill(&self, from: &Folder, to: &Folder) {
        let rows = from.path().join("rows");
        let command = |folder: &Folder, what: &str| {
            let file = folder.path().join("guichet.toml");
            let mut command = Command::new(guichet::binary());
            command.arg("-c").arg(file).arg(what).arg(&rows).stdout(Stdio::null());
            assert!(command.status().unwrap().success(), "{what}");
        };
        command(from, "export");
        let data = to.path().join("data");
        let config = format!("data_dir = {data:?}\n{}", self.sections());
        std::fs::write(to.path().join("guichet.toml"), config).unwrap();
        command(to, "import");
    }

    fn sections(&self) -> String {
        format!("[database]\nurl = {:?}\n[store]\nshared = true\n", self.url)
    }

    /// A server on it, with the key of the first one.
    fn server(&self, folder: &Folder, first: Option<&Folder>) -> Running {
        if let Some(first) = first {
            std::fs::copy(first.path().join("data.key"), folder.path().join("data.key")).unwrap();
        }
        guichet::start_with(folder, &self.sections(), &[])
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // The script ends when its input does.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

pub fn run(effort: Effort, stock: &mut NoticeDatabase) -> Vec<Row> {
    let mut rows = scores(effort);
    rows.extend(notices(effort, stock));
    rows
}

fn scores(effort: Effort) -> Vec<Row> {
    let Some(database) = Database::start() else { return Vec::new() };
    let folders: Vec<Folder> = (0..3).map(|_| Folder::new()).collect();
    let sqlite_folder = players::folder(PLAYERS, false);
    database.fill(&sqlite_folder, &folders[0]);
    let sqlite = guichet::start(&sqlite_folder);
    let mut servers = vec![database.server(&folders[0], None)];
    let mut rows = Vec::new();
    for connections in [1, 64, 256] {
        eprintln!("  {connections} connections");
        let sides = [
            Side { name: "PostgreSQL", server: &servers[0], load: post(connections) },
            Side { name: "SQLite", server: &sqlite, load: post(connections) },
        ];
        let series = alternate(effort, &sides);
        let work = format!("durable scores, {connections} at once");
        rows.push(Row::rate(SECTION, &work, &series[0], &series[1]));
    }
    for folder in &folders[1..] {
        servers.push(database.server(folder, Some(&folders[0])));
        let count = servers.len();
        eprintln!("  {count} servers");
        let mut ratios = Vec::new();
        for _ in 0..effort.rounds {
            let one = total(&servers[..1], &post(96), effort);
            ratios.push(total(&servers, &post(96 / count), effort) / one);
        }
        let work = format!("durable scores, 96 at once: {count} servers against one");
        rows.push(Row::figure(SECTION, &work, Spread::of(ratios), Unit::Times));
    }
    rows.push(follow(&servers, effort));
    rows
}

/// How long it takes, from before a post at one server, until another one shows the score: the 99th percentile, while
/// 5,000 other scores a second are posted.
fn follow(servers: &[Running], effort: Effort) -> Row {
    const CONNECTIONS: usize = 50;
    eprintln!("  until another server shows a score");
    let load = post(CONNECTIONS).paced(Duration::from_millis(10));
    let score = std::cell::Cell::new(0_u64);
    let once = || {
        score.set(score.get() + 1);
        let data = format!("{{\"openid\":\"probe\",\"score\":{}}}", score.get());
        let begun = Instant::now();
        let posted = wire::envelope_text(("score", "post"), &data);
        assert_eq!(guichet::post(&servers[0], "/api", &posted)["status"], 0);
        let asked = wire::envelope_text(("score", "get"), "{\"openid\":\"probe\"}");
        while guichet::post(&servers[1], "/api", &asked)["data"]["score"] != score.get() {
            std::thread::sleep(Duration::from_millis(1));
        }
        begun.elapsed().as_secs_f64() * 1e3
    };
    let percentiles: Vec<f64> = (0..effort.rounds)
        .map(|_| {
            let is_over = AtomicBool::new(false);
            scope(|scope| {
                scope.spawn(|| {
                    load.run(servers[0].address(), servers[0].pid(), effort.time);
                    is_over.store(true, Ordering::Relaxed);
                });
                let mut all = Vec::new();
                while !is_over.load(Ordering::Relaxed) {
                    all.push(once());
                }
                all.sort_by(f64::total_cmp);
                all[all.len() * 99 / 100]
            })
        })
        .collect();
    let work = "until another server shows a score, at 5,000 scores a second: p99";
    Row::figure(SECTION, work, Spread::of(percentiles), Unit::Milliseconds).aim(100.0)
}

/// Publishing notices, which are transactions of their own, and searching them.
fn notices(effort: Effort, stock: &mut NoticeDatabase) -> Vec<Row> {
    let Some(database) = Database::start() else { return Vec::new() };
    let sqlite_folder = stock.notices(if effort.quick { 10_000 } else { 100_000 });
    let folders: Vec<Folder> = (0..2).map(|_| Folder::new()).collect();
    database.fill(sqlite_folder, &folders[0]);
    let sqlite = guichet::start(sqlite_folder);
    let mut servers = vec![database.server(&folders[0], None)];
    let tokens = [&servers[0], &sqlite].map(|server| guichet::login(server, "finder"));
    let mut rows = Vec::new();
    for (name, key, more) in KEYS {
        let sides = [
            search("PostgreSQL", &servers[0], &tokens[0], key, more),
            search("SQLite", &sqlite, &tokens[1], key, more),
        ];
        let series = alternate(effort, &sides);
        let work = format!("searching 100,000 notices: {name}");
        rows.push(Row::rate(SECTION, &work, &series[0], &series[1]));
    }
    for connections in [1, 64] {
        eprintln!("  {connections} connections");
        let sides = [
            Side {
                name: "PostgreSQL",
                server: &servers[0],
                load: publish(connections, &tokens[0]),
            },
            Side { name: "SQLite", server: &sqlite, load: publish(connections, &tokens[1]) },
        ];
        let series = alternate(effort, &sides);
        let work = format!("published notices, {connections} at once");
        rows.push(Row::rate(SECTION, &work, &series[0], &series[1]));
    }
    servers.push(database.server(&folders[1], Some(&folders[0])));
    let mut ratios = Vec::new();
    for _ in 0..effort.rounds {
        let load = |each: usize| publish(each, &tokens[0]);
        let one = total(&servers[..1], &load(64), effort);
        ratios.push(total(&servers, &load(32), effort) / one);
    }
    let work = "published notices, 64 at once: 2 servers against one";
    rows.push(Row::figure(SECTION, work, Spread::of(ratios), Unit::Times));
    rows
}

/// `property/add` by envelope.
fn publish(connections: usize, token: &str) -> Load {
    let target = format!("/api?token={token}");
    let zone = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap();
    let body = envelope(&stock::notices(1).next().unwrap(), &Clock::new(zone));
    Load::http(connections, wire::DONE, move |_, out| wire::http_request(out, &target, &body))
}

/// Answers a second of all these servers together, each under this load.
fn total(servers: &[Running], load: &Load, effort: Effort) -> f64 {
    scope(|scope| {
        let running: Vec<_> = servers
            .iter()
            .map(|server| {
                scope.spawn(move || load.run(server.address(), server.pid(), effort.time).rate)
            })
            .collect();
        running.into_iter().map(|load| load.join().unwrap()).sum()
    })
}
