//! Descriptions of the API, made from what runs: from the registry, whose operations have typed fields, replies
//! and faults, and from the documents' routes.
//!
//! [`openapi`] is OpenAPI 3.1 (and [`older`] turns it into 3.0.3), [`openrpc`] is OpenRPC 1.3 for JSON-RPC.

mod documents;
mod faults;
pub mod older;
mod openapi;
mod openrpc;
mod operations;
mod paths;

pub use openapi::openapi;
pub use openrpc::openrpc;

use crate::document::Library;
use crate::op::Registry;
use bytes::Bytes;
use serde_json::Value;
use std::sync::OnceLock;

/// What a program says of its API as a whole.
#[derive(Debug, Clone, Copy, Default)]
pub struct Info {
    /// Its name.
    pub title: &'static str,
    /// Its version.
    pub version: &'static str,
    /// What it is for, in Markdown.
    pub description: &'static str,
    /// The types of its operations, in the order in which they are shown, and what each is about.
    pub types: &'static [(&'static str, &'static str)],
}

/// All that is described.
#[derive(Clone, Copy)]
pub struct Api<'a> {
    /// What the program says of it.
    pub info: Info,
    /// The operations.
    pub registry: &'a Registry,
    /// The documents.
    pub documents: &'a Library,
    /// Where envelopes are posted, besides `/api`.
    pub endpoints: &'static [&'static str],
}

/// The descriptions as text. Each is made when it is first asked for, and kept.
#[derive(Debug, Default)]
pub struct Descriptions {
    info: Info,
    openapi: OnceLock<Bytes>,
    openrpc: OnceLock<Bytes>,
}

impl Descriptions {
    /// Those of a program that says this of itself.
    pub fn new(info: Info) -> Self {
        Descriptions { info, ..Descriptions::default() }
    }

    /// The OpenAPI document, as JSON.
    pub fn openapi(&self, api: &Api<'_>) -> Bytes {
        self.openapi.get_or_init(|| openapi(api).to_string().into()).clone()
    }

    /// The OpenRPC document of the server with this address, as JSON.
    pub fn openrpc(&self, registry: &Registry, address: &str) -> Bytes {
        self.openrpc
            .get_or_init(|| openrpc(self.info, registry, address).to_string().into())
            .clone()
    }
}

/// The first sentence of a text.
fn summary(text: &str) -> &str {
    let end = text.find(". ").or_else(|| text.find(": ")).unwrap_or(text.len());
    text[..end].trim_end_matches('.')
}

/// Where a schema stands.
fn reference(name: &str) -> Value {
    serde_json::json!({ "$ref": format!("#/components/schemas/{name}") })
}
