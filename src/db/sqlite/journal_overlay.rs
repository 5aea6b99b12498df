//! Applying the journal for one reader, without changing the file.
//!
//! A table whose writes go through the journal lags behind. A reader that copies the table needs
//! the current rows, and can't wait for the journal to be empty: on a busy server it never is. So
//! the affected rows are copied to a table of the same name in the reader's temporary database, and
//! the deferred statements are run there. In SQL, a name without a database means the temporary
//! table first.

use super::journal::{self, DeferredWrite};
use super::tables::{Table, quoted};
use crate::data::Value;
use crate::db::DatabaseSpec;
use rusqlite::Connection;
use std::collections::HashSet;

/// Apply the journal as of the open read transaction; returns which tables have changed rows.
pub(crate) fn fold(
    connection: &Connection,
    content: &DatabaseSpec,
    tables: &[Table],
) -> rusqlite::Result<HashSet<String>> {
    let mut folded = HashSet::new();
    let statements = content.schema.deferred;
    if statements.is_empty() {
        return Ok(folded);
    }
    let mut rows = connection.prepare("SELECT lines FROM main.journal ORDER BY id")?;
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        for line in row.get_ref(0)?.as_str()?.lines() {
            let Some((statement, values)) = journal::parse(statements, line) else { continue };
            let table = tables.iter().find(|table| table.name == statement.table);
            let Some(table) = table else { continue };
            if folded.insert(table.name.clone()) {
                copy_table(connection, table)?;
            }
            run(connection, table, statement, &values)?;
        }
    }
    Ok(folded)
}

/// Create an empty table in the temporary database, with the definition of the one in the file.
fn copy_table(connection: &Connection, table: &Table) -> rusqlite::Result<()> {
    let sql: String = connection.query_row(
        "SELECT sql FROM main.sqlite_schema WHERE type = 'table' AND name = $1",
        [&table.name],
        |row| row.get(0),
    )?;
    // SQLite stores the definition of a table from this word on as it was written.
    let rest = sql.strip_prefix("CREATE TABLE").ok_or(rusqlite::Error::InvalidQuery)?;
    connection.execute_batch(&format!("CREATE TEMP TABLE{rest}"))
}

/// Run a statement on a copy of its row.
fn run(
    connection: &Connection,
    table: &Table,
    statement: &DeferredWrite,
    values: &[Value<'_>],
) -> rusqlite::Result<()> {
    let name = quoted(&table.name);
    let conditions: Vec<String> =
        table.key.iter().zip(1..).map(|(key, nth)| format!("{} = ${nth}", quoted(key))).collect();
    let copy = format!(
        "INSERT OR IGNORE INTO temp.{name} SELECT * FROM main.{name} WHERE {}",
        conditions.join(" AND ")
    );
    let key = values.get(..table.key.len()).ok_or(rusqlite::Error::InvalidQuery)?;
    journal::execute(connection, &copy, key)?;
    journal::execute(connection, statement.sql, values)
}

/// The SQL for the current rows of a table, in the table's order, with the overlay applied if there
/// is one.
pub(crate) fn select(table: &Table, is_folded: bool) -> String {
    let (name, columns) = (quoted(&table.name), table.listed());
    let all = format!("SELECT {columns} FROM main.{name}");
    if !is_folded {
        return format!("{all} ORDER BY {}", table.order());
    }
    let same: Vec<String> = table
        .key
        .iter()
        .map(|key| format!("newer.{key} = {name}.{key}", key = quoted(key)))
        .collect();
    format!(
        "{all} WHERE NOT EXISTS (SELECT 1 FROM temp.{name} AS newer WHERE {})
         UNION ALL SELECT {columns} FROM temp.{name} ORDER BY {}",
        same.join(" AND "),
        table.order()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::sqlite::journal::{drain, note, write};
    use crate::db::{Param, Schema};
    use proptest::prelude::*;

    static KEEP: DeferredWrite = DeferredWrite {
        postgres_batch: "",
        name: "keep",
        table: "kept",
        sql: "INSERT INTO kept (app, name, value) VALUES ($1, $2, $3)
              ON CONFLICT (app, name) DO UPDATE SET value = excluded.value
               WHERE excluded.value > kept.value",
    };

    const CONTENT: DatabaseSpec = DatabaseSpec {
        schema: Schema {
            steps: &["CREATE TABLE journal (id BIGINT NOT NULL PRIMARY KEY, lines TEXT NOT NULL);
                      CREATE TABLE other (a BIGINT NOT NULL PRIMARY KEY);
                      -- Whatever stands around its name.
                      CREATE TABLE kept (
                          app TEXT NOT NULL, name TEXT NOT NULL, -- (a key of two)
                          value BIGINT NOT NULL, note TEXT NOT NULL DEFAULT '',
                          PRIMARY KEY (app, name)
                      ) WITHOUT ROWID;"],
            deferred: &[&KEEP],
            ..Schema::EMPTY
        },
        ephemeral: &[],
    };

    type Rows = Vec<(String, String, i64, String)>;

    fn rows(connection: &Connection, sql: &str) -> Rows {
        let mut statement = connection.prepare(sql).unwrap();
        let row =
            |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
        statement.query_map([], row).unwrap().collect::<Result<_, _>>().unwrap()
    }

    const NAMES: [&str; 4] = ["a", "b\t\n", "中", ""];

    proptest! {
        #[test]
        fn journal_overlay_equals_replayed_journal(
            there in prop::collection::btree_map((0..2_usize, 0..4_usize), 0..9_i64, 0..6),
            groups in prop::collection::vec(
                prop::collection::vec((0..2_usize, 0..4_usize, 0..9_i64), 1..5),
                0..6,
            ),
        ) {
            let connection = Connection::open_in_memory().unwrap();
            connection.execute_batch(CONTENT.schema.steps[0]).unwrap();
            for ((app, name), value) in &there {
                connection
                    .execute(
                        "INSERT INTO kept VALUES ($1, $2, $3, 'was there')",
                        (NAMES[*app], NAMES[*name], value),
                    )
                    .unwrap();
            }
            for group in &groups {
                let mut lines = Vec::new();
                for (app, name, value) in group {
                    let key = [Param::Text(NAMES[*app]), Param::Text(NAMES[*name])];
                    note(&mut lines, &KEEP, &key, &[Param::Int(*value)]);
                }
                write(&connection, &lines).unwrap();
            }
            let before = rows(&connection, "SELECT * FROM main.kept ORDER BY app, name");
            let tables = Table::all(&connection).unwrap();
            let folded = fold(&connection, &CONTENT, &tables).unwrap();
            prop_assert_eq!(folded.contains("kept"), !groups.is_empty());
            let kept = tables.iter().find(|table| table.name == "kept").unwrap();
            let seen = rows(&connection, &select(kept, folded.contains("kept")));
            // The file itself is as it was, until it is drained.
            prop_assert_eq!(rows(&connection, "SELECT * FROM main.kept ORDER BY app, name"), before);
            connection.execute_batch("DROP TABLE IF EXISTS temp.kept").unwrap();
            drain(&connection, CONTENT.schema.deferred).unwrap();
            prop_assert_eq!(seen, rows(&connection, "SELECT * FROM kept ORDER BY app, name"));
        }
    }
}
