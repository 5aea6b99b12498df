//! Whether the database file still exists under the name it was opened by.
//!
//! If the file is deleted or replaced while the server runs, writes still succeed, but they are
//! lost when the server ends. So the name is checked periodically, and writes are refused if it is
//! gone or names another file.

use super::lock::beside_it;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// The fault with which writes are refused. `health` recognizes the text.
pub(crate) const LOST: &str = "the database file was deleted or replaced";

/// Identifies a file independently of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    /// The file at `path`; `None` if there is none.
    pub(crate) fn of(path: &Path) -> io::Result<Option<Self>> {
        match fs::metadata(path) {
            Ok(about) => Ok(Some(Identity { device: about.dev(), inode: about.ino() })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// As a line of the lock file, for `guichet check`.
    pub(crate) fn line(self) -> String {
        format!("{} {}\n", self.device, self.inode)
    }

    /// Parse a line that [`Identity::line`] wrote.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let (device, inode) = line.trim_end().split_once(' ')?;
        Some(Identity { device: device.parse().ok()?, inode: inode.parse().ok()? })
    }
}

/// The file that was opened.
#[derive(Debug)]
pub(crate) struct FilePresence {
    path: PathBuf,
    identity: Option<Identity>,
    /// The write-ahead log, if it existed.
    log: Option<PathBuf>,
    /// Was there anything in the file? That it becomes shorter says nothing: rows that an upgrade removed
    /// may leave it late.
    had_content: AtomicBool,
    is_lost: AtomicBool,
}

impl FilePresence {
    /// Remember the file at `path`, which is open with its log.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        let log = Some(beside_it(path, "-wal")).filter(|log| log.exists());
        let identity = Identity::of(path)?;
        let (had_content, is_lost) = (has_content(path).into(), false.into());
        Ok(FilePresence { path: path.to_owned(), identity, log, had_content, is_lost })
    }

    /// The file that was opened.
    pub(crate) fn identity(&self) -> Option<Identity> {
        self.identity
    }

    /// Was the file missing at the last check?
    pub(crate) fn is_lost(&self) -> bool {
        self.is_lost.load(Relaxed)
    }

    /// Check it, and log changes. If the name can't be looked up, nothing changes.
    pub(crate) fn look(&self) {
        let Ok(found) = Identity::of(&self.path) else { return };
        let lacks_log = self.log.as_ref().is_some_and(|log| matches!(Identity::of(log), Ok(None)));
        let has_content = has_content(&self.path);
        let is_emptied = self.had_content.fetch_or(has_content, Relaxed) && !has_content;
        let is_lost = found != self.identity || lacks_log || is_emptied;
        if self.is_lost.swap(is_lost, Relaxed) == is_lost {
            return;
        }
        let path = self.path.display();
        if is_lost {
            let cause = match found {
                None => "it was deleted",
                Some(found) if Some(found) != self.identity => "another file is in its place",
                Some(_) if lacks_log => "its write-ahead log was deleted",
                Some(_) => "it was emptied",
            };
            tracing::error!(
                "{path}: {cause}; writes are refused: stop the server and put the file back, or \
                 restore a backup. What was written last may be lost"
            );
        } else {
            tracing::warn!("{path}: the file is in its place again; writes are taken");
        }
    }
}

/// Is there anything in the file at `path`?
fn has_content(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|about| about.len() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deleted_replaced_and_restored_files_are_detected() {
        let place = std::env::temp_dir().join(format!("presence-{:032x}", rand::random::<u128>()));
        fs::create_dir(&place).unwrap();
        let (path, other, log) = (place.join("a.db"), place.join("b.db"), place.join("a.db-wal"));
        fs::write(&path, "rows").unwrap();
        fs::write(&log, "").unwrap();
        let presence = FilePresence::of(&path).unwrap();
        let is_lost = || {
            presence.look();
            presence.is_lost()
        };
        assert!(!is_lost());
        fs::rename(&path, &other).unwrap();
        assert!(is_lost(), "deleted");
        fs::write(&path, "rows").unwrap();
        assert!(is_lost(), "replaced");
        fs::rename(&other, &path).unwrap();
        assert!(!is_lost(), "returned");
        fs::File::create(&path).unwrap();
        assert!(is_lost(), "emptied");
        fs::write(&path, "rows").unwrap();
        assert!(!is_lost(), "filled again");
        fs::remove_file(&log).unwrap();
        assert!(is_lost(), "without its log");
        let identity = presence.identity().unwrap();
        assert_eq!(Identity::parse(&identity.line()), Some(identity));
        fs::remove_dir_all(&place).unwrap();
    }
}
