//! The rows of SQLite's file, as of one commit.

use super::journal_overlay;
use super::schema;
use super::tables::{Table, quoted};
use crate::config::Config;
use crate::db::export::{ExportError, PIECE};
use crate::db::{DatabaseSpec, OpenError};
use crate::fault::Cause;
use rusqlite::{Connection, OpenFlags};
use std::collections::HashSet;
use std::io::Write;

impl From<rusqlite::Error> for ExportError {
    fn from(error: rusqlite::Error) -> Self {
        ExportError::Read(Cause::new(error))
    }
}

/// An open read transaction of the whole database.
pub(crate) struct FileExporter {
    connection: Connection,
    tables: Vec<Table>,
    folded: HashSet<String>,
    ephemeral: &'static [&'static str],
}

impl FileExporter {
    /// Open the configured database, which must exist and have the current schema.
    pub(crate) fn open(config: &Config, content: &DatabaseSpec) -> Result<Self, OpenError> {
        let path = config.database_file();
        schema::check(&path, content.schema.steps)?;
        let open = || {
            // Opened for writing, because the last connection to close can tidy the log only then.
            // It never writes.
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = Connection::open_with_flags(&path, flags)?;
            connection.pragma_update(None, "mmap_size", 0)?;
            connection.execute_batch("BEGIN")?;
            let tables = Table::all(&connection)?;
            let folded = journal_overlay::fold(&connection, content, &tables)?;
            Ok((connection, tables, folded))
        };
        let (connection, tables, folded) =
            open().map_err(|error| OpenError::Sqlite(path.clone(), error))?;
        Ok(FileExporter { connection, tables, folded, ephemeral: content.ephemeral })
    }

    /// The tables whose rows are worth moving.
    pub(crate) fn tables(&self) -> Vec<String> {
        let is_kept = |name: &str| name != "journal" && !self.ephemeral.contains(&name);
        let names = self.tables.iter().map(|table| &table.name);
        names.filter(|name| is_kept(name)).cloned().collect()
    }

    /// How many rows a table has.
    pub(crate) fn count(&self, table: &str) -> Result<u64, ExportError> {
        let select = self.select(self.table(table)?);
        let sql = format!("SELECT count(*) FROM ({select})");
        let count: i64 = self.connection.query_row(&sql, [], |row| row.get(0))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Write the rows of a table, one per line, in the order of its key. `told` is called now and
    /// then with the number of rows so far. Returns how many there are.
    pub(crate) fn write(
        &self,
        table: &str,
        out: &mut impl Write,
        mut told: impl FnMut(u64),
    ) -> Result<u64, ExportError> {
        let table = self.table(table)?;
        let mut statement = self.connection.prepare(&self.select(table))?;
        let mut rows = statement.query([])?;
        let (mut lines, mut done) = (Vec::with_capacity(PIECE), 0);
        while let Some(row) = rows.next()? {
            table.write(row, &mut lines).map_err(ExportError::Read)?;
            done += 1;
            if lines.len() >= PIECE {
                out.write_all(&lines)?;
                lines.clear();
                told(done);
            }
        }
        out.write_all(&lines)?;
        told(done);
        Ok(done)
    }

    fn select(&self, table: &Table) -> String {
        // Its rows are exported as rows of the tables that they write to.
        if table.name == "journal" && !self.folded.is_empty() {
            return format!("SELECT {} FROM main.{} WHERE 0", table.listed(), quoted(&table.name));
        }
        journal_overlay::select(table, self.folded.contains(&table.name))
    }

    fn table(&self, name: &str) -> Result<&Table, ExportError> {
        self.tables.iter().find(|table| table.name == name).ok_or_else(|| {
            let names: Vec<&str> = self.tables.iter().map(|table| table.name.as_str()).collect();
            ExportError::NoTable(name.to_owned(), names.join(", "))
        })
    }
}
