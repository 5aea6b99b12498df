//! The command line: every command, its output and its exit status.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "../common/mod.rs"]
mod common;

mod backup;
mod call;
mod check;
mod check_database;
mod check_live;
mod document;
mod export;
mod help;
mod import;
mod leancloud;
mod moderation;
mod restore;
mod restore_refused;
mod schedule;
mod seed;
mod start;
mod streams;
mod usage;
mod user;
