//! The GET routes of seed 003 (contract page `envelope.md`): a portrait as a picture, and notices
//! in an envelope whose `id` is -1.

use crate::handlers::portrait::{BANNED, ERROR};
use engine::document::{Document, Outcome, Response, Row};
use engine::envelope;
use engine::fault::Fault;
use engine::status::{self, Status};

pub const DOCUMENT: Document = Document { rows: ROWS, dialect, ..Document::PLAIN };

const ROWS: &[Row] = &[
    Row {
        paths: &["/api/external/get/portrait/{id}"],
        op: ("portrait", "get"),
        hotlinked: Some(&BANNED),
        ..Row::PLAIN
    },
    Row {
        paths: &["/api/external/get/property"],
        op: ("property", "query"),
        takes: None,
        ..Row::PLAIN
    },
];

fn dialect(outcome: Outcome<'_>) -> Response {
    if outcome.row.op.0 == "portrait" {
        return no_picture(outcome.result.err());
    }
    let plain = ("{}", status::status as fn(&Fault) -> Status);
    let (nothing, table) = outcome.entry.map_or(plain, |entry| (entry.nothing, entry.status));
    let mut body = Vec::new();
    if let Err(fault) = envelope::write(&mut body, -1, nothing, table, outcome.result) {
        outcome.id.log(outcome.row.op, &fault);
    }
    Response::envelope(body)
}

/// Whoever asks for a picture shows what comes: so what comes is a picture.
pub fn no_picture(fault: Option<Fault>) -> Response {
    let status = match fault {
        Some(Fault::Absent(_)) => 404,
        Some(fault) if fault.cause().is_some() => 500,
        _ => 400,
    };
    Response::file(status, ERROR.clone())
}
