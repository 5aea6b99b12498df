//! Why a database can't be opened.

use std::path::{Path, PathBuf};

/// Why the database could not be opened. Each is one line for the operator.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another Guichet serves from it.
    #[error("{0}: held by another guichet; one process at a time may serve a database")]
    Held(PathBuf),
    /// The file is not a database of ours.
    #[error("{0}: not a guichet database: {1}; it was left as it is")]
    NotOurs(PathBuf, String),
    /// The file was made by a newer version.
    #[error(
        "{path}: made by a newer guichet (schema {version}, this one knows {known}); it was left as it is"
    )]
    Newer {
        /// The database file.
        path: PathBuf,
        /// The file's schema.
        version: i64,
        /// The newest schema that this program knows.
        known: i64,
    },
    /// There is no file.
    #[error("{0}: there is no database")]
    Missing(PathBuf),
    /// The schema must be brought up to date, for which there is no room.
    #[error(
        "{0}: the disk is full, and the database has to be brought up to date first; make room"
    )]
    FullDisk(PathBuf),
    /// SQLite finds the file damaged.
    #[error("{0}: damaged: {1}")]
    Damaged(PathBuf, String),
    /// A restore was interrupted and can't be finished.
    #[error("{0}: a restore was cut off and can't be finished: {1}")]
    Restore(PathBuf, std::io::Error),
    /// The rows can't be brought up to date; nothing was changed.
    #[error("{0}: it can't be upgraded: {1}; it was left as it is")]
    Upgrade(PathBuf, String),
    /// A server of an earlier version serves from it.
    #[error("{0}: a server of an earlier version holds it; stop it first")]
    Behind(PathBuf),
    /// There is no room for the copy that is kept before an upgrade.
    #[error(
        "{folder}: an upgrade keeps a copy of the database first, and {missing} more bytes must be free for it"
    )]
    NoRoomForCopy {
        /// Where the copy is to be kept.
        folder: PathBuf,
        /// How much room is missing, in bytes.
        missing: u64,
    },
    /// The database's server can't be reached, or is not one to be used.
    #[error("database.url: {0}")]
    Remote(String),
    /// The bundled SQLite is one that can corrupt a file.
    #[error("SQLite {0} can corrupt a database; at least 3.51.3 is needed")]
    OldSqlite(&'static str),
    /// The directory or the file can't be used.
    #[error("{0}: {1}")]
    Io(PathBuf, std::io::Error),
    /// SQLite failed.
    #[error("{0}: {1}")]
    Sqlite(PathBuf, rusqlite::Error),
    /// The pool of readers failed.
    #[error("{0}: {1}")]
    Pool(PathBuf, r2d2::Error),
}

impl OpenError {
    /// The same error for the path that the operator knows, if it was found in a copy of that file.
    pub(crate) fn of(self, path: &Path) -> Self {
        let path = path.to_owned();
        match self {
            OpenError::NotOurs(_, why) => OpenError::NotOurs(path, why),
            OpenError::Newer { version, known, .. } => OpenError::Newer { path, version, known },
            OpenError::Damaged(_, why) => OpenError::Damaged(path, why),
            OpenError::Sqlite(_, error) => OpenError::Sqlite(path, error),
            other => other,
        }
    }
}
