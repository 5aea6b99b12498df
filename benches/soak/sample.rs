//! Samples of the server's resources, and the check that they stay the same.

use crate::process::{Running, resident};
use crate::tally::Recent;
use crate::world::World;
use std::fs;
use std::path::Path;
use std::time::Duration;

const MEGABYTE: f64 = 1024.0 * 1024.0;

/// Maximum size of the write-ahead log, in MB.
const LOG: f64 = 64.0;

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    memory: f64,
    descriptors: f64,
    threads: f64,
    log: f64,
}

pub const HEAD: &str = "  min  memory MB  files  threads  WAL MB  database MB  pictures  \
                        a second      done  refused  unexpected  p99 of scores, ms";

impl Sample {
    /// Takes a sample and prints its line; `every` is the time since the last one.
    pub fn take(server: &Running, world: &World, at: Duration, every: Duration) -> Self {
        let process = Path::new("/proc").join(server.pid().to_string());
        let sample = Sample {
            memory: resident(server.pid()) / MEGABYTE,
            descriptors: entries(&process.join("fd")),
            threads: entries(&process.join("task")),
            log: megabytes(&world.data.join("guichet.db-wal")),
        };
        let database = megabytes(&world.data.join("guichet.db"));
        let pictures = entries(&world.data.join("pictures"));
        let Recent { counts, p99 } = world.tally.borrow_mut().recent();
        let all = counts.done + counts.refused + counts.unexpected;
        println!(
            "{:5.1}  {:9.1}  {:5}  {:7}  {:6.1}  {database:11.1}  {pictures:8}  {:8.0}  {:8}  \
             {:7}  {:10}  {p99:17.1}",
            at.as_secs_f64() / 60.0,
            sample.memory,
            sample.descriptors,
            sample.threads,
            sample.log,
            all as f64 / every.as_secs_f64(),
            counts.done,
            counts.refused,
            counts.unexpected,
        );
        sample
    }
}

fn entries(folder: &Path) -> f64 {
    fs::read_dir(folder).unwrap().count() as f64
}

fn megabytes(file: &Path) -> f64 {
    fs::metadata(file).map_or(0.0, |metadata| metadata.len() as f64) / MEGABYTE
}

/// Prints for each figure whether it stayed the same; `false` if one did not.
pub fn is_flat(samples: &[Sample]) -> bool {
    let quarter = samples.len() / 4;
    let (second, last) = (&samples[quarter..2 * quarter], &samples[3 * quarter..]);
    let flat = |name: &str, figure: fn(&Sample) -> f64, more: fn(f64) -> f64| {
        let (before, after) = (median(second, figure), median(last, figure));
        let holds = after <= before + more(before);
        println!(
            "{name}: {before:.1} in the second quarter, {after:.1} in the last, at most {:.1} more: {}",
            more(before),
            ok_or_not(holds)
        );
        holds
    };
    let memory = flat("memory, MB", |s| s.memory, |before| (0.05 * before).max(2.0));
    let descriptors = flat("files", |s| s.descriptors, |before| (0.1 * before).max(10.0));
    let threads = flat("threads", |s| s.threads, |_| 4.0);
    let longest = samples.iter().map(|sample| sample.log).fold(0.0, f64::max);
    println!("WAL: {longest:.1} MB at most, {LOG} are allowed: {}", ok_or_not(longest <= LOG));
    memory && descriptors && threads && longest <= LOG
}

/// `ok` or `NOT OK`.
pub fn ok_or_not(holds: bool) -> &'static str {
    if holds { "ok" } else { "NOT OK" }
}

fn median(samples: &[Sample], figure: fn(&Sample) -> f64) -> f64 {
    let mut values: Vec<f64> = samples.iter().map(figure).collect();
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}
