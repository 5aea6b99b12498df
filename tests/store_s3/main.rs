//! Pictures in a bucket: Guichet against an S3 server that checks signatures, in this process, and
//! against moto, which checks buckets (where it is installed).

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[path = "../common/archive.rs"]
mod archive;
#[path = "../common/mod.rs"]
mod common;
mod s3;
mod service;
mod setup;
mod uploads;
#[path = "../common/web.rs"]
mod web;

mod backup;
mod check;
mod keep;
mod moto;
mod sweep;
mod trouble;
