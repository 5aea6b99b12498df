//! Rows out of a database on PostgreSQL, and into an empty one.

use super::session::Transaction;
use super::tables::Table;
use super::{Pooled, Postgres, Session, Sessions, schema, target};
use crate::args;
use crate::db::export::{ExportError, PIECE};
use crate::db::import::{ImportError, lines};
use crate::db::search::{self, TextIndex};
use crate::db::sqlite::existing_rows;
use crate::db::sqlite::tables::quoted;
use crate::db::tx::Tx;
use crate::db::{DatabaseSpec, OpenError};
use crate::fault::{Cause, Fault};
use crate::services::Services;
use std::io::{BufRead, Write};
use std::path::Path;
use std::sync::Arc;
use tokio::runtime::Runtime;

/// How many rows are inserted by one statement, and read at once to fill an index.
const ROWS: usize = 1_000;

/// An open read transaction of the whole database.
pub(crate) struct ServerExporter {
    session: Session,
    tables: Vec<Table>,
    ephemeral: &'static [&'static str],
    /// Drives the connection.
    _runtime: Runtime,
}

impl ServerExporter {
    /// Connect to the database at `url`, which must have the current schema.
    pub(crate) fn open(
        url: &str,
        ca_file: Option<&Path>,
        content: &DatabaseSpec,
    ) -> Result<Self, OpenError> {
        let refused = OpenError::Remote;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|error| refused(error.to_string()))?;
        let target = target::Target::parse(url, ca_file).map_err(refused)?;
        let sessions = Sessions::new(target, runtime.handle().clone());
        let session = r2d2::ManageConnection::connect(&sessions)
            .map_err(|error| refused(error.to_string()))?;
        schema::look(&session).map_err(refused)?;
        let indexes = index_tables(content.schema.indexes);
        let tables = session
            .begin(Transaction::View, None)
            .and_then(|()| Table::all(&session, &indexes))
            .map_err(|fault| refused(text(&fault)))?;
        Ok(ServerExporter { session, tables, ephemeral: content.ephemeral, _runtime: runtime })
    }

    /// The tables whose rows are worth moving.
    pub(crate) fn tables(&self) -> Vec<String> {
        let names = self.tables.iter().map(|table| &table.name);
        names.filter(|name| !self.ephemeral.contains(&name.as_str())).cloned().collect()
    }

    /// How many rows a table has.
    pub(crate) fn count(&self, table: &str) -> Result<u64, ExportError> {
        let sql = format!("SELECT count(*) FROM {}", quoted(&self.table(table)?.name));
        let mut count = 0_i64;
        let asked = self.session.query(&sql, args![], |row| {
            count = row.get(0)?;
            Ok(false)
        });
        asked.map_err(|fault| ExportError::Read(Cause::new(text(&fault))))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Write the rows of a table, one per line, in the order of its key.
    pub(crate) fn write(
        &self,
        table: &str,
        out: &mut impl Write,
        mut told: impl FnMut(u64),
    ) -> Result<u64, ExportError> {
        let table = self.table(table)?;
        let (mut lines, mut done, mut failed) = (Vec::with_capacity(PIECE), 0, None);
        let asked = self.session.query(&table.select(), args![], |row| {
            table.write(row, &mut lines)?;
            done += 1;
            if lines.len() >= PIECE {
                failed = out.write_all(&lines).err();
                lines.clear();
                told(done);
            }
            Ok(failed.is_none())
        });
        if let Some(error) = failed {
            return Err(error.into());
        }
        asked.map_err(|fault| ExportError::Read(Cause::new(text(&fault))))?;
        out.write_all(&lines)?;
        told(done);
        Ok(done)
    }

    fn table(&self, name: &str) -> Result<&Table, ExportError> {
        self.tables.iter().find(|table| table.name == name).ok_or_else(|| {
            let names: Vec<&str> = self.tables.iter().map(|table| table.name.as_str()).collect();
            ExportError::NoTable(name.to_owned(), names.join(", "))
        })
    }
}

/// An import under way: one transaction.
pub(crate) struct ServerImport {
    session: Pooled,
    tables: Vec<Table>,
    content: &'static DatabaseSpec,
    services: Arc<Services>,
    /// Tables that a new database has rows in, and that were not imported yet.
    started: Vec<String>,
    database: Postgres,
}

