//! Uploads and fetches pictures.

use crate::common::Server;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// The data of a portrait upload.
pub fn portrait(id: &str, kind: &str, bytes: &[u8]) -> Value {
    json!({"name": "", "id": id, "base64": STANDARD.encode(bytes), "type": kind})
}

/// Uploads a portrait. Returns its URL.
pub fn upload(server: &Server, id: &str, kind: &str, bytes: &[u8]) -> String {
    let data = server.done("", "portrait/upload", portrait(id, kind, bytes));
    data["url"].as_str().unwrap().to_owned()
}

/// Uploads an account's picture. Returns its URL.
pub fn avatar(server: &Server, token: &str, bytes: &[u8]) -> String {
    let data = json!({"base64": STANDARD.encode(bytes)});
    server.done(token, "user/avatar", data)["url"].as_str().unwrap().to_owned()
}

/// The portrait of a number.
pub fn shown(server: &Server, id: &str) -> Vec<u8> {
    let reply = server.get(&format!("/api/external/get/portrait/{id}"));
    assert_eq!(reply.status, 200);
    reply.body
}
