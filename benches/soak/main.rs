//! A soak test: does the server use the same resources after an hour as before?
//!
//! `cargo bench --bench soak` sends some four hundred requests a second of every kind, invalid ones
//! among them, to the release binary. Each minute it prints memory, open files, threads and the
//! size of the WAL. The data that the load leaves behind is bounded, so nothing should grow. `--
//! --minutes=N` sets the duration, and `GUICHET=path` tests another binary. It exits with status 1
//! if something grew, an answer was unexpected, or the server did not shut down cleanly.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark fails by panicking"
)]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "figures for people to read"
)]

mod accounts;
mod boards;
mod client;
mod codes;
#[path = "../../tests/common/folder.rs"]
mod folder;
#[allow(dead_code, reason = "each benchmark uses a part of it")]
#[path = "../support/guichet.rs"]
mod guichet;
mod hostile;
#[allow(dead_code, reason = "each benchmark uses a part of it")]
#[path = "../support/notices.rs"]
mod made_up;
mod notices;
mod pictures;
#[allow(dead_code, reason = "each benchmark uses a part of it")]
#[path = "../support/process.rs"]
mod process;
mod sample;
mod tally;
mod watch;
#[allow(dead_code, reason = "each benchmark uses a part of it")]
#[path = "../support/wire.rs"]
mod wire;
mod world;

use folder::Folder;
use process::Running;
use rusqlite::Connection;
use sample::{HEAD, Sample, is_flat, ok_or_not};
use std::fs;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::{JoinHandle, LocalSet, spawn_local};
use world::World;

const USAGE: &str = "cargo bench --bench soak [-- --minutes=N]";

/// The server shuts down within this time (docs/cli.md).
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);

fn main() {
    // Cargo adds `--bench` by itself.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let minutes = match &args[..] {
        [] => Some(60),
        [one] => one.strip_prefix("--minutes=").and_then(|number| number.parse().ok()),
        _ => None,
    };
    let Some(minutes @ 1..) = minutes else {
        eprintln!("{USAGE}");
        std::process::exit(2);
    };
    if !soak(Duration::from_secs(60 * minutes)) {
        std::process::exit(1);
    }
}

fn soak(time: Duration) -> bool {
    let folder = Folder::new();
    let web = format!("[web]\ndir = {:?}\n", concat!(env!("CARGO_MANIFEST_DIR"), "/examples/web"));
    let watched = watch::sections(&folder.path().join("backups"));
    // All players come from one address.
    let games = "[score]\nnew_boards_per_day = 0\nnew_players_per_hour = 0\n";
    let sections = format!("{web}{games}{}{}{watched}", world::SESSION, codes::QUOTAS);
    // As the unit for systemd in docs/deploy.md has it.
    let server = guichet::start_with(&folder, &sections, &[("MALLOC_ARENA_MAX", "2")]);
    let data = folder.path().join("data");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (samples, open, world) = LocalSet::new().block_on(&runtime, async {
        let world = Rc::new(World::new(server.address(), data.clone(), Instant::now() + time));
        let samples = drive(&server, &world, time).await;
        (samples, leave_open(&world).await, world)
    });
    let (table, unexpected) = world.tally.borrow().table();
    println!("\n{table}");
    println!("unexpected answers: {unexpected}: {}", ok_or_not(unexpected == 0));
    let flat = is_flat(&samples);
    let ended = shuts_down_cleanly(server, &data);
    drop(open);
    let errors = log(&folder.path().join("log"));
    unexpected == 0 && flat && ended && errors == 0
}

/// Runs the whole load and takes samples: each minute, or twenty times if the run is short.
async fn drive(server: &Running, world: &Rc<World>, time: Duration) -> Vec<Sample> {
    boards::fill(world).await;
    let load = start(world);
    let every = Duration::from_secs(60).min(time / 20);
    let begun = Instant::now();
    println!("{HEAD}");
    let (mut samples, mut due) = (Vec::new(), begun + every);
    while due <= world.end {
        tokio::time::sleep_until(due.into()).await;
        samples.push(Sample::take(server, world, begun.elapsed(), every));
        due += every;
        let ended = load.iter().filter(|task| task.is_finished()).count();
        assert!(ended == 0 || due > world.end, "{ended} parts of the load have ended early");
    }
    for task in load {
        task.await.unwrap();
    }
    samples
}

/// The whole load, with a task for each connection.
fn start(world: &Rc<World>) -> Vec<JoinHandle<()>> {
    let mut load = Vec::new();
    let all = || Rc::clone(world);
    load.extend((0..16).map(|_| spawn_local(boards::scores(all()))));
    load.extend((0..4).map(|_| spawn_local(boards::ranks(all()))));
    load.extend((0..4).map(|_| spawn_local(notices::notices(all()))));
    for _ in 0..2 {
        load.push(spawn_local(notices::shops(all())));
        load.push(spawn_local(pictures::portraits(all())));
        load.push(spawn_local(codes::captchas(all())));
        load.push(spawn_local(accounts::logins(all())));
    }
    load.push(spawn_local(codes::messages(all())));
    load.push(spawn_local(accounts::changes(all())));
    load.push(spawn_local(accounts::newcomers(all())));
    load.push(spawn_local(watch::monitoring(all())));
    load.push(spawn_local(hostile::nonsense(all())));
    load.push(spawn_local(hostile::visits(all())));
    load.push(spawn_local(hostile::leavers(all())));
    load.push(spawn_local(hostile::slow(all())));
    load
}

/// Connections that are idle, or in the middle of a head, at shutdown.
async fn leave_open(world: &World) -> Vec<TcpStream> {
    let mut open = Vec::new();
    for nth in 0..20 {
        let mut stream = world.connect().await.unwrap();
        if nth % 2 == 0 {
            stream.write_all(b"POST /api HTTP/1.1\r\nHo").await.unwrap();
        }
        open.push(stream);
    }
    open
}

/// SIGTERM: exit status 0 in time, an empty WAL, an intact database.
fn shuts_down_cleanly(server: Running, data: &Path) -> bool {
    let begun = Instant::now();
    let status = server.end();
    let took = begun.elapsed();
    let log = fs::metadata(data.join("guichet.db-wal")).map_or(0, |metadata| metadata.len());
    let database = Connection::open(data.join("guichet.db")).unwrap();
    let sound: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    let well = status.is_some_and(|status| status.success()) && took <= SHUTDOWN_TIMEOUT;
    let holds = well && log == 0 && sound == "ok";
    println!(
        "SIGTERM: ended after {:.1} s with {status:?}, WAL {log} bytes, integrity {sound}: {}",
        took.as_secs_f64(),
        ok_or_not(holds)
    );
    holds
}

/// Prints the errors and the first warnings of the server's log. Returns the number of errors.
fn log(file: &Path) -> usize {
    let log = fs::read_to_string(file).unwrap();
    let at = |level: &str| -> Vec<&str> {
        log.lines().filter(|line| line.split_whitespace().nth(1) == Some(level)).collect()
    };
    let (errors, warnings) = (at("ERROR"), at("WARN"));
    println!(
        "log: {} warnings, {} errors: {}",
        warnings.len(),
        errors.len(),
        ok_or_not(errors.is_empty())
    );
    for line in errors.iter().take(20).chain(warnings.iter().take(5)) {
        println!("  {line}");
    }
    errors.len()
}
