//! All rows as of one commit, as lines of JSON: to move them to another machine, or to look at them
//! elsewhere.
//!
//! An export blocks nobody: it is a read transaction, only a long one. On a busy server the
//! write-ahead log grows until it ends.

use crate::config::Config;
#[cfg(feature = "postgres")]
use crate::config::DatabaseUrl;
#[cfg(feature = "postgres")]
use crate::db::postgres::ServerExporter;
use crate::db::sqlite::export::FileExporter;
use crate::db::{DatabaseSpec, OpenError};
use crate::fault::Cause;
use std::io::{self, Write};

/// How many bytes are written at once.
pub(crate) const PIECE: usize = 64 * 1024;

/// Why rows could not be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// There is no table of this name.
    #[error("{0}: there is no such table; there are {1}")]
    NoTable(String, String),
    /// They can't be written where they should go.
    #[error("{0}")]
    Write(#[from] io::Error),
    /// They can't be read.
    #[error("{0}")]
    Read(Cause),
}

/// An open read transaction of the whole database.
pub struct Exporter(Source);

enum Source {
    File(FileExporter),
    #[cfg(feature = "postgres")]
    Server(Box<ServerExporter>),
}

impl Exporter {
    /// Open the configured database, which must exist and have the current schema.
    pub fn open(config: &Config, content: &DatabaseSpec) -> Result<Self, OpenError> {
        #[cfg(feature = "postgres")]
        if let DatabaseUrl::Postgres(url) = &config.database.url {
            let ca_file = config.database.ca_file.as_deref();
            return ServerExporter::open(url, ca_file, content)
                .map(|it| Exporter(Source::Server(Box::new(it))));
        }
        FileExporter::open(config, content).map(|it| Exporter(Source::File(it)))
    }

    /// The tables whose rows are worth moving.
    pub fn tables(&self) -> Vec<String> {
        match &self.0 {
            Source::File(file) => file.tables(),
            #[cfg(feature = "postgres")]
            Source::Server(server) => server.tables(),
        }
    }

    /// How many rows a table has.
    pub fn count(&self, table: &str) -> Result<u64, ExportError> {
        match &self.0 {
            Source::File(file) => file.count(table),
            #[cfg(feature = "postgres")]
            Source::Server(server) => server.count(table),
        }
    }

    /// Write the rows of a table, one per line, in the order of its key. `told` is called now and
    /// then with the number of rows so far. Returns how many there are.
    pub fn write(
        &self,
        table: &str,
        out: &mut impl Write,
        told: impl FnMut(u64),
    ) -> Result<u64, ExportError> {
        match &self.0 {
            Source::File(file) => file.write(table, out, told),
            #[cfg(feature = "postgres")]
            Source::Server(server) => server.write(table, out, told),
        }
    }
}