impl ServerImport {
    /// Import into the database at `url`. Its tables are made if there are none; those that there are must be empty.
    pub(crate) fn begin(
        url: &str,
        services: &Arc<Services>,
        content: &'static DatabaseSpec,
    ) -> Result<Self, ImportError> {
        let database = Postgres::open(url, services, &content.schema)?;
        let session =
            database.pool.get().map_err(|error| ImportError::Server(error.to_string()))?;
        let server = |fault: Fault| ImportError::Server(text(&fault));
        session.begin(Transaction::Steps, None).map_err(server)?;
        let tables = Table::all(&session, &index_tables(content.schema.indexes)).map_err(server)?;
        let new =
            existing_rows::of_new_database(content.schema.steps).map_err(ImportError::Sqlite)?;
        let mut started = Vec::new();
        for table in tables.iter().filter(|it| !content.ephemeral.contains(&it.name.as_str())) {
            let first = new.get(&table.name).cloned().unwrap_or_default();
            let mut lines = Vec::new();
            let sql = format!("{} LIMIT 100", table.select());
            session
                .query(&sql, args![], |row| table.write(row, &mut lines).map(|()| true))
                .map_err(server)?;
            if lines != first {
                let url = "database.url".to_owned();
                return Err(ImportError::NotEmpty(url, table.name.clone()));
            }
            if !first.is_empty() {
                started.push(table.name.clone());
            }
        }
        let services = Arc::clone(services);
        Ok(ServerImport { session, tables, content, services, started, database })
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
            self.session
                .execute(&sql, args![])
                .map_err(|fault| ImportError::Server(text(&fault)))?;
            self.started.retain(|started| started != name);
        }
        let mut waiting = Waiting { table, columns: String::new(), rows: Vec::new() };
        let mut rows = 0;
        lines(source, told, |number, line| {
            rows += 1;
            waiting.push(&self.session, number, line)
        })?;
        waiting.insert(&self.session)?;
        Ok(rows)
    }

    /// Run the upgrades that the rows need, fill the text indexes, and commit.
    pub(crate) fn finish(self) -> Result<(), ImportError> {
        if let Some(missing) = self.started.first() {
            return Err(ImportError::Table(format!("{missing}.jsonl is missing")));
        }
        let ServerImport { session, content, services, database, .. } = self;
        let failed = |fault: Fault| ImportError::Upgrade(text(&fault));
        if !content.schema.sealed.is_empty() {
            let mut sealed: Option<String> = None;
            session
                .query(content.schema.sealed, args![], |row| {
                    sealed = Some(row.get(0)?);
                    Ok(false)
                })
                .map_err(failed)?;
            services.vault.prepare(sealed.as_deref(), true);
        }
        for index in content.schema.indexes {
            fill(&session, index).map_err(failed)?;
        }
        let mut tx = Tx::over_session(session, services, Arc::clone(&database.ids));
        for upgrade in content.schema.upgrades {
            (upgrade.run)(&mut tx).map_err(failed)?;
        }
        tx.finish().map_err(failed)?;
        let session = tx.session().map_err(failed)?;
        session.commit().map_err(failed)?;
        // Until the database has counted the rows, its plans are for a few.
        session.long_batch("ANALYZE").map_err(failed)
    }
}

/// Rows that wait to be inserted together: all have the same columns.
struct Waiting<'a> {
    table: &'a Table,
    columns: String,
    /// Their lines' numbers, and the lines.
    rows: Vec<(u64, String)>,
}

impl Waiting<'_> {
    fn push(&mut self, session: &Session, number: u64, line: &[u8]) -> Result<(), ImportError> {
        let at = |why: String| ImportError::Line(number, why);
        let columns = self.table.columns_of(line).map_err(at)?;
        let line = std::str::from_utf8(line).map_err(|error| at(error.to_string()))?;
        if columns != self.columns || self.rows.len() >= ROWS {
            self.insert(session)?;
            self.columns = columns;
        }
        self.rows.push((number, line.to_owned()));
        Ok(())
    }

    fn insert(&mut self, session: &Session) -> Result<(), ImportError> {
        let rows = std::mem::take(&mut self.rows);
        if rows.is_empty() {
            return Ok(());
        }
        let (columns, name) = (&self.columns, quoted(&self.table.name));
        let sql = format!(
            "INSERT INTO {name} ({columns})
             SELECT {columns} FROM json_populate_recordset(NULL::{name}, $1::json)"
        );
        let insert = |rows: &[(u64, String)]| {
            let lines: Vec<&str> = rows.iter().map(|(_, line)| line.as_str()).collect();
            let all = format!("[{}]", lines.join(","));
            session
                .batch("SAVEPOINT rows")
                .and_then(|()| session.execute(&sql, args![&all]))
                .and_then(|_| session.batch("RELEASE SAVEPOINT rows"))
        };
        let Err(fault) = insert(&rows) else { return Ok(()) };
        // One by one, to name the line.
        for row in &rows {
            let undone = session.batch("ROLLBACK TO SAVEPOINT rows");
            undone.map_err(|fault| ImportError::Server(text(&fault)))?;
            insert(std::slice::from_ref(row))
                .map_err(|fault| ImportError::Line(row.0, text(&fault)))?;
        }
        Err(ImportError::Server(text(&fault)))
    }
}

/// Fill an empty text index from its table.
fn fill(session: &Session, index: &'static TextIndex) -> Result<(), Fault> {
    let TextIndex { table, group, texts, words, .. } = index;
    let columns: Vec<String> =
        texts.iter().chain(*words).map(|name| format!("{}::text", quoted(name))).collect();
    let sql = format!(
        "SELECT position, ({group})::bigint, {} FROM {table} WHERE position > $1
          ORDER BY position LIMIT {ROWS}",
        columns.join(", ")
    );
    let mut last = i64::MIN;
    loop {
        let mut entries = Vec::new();
        session.query(&sql, args![last], |row| {
            let (position, group): (i64, i64) = (row.get(0)?, row.get(1)?);
            let cells: Vec<String> =
                (0..columns.len()).map(|nth| row.get(2 + nth)).collect::<Result<_, _>>()?;
            let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
            let (texts, words) = cells.split_at(texts.len());
            entries.push(search::IndexEntry::add(index, (group, position), texts, words));
            last = position;
            Ok(true)
        })?;
        if entries.is_empty() {
            return Ok(());
        }
        search::write_postings(session, &mut entries)?;
    }
}

fn index_tables(indexes: &[&'static TextIndex]) -> Vec<&'static str> {
    indexes.iter().map(|index| index.index).collect()
}

fn text(fault: &Fault) -> String {
    fault.cause().map_or_else(|| format!("{fault:?}"), ToString::to_string)
}
