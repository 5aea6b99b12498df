//! The tables of a database on PostgreSQL, and their rows as lines of JSON: the same bytes as SQLite's.

use super::Session;
use crate::args;
use crate::data::{Value, json};
use crate::db::sqlite::tables::quoted;
use crate::db::value::{Cell, Row};
use crate::fault::Fault;
use std::io::Write as _;

/// Tables that only PostgreSQL has, besides those of text indexes.
const OWN: [&str; 5] = ["guichet", "node", "stream", "stream_sequence", "change"];

/// A table that both databases have.
pub(crate) struct Table {
    pub(crate) name: String,
    /// Its columns, and whether they are numbers.
    columns: Vec<(String, bool)>,
    /// The columns of its primary key, in the key's order.
    key: Vec<String>,
}

impl Table {
    /// All tables but those of these text indexes, by name.
    pub(crate) fn all(session: &Session, indexes: &[&str]) -> Result<Vec<Self>, Fault> {
        let mut tables: Vec<Self> = Vec::new();
        let sql = "SELECT table_name::text, column_name::text, data_type = 'bigint'
                     FROM information_schema.columns
                    WHERE table_schema = current_schema() AND is_generated = 'NEVER'
                    ORDER BY table_name::text COLLATE \"C\", ordinal_position";
        session.query(sql, args![], |row| {
            let (name, column): (String, String) = (row.get(0)?, row.get(1)?);
            if OWN.contains(&name.as_str()) || indexes.contains(&name.as_str()) {
                return Ok(true);
            }
            if tables.last().is_none_or(|table| table.name != name) {
                tables.push(Table { name, columns: Vec::new(), key: Vec::new() });
            }
            if let Some(table) = tables.last_mut() {
                table.columns.push((column, row.get(2)?));
            }
            Ok(true)
        })?;
        let sql = "SELECT u.table_name::text, u.column_name::text
                     FROM information_schema.key_column_usage AS u
                     JOIN information_schema.table_constraints AS c
                       ON c.constraint_schema = u.constraint_schema
                      AND c.constraint_name = u.constraint_name AND c.table_name = u.table_name
                    WHERE u.table_schema = current_schema() AND c.constraint_type = 'PRIMARY KEY'
                    ORDER BY u.table_name, u.ordinal_position";
        session.query(sql, args![], |row| {
            let (name, column): (String, String) = (row.get(0)?, row.get(1)?);
            if let Some(table) = tables.iter_mut().find(|table| table.name == name) {
                table.key.push(column);
            }
            Ok(true)
        })?;
        Ok(tables)
    }

    /// The statement for all rows, in the order of the key.
    pub(crate) fn select(&self) -> String {
        let columns = self.columns.iter().map(|(name, _)| name);
        format!(
            "SELECT {} FROM {} ORDER BY {}",
            list(columns),
            quoted(&self.name),
            list(self.key.iter())
        )
    }

    /// Write a row of [`Table::select`] as a line.
    pub(crate) fn write(&self, row: &Row<'_>, out: &mut Vec<u8>) -> Result<(), Fault> {
        for (index, (name, _)) in self.columns.iter().enumerate() {
            out.push(if index == 0 { b'{' } else { b',' });
            serde_json::to_writer(&mut *out, name).map_err(Fault::database)?;
            out.push(b':');
            match row.cell(index)? {
                Cell::Null => out.extend_from_slice(b"null"),
                Cell::Int(number) => write!(out, "{number}").map_err(Fault::database)?,
                Cell::Text(text) => {
                    let text = std::str::from_utf8(text).map_err(Fault::database)?;
                    serde_json::to_writer(&mut *out, text).map_err(Fault::database)?;
                }
                Cell::Other => {
                    return Err(Fault::database(format_args!(
                        "{}.{name}: of a type that no column of ours has",
                        self.name
                    )));
                }
            }
        }
        out.extend_from_slice(b"}\n");
        Ok(())
    }

    /// The columns that a line has, as SQL lists them; the error says why it is not a row.
    pub(crate) fn columns_of(&self, line: &[u8]) -> Result<String, String> {
        let Value::Map(fields) = json::decode(line).map_err(|error| error.to_string())? else {
            return Err("expected an object, a row".to_owned());
        };
        let mut names = Vec::new();
        for key in fields.keys() {
            let Some((name, is_number)) = self.columns.iter().find(|(name, _)| name == key) else {
                return Err(format!("{key}: {} has no such column", self.name));
            };
            match (fields.get(key).unwrap_or(&Value::Null), is_number) {
                (Value::Null, _) | (Value::Int(_), true) => {}
                (Value::Text(text), false) if text.contains('\0') => {
                    return Err(format!("{key}: PostgreSQL takes no text with a NUL character"));
                }
                (Value::Text(_), false) => {}
                (_, true) => return Err(format!("{key}: expected an integer of 64 bits")),
                (_, false) => return Err(format!("{key}: expected a text")),
            }
            names.push(name);
        }
        if names.is_empty() {
            return Err("expected the columns of a row".to_owned());
        }
        Ok(list(names))
    }
}

fn list<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| quoted(name)).collect();
    names.join(", ")
}
