//! The attacks of a stranger, against the release binary on one core and in 512 MB.
//!
//! `cargo bench --bench siege` starts the server in a memory cgroup on one processor; attackers and
//! a regular client run on the others. Each attack goes on for [`ROW_TIME`], and all of them at once
//! for two minutes. Before each, the regular client is alone for [`ALONE_TIME`]. It prints, for each,
//! the regular client's 99th percentile, alone and beside the attack, of all requests and of those that
//! wait for no disk, the server's largest resident memory, and how the attacker's requests were
//! answered. It ends with status 1 if memory passes [`MOST_MEMORY`], the server ends, or the regular client's 99th percentile is more than
//! [`MOST_SLOWER`] times what it is alone.
//!
//! It needs root, Linux and two processors; elsewhere it says so and measures all the same.
//! `-- NAME` runs the rows whose name contains NAME. `GUICHET=path` drives another build.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark fails by panicking"
)]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "figures for people to read"
)]

mod attacks;
#[path = "../../tests/common/folder.rs"]
mod folder;
#[allow(dead_code, reason = "each benchmark uses a part of it")]
#[path = "../support/guichet.rs"]
mod guichet;
mod peer;
mod place;
mod prepare;
#[allow(dead_code, reason = "each benchmark uses a part of it")]
#[path = "../support/process.rs"]
mod process;
mod regular;
#[allow(dead_code, reason = "each benchmark uses a part of it")]
#[path = "../support/wire.rs"]
mod wire;

use attacks::{ATTACKS, Attack};
use folder::Folder;
use peer::{Answers, Counts};
use place::Groups;
use prepare::{Target, prepare};
use process::Running;
use std::net::SocketAddr;
use std::path::Path;
use std::rc::Rc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::task::{LocalSet, spawn_local};

/// How long one attack runs.
const ROW_TIME: Duration = Duration::from_secs(20);

/// How long all attacks run together.
const ALL_TIME: Duration = Duration::from_secs(120);

/// How long the regular client runs alone.
const ALONE_TIME: Duration = Duration::from_secs(10);

/// What the row of all attacks is called.
const ALL_NAME: &str = "all at once";

/// How long connections may be left over once an attack has ended.
const LEFT_OVER: Duration = Duration::from_secs(12);

/// The server's memory limit, as on the smallest virtual machine.
const LIMIT: u64 = 512 << 20;

/// The most resident memory that the server may have at any time.
const MOST_MEMORY: u64 = 320 << 20;

/// How many times slower the regular client's 99th percentile may become.
const MOST_SLOWER: f64 = 4.0;

/// A few accounts publish what takes a stranger many: see [`prepare`](fn@prepare).
const SECTIONS: &str = "[shop]\nmax_per_account = 60\n";

fn main() {
    // Cargo adds `--bench` by itself.
    let only: Option<String> = std::env::args().skip(1).find(|arg| arg != "--bench");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let held = LocalSet::new().block_on(&runtime, siege(only.as_deref()));
    std::process::exit(i32::from(!held));
}

async fn siege(only: Option<&str>) -> bool {
    let folder = Folder::new();
    let has_processor = place::on_servers_processor();
    // As the unit for systemd in docs/deploy.md has it.
    let server = guichet::start_with(&folder, SECTIONS, &[]);
    let is_apart = has_processor && place::on_other_processors();
    let groups = Groups::enter(server.pid(), LIMIT);
    if !is_apart {
        println!("THE PROCESSOR IS SHARED WITH THE ATTACKERS (needs taskset and two processors)");
    }
    if !groups.is_complete() {
        println!("NO MEMORY LIMIT, OR NO PRIORITY (needs root and control groups)");
    }
    let target = prepare(&server).await;
    println!("| attack | p99 alone | p99 ms | × alone | reads alone | reads | most MB | answers |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |");
    let mut held = true;
    let is_wanted = |name: &str| only.is_none_or(|only| name.contains(only));
    for attack in ATTACKS.iter().filter(|attack| is_wanted(attack.name)) {
        held &= row(&server, &target, folder.path(), attack.name, &[attack], ROW_TIME).await;
    }
    if is_wanted(ALL_NAME) {
        let all: Vec<&Attack> = ATTACKS.iter().collect();
        held &= row(&server, &target, folder.path(), ALL_NAME, &all, ALL_TIME).await;
    }
    println!("{}", if held { "held" } else { "NOT HELD" });
    // The groups can be removed once nothing runs in them.
    server.end();
    drop(groups);
    held
}

/// Run some attacks together, beside a regular client, and print what came of it.
async fn row(
    server: &Running,
    target: &Target,
    folder: &Path,
    name: &str,
    attacks: &[&Attack],
    time: Duration,
) -> bool {
    let address = target.server;
    let alone = regular::run(address, Instant::now() + ALONE_TIME).await;
    let end = Instant::now() + time;
    let threads: Vec<_> = attacks.iter().map(|attack| begin(attack.start, target, end)).collect();
    let memory = spawn_local(most_memory(server.pid(), end));
    let figures = regular::run(address, end).await;
    let most = memory.await.unwrap();
    let answers = Answers::default();
    for thread in threads {
        answers.add_all(&thread.join().unwrap());
    }
    let slower = figures.p99() / alone.p99();
    let lives = is_alive(address).await;
    println!(
        "| {name} | {:.2} | {} | {slower:.1} | {:.2} | {:.2} | {:.0} | {} |",
        alone.p99(),
        figures.told(),
        alone.p99_of_reads(),
        figures.p99_of_reads(),
        most as f64 / f64::from(1 << 20),
        answers.told()
    );
    if !lives {
        let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
        println!("the server does not answer any more; its log ends: {}", tail(&log));
    }
    // Connections that are left over from this row end before the next one begins.
    tokio::time::sleep(LEFT_OVER).await;
    lives && most < MOST_MEMORY && slower <= MOST_SLOWER && figures.failed == 0
}

/// Run an attack on a thread of its own until `end`: one with nine thousand connections must not slow another
/// one down. How its requests were answered.
fn begin(start: attacks::Start, target: &Target, end: Instant) -> JoinHandle<Counts> {
    let target = target.clone();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        LocalSet::new().block_on(&runtime, async {
            let answers = Rc::new(Answers::default());
            start(&target, end, &answers);
            tokio::time::sleep_until(end.into()).await;
            answers.counts()
        })
    })
}

/// The largest resident memory, looked at twenty times a second.
async fn most_memory(pid: u32, end: Instant) -> u64 {
    let mut most = 0;
    while Instant::now() < end {
        most = most.max(resident(pid));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    most
}

fn resident(pid: u32) -> u64 {
    if Path::new(&format!("/proc/{pid}/status")).exists() {
        process::resident(pid) as u64
    } else {
        0
    }
}

async fn is_alive(address: SocketAddr) -> bool {
    regular::run(address, Instant::now() + Duration::from_secs(1)).await.answered() > 0
}

fn tail(log: &str) -> &str {
    log.char_indices().rev().nth(2_000).map_or(log, |(at, _)| &log[at..])
}
