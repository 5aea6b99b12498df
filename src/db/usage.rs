//! How much of the database file each table takes, by SQLite's own count of pages (`dbstat`).
//!
//! This reads every page once and changes nothing. It needs no services, so it also works on a full
//! disk.

use super::{OpenError, is_held};
use crate::config::Config;
use crate::db::sqlite::inspect::{Opened, open_file};
use crate::db::sqlite::tables::quoted;
use crate::fault::Cause;
use rusqlite::Connection;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// A database whose size is measured, as of one commit.
pub struct MeasuredDatabase(Opened);

/// A table with everything that belongs to it: its indexes, and for a text index its inner tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name; `sqlite_…` for SQLite's own tables.
    pub name: String,
    /// How many rows it has.
    pub rows: u64,
    /// The size of its pages, in bytes.
    pub bytes: u64,
}

impl MeasuredDatabase {
    /// Open the configured database; `None` if it does not exist. `steps` are those of the schema:
    /// a database with a newer schema is refused.
    pub fn open(config: &Config, steps: &[&str]) -> Result<Option<Self>, OpenError> {
        let Some(opened) = open_file(config, steps)? else { return Ok(None) };
        let begun = opened.connection.execute_batch("BEGIN");
        begun.map_err(|error| OpenError::Sqlite(opened.path.clone(), error))?;
        Ok(Some(MeasuredDatabase(opened)))
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// How many steps of the schema it has.
    pub fn steps(&self) -> i64 {
        self.0.version
    }

    /// Has a server started to write to a file that was opened as if nobody else used it? Then the
    /// results may be wrong, and the file should be opened again.
    pub fn was_disturbed(&self, config: &Config) -> bool {
        self.0.is_alone && is_held(config).unwrap_or(false)
    }

    /// All tables, the largest first.
    pub fn tables(&self) -> Result<Vec<Table>, Cause> {
        tables(&self.0.connection).map_err(Cause::new)
    }

    /// The size of pages that no table uses, in bytes. SQLite uses them before the file grows.
    pub fn free(&self) -> Result<u64, Cause> {
        let number = |name: &str| -> rusqlite::Result<u64> {
            let number: i64 = self.0.connection.pragma_query_value(None, name, |row| row.get(0))?;
            Ok(u64::try_from(number).unwrap_or_default())
        };
        let pages = number("freelist_count").map_err(Cause::new)?;
        Ok(pages.saturating_mul(number("page_size").map_err(Cause::new)?))
    }

    /// The rows that `sql` finds, of two columns: a file's name, and its size in bytes.
    pub fn files(&self, sql: &str) -> Result<Vec<(String, i64)>, Cause> {
        let find = || {
            let mut statement = self.0.connection.prepare(sql)?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<rusqlite::Result<_>>()
        };
        find().map_err(Cause::new)
    }
}

fn tables(connection: &Connection) -> rusqlite::Result<Vec<Table>> {
    let mut names = connection.prepare(
        "SELECT name, type FROM pragma_table_list WHERE schema = 'main' AND type <> 'view'",
    )?;
    let names: Vec<(String, String)> =
        names.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    let texts: Vec<&str> = of_kind(&names, "virtual");
    let inner: Vec<&str> = of_kind(&names, "shadow");
    let owner = |table: &str| -> String {
        // A text index `x` keeps its content in tables `x_data`, `x_idx` and so on.
        let text = texts.iter().filter(|text| {
            inner.contains(&table)
                && table.strip_prefix(**text).is_some_and(|rest| rest.starts_with('_'))
        });
        text.max_by_key(|text| text.len()).map_or(table, |text| *text).to_owned()
    };
    let mut indexes =
        connection.prepare("SELECT name, tbl_name FROM sqlite_schema WHERE type = 'index'")?;
    let indexes: HashMap<String, String> =
        indexes.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;

    let mut bytes: BTreeMap<String, u64> = names
        .iter()
        .filter(|(name, _)| !inner.contains(&name.as_str()))
        .map(|(name, _)| (name.clone(), 0))
        .collect();
    let mut pages = connection.prepare("SELECT name, pgsize FROM dbstat WHERE aggregate = TRUE")?;
    let mut rows = pages.query([])?;
    while let Some(row) = rows.next()? {
        let (tree, size): (String, i64) = (row.get(0)?, row.get(1)?);
        let table = owner(indexes.get(&tree).unwrap_or(&tree));
        *bytes.entry(table).or_default() += u64::try_from(size).unwrap_or_default();
    }
    let mut tables = Vec::new();
    for (name, bytes) in bytes {
        let sql = format!("SELECT count(*) FROM {}", quoted(&name));
        let rows: i64 = connection.query_row(&sql, [], |row| row.get(0))?;
        tables.push(Table { name, rows: u64::try_from(rows).unwrap_or_default(), bytes });
    }
    tables.sort_by(|one, other| other.bytes.cmp(&one.bytes).then(one.name.cmp(&other.name)));
    Ok(tables)
}

fn of_kind<'a>(names: &'a [(String, String)], kind: &str) -> Vec<&'a str> {
    names.iter().filter(|(_, found)| found == kind).map(|(name, _)| name.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_and_text_indexes_count_for_their_table() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE notice (id INTEGER PRIMARY KEY, title TEXT UNIQUE, body TEXT);
                 CREATE INDEX notice_by_body ON notice (body);
                 CREATE VIRTUAL TABLE notice_text USING fts5 (
                   pairs, content = '', contentless_delete = 1, detail = none);
                 CREATE TABLE plain (a TEXT PRIMARY KEY) WITHOUT ROWID;
                 INSERT INTO plain VALUES ('x'), ('y');
                 WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
                 INSERT INTO notice SELECT i, 'title ' || i, hex(randomblob(40)) FROM n;
                 INSERT INTO notice_text (rowid, pairs) SELECT id, title FROM notice;
                 CREATE VIEW seen AS SELECT 1;",
            )
            .unwrap();
        let found = tables(&connection).unwrap();
        let rows: BTreeMap<&str, u64> =
            found.iter().map(|table| (table.name.as_str(), table.rows)).collect();
        let schema = rows["sqlite_schema"];
        let expected =
            [("notice", 2_000), ("notice_text", 2_000), ("plain", 2), ("sqlite_schema", schema)];
        assert_eq!(rows.into_iter().collect::<Vec<_>>(), expected);
        let pages: i64 =
            connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
        let sum: u64 = found.iter().map(|table| table.bytes).sum();
        assert_eq!(sum, u64::try_from(pages).unwrap() * 4_096, "every page, once");
        assert!(found.is_sorted_by(|one, other| one.bytes >= other.bytes));
        assert!(found[0].name == "notice" && found[0].bytes > 300_000, "{found:?}");
    }
}
