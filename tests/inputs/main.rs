//! What real clients and real networks send is read as they mean it. One module for each kind of input.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../common/archive.rs"]
mod archive;
#[path = "../common/cli.rs"]
mod cli;
#[path = "../common/mod.rs"]
mod common;
#[path = "../common/notice.rs"]
mod notice;
#[path = "../common/web.rs"]
mod web;

mod envelope_settings;
mod forms;
mod headers;
mod ihome_values;
mod large_pictures;
mod moved_rows;
mod multipart;
mod names;
mod pages;
mod repacked;
mod rpc;
mod rpc_clients;
mod rpc_members;
mod times;
