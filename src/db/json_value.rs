//! Column values as JSON, without loss: reading gives back exactly what was written.

use crate::data::{Fields, Value};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rusqlite::types::{ToSqlOutput, ValueRef};
use std::io::{self, Write};

/// The type of a column, from its declaration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Integer,
    Text,
    Any,
}

impl Kind {
    /// The type for a declared type.
    pub(super) fn of(declared: &str) -> Self {
        match declared {
            "BIGINT" | "INTEGER" => Kind::Integer,
            "TEXT" => Kind::Text,
            _ => Kind::Any,
        }
    }
}

/// Write a value as JSON.
pub(super) fn write(value: ValueRef<'_>, out: &mut Vec<u8>) -> io::Result<()> {
    match value {
        ValueRef::Null => out.write_all(b"null"),
        ValueRef::Integer(number) => out.write_all(itoa::Buffer::new().format(number).as_bytes()),
        // JSON numbers would be rounded when read, and infinity has no JSON number.
        ValueRef::Real(number) => write!(out, "{{\"real\":\"{number:?}\"}}"),
        ValueRef::Text(bytes) => {
            let text = std::str::from_utf8(bytes).map_err(io::Error::other)?;
            Ok(serde_json::to_writer(out, text)?)
        }
        ValueRef::Blob(bytes) => write!(out, "{{\"base64\":\"{}\"}}", STANDARD.encode(bytes)),
    }
}

/// The value of a JSON text for a column of this type; the error says what was expected.
pub(super) fn read<'a>(kind: Kind, value: &'a Value<'_>) -> Result<ToSqlOutput<'a>, &'static str> {
    let value = match (kind, value) {
        (_, Value::Null) => ValueRef::Null,
        (Kind::Integer | Kind::Any, Value::Int(number)) => ValueRef::Integer(*number),
        (Kind::Text | Kind::Any, Value::Text(text)) => ValueRef::Text(text.as_bytes()),
        (Kind::Any, Value::Map(fields)) => return read_marked(fields),
        (Kind::Integer, _) => return Err("an integer of 64 bits"),
        (Kind::Text, _) => return Err("a text"),
        (Kind::Any, _) => return Err("an integer, a text, {\"real\": …} or {\"base64\": …}"),
    };
    Ok(ToSqlOutput::Borrowed(value))
}

/// A value that JSON has no type for, as `{"real": …}` or `{"base64": …}`.
fn read_marked(fields: &Fields<'_>) -> Result<ToSqlOutput<'static>, &'static str> {
    let marks: Vec<&str> = fields.keys().collect();
    let [mark] = marks[..] else { return Err("one mark") };
    let Some(Value::Text(text)) = fields.get(mark) else { return Err("a text behind the mark") };
    match mark {
        "real" => text.parse::<f64>().map(|number| number.into()).map_err(|_| "a number"),
        "base64" => STANDARD
            .decode(text.as_bytes())
            .map(|bytes| ToSqlOutput::Owned(bytes.into()))
            .map_err(|_| "bytes in base64"),
        _ => Err("real or base64 as the mark"),
    }
}
