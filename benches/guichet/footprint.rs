//! g. Memory, start, size.

use crate::contest::{Effort, Spread};
use crate::folder::Folder;
use crate::guichet;
use crate::load::Load;
use crate::players;
use crate::posts::post;
use crate::process::{Running, resident};
use crate::ranks::{rank, short};
use crate::report::{Row, Unit};
use crate::search::NoticeDatabase;
use crate::wire::{self, DONE};
use std::net::TcpStream;
use std::time::Instant;

const SECTION: &str = "g. Memory, start, size";

const MEGABYTE: f64 = 1024.0 * 1024.0;

pub fn run(effort: Effort, stock: &mut NoticeDatabase) -> Vec<Row> {
    let (players, notices) = if effort.quick { (100_000, 10_000) } else { (1_000_000, 1_000_000) };
    let size = std::fs::metadata(guichet::binary()).unwrap().len() as f64 / MEGABYTE;
    let mut rows = vec![figure("the binary", vec![size], Unit::Megabytes).aim(15.0)];

    eprintln!("  empty");
    let folder = Folder::new();
    guichet::start(&folder).end();
    let empty = starts(effort, &folder);
    rows.push(figure("start, empty", empty.times, Unit::Milliseconds).aim(100.0));
    let resting = Spread::of(empty.bytes.clone()).median;
    rows.push(megabytes("memory after a start, empty", &empty.bytes).aim(20.0));

    eprintln!("  {players} players");
    let folder = players::folder(players, false);
    let full = starts(effort, &folder);
    let many = short(players);
    rows.push(
        figure(&format!("start, {many} players"), full.times, Unit::Milliseconds).aim(1000.0),
    );
    rows.push(megabytes(&format!("memory after a start, {many} players"), &full.bytes));
    let each = full.bytes.iter().map(|bytes| (bytes - resting) / players as f64).collect();
    rows.push(figure("memory a player", each, Unit::Bytes).aim(40.0));
    rows.push(growth(effort, &folder, players));

    eprintln!("  {notices} notices");
    let folder = stock.notices(notices);
    let full = starts(effort, folder);
    let many = short(notices);
    rows.push(figure(&format!("start, {many} notices"), full.times, Unit::Milliseconds));
    rows.push(megabytes(&format!("memory after a start, {many} notices"), &full.bytes));
    let file = std::fs::metadata(guichet::database(folder)).unwrap().len() as f64;
    let disk = vec![file / notices as f64];
    rows.push(figure("disk a notice", disk, Unit::Bytes));
    rows
}

fn figure(work: &str, values: Vec<f64>, unit: Unit) -> Row {
    Row::figure(SECTION, work, Spread::of(values), unit)
}

fn megabytes(work: &str, bytes: &[f64]) -> Row {
    figure(work, bytes.iter().map(|bytes| bytes / MEGABYTE).collect(), Unit::Megabytes)
}

struct Starts {
    /// Milliseconds until a connection is accepted.
    times: Vec<f64>,
    /// Resident memory at that time.
    bytes: Vec<f64>,
}

/// Start and end the server a few times.
fn starts(effort: Effort, folder: &Folder) -> Starts {
    let mut starts = Starts { times: Vec::new(), bytes: Vec::new() };
    for _ in 0..effort.rounds.max(3) {
        let begun = Instant::now();
        let server = guichet::start(folder);
        TcpStream::connect(server.address()).unwrap();
        starts.times.push(begun.elapsed().as_secs_f64() * 1e3);
        starts.bytes.push(resident(server.pid()));
        server.end();
    }
    starts
}

/// Memory that a long load adds, compared with a short one.
fn growth(effort: Effort, folder: &Folder, players: u64) -> Row {
    let server = guichet::start(folder);
    let top = Load::http(32, DONE, |_, out| wire::envelope(out, ("score", "top"), "{}"));
    let load = |server: &Running| {
        for load in [post(64), rank(players), top.clone()] {
            load.run(server.address(), server.pid(), effort.time);
        }
    };
    load(&server);
    let before = resident(server.pid());
    for _ in 0..effort.rounds {
        load(&server);
    }
    let grown = (resident(server.pid()) - before) / MEGABYTE;
    figure("memory that a long load adds to a short one's", vec![grown], Unit::Megabytes).aim(2.0)
}
