//! Counts the instructions that a request costs between its body and its answer; and for one request to each
//! REST document, what the whole server costs.
//!
//! `cargo bench --bench instructions` prints them next to the stored figures; `-- --keep` stores
//! the new ones. Times vary between runs and machines, so a change of a few per cent is invisible
//! in them. An instruction count under valgrind depends only on the code and its compiler. It needs
//! `valgrind`. No socket is used but for the documents, because sockets are the kernel's work.
//!
//! The release profile is measured, because it is what is shipped. A cheaper profile would hardly
//! build faster, because most of the build time goes into the dependencies. With more codegen
//! units, a change anywhere would change inlining elsewhere, and the counts with it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark fails by panicking"
)]

mod cases;
mod figures;
#[path = "../support/fixture.rs"]
mod fixture;
#[path = "../../tests/common/folder.rs"]
mod folder;
#[path = "../support/hello.rs"]
mod hello;
mod requests;
mod served;

use cases::CASES;
use figures::{Figure, Figures};
use std::process::Command;

/// Requests in the shorter of two runs. One-time work such as start and shutdown is the same in
/// both, and cancels out.
const SHORT_RUN: u64 = 1_000;

/// Additional requests in the longer run.
const EXTRA_REQUESTS: u64 = 4_000;

/// The same of requests to a whole server.
const SHORT_SERVED: u64 = 100;
const EXTRA_SERVED: u64 = 1_000;

/// The argument that makes this program the measured process.
const SEND: &str = "send";

const USAGE: &str = "cargo bench --bench instructions [-- --keep]";

fn main() {
    // Cargo adds `--bench` by itself.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        [] => figures::compare(&count(), &Figures::kept()),
        ["--keep"] => count().keep(),
        [SEND, name, times] => requests::send(name, times.parse().unwrap()),
        _ => {
            eprintln!("{USAGE}");
            std::process::exit(2);
        }
    }
}

/// Count every case.
fn count() -> Figures {
    let figure = |name: &str| {
        let more = collected(name, SHORT_RUN + EXTRA_REQUESTS) - collected(name, SHORT_RUN);
        Figure { case: name.to_owned(), instructions: more / EXTRA_REQUESTS }
    };
    let served = |name: &str| {
        let more = served::collected(name, SHORT_SERVED + EXTRA_SERVED)
            - served::collected(name, SHORT_SERVED);
        Figure { case: name.to_owned(), instructions: more / EXTRA_SERVED }
    };
    let figures = CASES.iter().map(|case| figure(case.name));
    let figures = figures.chain(served::SERVED.iter().map(|case| served(case.name)));
    Figures { made_with: figures::tools(), figures: figures.collect() }
}

/// The instructions of a run that answers `times` requests.
fn collected(name: &str, times: u64) -> u64 {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    command.arg(std::env::current_exe().unwrap()).args([SEND, name, &times.to_string()]);
    let output = command.output().unwrap_or_else(|error| {
        eprintln!("valgrind: {error}; it has to be installed to count instructions");
        std::process::exit(2);
    });
    let said = String::from_utf8_lossy(&output.stderr);
    let count = said.lines().rev().find_map(|line| line.split_once("Collected : "));
    match count {
        Some((_, count)) if output.status.success() => count.trim().parse().unwrap(),
        _ => panic!("{command:?}: {said}"),
    }
}
