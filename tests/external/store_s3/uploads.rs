//! Uploading pictures, and looking at them.

use crate::common::Server;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// What uploads a portrait.
pub fn portrait(id: &str, kind: &str, bytes: &[u8]) -> Value {
    json!({"name": "", "id": id, "base64": STANDARD.encode(bytes), "type": kind})
}

/// Upload a portrait; its address.
pub fn upload(server: &Server, id: &str, kind: &str, bytes: &[u8]) -> String {
    let data = server.done("", "portrait/upload", portrait(id, kind, bytes));
    data["url"].as_str().unwrap().to_owned()
}

/// Upload an account's picture; its address.
pub fn avatar(server: &Server, token: &str, bytes: &[u8]) -> String {
    let data = json!({"base64": STANDARD.encode(bytes)});
    server.done(token, "user/avatar", data)["url"].as_str().unwrap().to_owned()
}

/// What is shown under a number.
pub fn shown(server: &Server, id: &str) -> Vec<u8> {
    let reply = server.get(&format!("/api/external/get/portrait/{id}"));
    assert_eq!(reply.status, 200);
    reply.body
}
