//! OpenAPI 3.1: a path for each operation, the documents' paths, and the envelope.

use super::documents;
use super::operations::{Components, example, reply_name, request_name, type_name};
use super::{Api, faults, paths, reference, summary};
use crate::op::RegisteredOp;
use serde_json::{Map, Value, json};

/// Under which path operations have a path each.
pub(crate) const OPERATIONS: &str = "/api/op";

/// The document.
pub fn openapi(api: &Api<'_>) -> Value {
    let mut components = Components::new(api.registry);
    components.insert("Fault", fault(&json!({"type": "object", "description": "Empty."})));
    components.insert(
        "ListFault",
        fault(&json!({"type": "array", "maxItems": 0, "description": "Empty."})),
    );
    let mut all = Map::new();
    for entry in api.registry.entries() {
        let (kind, subtype) = entry.name;
        all.insert(format!("{OPERATIONS}/{kind}/{subtype}"), json!({"post": operation(entry)}));
    }
    paths::add(api, &mut components, &mut all);
    documents::add(api, &mut all);
    let mut tags: Vec<Value> = api
        .info
        .types
        .iter()
        .map(|(name, description)| json!({"name": name, "description": description}))
        .collect();
    tags.extend(documents::tags(api));
    tags.extend(paths::tags());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": api.info.title,
            "version": api.info.version,
            "description": api.info.description,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": tags,
        "paths": all,
        "components": {
            "schemas": components.into_json(),
            "securitySchemes": security_schemes(api),
        },
    })
}

/// How a login is proven.
fn security_schemes(api: &Api<'_>) -> Value {
    let mut schemes = json!({
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The token that a login answers.",
                },
                "query": {
                    "type": "apiKey",
                    "in": "query",
                    "name": "token",
                    "description": "The same token in the query.",
                },
                "cookie": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "session",
                    "description": "The same token in the cookie that a login sets.",
                },
    });
    for (name, scheme) in api.documents.documents().flat_map(documents::schemes) {
        schemes[name] = scheme;
    }
    schemes
}

/// The answer of an operation that ended in a fault, whose data is this.
fn fault(data: &Value) -> Value {
    json!({
        "type": "object",
        "description": "The answer of an operation that was not done.",
        "properties": {
            "status": {
                "type": "integer",
                "format": "int64",
                "description": "The fault's code, as in the envelope.",
            },
            "message": {"type": "string", "description": "The text that belongs to the code."},
            "data": data,
            "detail": {
                "type": "string",
                "description": "In plain words what is wrong, and with which key.",
            },
        },
        "required": ["status", "message", "data"],
    })
}

fn operation(entry: &RegisteredOp) -> Value {
    let text = (entry.description)();
    let mut described = json!({
        "operationId": lower_first(&type_name(entry.name)),
        "tags": [entry.name.0],
        "summary": summary(&text),
        "description": match entry.alias_of {
            None => text,
            Some((kind, subtype)) => format!("Another name of {kind}/{subtype}. {text}"),
        },
        "security": security(entry),
        "requestBody": {
            "required": needs_data(entry),
            "content": {"application/json": {
                "schema": reference(&request_name(entry)),
                "example": example(entry),
            }},
        },
        "responses": responses(entry),
    });
    let mut told: Vec<Value> = faults::told(entry).iter().map(faults::ToldFault::json).collect();
    told.dedup();
    described["x-faults"] = told.into();
    described
}

fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// Must there be a body? An empty one is `{}`.
fn needs_data(entry: &RegisteredOp) -> bool {
    (entry.shapes)().iter().all(|shape| shape.iter().any(|field| field.is_required))
}

/// By which proofs of a login an operation may be called.
pub(super) fn security(entry: &RegisteredOp) -> Value {
    let proofs = [json!({"bearer": []}), json!({"query": []}), json!({"cookie": []})];
    let takes_token = entry.faults().any(|kind| kind == crate::fault::FaultKind::BadToken);
    match (entry.needs_login, takes_token) {
        (true, _) => json!(proofs),
        // Without a login, too.
        (false, true) => {
            let [bearer, query, cookie] = proofs;
            json!([{}, bearer, query, cookie])
        }
        (false, false) => json!([]),
    }
}

/// What may be answered, by HTTP status.
fn responses(entry: &RegisteredOp) -> Value {
    let mut responses = Map::new();
    let success = json!({
        "type": "object",
        "properties": {
            "status": {"type": "integer", "const": 0},
            "message": {"type": "string", "const": "successful"},
            "data": reference(&reply_name(entry)),
        },
        "required": ["status", "message", "data"],
    });
    responses.insert(
        "200".into(),
        json!({
            "description": "Done.",
            "content": {"application/json": {"schema": success}},
        }),
    );
    let fault = reference(if entry.empty_data == "[]" { "ListFault" } else { "Fault" });
    let mut told = faults::told(entry);
    told.push(faults::ToldFault {
        http: 413,
        code: -2,
        message: "Error JSON value",
        meaning: "the body is longer than limits.max_body".into(),
    });
    for fault_of in &told {
        let response = responses.entry(fault_of.http.to_string()).or_insert_with(|| {
            let mut response = json!({
                "description": "",
                "content": {"application/json": {"schema": fault}},
            });
            if matches!(fault_of.http, 429 | 503) {
                response["headers"] = json!({"Retry-After": {
                    "description": "In how many seconds it is worth trying again.",
                    "schema": {"type": "integer", "minimum": 1},
                }});
            }
            response
        });
        let line = format!("{} `{}`: {}", fault_of.code, fault_of.message, fault_of.meaning);
        let text = match response["description"].as_str() {
            Some("") | None => line,
            Some(known) => format!("{known}\n\n{line}"),
        };
        response["description"] = text.into();
    }
    Value::Object(responses)
}
