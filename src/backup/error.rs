//! Why a backup or a restore failed.

use crate::db::OpenError;
use crate::fault::Cause;
use std::io;
use std::path::{Path, PathBuf};

/// Why a backup was not made or not restored. Each is one line for the operator.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database can't be read or held, or the copy of it is not whole.
    #[error(transparent)]
    Database(#[from] OpenError),
    /// A file or folder can't be read or written.
    #[error("{0}: {1}")]
    Io(PathBuf, io::Error),
    /// A picture can't be read or stored.
    #[error("pictures: {0}")]
    Picture(Cause),
    /// Something is there already.
    #[error("{0}: it is there already; --force replaces it")]
    Exists(PathBuf),
    /// The archive is not one of ours, or not whole.
    #[error("{0}: not a whole backup: {1}")]
    Refused(PathBuf, String),
    /// The archive was made by a newer version.
    #[error("{0}: made by guichet {1}, which is newer; nothing was changed")]
    Newer(PathBuf, String),
    /// A restore was begun and is not finished.
    #[error("{0}: a restore was cut off; start the server, or restore again, and it is finished")]
    Unfinished(PathBuf),
    /// The data belongs to another user of the system.
    #[error("{0}: belongs to another user (uid {1}); run this as that user")]
    Owner(PathBuf, u32),
    /// It was broken off.
    #[error("stopped")]
    Stopped,
}

impl BackupError {
    /// Makes an [`io::Error`] one that names the path.
    pub(super) fn at(path: &Path) -> impl Fn(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |error| BackupError::Io(path.clone(), error)
    }
}
