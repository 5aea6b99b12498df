//! The tables of a database, as it describes itself, and their rows as lines of JSON.

use crate::data::Value;
use crate::db::json_value::{self, Kind};
use crate::fault::Cause;
use rusqlite::Connection;
use rusqlite::types::ToSqlOutput;
use std::io::{self, Write};

/// A table of ours; not one of SQLite's own, and not part of a virtual table.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: Vec<Column>,
    /// The columns of its primary key, in the key's order.
    pub(crate) key: Vec<String>,
}

/// A column and its type.
#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) name: String,
    kind: Kind,
}

impl Table {
    /// All tables of a database, by name.
    pub(crate) fn all(connection: &Connection) -> rusqlite::Result<Vec<Table>> {
        let mut names = connection.prepare(
            "SELECT name FROM pragma_table_list
              WHERE schema = 'main' AND type = 'table' AND substr(name, 1, 7) <> 'sqlite_'
              ORDER BY name",
        )?;
        let names: Vec<String> =
            names.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        names.into_iter().map(|name| Table::describe(connection, name)).collect()
    }

    fn describe(connection: &Connection, name: String) -> rusqlite::Result<Table> {
        let mut about =
            connection.prepare("SELECT name, type, pk FROM pragma_table_info($1) ORDER BY cid")?;
        let mut rows = about.query([&name])?;
        let (mut columns, mut key): (Vec<Column>, Vec<(i64, String)>) = Default::default();
        while let Some(row) = rows.next()? {
            let (name, declared): (String, String) = (row.get(0)?, row.get(1)?);
            let place: i64 = row.get(2)?;
            if place > 0 {
                key.push((place, name.clone()));
            }
            columns.push(Column { name, kind: Kind::of(&declared) });
        }
        key.sort_unstable();
        let key = key.into_iter().map(|(_, name)| name).collect();
        Ok(Table { name, columns, key })
    }

    /// The names of its columns, for a statement.
    pub(crate) fn listed(&self) -> String {
        let names: Vec<String> = self.columns.iter().map(|column| quoted(&column.name)).collect();
        names.join(", ")
    }

    /// The ORDER BY of its rows; always the same.
    pub(crate) fn order(&self) -> String {
        if self.key.is_empty() {
            return "rowid".to_owned();
        }
        let names: Vec<String> = self.key.iter().map(|name| quoted(name)).collect();
        names.join(", ")
    }

    /// Write a row with the columns of [`Table::listed`] as a line.
    pub(crate) fn write(&self, row: &rusqlite::Row<'_>, out: &mut Vec<u8>) -> Result<(), Cause> {
        for (index, column) in self.columns.iter().enumerate() {
            out.push(if index == 0 { b'{' } else { b',' });
            let value = row.get_ref(index).map_err(Cause::new)?;
            serde_json::to_writer(&mut *out, &column.name)
                .map_err(io::Error::from)
                .and_then(|()| out.write_all(b":"))
                .and_then(|()| json_value::write(value, out))
                .map_err(|error| {
                    Cause::new(format_args!("{}.{}: {error}", self.name, column.name))
                })?;
        }
        out.extend_from_slice(b"}\n");
        Ok(())
    }

    /// The column `name` and its value from a line; the error says why the value does not fit.
    pub(crate) fn read<'a>(
        &self,
        name: &str,
        value: &'a Value<'_>,
    ) -> Result<(&str, ToSqlOutput<'a>), String> {
        let Some(column) = self.columns.iter().find(|column| column.name == name) else {
            return Err(format!("{name}: {} has no such column", self.name));
        };
        json_value::read(column.kind, value)
            .map(|value| (column.name.as_str(), value))
            .map_err(|expected| format!("{name}: expected {expected}"))
    }
}

