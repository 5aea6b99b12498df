//! The paths of the engine itself: the envelope, JSON-RPC, probes and descriptions.

use super::operations::Components;
use super::{Api, reference};
use serde_json::{Map, Value, json};

const ENVELOPE: &str = "envelope";
const SERVER: &str = "server";

/// The tags of these paths.
pub(super) fn tags() -> [Value; 2] {
    [
        json!({"name": ENVELOPE, "description": "One path for all operations."}),
        json!({"name": SERVER, "description": "Whether the server is well, and these descriptions."}),
    ]
}

/// Add them.
pub(super) fn add(api: &Api<'_>, components: &mut Components, paths: &mut Map<String, Value>) {
    components.insert("Envelope", envelope(api));
    components.insert("EnvelopeAnswer", answer());
    components.insert("RpcCall", rpc_call());
    components.insert("RpcAnswer", rpc_answer());
    for (number, path) in ["/api"].iter().chain(api.endpoints).enumerate() {
        let operation = endpoint(
            &format!("envelope{}", suffix(number)),
            [
                "Call any operation",
                "One envelope, or a batch of at most 64, whose answers come in the same order. The HTTP status is \
             200 whatever the envelope's status is. Calls of JSON-RPC 2.0 are answered too.",
            ],
            ["Envelope", "EnvelopeAnswer"],
        );
        paths.insert((*path).into(), json!({"post": operation}));
    }
    let rpc = endpoint(
        "rpc",
        [
            "Call any operation by JSON-RPC 2.0",
            "`method` is type and subtype with a dot between, `params` an operation's data. `rpc.discover` answers \
         the OpenRPC document.",
        ],
        ["RpcCall", "RpcAnswer"],
    );
    paths.insert("/api/rpc".into(), json!({"post": rpc}));
    if let Some(rpc) = paths.get_mut("/api/rpc") {
        rpc["post"]["responses"]["204"] = json!({"description": "Notifications alone."});
    }
    for (path, id, text, media) in [
        ("/healthz", "health", "Does the server answer?", "application/json"),
        ("/readyz", "readiness", "Can it write?", "application/json"),
        ("/metrics", "metrics", "Its metrics, for addresses that may see them.", "text/plain"),
        ("/api/openapi.json", "openapi", "This description.", "application/json"),
        ("/api/openrpc.json", "openrpc", "The description for JSON-RPC.", "application/json"),
        (
            "/api/events",
            "events",
            "The first places of the board `board`, and again whenever they change, as server-sent events.",
            "text/event-stream",
        ),
        ("/api/docs", "docs", "A page that shows every operation and tries it.", "text/html"),
    ] {
        let schema = if media == "application/json" {
            json!({"type": "object"})
        } else {
            json!({"type": "string"})
        };
        let mut described = json!({
            "operationId": id,
            "tags": [SERVER],
            "summary": text.trim_end_matches(['.', '?']),
            "description": text,
            "security": [],
            "responses": {
                "200": {"description": "The answer.", "content": {media: {"schema": schema}}},
                "4XX": {
                    "description": "Not for this client, or not now.",
                    "content": {"application/json": {"schema": reference("EnvelopeAnswer")}},
                },
            },
        });
        match path {
            "/healthz" | "/readyz" => {
                described["responses"]["503"] = json!({
                    "description": "No, and why.",
                    "content": {"application/json": {"schema": {"type": "object"}}},
                });
            }
            "/api/events" => {
                described["parameters"] = json!([
                    {"name": "board", "in": "query", "required": true, "description": "The game.",
                     "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,32}$"}},
                    {"name": "limit", "in": "query", "description": "How many places; 10 where it is absent.",
                     "schema": {"type": "integer", "minimum": 1, "maximum": 100}},
                ]);
            }
            _ => {}
        }
        paths.insert(path.into(), json!({"get": described}));
    }
}

