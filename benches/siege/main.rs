//! Attacks on the release binary with one core and 512 MB.
//!
//! `cargo bench --bench siege` starts the server in a memory cgroup on one processor, measures what a
//! regular client's requests take while nothing else happens, and then runs each attack for
//! [`ROW_TIME`] and all of them at once for two minutes. It prints, for each, the regular client's
//! 99th percentile, the server's largest resident memory, and how the attacker's requests were
//! answered. It ends with status 1 if memory passes [`MAX_MEMORY`], the server ends, or the regular
//! client's 99th percentile is more than [`MAX_SLOWDOWN`] times what it is alone.
//!
//! It needs root and Linux for the cgroup; otherwise it prints a note and runs without. `-- NAME`
//! runs the rows whose name contains NAME. `GUICHET=path` tests another binary.

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
mod cgroup;
#[path = "../../tests/common/folder.rs"]
mod folder;
#[allow(dead_code, reason = "each benchmark uses a part of it")]
#[path = "../support/guichet.rs"]
mod guichet;
mod peer;
#[allow(dead_code, reason = "each benchmark uses a part of it")]
#[path = "../support/process.rs"]
mod process;
mod regular;
#[allow(dead_code, reason = "each benchmark uses a part of it")]
#[path = "../support/wire.rs"]
mod wire;

use attacks::{ATTACKS, Attack};
use cgroup::Cgroup;
use folder::Folder;
use peer::Answers;
use process::Running;
use regular::Figures;
use std::net::SocketAddr;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::task::{LocalSet, spawn_local};

/// How long one attack runs.
const ROW_TIME: Duration = Duration::from_secs(20);

/// How long all attacks run together.
const ALL_TIME: Duration = Duration::from_secs(120);

/// How long the regular client runs alone.
const ALONE_TIME: Duration = Duration::from_secs(20);

/// The server's memory limit, as on the smallest virtual machine.
const LIMIT: u64 = 512 << 20;

/// The most resident memory that the server may have at any time.
const MAX_MEMORY: u64 = 320 << 20;

/// How many times slower the regular client's 99th percentile may become.
const MAX_SLOWDOWN: f64 = 4.0;

fn main() {
    // Cargo adds `--bench` by itself.
    let only: Option<String> = std::env::args().skip(1).find(|arg| arg != "--bench");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let held = LocalSet::new().block_on(&runtime, siege(only.as_deref()));
    std::process::exit(i32::from(!held));
}

async fn siege(only: Option<&str>) -> bool {
    let folder = Folder::new();
    // As the unit for systemd in docs/deploy.md has it.
    let server = guichet::start_with(&folder, "", &[("MALLOC_ARENA_MAX", "2")]);
    let cgroup = Cgroup::enter(server.pid(), LIMIT);
    let address = server.address();
    attacks::prepare(address).await;
    println!("{}", cgroup.summary());
    println!("| attack | p50 ms | p99 ms | × alone | most MB | answers |");
    println!("| --- | ---: | ---: | ---: | ---: | --- |");
    let alone = regular::run(address, Instant::now() + ALONE_TIME).await;
    println!("| none | {} | | {:.0} | |", alone.summary(), megabytes(&server));
    let mut held = true;
    for attack in ATTACKS.iter().filter(|attack| only.is_none_or(|only| attack.name.contains(only)))
    {
        held &= row(&server, folder.path(), attack.name, &[attack], ROW_TIME, &alone).await;
    }
    if only.is_none() {
        let all: Vec<&Attack> = ATTACKS.iter().collect();
        held &= row(&server, folder.path(), "all at once", &all, ALL_TIME, &alone).await;
    }
    println!("{}", if held { "held" } else { "NOT HELD" });
    held
}

/// Runs attacks together with a regular client, and prints the result.
async fn row(
    server: &Running,
    folder: &Path,
    name: &str,
    attacks: &[&Attack],
    time: Duration,
    alone: &Figures,
) -> bool {
    let (address, end) = (server.address(), Instant::now() + time);
    let answers = Rc::new(Answers::default());
    for attack in attacks {
        (attack.start)(address, end, &answers);
    }
    let memory = spawn_local(most_memory(server.pid(), end));
    let figures = regular::run(address, end).await;
    let most = memory.await.unwrap();
    let slower = figures.p99() / alone.p99();
    let lives = is_alive(address).await;
    println!(
        "| {name} | {} | {slower:.1} | {:.0} | {} |",
        figures.summary(),
        most as f64 / f64::from(1 << 20),
        answers.summary()
    );
    if !lives {
        let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
        println!("the server does not answer any more; its log ends: {}", tail(&log));
    }
    // Remaining connections of this row end before the next row begins.
    tokio::time::sleep(Duration::from_secs(12)).await;
    lives && most < MAX_MEMORY && slower <= MAX_SLOWDOWN && figures.failed == 0
}

/// The largest resident memory, sampled twenty times a second.
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

fn megabytes(server: &Running) -> f64 {
    resident(server.pid()) as f64 / f64::from(1 << 20)
}

async fn is_alive(address: SocketAddr) -> bool {
    regular::run(address, Instant::now() + Duration::from_secs(1)).await.answered() > 0
}

fn tail(log: &str) -> &str {
    log.char_indices().rev().nth(2_000).map_or(log, |(at, _)| &log[at..])
}
