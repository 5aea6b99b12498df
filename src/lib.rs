//! The engine of Guichet: envelopes, callers, lanes, storage. It names no business; a program
//! brings its operations ([`op::Op`]) and documents ([`document::Document`]) as a
//! [`program::Program`] and serves them with a [`server::Server`].
//!
//! One request goes downward through few files:
//!
//! ```text
//! socket → http → envelope | document → op::Registry → lane → the operation
//!                                                       ├ Read:  inline, a view from the pool
//!                                                       ├ Write: the writer's thread, a group a COMMIT
//!                                                       └ Work:  a blocking thread
//! socket ← http ← the same dialect ← Result<Answer, Fault>
//! ```
//!
//! `ARCHITECTURE.md` walks one request through, and says what is deliberately absent.

pub mod backup;
pub mod bans;
pub mod boards;
pub mod budget;
pub mod caller;
pub mod captcha;
pub(crate) mod certificates;
pub mod client;
pub mod clock;
pub mod config;
pub mod console;
pub mod data;
pub mod db;
pub mod describe;
pub mod disk;
pub mod document;
pub mod engine;
pub mod envelope;
pub mod events;
pub mod fault;
pub mod folder;
pub mod health;
pub mod hex;
pub mod history;
mod hmac_sha256;
pub mod http;
pub mod http_client;
pub mod image_check;
pub mod leaderboard;
pub mod live;
pub mod log;
pub mod metrics;
pub mod op;
pub mod origin;
pub mod password;
pub mod picture_store;
pub mod program;
pub mod quota;
pub mod rate;
pub mod reply;
pub mod request;
mod scheduling;
mod scrape;
pub mod season;
pub mod server;
pub mod services;
pub mod signature;
pub mod sms;
pub mod status;
pub mod tls;
pub mod usage;
pub mod vault;
pub mod webhook;
pub mod word_list;
mod workers;
