//! The GET routes of seed 003 (contract page `envelope.md`): a portrait as a picture, and notices
//! in an envelope whose `id` is -1.

use crate::handlers::portrait::{BANNED, ERROR};
use engine::document::{Document, Outcome, Response, Row};
use engine::envelope;

pub const DOCUMENT: Document = Document {
    rows: ROWS,
    dialect,
    null_is_absent: false,
    digits_in_text: false,
    by_cookie: false,
};

const ROWS: &[Row] = &[
    Row {
        paths: &["/api/external/get/portrait/{id}"],
        op: ("portrait", "get"),
        hotlinked: Some(&BANNED),
        ..Row::PLAIN
    },
    Row { paths: &["/api/external/get/property"], op: ("property", "query"), ..Row::PLAIN },
];

fn dialect(outcome: Outcome<'_>) -> Response {
    match outcome.result {
        // Whoever asks for a picture shows what comes: so what comes is a picture.
        Err(fault) if outcome.row.op.0 == "portrait" => {
            let status = if fault.cause().is_some() { 500 } else { 400 };
            Response::file(status, ERROR.clone())
        }
        result => {
            let (nothing, table) = outcome
                .entry
                .map_or(("{}", envelope::status as _), |entry| (entry.nothing, entry.status));
            let mut body = Vec::new();
            envelope::write(&mut body, -1, nothing, table, result);
            Response::json(body)
        }
    }
}
