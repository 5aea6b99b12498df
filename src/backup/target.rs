//! Where a backup is written, and under which name.

use super::{BackupError, archives};
use crate::clock::Clock;
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

/// Where a backup is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Into this folder, which is made if it is not there, under a name that tells the time.
    Folder(PathBuf),
    /// To this file; one that is there already is replaced if `force` says so.
    File {
        /// Its path.
        path: PathBuf,
        /// May it replace another?
        force: bool,
    },
}

impl Target {
    /// The target for a command-line argument: a folder if it exists as one or ends with a slash,
    /// otherwise a file.
    pub fn named(path: &Path, force: bool) -> Self {
        let ends_in_slash = path.as_os_str().as_encoded_bytes().ends_with(b"/");
        if ends_in_slash || path.is_dir() {
            Target::Folder(path.to_owned())
        } else {
            Target::File { path: path.to_owned(), force }
        }
    }

    /// The folder the archive will be in. Refused early if the file exists already.
    pub(super) fn folder(&self) -> Result<PathBuf, BackupError> {
        match self {
            Target::Folder(folder) => {
                let mut make = DirBuilder::new();
                make.recursive(true).mode(0o700);
                make.create(folder).map_err(BackupError::at(folder))?;
                Ok(folder.clone())
            }
            Target::File { path, force } => {
                if !force && path.symlink_metadata().is_ok() {
                    return Err(BackupError::Exists(path.clone()));
                }
                Ok(folder_of(path).to_owned())
            }
        }
    }

    /// Give a finished archive its final name, and sync that; returns the path. `at` is when the
    /// backup was started, in seconds since 1970.
    pub(super) fn take(&self, from: &Path, clock: &Clock, at: i64) -> Result<PathBuf, BackupError> {
        let path = match self {
            Target::File { path, force } => {
                let named = if *force { fs::rename(from, path) } else { name(from, path) };
                named.map_err(|error| failed(path, error))?;
                path.clone()
            }
            Target::Folder(folder) => {
                let mut nth = 1;
                loop {
                    let path = folder.join(archives::name(clock, at, nth));
                    match name(from, &path) {
                        Ok(()) => break path,
                        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => nth += 1,
                        Err(error) => return Err(failed(&path, error)),
                    }
                }
            }
        };
        let folder = folder_of(&path);
        File::open(folder).and_then(|it| it.sync_all()).map_err(BackupError::at(folder))?;
        Ok(path)
    }
}

/// The folder that a file is in.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn failed(path: &Path, error: io::Error) -> BackupError {
    match error.kind() {
        io::ErrorKind::AlreadyExists => BackupError::Exists(path.to_owned()),
        _ => BackupError::Io(path.to_owned(), error),
    }
}

/// Rename a file, unless the new name is taken.
fn name(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            // Some file systems have no hard links. There, check first and rename then.
            if to.symlink_metadata().is_ok() {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            fs::rename(from, to)
        }
        linked => linked,
    }
}
