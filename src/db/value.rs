//! The types that go into SQL statements and come out of them: a small closed set that every
//! supported database has. Types of the driver stay inside `db`.

use crate::fault::Fault;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use serde::{Serialize, Serializer};

/// A bound parameter.
#[derive(Debug, Clone, Copy)]
pub enum Param<'a> {
    /// SQL NULL.
    Null,
    /// A 64-bit integer.
    Int(i64),
    /// Text.
    Text(&'a str),
}

impl From<i64> for Param<'_> {
    fn from(value: i64) -> Self {
        Param::Int(value)
    }
}

impl<'a> From<&'a str> for Param<'a> {
    fn from(value: &'a str) -> Self {
        Param::Text(value)
    }
}

impl<'a> From<&'a String> for Param<'a> {
    fn from(value: &'a String) -> Self {
        Param::Text(value)
    }
}

impl<'a, T: Into<Param<'a>>> From<Option<T>> for Param<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Param::Null, Into::into)
    }
}

impl Serialize for Param<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Param::Null => serializer.serialize_unit(),
            Param::Int(value) => serializer.serialize_i64(*value),
            Param::Text(value) => serializer.serialize_str(value),
        }
    }
}

impl ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Param::Null => ValueRef::Null,
            Param::Int(value) => ValueRef::Integer(*value),
            Param::Text(value) => ValueRef::Text(value.as_bytes()),
        }))
    }
}

/// Bind values to `$1…$n`, in order: `args![id, &name]`.
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => { &[$($crate::db::Param::from($value)),*] };
}

/// One row of a result. Columns are numbered from 0 in the order of the statement.
pub struct Row<'a>(Source<'a>);

/// Which database a row is of.
enum Source<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    #[cfg(feature = "postgres")]
    Postgres(&'a tokio_postgres::Row),
}

/// The value of a column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Cell<'a> {
    Null,
    Int(i64),
    /// UTF-8.
    Text(&'a [u8]),
    /// Of a type that no column of ours has.
    Other,
}

impl<'a> Row<'a> {
    /// A row of SQLite's.
    pub(super) fn sqlite(row: &'a rusqlite::Row<'a>) -> Self {
        Row(Source::Sqlite(row))
    }

    /// A row of PostgreSQL's.
    #[cfg(feature = "postgres")]
    pub(super) fn postgres(row: &'a tokio_postgres::Row) -> Self {
        Row(Source::Postgres(row))
    }

    /// The value of a column as it is.
    pub(super) fn cell(&self, index: usize) -> Result<Cell<'_>, Fault> {
        match &self.0 {
            Source::Sqlite(row) => Ok(match row.get_ref(index).map_err(Fault::database)? {
                ValueRef::Null => Cell::Null,
                ValueRef::Integer(number) => Cell::Int(number),
                ValueRef::Text(text) => Cell::Text(text),
                ValueRef::Real(_) | ValueRef::Blob(_) => Cell::Other,
            }),
            #[cfg(feature = "postgres")]
            Source::Postgres(row) => row.try_get(index).map_err(Fault::database),
        }
    }
}

impl Row<'_> {
    /// The value of a column.
    pub fn get<T: Column>(&self, index: usize) -> Result<T, Fault> {
        T::read(self, index)
    }
}

/// A type that a column can be read as.
pub trait Column: Sized {
    /// Read column `index`; a column of another type is a fault of ours.
    fn read(row: &Row<'_>, index: usize) -> Result<Self, Fault>;
}

impl Column for i64 {
    fn read(row: &Row<'_>, index: usize) -> Result<Self, Fault> {
        match row.cell(index)? {
            Cell::Int(number) => Ok(number),
            other => Err(mismatch(index, "a number", other)),
        }
    }
}

impl Column for bool {
    fn read(row: &Row<'_>, index: usize) -> Result<Self, Fault> {
        i64::read(row, index).map(|number| number != 0)
    }
}

impl Column for String {
    fn read(row: &Row<'_>, index: usize) -> Result<Self, Fault> {
        match row.cell(index)? {
            Cell::Text(text) => Ok(std::str::from_utf8(text).map_err(Fault::database)?.to_owned()),
            other => Err(mismatch(index, "a text", other)),
        }
    }
}

impl<T: Column> Column for Option<T> {
    fn read(row: &Row<'_>, index: usize) -> Result<Self, Fault> {
        match row.cell(index)? {
            Cell::Null => Ok(None),
            _ => T::read(row, index).map(Some),
        }
    }
}

fn mismatch(index: usize, expected: &str, found: Cell<'_>) -> Fault {
    let found = match found {
        Cell::Null => "NULL",
        Cell::Int(_) => "a number",
        Cell::Text(_) => "a text",
        Cell::Other => "another type",
    };
    Fault::database(format_args!("column {index} is {found}, not {expected}"))
}
