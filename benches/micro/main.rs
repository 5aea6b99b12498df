//! Microbenchmarks of the parts that a request passes through.
//!
//! `cargo bench --bench micro` runs all of them, `cargo bench --bench micro board` those whose name
//! contains the word. `cargo bench` measures whole requests over a socket.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark fails by panicking"
)]

mod board;
mod captcha;
mod decoder;
#[path = "../support/fixture.rs"]
mod fixture;
#[path = "../../tests/common/folder.rs"]
mod folder;
mod writer;

fn main() {
    divan::main();
}
