//! How large the database is.

use crate::config::Config;
use std::path::Path;

/// How large the database's files are, in bytes; `None` where there is no such file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FileSizes {
    /// The database itself.
    pub database: Option<u64>,
    /// Its write-ahead log.
    pub log: Option<u64>,
}

/// How large the files of the database are that the configuration names. They are not opened:
/// closing them again would drop SQLite's locks (POSIX).
pub(crate) fn sizes(config: &Config) -> FileSizes {
    let size = |path: &Path| std::fs::metadata(path).ok().map(|about| about.len());
    let database = config.database_file();
    let mut log = database.clone().into_os_string();
    log.push("-wal");
    FileSizes { database: size(&database), log: size(Path::new(&log)) }
}
