//! What real clients and real networks send is read as they mean it. One module for each kind of input.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/web.rs"]
mod web;

mod envelope_settings;
mod ihome_values;
mod large_pictures;
mod rpc;
mod rpc_clients;
mod rpc_members;
