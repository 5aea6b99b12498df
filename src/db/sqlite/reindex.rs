//! Rebuilding a text index from its table, and comparing the two.

use super::tables::quoted;
use crate::db::bigrams::tokens;
use crate::db::search::TextIndex;
use rusqlite::Connection;
use rusqlite::types::ValueRef;

/// Fill an empty index from its table.
pub(crate) fn fill(connection: &Connection, index: &TextIndex) -> rusqlite::Result<()> {
    let TextIndex { table, group, index, texts, words, .. } = index;
    let columns: Vec<String> = texts.iter().chain(*words).map(|name| quoted(name)).collect();
    // In this order, because FTS5 writes out what it has buffered whenever a rowid is not larger
    // than the last.
    let sql =
        format!("SELECT {group}, position, {} FROM {table} ORDER BY 1, 2", columns.join(", "));
    let mut select = connection.prepare(&sql)?;
    let insert = format!("INSERT INTO {index} (rowid, pairs) VALUES ($1, $2)");
    let mut insert = connection.prepare(&insert)?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let cell = |nth: usize| match row.get_ref(2 + nth)? {
            ValueRef::Integer(number) => Ok(number.to_string()),
            value => Ok::<_, rusqlite::Error>(value.as_str()?.to_owned()),
        };
        let cells: Vec<String> = (0..columns.len()).map(cell).collect::<Result<_, _>>()?;
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        let (texts, words) = cells.split_at(texts.len());
        let position: i64 = row.get(1)?;
        insert.execute((position, tokens(row.get(0)?, texts, words)))?;
    }
    Ok(())
}

/// How many rows of the table are missing from the index, and how many index entries have no row.
pub(crate) fn index_mismatches(
    connection: &Connection,
    index: &TextIndex,
) -> rusqlite::Result<(i64, i64)> {
    let TextIndex { table, index, .. } = index;
    let count = |sql: String| connection.query_row(&sql, [], |row| row.get(0));
    let missing = count(format!(
        "SELECT count(*) FROM {table} WHERE position NOT IN (SELECT rowid FROM {index})"
    ))?;
    let left_over = count(format!(
        "SELECT count(*) FROM {index} WHERE rowid NOT IN (SELECT position FROM {table})"
    ))?;
    Ok((missing, left_over))
}
