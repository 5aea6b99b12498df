//! Rows into an empty file of SQLite's: all or none, in one transaction.

use super::engine::{Location, make_private, open_writer};
use super::existing_rows::{self, Found};
use super::tables::{Table, quoted};
use super::{reindex, schema};
use crate::data::{Value, json};
use crate::db::import::{ImportError, lines};
use crate::db::tx::Tx;
use crate::db::view::View;
use crate::db::{DatabaseSpec, Lock, OpenError};
use crate::fault::Fault;
use crate::services::Services;
use rusqlite::Connection;
use std::io::BufRead;
use std::sync::Arc;

/// An import under way. Nothing of it is visible before [`FileImport::finish`].
pub(crate) struct FileImport {
    connection: Connection,
    tables: Vec<Table>,
    content: &'static DatabaseSpec,
    services: Arc<Services>,
    /// Tables that a new database has rows in, and that were not imported yet.
    started: Vec<String>,
    _lock: Lock,
}

impl FileImport {
    /// Import into the configured database, which is created if it does not exist and locked
    /// against servers meanwhile.
    pub(crate) fn begin(
        services: &Arc<Services>,
        content: &'static DatabaseSpec,
    ) -> Result<Self, ImportError> {
        let config = &services.config;
        let lock = crate::db::hold(config)?;
        let path = config.database_file();
        let steps = content.schema.steps;
        schema::check(&path, steps)?;
        let sqlite = |error| ImportError::Open(OpenError::Sqlite(path.clone(), error));
        make_private(&path).map_err(|error| OpenError::Io(path.clone(), error))?;
        let location = Location { path: path.clone(), synchronous: config.database.synchronous };
        let mut connection = open_writer(&location).map_err(sqlite)?;
        schema::migrate(&mut connection, steps).map_err(sqlite)?;
        connection.execute_batch("BEGIN IMMEDIATE").map_err(sqlite)?;
        let tables = Table::all(&connection).map_err(sqlite)?;
        let Found { first_table_with_rows, started } =
            existing_rows::compare(&connection, &tables, content.ephemeral, steps)
                .map_err(sqlite)?;
        if let Some(table) = first_table_with_rows {
            return Err(ImportError::NotEmpty(path.display().to_string(), table));
        }
        let services = Arc::clone(services);
        Ok(FileImport { connection, tables, content, services, started, _lock: lock })
    }

    /// The names of all tables.
    pub(crate) fn tables(&self) -> Vec<&str> {
        self.tables.iter().map(|table| table.name.as_str()).collect()
    }

    /// Import the rows of a table, one per line; returns how many there were.
    pub(crate) fn table(
        &mut self,
        name: &str,
        source: impl BufRead,
        told: impl FnMut(usize),
    ) -> Result<u64, ImportError> {
        let Some(table) = self.tables.iter().find(|table| table.name == name) else {
            return Err(ImportError::Table(format!("there is no table {name}")));
        };
        if self.started.iter().any(|started| started == name) {
            let sql = format!("DELETE FROM {}", quoted(name));
            self.connection.execute(&sql, []).map_err(ImportError::Sqlite)?;
            self.started.retain(|started| started != name);
        }
        let mut rows = 0;
        lines(source, told, |number, line| {
            rows += 1;
            insert(&self.connection, table, line).map_err(|why| ImportError::Line(number, why))
        })?;
        Ok(rows)
    }

    /// Run the upgrades that the rows need if an earlier version exported them, fill the text
    /// indexes, and commit.
    pub(crate) fn finish(self) -> Result<(), ImportError> {
        if let Some(missing) = self.started.first() {
            // The sequences must be imported too: otherwise new ids would repeat those of imported
            // rows.
            return Err(ImportError::Table(format!("{missing}.jsonl is missing")));
        }
        let FileImport { connection, content, services, .. } = self;
        let sealed = schema::sealed(&connection, &content.schema).map_err(ImportError::Sqlite)?;
        services.vault.prepare(sealed.as_deref(), true);
        let fill = || {
            content.schema.indexes.iter().try_for_each(|index| reindex::fill(&connection, index))
        };
        fill().map_err(ImportError::Sqlite)?;
        let mut tx = Tx::new(View::over_writer(connection, services));
        // Closing the last connection moves the write-ahead log into the file.
        schema::run_upgrades(&mut tx, &content.schema, |_| true)
            .and_then(|()| tx.commit().map_err(Fault::database))
            .map(|_| ())
            .map_err(|fault| {
                let cause = fault.cause().map_or_else(|| format!("{fault:?}"), ToString::to_string);
                ImportError::Upgrade(cause)
            })
    }
}

/// Insert the row of a line; the error says why it is not a row.
fn insert(connection: &Connection, table: &Table, line: &[u8]) -> Result<(), String> {
    let Value::Map(fields) = json::decode(line).map_err(|error| error.to_string())? else {
        return Err("expected an object, a row".to_owned());
    };
    let (mut names, mut marks, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for key in fields.keys() {
        let value = fields.get(key).unwrap_or(&Value::Null);
        let (column, value) = table.read(key, value)?;
        values.push(value);
        names.push(quoted(column));
        marks.push(format!("${}", names.len()));
    }
    if names.is_empty() {
        return Err("expected the columns of a row".to_owned());
    }
    let sql = format!(
        "INSERT INTO {} ({}) VALUES ({})",
        quoted(&table.name),
        names.join(", "),
        marks.join(", ")
    );
    let inserted = connection
        .prepare_cached(&sql)
        .and_then(|mut statement| statement.execute(rusqlite::params_from_iter(values)));
    inserted.map(|_| ()).map_err(|error| error.to_string())
}
