//! Compares Guichet with its alternatives. Servers are measured in alternation and results are
//! ratios.
//!
//! `cargo bench` runs everything, `cargo bench -- a c` only the named sections, and `--quick` a
//! short run of everything. Absolute figures depend on the machine; ratios of alternating runs
//! hardly do.

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

mod bursts;
mod contest;
#[path = "../../tests/common/folder.rs"]
mod folder;
mod footprint;
#[path = "../support/guichet.rs"]
mod guichet;
#[path = "../support/hello.rs"]
mod hello;
mod instead;
mod load;
mod machine;
mod mixed;
mod nodes;
#[path = "../support/notices.rs"]
mod notices;
mod overhead;
mod peers;
mod players;
mod plot;
mod posts;
#[path = "../support/process.rs"]
mod process;
mod ranks;
mod report;
mod search;
mod serve;
mod single;
#[path = "../support/wire.rs"]
mod wire;

use contest::Effort;
use report::Row;
use search::NoticeDatabase;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A section: its letter, what it measures, and the code.
type Section = (&'static str, &'static str, fn(Effort, &mut NoticeDatabase) -> Vec<Row>);

const SECTIONS: [Section; 10] = [
    ("a", "the envelope against bare hyper", overhead::run),
    ("b", "durable scores", posts::run),
    ("c", "reading a board", ranks::run),
    ("d", "nine reads to one write", mixed::run),
    ("e", "searching notices", search::run),
    ("f", "captchas and logins", bursts::run),
    ("g", "memory, start, size", footprint::run),
    ("h", "PostgreSQL instead of SQLite", nodes::run),
    ("i", "one client", single::run),
    ("j", "what one would build instead", instead::run),
];

const USAGE: &str = "cargo bench [-- [--quick] [--rounds=N] [a] [b] [c] [d] [e] [f] [g] [h] [i] [j]] \
                     [--peer=NAME=ADDRESS,POST_FILE,GET_FILE]";

fn main() {
    // Cargo adds `--bench` by itself.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if serve::run_named_server(&args) {
        return;
    }
    let quick = args.iter().any(|arg| arg == "--quick");
    let named: Vec<&str> =
        args.iter().map(String::as_str).filter(|arg| !arg.starts_with("--")).collect();
    let rounds = args.iter().find_map(|arg| arg.strip_prefix("--rounds="));
    let rounds: Option<usize> = rounds.map(|number| number.parse().expect("--rounds=N"));
    if let Some(other) = named.iter().find(|name| SECTIONS.iter().all(|s| s.0 != **name)) {
        eprintln!("{other}: no such section\n{USAGE}");
        std::process::exit(2);
    }
    let effort = match quick {
        true => Effort { rounds: rounds.unwrap_or(1), time: Duration::from_millis(300), quick },
        false => Effort { rounds: rounds.unwrap_or(5), time: Duration::from_millis(1_500), quick },
    };
    peers::remove_leftovers();
    let begun = Instant::now();
    let (mut rows, mut stock) = (Vec::new(), NoticeDatabase::default());
    for (letter, title, run) in SECTIONS {
        if named.is_empty() || named.contains(&letter) {
            eprintln!("{letter}. {title} ({:.0} s)", begun.elapsed().as_secs_f64());
            rows.extend(run(effort, &mut stock));
        }
    }
    let page = page(&rows, effort, &named);
    println!("{page}");
    let folder = results(quick || rounds.is_some() || !named.is_empty());
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("README.md"), page).unwrap();
    std::fs::write(folder.join("ratios.svg"), plot::svg(&rows)).unwrap();
    eprintln!("{:.0} s; written to {}", begun.elapsed().as_secs_f64(), folder.display());
}

/// Where results are written: only a complete run replaces the stored ones.
fn results(partial: bool) -> PathBuf {
    match partial {
        true => Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench"),
        false => Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/results"),
    }
}

fn page(rows: &[Row], effort: Effort, named: &[&str]) -> String {
    let quick = effort.quick.then_some("--quick");
    let words: Vec<&str> = quick.into_iter().chain(named.iter().copied()).collect();
    let command = match words[..] {
        [] => "cargo bench".to_owned(),
        _ => format!("cargo bench -- {}", words.join(" ")),
    };
    let lines =
        |lines: Vec<String>| -> String { lines.iter().map(|line| format!("- {line}\n")).collect() };
    format!(
        "# Results\n\n`{command}`, rounds: {}; in each the servers take turns, {} s each; medians of the \
         ratios of a round, with the smallest and the largest. Latencies and processor time (of the \
         server, a request) are medians of the rounds.\n\n{}\n{}\n![The ratios as bars](ratios.svg)\n\n{}",
        effort.rounds,
        effort.time.as_secs_f64(),
        lines(machine::describe()),
        lines(peers::versions()),
        report::table(rows)
    )
}
