//! The sizes of the database's files.

use crate::config::Config;
use std::path::Path;

/// The sizes of the database's files in bytes; `None` for a file that does not exist.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FileSizes {
    /// The database itself.
    pub database: Option<u64>,
    /// Its write-ahead log.
    pub log: Option<u64>,
}

/// The sizes of the configured database's files. The files are not opened: closing them would drop
/// SQLite's locks (POSIX).
pub(crate) fn sizes(config: &Config) -> FileSizes {
    let size = |path: &Path| std::fs::metadata(path).ok().map(|about| about.len());
    let database = config.database_file();
    let mut log = database.clone().into_os_string();
    log.push("-wal");
    FileSizes { database: size(&database), log: size(Path::new(&log)) }
}
