//! A power cut at any moment loses no acknowledged write.
//!
//! strace records what a server writes, syncs and answers. For many moments of that record, a
//! possible data folder after a power cut is built, and a server is started on it.

use super::disk::Disk;
use super::facts::{Fact, integrity, lost};
use super::load::{self, Acknowledged, Size};
use super::strace::{STRACE, may_trace, wait_for};
use super::trace::{CALLS, Change, Kind, Trace};
use crate::common::{Folder, Server};
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use std::panic::catch_unwind;

const NO_SERVER: &str = "no server can be asked";

/// Records a server from its first start to its shutdown; `more` are arguments for strace.
fn record(config: &str, size: &Size, more: &[&str]) -> (Trace, Acknowledged) {
    let folder = Folder::new();
    let name = folder.path().file_name().unwrap().to_str().unwrap().to_owned();
    let file = folder.path().join("trace");
    let options = ["-yy", "-xx", "-s", "4000000", "-e", "signal=none", "-e", CALLS, "-o"];
    let tool = [&STRACE, more, &options[..], &[file.to_str().unwrap()]].concat();
    let mut server = Server::start_under(&tool, folder, config);
    let pid = server.pid();
    let told = load::write(&server, size);
    assert_eq!(server.terminate(), 0);
    wait_for(&file, pid);
    let trace = Trace::read(&file, &name);
    for (id, fact) in &told {
        assert!(trace.acknowledged.contains_key(id), "{fact:?}: its answer is not in the trace");
    }
    (trace, told)
}

/// Moments of the record after the first answer: around random changes of the database file and of
/// any file, near a restart of the WAL, and right after random answers, where a write that was
/// answered too early is lost.
fn moments(trace: &Trace, count: usize, rng: &mut SmallRng) -> Vec<usize> {
    let answered: Vec<usize> = trace.acknowledged.values().copied().collect();
    let first = answered.iter().min().unwrap();
    let changes = || trace.changes.iter().filter(|change| change.begin > *first);
    let begin = |change: &Change| change.begin;
    let any: Vec<usize> = changes().map(begin).collect();
    let moved: Vec<usize> = changes().filter(|change| is_checkpoint(change)).map(begin).collect();
    let anew: Vec<usize> = changes().filter(|change| restarts_wal(change)).map(begin).collect();
    (0..count)
        .map(|nth| {
            let (among, within) = [(&moved, 2), (&any, 2), (&answered, 2), (&anew, 100)][nth % 4];
            let at = among.choose(rng).or(answered.choose(rng)).unwrap();
            at + rng.random_range(1..=within)
        })
        .collect()
}

/// Is it a checkpoint write to the database file?
fn is_checkpoint(change: &Change) -> bool {
    change.path == "guichet.db" && matches!(change.kind, Kind::Write(..))
}

/// Does it restart the WAL?
fn restarts_wal(change: &Change) -> bool {
    change.path == "guichet.db-wal" && matches!(change.kind, Kind::Write(0, _))
}

/// The losses after a power cut at this line.
fn after_cut(trace: &Trace, told: &Acknowledged, cut: usize, seed: u64) -> Vec<String> {
    let disk = Disk::after_cut(trace, cut, &mut SmallRng::seed_from_u64(seed));
    let facts: Vec<&Fact> =
        told.iter().filter(|(id, _)| trace.acknowledged[id] < cut).map(|(_, fact)| fact).collect();
    let folder = Folder::new();
    disk.write(&folder.path().join("data"));
    let looked = catch_unwind(move || {
        let server = Server::start_in(folder, load::CONFIG);
        let mut wrong = lost(&server, &facts);
        let integrity = integrity(&server.folder().join("data"));
        if integrity != "ok" {
            wrong.push(integrity);
        }
        wrong
    });
    looked.unwrap_or_else(|_| vec![NO_SERVER.to_owned()])
}

#[test]
fn power_cut_loses_no_acknowledged_write() {
    if !may_trace() {
        return;
    }
    let size = Size { scores: 2_200, rows: 150, pictures: 3, patience: 0 };
    let (trace, told) = record(load::CONFIG, &size, &[]);
    let (first, last) = (trace.acknowledged.values().min(), trace.acknowledged.values().max());
    let busy = || {
        let begun = |change: &&Change| Some(&change.begin) > first && Some(&change.begin) < last;
        trace.changes.iter().filter(begun)
    };
    assert!(busy().any(is_checkpoint), "the log was never moved while the server was busy");
    assert!(busy().any(restarts_wal), "the log never began anew");
    cut_all(&trace, &told, 36, 20_260_301);
}

#[test]
fn power_cut_after_disk_error_loses_no_write() {
    if !may_trace() {
        return;
    }
    // Syncs are counted per thread: the start needs fewer than fourteen.
    let fail = ["-e", "inject=fdatasync:error=EIO:when=14+9"];
    let size = Size { scores: 200, rows: 40, pictures: 1, patience: 20 };
    let (trace, told) = record(load::CONFIG, &size, &fail);
    let failed = trace.failed.iter().filter(|(path, ..)| path == "guichet.db-wal").count();
    assert!(failed > 5, "{failed} commits failed");
    cut_all(&trace, &told, 24, 20_260_303);
}

/// Simulates as many power cuts as `CUTS` says; none may lose anything.
fn cut_all(trace: &Trace, told: &Acknowledged, usual: usize, seed: u64) {
    // `CUTS=500 cargo test --test robustness power_cut` is the full figure.
    let cuts = std::env::var("CUTS").map_or(usual, |cuts| cuts.parse().unwrap());
    let mut rng = SmallRng::seed_from_u64(seed);
    for cut in moments(trace, cuts, &mut rng) {
        let seed = rng.random();
        let wrong = after_cut(trace, told, cut, seed);
        assert!(wrong.is_empty(), "cut at line {cut} of {}, seed {seed}: {wrong:#?}", trace.lines);
    }
    eprintln!(
        "{cuts} power cuts, {} changes of files, {} answers",
        trace.changes.len(),
        told.len()
    );
}

#[test]
fn simulated_power_cut_loses_unsynced_writes() {
    if !may_trace() {
        return;
    }
    let config = format!("{}[database]\nsynchronous = \"normal\"\n", load::CONFIG);
    let size = Size { scores: 50, rows: 20, pictures: 1, patience: 0 };
    let (trace, told) = record(&config, &size, &[]);
    let mut rng = SmallRng::seed_from_u64(20_260_302);
    let cuts = moments(&trace, 60, &mut rng);
    // A server that does not start would prove nothing about syncs.
    let loses = |cut: &usize, seed| {
        let wrong = after_cut(&trace, &told, *cut, seed);
        assert!(!wrong.contains(&NO_SERVER.to_owned()), "cut at line {cut}, seed {seed}");
        !wrong.is_empty()
    };
    let losing = cuts.iter().position(|cut| loses(cut, rng.random()));
    let nth = losing.expect("one of 60 power cuts loses something");
    eprintln!("without a sync at each commit, power cut {} lost something", nth + 1);
}
