//! Micro-benches: the parts that a request passes through, each by itself.
//!
//! `cargo bench --bench micro` runs all of them, `cargo bench --bench micro board` those whose name
//! contains the word. What they cost together, with a socket, is `cargo bench`'s to tell.

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
