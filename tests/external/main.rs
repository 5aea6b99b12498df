//! Tests with external programs: SMS gateways, picture stores, replicas, client libraries.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "../common/mod.rs"]
mod common;

mod acme;
mod console;
mod litestream;
mod live;
mod nodes;
mod rpc_clients;
mod sms_gateway;
mod sms_gateway_engine;
mod sms_gateway_https;
mod sms_gateway_tencent;
mod sms_gateway_webhook;
mod store_s3;
mod tls;
mod typed_clients;
