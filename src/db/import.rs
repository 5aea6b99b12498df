//! Lines of JSON back into an empty database: all or none, in one transaction.

#[cfg(feature = "postgres")]
use crate::config::DatabaseUrl;
#[cfg(feature = "postgres")]
use crate::db::postgres::ServerImport;
use crate::db::sqlite::import::FileImport;
use crate::db::{DatabaseSpec, OpenError};
use crate::services::Services;
use std::io::BufRead;
use std::sync::Arc;

/// A byte order mark in UTF-8. In concatenated files any line may begin with one.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Why rows could not be imported. Each is one line for the operator.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The database can't be opened, or a server holds it.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It has rows already.
    #[error("{0}: the table {1} has rows of its own already; import needs an empty database")]
    NotEmpty(String, String),
    /// A line can't be a row.
    #[error("{0}: {1}")]
    Line(u64, String),
    /// A file can't be that of a table.
    #[error("{0}")]
    Table(String),
    /// The rows can't be brought up to date.
    #[error("{0}")]
    Upgrade(String),
    /// PostgreSQL failed.
    #[error("{0}")]
    Server(String),
    /// SQLite failed.
    #[error("{0}")]
    Sqlite(rusqlite::Error),
}

/// An import under way. Nothing of it is visible before [`Import::finish`].
pub struct Import(Target);

enum Target {
    File(Box<FileImport>),
    #[cfg(feature = "postgres")]
    Server(Box<ServerImport>),
}

impl Import {
    /// Import into the configured database, which is created if it does not exist. A file is locked
    /// against servers meanwhile; servers of PostgreSQL's must be stopped.
    pub fn begin(
        services: &Arc<Services>,
        content: &'static DatabaseSpec,
    ) -> Result<Self, ImportError> {
        #[cfg(feature = "postgres")]
        if let DatabaseUrl::Postgres(url) = services.config.database.url.clone() {
            let import = ServerImport::begin(&url, services, content)?;
            return Ok(Import(Target::Server(Box::new(import))));
        }
        FileImport::begin(services, content).map(|it| Import(Target::File(Box::new(it))))
    }

    /// The names of all tables.
    pub fn tables(&self) -> Vec<&str> {
        match &self.0 {
            Target::File(file) => file.tables(),
            #[cfg(feature = "postgres")]
            Target::Server(server) => server.tables(),
        }
    }

    /// Import the rows of a table, one per line; returns how many there were. `told` is called with
    /// the number of bytes read after each line. A byte order mark, surrounding spaces and empty
    /// lines are ignored: editors and other programs add them.
    pub fn table(
        &mut self,
        name: &str,
        source: impl BufRead,
        told: impl FnMut(usize),
    ) -> Result<u64, ImportError> {
        match &mut self.0 {
            Target::File(file) => file.table(name, source, told),
            #[cfg(feature = "postgres")]
            Target::Server(server) => server.table(name, source, told),
        }
    }

    /// Run the upgrades that the rows need if an earlier version exported them, fill the text
    /// indexes, and commit.
    pub fn finish(self) -> Result<(), ImportError> {
        match self.0 {
            Target::File(file) => file.finish(),
            #[cfg(feature = "postgres")]
            Target::Server(server) => server.finish(),
        }
    }
}

/// Pass the lines of `source` that are not empty to `each`, with their numbers from 1. `told` is called with the bytes
/// read after each line.
pub(crate) fn lines(
    mut source: impl BufRead,
    mut told: impl FnMut(usize),
    mut each: impl FnMut(u64, &[u8]) -> Result<(), ImportError>,
) -> Result<(), ImportError> {
    let (mut text, mut number) = (Vec::new(), 0);
    loop {
        text.clear();
        number += 1;
        let read = source.read_until(b'\n', &mut text);
        let length = read.map_err(|error| ImportError::Line(number, error.to_string()))?;
        if length == 0 {
            return Ok(());
        }
        let line = text.strip_prefix(BOM).unwrap_or(&text).trim_ascii();
        if !line.is_empty() {
            each(number, line)?;
        }
        told(length);
    }
}
