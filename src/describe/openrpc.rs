//! OpenRPC 1.3.2: every operation as a method of JSON-RPC.

use super::operations::{Components, example, merged_fields, reply_reference};
use super::{Info, faults, summary};
use crate::op::{RegisteredOp, Registry};
use serde_json::{Value, json};

/// The document of a server with this address, such as `http://127.0.0.1:8080`.
pub fn openrpc(info: Info, registry: &Registry, address: &str) -> Value {
    let methods: Vec<Value> = registry.entries().map(method).collect();
    json!({
        "openrpc": "1.3.2",
        "info": {
            "title": info.title,
            "version": info.version,
            "description": info.description,
            "license": {"name": "MIT"},
        },
        "servers": [{"name": "this server", "url": format!("{address}/api/rpc")}],
        "methods": methods,
        "components": {"schemas": Components::new(registry).into_json()},
    })
}

fn method(entry: &RegisteredOp) -> Value {
    let name = format!("{}.{}", entry.name.0, entry.name.1);
    let text = (entry.description)();
    let params: Vec<Value> = merged_fields(entry)
        .into_iter()
        .map(|field| {
            let mut param = json!({
                "name": field.key,
                "required": field.is_required,
                "schema": field.schema,
            });
            if !field.description.is_empty() {
                param["description"] = field.description.into();
            }
            param
        })
        .collect();
    let mut errors: Vec<Value> = Vec::new();
    for fault in faults::told(entry) {
        if errors.iter().all(|known| known["code"] != fault.code) {
            errors.push(json!({"code": fault.code, "message": fault.message}));
        }
    }
    let example = example(entry);
    let given: Vec<Value> = example
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect();
    json!({
        "name": name,
        "summary": summary(&text),
        "description": text,
        "tags": [{"name": entry.name.0}],
        "paramStructure": "by-name",
        "params": params,
        "result": {"name": "reply", "schema": reply_reference(entry)},
        "errors": errors,
        "examples": [{
            "name": name,
            "params": given,
            "paramStructure": "by-name",
        }],
    })
}