/// Nothing for the first, then numbers from 2.
fn suffix(number: usize) -> String {
    if number == 0 { String::new() } else { (number + 1).to_string() }
}

/// A path that takes one thing or a list of them, and answers likewise.
fn endpoint(id: &str, [summary, text]: [&str; 2], [taken, answered]: [&str; 2]) -> Value {
    let one_or_many = |name: &str| {
        json!({"anyOf": [
            reference(name),
            {"type": "array", "items": reference(name), "minItems": 1, "maxItems": 64},
        ]})
    };
    json!({
        "operationId": id,
        "tags": [ENVELOPE],
        "summary": summary,
        "description": text,
        "security": [{}, {"bearer": []}, {"query": []}, {"cookie": []}],
        "requestBody": {
            "required": true,
            "content": {"application/json": {"schema": one_or_many(taken)}},
        },
        "responses": {
            "200": {
                "description": "The answer, or one for each item of a batch.",
                "content": {"application/json": {"schema": one_or_many(answered)}},
            },
            "4XX": {
                "description": "The request did not reach an operation.",
                "content": {"application/json": {"schema": reference("EnvelopeAnswer")}},
            },
            "503": {
                "description": "The server has more work than it may queue. Nothing was done.",
                "content": {"application/json": {"schema": reference("EnvelopeAnswer")}},
            },
        },
    })
}

fn envelope(api: &Api<'_>) -> Value {
    let kinds: Vec<&str> = api.info.types.iter().map(|(name, _)| *name).collect();
    json!({
        "type": "object",
        "properties": {
            "id": {
                "description": "Any integer; the answer has the same.",
                "type": "integer",
                "format": "int64",
            },
            "status": {"description": "0.", "type": "integer", "format": "int64"},
            "type": {
                "description": "The operation's type.",
                "type": "string",
                "examples": kinds,
            },
            "subtype": {"description": "Which operation of the type.", "type": "string"},
            "data": {"description": "The operation's data.", "type": "object"},
        },
        "required": ["id", "status", "type", "subtype", "data"],
        "example": {"id": 1, "status": 0, "type": "shop", "subtype": "list", "data": {}},
    })
}

fn answer() -> Value {
    json!({
        "type": "object",
        "properties": {
            "id": {"description": "The request's.", "type": "integer", "format": "int64"},
            "status": {
                "description": "0, or the fault's code.",
                "type": "integer",
                "format": "int64",
            },
            "message": {"description": "`successful`, or the fault's text.", "type": "string"},
            "data": {"description": "The operation's reply; of a fault `{}` or `[]`."},
            "detail": {"description": "Of a fault: what is wrong.", "type": "string"},
        },
        "required": ["id", "status", "message", "data"],
    })
}

fn rpc_call() -> Value {
    json!({
        "type": "object",
        "properties": {
            "jsonrpc": {"description": "The version.", "type": "string", "const": "2.0"},
            "method": {"description": "Type, a dot, and subtype.", "type": "string"},
            "params": {"description": "The operation's data.", "type": "object"},
            "id": {
                "description": "The answer has the same. Without it, there is none.",
                "type": ["string", "number", "null"],
            },
        },
        "required": ["jsonrpc", "method"],
        "example": {"jsonrpc": "2.0", "method": "shop.list", "params": {}, "id": 1},
    })
}

fn rpc_answer() -> Value {
    json!({
        "type": "object",
        "properties": {
            "jsonrpc": {"description": "The version.", "type": "string", "const": "2.0"},
            "result": {"description": "The operation's reply."},
            "error": {
                "description": "Why the operation was not done.",
                "type": "object",
                "properties": {
                    "code": {"type": "integer", "format": "int64"},
                    "message": {"type": "string"},
                    "data": {"description": "What is wrong.", "type": "string"},
                },
                "required": ["code", "message"],
            },
            "id": {"description": "The call's.", "type": ["string", "number", "null"]},
        },
        "required": ["jsonrpc", "id"],
    })
}
