//! A folder for halves, beside what is being made of them.

use super::BackupError;
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

/// What its name begins with; hexadecimal digits follow.
const PREFIX: &str = ".guichet-";

/// A folder of our own in another, for this user's eyes only. It is removed at the end; where the
/// process does not live to see it, by the next one that makes one in the same place.
pub(super) struct Work {
    path: PathBuf,
    /// Locked while the folder is in use.
    _lock: File,
}

impl Work {
    /// Make one in the folder `parent`.
    pub(super) fn make(parent: &Path) -> Result<Self, BackupError> {
        tidy(parent);
        let made = (0..10).find_map(|_| attempt(parent).transpose());
        made.unwrap_or_else(|| Err(io::Error::other("no folder can be made in it")))
            .map_err(BackupError::at(parent))
    }

    /// The path of a file in it.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "a temporary folder was not removed");
        }
    }
}

/// `None` where another process took the folder for a leftover before it was locked.
fn attempt(parent: &Path) -> io::Result<Option<Work>> {
    let path = parent.join(format!("{PREFIX}{:032x}", rand::random::<u128>()));
    DirBuilder::new().mode(0o700).create(&path)?;
    let name = path.join("lock");
    let locked = || {
        let lock = File::create_new(&name)?;
        // Some network drives know no locks. There a leftover is never recognised, and stays.
        let _ = lock.try_lock();
        name.metadata().map(|_| lock)
    };
    match locked() {
        Ok(lock) => Ok(Some(Work { path, _lock: lock })),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Remove folders whose process is gone. What can't be removed is in nobody's way.
fn tidy(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let digits = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        if !digits.is_some_and(|it| it.len() == 32 && it.bytes().all(|b| b.is_ascii_hexdigit())) {
            continue;
        }
        let lock = File::options().write(true).open(entry.path().join("lock"));
        // The lock is held until the folder is gone: who has just made it finds that out.
        if lock
            .is_ok_and(|lock| lock.try_lock().is_ok() && fs::remove_dir_all(entry.path()).is_ok())
        {
            tracing::info!(path = %entry.path().display(), "what a broken-off backup left was removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders(parent: &Path) -> usize {
        fs::read_dir(parent).unwrap().count()
    }

    #[test]
    fn a_leftover_is_removed_by_the_next_and_what_is_in_use_is_not() {
        let parent = std::env::temp_dir().join(format!("work-{:032x}", rand::random::<u128>()));
        fs::create_dir_all(&parent).unwrap();
        let first = Work::make(&parent).unwrap();
        fs::write(first.file("half"), "bytes").unwrap();
        let second = Work::make(&parent).unwrap();
        assert_eq!((folders(&parent), first.file("half").exists()), (2, true));
        // As a process that was killed: its lock is gone and its folder is not.
        let Work { path, _lock } = &first;
        _lock.unlock().unwrap();
        let third = Work::make(&parent).unwrap();
        assert_eq!((folders(&parent), path.exists()), (2, false));
        drop((second, third));
        assert_eq!(folders(&parent), 0);
        std::mem::forget(first);
        fs::remove_dir_all(parent).unwrap();
    }
}
