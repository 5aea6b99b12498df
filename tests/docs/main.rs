//! The documentation is correct: its examples run, and its lists match the program.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "../common/mod.rs"]
mod common;

mod examples;
mod modules;
mod names;
mod own_document;
mod pages;
mod sql;
