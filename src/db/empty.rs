//! Whether a database has rows of its own, besides those that its schema begins with.

use super::schema;
use super::tables::{Table, quoted};
use rusqlite::Connection;

/// What was found of a database's tables.
pub(super) struct Found {
    /// The first table with rows of its own, in the order of names.
    pub(super) inhabited: Option<String>,
    /// The tables that have rows from the start.
    pub(super) started: Vec<String>,
}

/// Compare each of `tables` with that of a new database.
pub(super) fn compare<'a>(
    connection: &Connection,
    tables: impl IntoIterator<Item = &'a Table>,
    steps: &[&str],
) -> rusqlite::Result<Found> {
    let mut new = Connection::open_in_memory()?;
    schema::migrate(&mut new, steps)?;
    let mut found = Found { inhabited: None, started: Vec::new() };
    for table in tables {
        let first = rows(&new, table)?;
        if found.inhabited.is_none() && rows(connection, table)? != first {
            found.inhabited = Some(table.name.clone());
        }
        if !first.is_empty() {
            found.started.push(table.name.clone());
        }
    }
    Ok(found)
}

/// The rows of a table, a few of them, as lines.
fn rows(connection: &Connection, table: &Table) -> rusqlite::Result<Vec<u8>> {
    let mut lines = Vec::new();
    let sql = format!(
        "SELECT {} FROM {} ORDER BY {} LIMIT 100",
        table.listed(),
        quoted(&table.name),
        table.order()
    );
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        // What can't be told as a line is no row that a new database has.
        if table.write(row, &mut lines).is_err() {
            lines.push(0);
        }
    }
    Ok(lines)
}
