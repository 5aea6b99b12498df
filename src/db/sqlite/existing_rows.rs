//! Whether a database has rows of its own, besides those that its schema begins with.

use super::schema;
use super::tables::{Table, quoted};
use rusqlite::Connection;

/// What was found of a database's tables.
pub(crate) struct Found {
    /// The first table with rows of its own, in the order of names.
    pub(crate) first_table_with_rows: Option<String>,
    /// The tables that have rows from the start.
    pub(crate) started: Vec<String>,
}

/// Compare each of `tables` with that of a new database, except those named in `ephemeral`: their rows
/// expire by themselves and are never moved.
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
