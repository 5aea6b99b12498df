//! Robustness against attackers, machine failures and load.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "../common/mod.rs"]
mod common;

mod abuse;
mod any_bytes;
mod clock_faults;
mod concurrency;
mod console;
mod csrf;
mod faults;
mod forgotten;
mod health;
mod hostile;
mod hostile_kept;
mod hostile_paths;
mod http_hostile;
mod leavers;
mod limits;
mod logins;
mod metrics;
mod metrics_faults;
mod overload;
mod panics;
mod request_log;
mod seasons;
mod secrets;
mod storage;
mod storage_open;
mod storage_scores;
