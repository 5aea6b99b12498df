//! A query string: its fields, or a fault.

#![no_main]

use engine::document::{Document, Row};
use engine::http::fuzzing::gather;
use libfuzzer_sys::fuzz_target;

static ROW: Row = Row { op: ("fuzz", "any"), takes: Some(&["name", "id", "file"]), ..Row::PLAIN };
const DOCUMENT: Document = Document { rows: std::slice::from_ref(&ROW), ..Document::PLAIN };

fuzz_target!(|query: &str| gather(&DOCUMENT, &ROW, query, b"", 0, None));
