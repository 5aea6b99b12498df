//! The GET routes of seed 003 (contract page `envelope.md`): a portrait as a picture, and notices
//! in an envelope whose `id` is -1.

use crate::handlers::portrait::{BANNED, ERROR};
use engine::document::{Document, Failure, Response, Route, RouteReply};
use engine::envelope;
use engine::fault::Fault;
use engine::status;
use serde_json::{Value, json};

pub const DOCUMENT: Document = Document {
    name: "external",
    description: "Portraits as pictures, and notices in an envelope whose `id` is -1.",
    routes: ROUTES,
    ..Document::DEFAULT
};

const ROUTES: &[Route] = &[
    Route {
        paths: &["/api/external/get/portrait/{id}"],
        op: ("portrait", "get"),
        placeholder: Some(&BANNED),
        failure: no_picture,
        ..Route::DEFAULT
    },
    Route {
        paths: &["/api/external/get/property"],
        op: ("property", "query"),
        params: None,
        success: |notices| {
            let mut body = Vec::new();
            envelope::succeed(&mut body, ID, notices)?;
            Ok(Response::envelope(body))
        },
        failure: |Failure { fault, entry }| {
            let (nothing, table) =
                entry.map_or(("{}", status::status as _), |entry| (entry.empty_data, entry.status));
            let mut body = Vec::new();
            envelope::refuse(&mut body, ID, nothing, table, fault);
            Response::envelope(body)
        },
        reply: RouteReply::Json {
            success: |notices| in_envelope(&notices.whole()),
            failure: || in_envelope(&json!({"type": "array", "maxItems": 0})),
        },
        ..Route::DEFAULT
    },
];

/// The schema of an envelope's answer with this data.
fn in_envelope(data: &Value) -> Value {
    json!({
        "type": "object",
        "properties": {
            "id": {"type": "integer", "const": ID},
            "status": {"type": "integer"},
            "message": {"type": "string"},
            "data": data,
            "detail": {"type": "string"},
        },
        "required": ["id", "status", "message", "data"],
    })
}

/// The envelope's `id`: nobody has sent one.
const ID: i64 = -1;

/// A client that asks for a picture shows what comes: so what comes is a picture.
pub fn no_picture(failure: &Failure<'_>) -> Response {
    let status = match failure.fault {
        Fault::NotFound(_) => 404,
        fault if fault.cause().is_some() => 500,
        _ => 400,
    };
    Response::file(status, ERROR.clone())
}
