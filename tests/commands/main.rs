//! The command line besides `user …`, by the built binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod call;
mod check;
mod check_database;
#[path = "../common/cli.rs"]
mod cli;
#[path = "../common/mod.rs"]
mod common;
mod export;
mod help;
mod import;
mod seed;
mod streams;
mod usage;
