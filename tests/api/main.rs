//! The wire contract, for each operation and each document.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "../common/mod.rs"]
mod common;

mod account_life;
mod across;
mod batch;
mod batch_runs;
mod bodies;
mod captcha_named;
mod console;
mod console_files;
mod credentials;
mod described_answers;
mod descriptions;
mod documents;
mod engine;
mod entry_task;
mod entry_task_picture;
mod envelope;
mod events;
mod http;
mod http_access;
mod ihome;
mod ihome_account;
mod ihome_session;
mod img;
mod inputs;
mod jsonrpc;
mod matrix;
mod matrix_owner;
mod moderation;
mod operation_paths;
mod pages;
mod password;
mod pinball;
mod players;
mod portrait_get;
mod portrait_upload;
mod property_add;
mod property_query;
mod property_refused;
mod property_search;
mod property_update;
mod rank;
mod register;
mod ruled_boards;
mod ruled_model;
mod shop;
mod shop_list;
mod sms;
mod sms_codes;
mod user;
