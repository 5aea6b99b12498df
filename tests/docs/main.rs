//! The documentation is true: what it shows is run, and what it lists is what there is.

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
mod pages;
