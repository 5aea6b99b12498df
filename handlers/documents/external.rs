//! The GET routes of seed 003 (contract page `envelope.md`): a portrait as a picture, and notices
//! in an envelope whose `id` is -1.

use crate::handlers::portrait::{BANNED, ERROR};
use engine::document::{Document, Response, Row};
use engine::envelope;
use engine::fault::Fault;
use engine::op::{Answer, Entry};

pub const DOCUMENT: Document = Document { name: "external", rows: ROWS, dialect };

const ROWS: &[Row] = &[
    Row {
        method: "GET",
        path: "/api/external/get/portrait/{id}",
        op: ("portrait", "get"),
        hotlinked: Some(&BANNED),
    },
    Row {
        method: "GET",
        path: "/api/external/get/property",
        op: ("property", "query"),
        hotlinked: None,
    },
];

fn dialect(entry: &Entry, result: Result<Answer, Fault>) -> Response {
    match result {
        Ok(Answer::File(file)) => Response::file(200, file),
        // Whoever asks for a picture shows what comes: so what comes is a picture.
        Err(fault) if entry.name.0 == "portrait" => {
            let status = if fault.cause().is_some() { 500 } else { 400 };
            Response::file(status, ERROR.clone())
        }
        result => {
            let mut body = Vec::new();
            envelope::write(&mut body, -1, entry.nothing, entry.status, result);
            Response::json(body)
        }
    }
}
