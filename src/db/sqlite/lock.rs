//! Locks on a database: one process at a time serves it, and one at a time sets it up.

use super::presence::Identity;
use crate::config::Config;
use crate::db::OpenError;
use std::fs::{File, TryLockError};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The lock on a database, held for as long as this lives.
///
/// It is on a separate file beside the database, and, since that file may be deleted, on the database file
/// too. The locks are `flock`'s, which SQLite does not use. Closing any handle on the database file drops
/// SQLite's own locks (POSIX), so this must live longer than all connections.
#[derive(Debug)]
pub struct Lock {
    file: File,
    database: OnceLock<File>,
    path: PathBuf,
}

impl Lock {
    /// Write the identity of the database file into the lock file, for [`is_in_place`]. Errors are
    /// ignored: holding the lock matters more, and the disk may be full.
    pub(crate) fn note(&self, identity: Identity) {
        // A new database was not there yet when the lock was taken.
        if self.database.get().is_none()
            && let Ok(Some(database)) = lock_database(&self.path)
        {
            let _ = self.database.set(database);
        }
        let line = identity.line();
        let file = &self.file;
        let noted = file.set_len(0).and_then(|()| file.write_all_at(line.as_bytes(), 0));
        if let Err(error) = noted {
            tracing::debug!(%error, "the identity of the database file was not written to the lock file");
        }
    }
}

/// The path of a file that belongs to the database at `path`.
pub(crate) fn beside_it(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Lock the configured database, or report who holds it. The holder finishes an interrupted restore
/// (`backup::hold`) before opening the database.
pub fn hold(config: &Config) -> Result<Lock, OpenError> {
    let path = config.database_file();
    if let Some(parent) = path.parent() {
        crate::folder::make(parent).map_err(|error| OpenError::Io(parent.into(), error))?;
    }
    let name = beside_it(&path, ".lock");
    let io = |error| OpenError::Io(name.clone(), error);
    crate::folder::private_file(&name).map_err(io)?;
    let file = File::options().write(true).open(&name).map_err(io)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(OpenError::Held(path)),
        Err(TryLockError::Error(error)) => return Err(io(error)),
    }
    // Another process may hold it although the lock file was deleted or replaced.
    let database = match lock_database(&path) {
        Err(Locked) => return Err(OpenError::Held(path)),
        Ok(database) => database.map(OnceLock::from).unwrap_or_default(),
    };
    Ok(Lock { file, database, path })
}

/// Another process holds the database file.
struct Locked;

/// Lock the database file itself; `None` where there is none yet, or its file system has no such locks.
fn lock_database(path: &Path) -> Result<Option<File>, Locked> {
    let Ok(database) = File::open(path) else { return Ok(None) };
    match database.try_lock() {
        Ok(()) => Ok(Some(database)),
        Err(TryLockError::WouldBlock) => Err(Locked),
        Err(TryLockError::Error(_)) => Ok(None),
    }
}

/// Does a server or a command hold the configured database?
pub fn is_held(config: &Config) -> std::io::Result<bool> {
    let file = match File::open(beside_it(&config.database_file(), ".lock")) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Is the database file that a server opened still the configured one? False if it was deleted or
/// replaced while the server runs. True if that can't be determined.
pub fn is_in_place(config: &Config) -> std::io::Result<bool> {
    let path = config.database_file();
    let noted = match std::fs::read_to_string(beside_it(&path, ".lock")) {
        Ok(line) => Identity::parse(&line),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    Ok(noted.is_none() || Identity::of(&path)? == noted)
}

/// Wait until no other process sets up a database in the same folder. The lock is released when the
/// result is dropped.
pub(crate) fn setup_lock(path: &Path) -> std::io::Result<File> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = File::open(folder.unwrap_or(Path::new(".")))?;
    folder.lock()?;
    Ok(folder)
}
