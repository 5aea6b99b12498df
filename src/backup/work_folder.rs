//! A temporary folder for unfinished files, beside the place the finished file goes to.

use super::BackupError;
use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

/// Prefix of the folder's name; hexadecimal digits follow.
const PREFIX: &str = ".guichet-";

/// A temporary folder that only this user can read. It is removed when this is dropped; after a
/// crash, the next process that creates one in the same place removes it.
pub(super) struct WorkFolder {
    path: PathBuf,
    /// The folder itself, locked while it is in use. A separate lock file would add two moments at
    /// which a killed process leaves the folder without its lock file.
    _lock: File,
}

impl WorkFolder {
    /// Create one in the folder `parent`.
    pub(super) fn make(parent: &Path) -> Result<Self, BackupError> {
        tidy(parent);
        let made = (0..10).find_map(|_| attempt(parent).transpose());
        made.unwrap_or_else(|| Err(io::Error::other("no folder can be made in it")))
            .map_err(BackupError::at(parent))
    }

    /// The path of a file in the folder.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

impl Drop for WorkFolder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "a temporary folder was not removed");
        }
    }
}

/// `None` if another process removed the folder as a leftover before it was locked.
fn attempt(parent: &Path) -> io::Result<Option<WorkFolder>> {
    let path = parent.join(format!("{PREFIX}{:032x}", rand::random::<u128>()));
    DirBuilder::new().mode(0o700).create(&path)?;
    let lock = match File::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    match lock.try_lock() {
        Err(TryLockError::WouldBlock) => return Ok(None),
        // Some network drives have no locks. There, leftovers are never recognized and stay.
        Ok(()) | Err(TryLockError::Error(_)) => {}
    }
    // Whoever removes a leftover holds its lock until the folder is gone.
    Ok(path.exists().then_some(WorkFolder { path, _lock: lock }))
}

/// Remove leftover folders. Folders that cannot be removed do no harm.
fn tidy(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        if !entry.file_name().to_str().is_some_and(is_work_folder) {
            continue;
        }
        let folder = File::open(entry.path());
        if folder.is_ok_and(|it| it.try_lock().is_ok() && fs::remove_dir_all(entry.path()).is_ok())
        {
            tracing::info!(path = %entry.path().display(), "leftovers of an aborted backup were removed");
        }
    }
}

/// Is it the name of such a folder?
pub(crate) fn is_work_folder(name: &str) -> bool {
    let digits = name.strip_prefix(PREFIX);
    digits.is_some_and(|it| it.len() == 32 && it.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders(parent: &Path) -> usize {
        fs::read_dir(parent).unwrap().count()
    }

    fn parent() -> PathBuf {
        let parent = std::env::temp_dir().join(format!("work-{:032x}", rand::random::<u128>()));
        fs::create_dir_all(&parent).unwrap();
        parent
    }

    #[test]
    fn next_run_removes_leftovers_but_not_folders_in_use() {
        let parent = parent();
        let first = WorkFolder::make(&parent).unwrap();
        fs::write(first.file("half"), "bytes").unwrap();
        let second = WorkFolder::make(&parent).unwrap();
        assert_eq!((folders(&parent), first.file("half").exists()), (2, true));
        // As a process that was killed: its lock is gone and its folder is not.
        let WorkFolder { path, _lock } = &first;
        _lock.unlock().unwrap();
        let third = WorkFolder::make(&parent).unwrap();
        assert_eq!((folders(&parent), path.exists()), (2, false));
        drop((second, third));
        assert_eq!(folders(&parent), 0);
        std::mem::forget(first);
        fs::remove_dir_all(parent).unwrap();
    }

    #[test]
    fn work_folder_of_a_killed_process_is_removed() {
        let parent = parent();
        let made = parent.join(format!("{PREFIX}{:032x}", 7));
        // As a process that was killed right after, and one in the middle of removing it.
        fs::create_dir(&made).unwrap();
        let other = parent.join(format!("{PREFIX}x"));
        fs::create_dir(&other).unwrap();
        drop(WorkFolder::make(&parent).unwrap());
        assert_eq!((made.exists(), other.exists()), (false, true));
        fs::remove_dir_all(parent).unwrap();
    }

    #[test]
    fn concurrent_work_folders_do_not_interfere() {
        let parent = parent();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let work = WorkFolder::make(&parent).unwrap();
                        fs::write(work.file("half"), "bytes").unwrap();
                        assert!(work.file("half").exists());
                    }
                });
            }
        });
        assert_eq!(folders(&parent), 0);
        fs::remove_dir_all(parent).unwrap();
    }
}
