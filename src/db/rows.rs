//! Rows as JSON, written directly from a statement's columns.
//!
//! Otherwise a thousand rows would first become ten thousand strings on the heap, which costs more
//! than finding the rows.

use super::value::{Cell, Row};
use crate::clock::Clock;
use crate::data::schema::schema;
use crate::fault::Fault;
use crate::reply::{Answer, Json, Reply};
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};
use std::marker::PhantomData;

/// How a column is written in an answer.
#[derive(Debug, Clone, Copy)]
pub enum ColumnFormat {
    /// An integer, as a number.
    Integer,
    /// An integer, as text.
    Digits,
    /// Seconds since 1970, as the text of a date-time.
    DateTime,
    /// Text.
    Text,
}

/// The columns of a row, in order: the column, how it is written, and what it means. The key is the column's
/// name, or its alias (`id AS shop_id`).
pub type Projection = &'static [(&'static str, ColumnFormat, &'static str)];

/// A kind of row that lists hold.
pub trait Listed: Send + 'static {
    /// Its columns.
    const COLUMNS: Projection;
}

/// Rows of the kind `R` as JSON text: an array of objects.
#[derive(Debug)]
pub struct Rows<R> {
    pub(crate) json: Vec<u8>,
    kind: PhantomData<fn() -> R>,
}

/// Writes [`Rows`].
pub(super) struct RowWriter<'a> {
    clock: &'a Clock,
    /// The text before each value: punctuation and the key.
    heads: Vec<(String, ColumnFormat)>,
    json: Vec<u8>,
}

impl<'a> RowWriter<'a> {
    pub(super) fn new(projection: Projection, clock: &'a Clock) -> Self {
        let head = |(index, (name, kind, _)): (usize, &(&str, ColumnFormat, &str))| {
            let open = if index == 0 { "{\"" } else { ",\"" };
            let name = key(name);
            ([open, name, "\":"].concat(), *kind)
        };
        let heads = projection.iter().enumerate().map(head).collect();
        RowWriter { clock, heads, json: vec![b'['] }
    }

    /// Append a row with the projection's columns.
    pub(super) fn push(&mut self, row: &Row<'_>) -> Result<(), Fault> {
        let RowWriter { clock, heads, json } = self;
        if json.len() > 1 {
            json.push(b',');
        }
        for (index, (head, kind)) in heads.iter().enumerate() {
            json.extend_from_slice(head.as_bytes());
            match (kind, row.cell(index)?) {
                (ColumnFormat::Text, Cell::Text(text)) => write_text(json, text)?,
                (ColumnFormat::Integer, Cell::Int(number)) => write_integer(json, number),
                (ColumnFormat::Digits, Cell::Int(number)) => {
                    json.push(b'"');
                    write_integer(json, number);
                    json.push(b'"');
                }
                (ColumnFormat::DateTime, Cell::Int(seconds)) => {
                    json.push(b'"');
                    json.extend_from_slice(&clock.digits(seconds));
                    json.push(b'"');
                }
                (kind, found) => {
                    return Err(Fault::database(format_args!("{head}{found:?} as {kind:?}")));
                }
            }
        }
        json.push(b'}');
        Ok(())
    }

    pub(super) fn finish<R>(mut self) -> Rows<R> {
        self.json.push(b']');
        Rows { json: self.json, kind: PhantomData }
    }
}

/// The key under which a column is written.
fn key(column: &str) -> &str {
    column.rsplit(" AS ").next().unwrap_or(column)
}