/// A name as an SQL identifier.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::json;
    use proptest::prelude::*;
    use rusqlite::types::Value as Sql;

    fn table(connection: &Connection) -> Table {
        let sql = "CREATE TABLE \"odd \"\"one\" (n BIGINT, t TEXT, b BLOB, \"a,b\" ANY,
                                                 PRIMARY KEY (t, n))";
        connection.execute_batch(sql).unwrap();
        Table::all(connection).unwrap().remove(0)
    }

    #[test]
    fn tables_are_described_without_foreign_objects() {
        let connection = Connection::open_in_memory().unwrap();
        let table = table(&connection);
        assert_eq!((table.name.as_str(), table.order().as_str()), ("odd \"one", "\"t\", \"n\""));
        assert_eq!(table.listed(), "\"n\", \"t\", \"b\", \"a,b\"");
        connection
            .execute_batch(
                "CREATE VIRTUAL TABLE words USING fts5 (a);
                 CREATE TABLE plain (a INTEGER PRIMARY KEY AUTOINCREMENT);
                 CREATE VIEW seen AS SELECT 1;",
            )
            .unwrap();
        let names: Vec<String> =
            Table::all(&connection).unwrap().into_iter().map(|table| table.name).collect();
        assert_eq!(names, ["odd \"one", "plain"]);
    }

    fn cell() -> impl Strategy<Value = Sql> {
        prop_oneof![
            Just(Sql::Null),
            any::<i64>().prop_map(Sql::Integer),
            prop_oneof![prop::num::f64::NORMAL, Just(f64::INFINITY)].prop_map(Sql::Real),
            "\\PC*|[\\x00-\\x1f\"\\\\😀中\u{2028}]*".prop_map(Sql::Text),
            prop::collection::vec(any::<u8>(), 0..40).prop_map(Sql::Blob),
        ]
    }

    proptest! {
        #[test]
        fn written_rows_are_read_back_unchanged(
            n in any::<i64>(),
            t in "\\PC*|[\\x00-\\x1f\"\\\\😀中]*",
            b in cell(),
            a in cell(),
        ) {
            let connection = Connection::open_in_memory().unwrap();
            let table = table(&connection);
            let insert = "INSERT INTO \"odd \"\"one\" VALUES ($1, $2, $3, $4)";
            connection.execute(insert, (n, &t, &b, &a)).unwrap();
            let row = |row: &rusqlite::Row<'_>| -> rusqlite::Result<(i64, String, Sql, Sql)> {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            };
            let select = format!("SELECT {} FROM {}", table.listed(), quoted(&table.name));
            let before = connection.query_row(&select, [], row).unwrap();
            let mut line = Vec::new();
            connection
                .query_row(&select, [], |row| {
                    table.write(row, &mut line).unwrap();
                    Ok(())
                })
                .unwrap();
            prop_assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
            connection.execute("DELETE FROM \"odd \"\"one\"", []).unwrap();
            let Value::Map(fields) = json::decode(line.trim_ascii_end()).unwrap() else { panic!() };
            let values: Vec<ToSqlOutput<'_>> = table
                .columns
                .iter()
                .map(|column| table.read(&column.name, fields.get(&column.name).unwrap()).unwrap().1)
                .collect();
            connection.execute(insert, rusqlite::params_from_iter(values)).unwrap();
            prop_assert_eq!(connection.query_row(&select, [], row).unwrap(), before);
        }
    }

    #[test]
    fn value_of_wrong_type_is_refused() {
        let connection = Connection::open_in_memory().unwrap();
        let table = table(&connection);
        for (column, value, expected) in [
            ("n", r#""1""#, "n: expected an integer of 64 bits"),
            ("n", "1.0", "n: expected an integer of 64 bits"),
            ("n", "9223372036854775808", "n: expected an integer of 64 bits"),
            ("n", "true", "n: expected an integer of 64 bits"),
            ("t", "1", "t: expected a text"),
            ("t", r#"{"base64":"AA=="}"#, "t: expected a text"),
            ("b", r#"{"base64":"*"}"#, "b: expected bytes in base64"),
            ("b", r#"{"base64":"","x":1}"#, "b: expected one mark"),
            ("b", r#"{"real":1.5}"#, "b: expected a text behind the mark"),
            ("b", "1.5", "b: expected an integer, a text, {\"real\": …} or {\"base64\": …}"),
            ("x", "1", "x: odd \"one has no such column"),
        ] {
            let value = json::decode(value.as_bytes()).unwrap();
            assert_eq!(table.read(column, &value).unwrap_err(), expected);
        }
    }
}
