//! Whether a database has rows besides those that a new database has.

use super::schema;
use super::tables::{Table, quoted};
use rusqlite::Connection;
#[cfg(feature = "postgres")]
use std::collections::HashMap;

/// What was found in a database's tables.
pub(crate) struct Found {
    /// The first table, in the order of names, that has more than its initial rows.
    pub(crate) first_table_with_rows: Option<String>,
    /// The tables that a new database has rows in.
    pub(crate) started: Vec<String>,
}

/// Compare each of `tables` with the same table of a new database. Tables named in `ephemeral` are
/// skipped: their rows expire by themselves and are never moved.
pub(crate) fn compare(
    connection: &Connection,
    tables: &[Table],
    ephemeral: &[&str],
    steps: &[&str],
) -> rusqlite::Result<Found> {
    let mut new = Connection::open_in_memory()?;
    schema::migrate(&mut new, steps)?;
    let mut found = Found { first_table_with_rows: None, started: Vec::new() };
    for table in tables.iter().filter(|table| !ephemeral.contains(&table.name.as_str())) {
        let first = rows(&new, table)?;
        if found.first_table_with_rows.is_none() && rows(connection, table)? != first {
            found.first_table_with_rows = Some(table.name.clone());
        }
        if !first.is_empty() {
            found.started.push(table.name.clone());
        }
    }
    Ok(found)
}

/// The rows that a new database has, as lines, by table.
#[cfg(feature = "postgres")]
pub(crate) fn of_new_database(steps: &[&str]) -> rusqlite::Result<HashMap<String, Vec<u8>>> {
    let mut new = Connection::open_in_memory()?;
    schema::migrate(&mut new, steps)?;
    let tables = Table::all(&new)?;
    let rows = tables.iter().map(|table| Ok((table.name.clone(), rows(&new, table)?)));
    rows.collect()
}

/// Some rows of a table, as lines.
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
        // A row that can't be written as a line is not one that a new database has.
        if table.write(row, &mut lines).is_err() {
            lines.push(0);
        }
    }
    Ok(lines)
}