fn write_integer(json: &mut Vec<u8>, number: i64) {
    json.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Write a text in quotes. It was checked to be UTF-8 when it was received.
fn write_text(json: &mut Vec<u8>, text: &[u8]) -> Result<(), Fault> {
    // No early exit from the loop, so that the compiler can vectorize it.
    let escapes = text
        .iter()
        .fold(false, |found, byte| found | (*byte < b' ') | (*byte == b'"') | (*byte == b'\\'));
    if escapes {
        let text = std::str::from_utf8(text).map_err(Fault::database)?;
        return serde_json::to_writer(json, text).map_err(Fault::database);
    }
    json.push(b'"');
    json.extend_from_slice(text);
    json.push(b'"');
    Ok(())
}

impl<R: Listed> Reply for Rows<R> {
    fn answer(self) -> Answer {
        Answer::Json(Box::new(self))
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        let property = |(column, format, description): &(&str, ColumnFormat, &str)| {
            let mut property = match format {
                ColumnFormat::Integer => json!({"type": "integer", "format": "int64"}),
                ColumnFormat::Digits => json!({"type": "string", "pattern": "^-?[0-9]+$"}),
                // `YYYY-MM-DD HH:MM:SS`, which is not JSON Schema's `date-time`.
                ColumnFormat::DateTime | ColumnFormat::Text => json!({"type": "string"}),
            };
            property["description"] = (*description).into();
            (key(column).to_owned(), property)
        };
        let properties: Map<String, Value> = R::COLUMNS.iter().map(property).collect();
        let required: Vec<&str> = R::COLUMNS.iter().map(|(column, ..)| key(column)).collect();
        let row = json!({"type": "object", "properties": properties, "required": required});
        schema(json!({"type": "array", "items": row}))
    }
}

/// The rows are JSON already.
impl<R: 'static> Json for Rows<R> {
    fn write(&self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        // Reserve space for the end of the answer too; otherwise appending it would copy everything
        // once more.
        out.reserve(self.json.len() + 64);
        out.extend_from_slice(&self.json);
        Ok(())
    }

    fn tree(&self) -> serde_json::Result<Value> {
        serde_json::from_slice(&self.json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;
    use rusqlite::Connection;

    const ALL: Projection = &[
        ("id", ColumnFormat::Integer, ""),
        ("owner", ColumnFormat::Digits, ""),
        ("at", ColumnFormat::DateTime, ""),
        ("words", ColumnFormat::Text, ""),
    ];

    fn rows(sql: &str, texts: &[&str]) -> Result<String, Fault> {
        let connection = Connection::open_in_memory().unwrap();
        let mut statement = connection.prepare(sql).unwrap();
        let mut found = statement.query(rusqlite::params_from_iter(texts)).unwrap();
        let clock = Clock::new(TimeZone::UTC);
        let mut rows = RowWriter::new(ALL, &clock);
        while let Some(row) = found.next().unwrap() {
            rows.push(&Row::sqlite(row))?;
        }
        Ok(String::from_utf8(rows.finish::<()>().json).unwrap())
    }

    #[test]
    fn columns_are_written_as_requested() {
        assert_eq!(rows("SELECT 1, 2, 3, 4 WHERE 1 = 0", &[]).unwrap(), "[]");
        let sql = "VALUES (-7, 7, 0, $1), (9223372036854775807, 0, 1700000000, '')";
        assert_eq!(
            rows(sql, &["a\"b"]).unwrap(),
            r#"[{"id":-7,"owner":"7","at":"1970-01-01 00:00:00","words":"a\"b"},"#.to_owned()
                + r#"{"id":9223372036854775807,"owner":"0","at":"2023-11-14 22:13:20","words":""}]"#
        );
    }

    #[test]
    fn column_of_wrong_type_is_an_error() {
        for sql in ["VALUES ('1', 2, 3, '')", "VALUES (1, 2, 3, NULL)", "VALUES (1, 2, 3, 4)"] {
            assert!(rows(sql, &[]).is_err(), "{sql}");
        }
    }

    proptest! {
        #[test]
        fn text_is_escaped_as_by_serde_json(
            text in prop_oneof!["\\PC*", "[\\x00-\\x7f\"\\\\]*", "[一-十😀\n]{0,200}"],
        ) {
            let mut json = Vec::new();
            write_text(&mut json, text.as_bytes()).unwrap();
            prop_assert_eq!(json, serde_json::to_vec(&text).unwrap());
        }
    }
}
