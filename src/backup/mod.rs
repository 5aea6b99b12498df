//! Backups: all data in one archive, made while the server runs, and restored as a whole.
//!
//! An archive is a plain tar, which common tools can read:
//!
//! ```text
//! pictures/NAME…   every picture that the database names
//! guichet.db       the database as of one commit, complete in itself
//! manifest.json    what made the archive, when, and from which data
//! SHA256SUMS       the digest of each of these, for `sha256sum -c`
//! ```
//!
//! `SHA256SUMS` is written last and covers all other entries. A truncated archive lacks it and is
//! refused. An archive gets its final name only once it is complete and synced.
//!
//! Pictures are copied first (`make`): every picture that the database names when it is copied must
//! be in the archive, although pictures are replaced and removed meanwhile.

mod archives;
mod contents;
mod error;
mod make;
mod read;
mod restore;
mod schedule;
mod swap;
mod swap_item;
mod target;
mod work_folder;
mod write;

pub(crate) use archives::{is_archive, is_replaced};
pub use contents::Manifest;
pub use error::BackupError;
pub use make::{Made, make, ready};
pub use restore::{Restored, restore, verify};
pub(crate) use schedule::Schedule;
use std::path::PathBuf;
pub use target::Target;
pub(crate) use work_folder::is_work_folder;

use crate::config::Config;
use crate::db::{self, Lock, OpenError};
use crate::services::Services;
use std::ops::ControlFlow;
use std::path::Path;

/// Which step a backup or a restore is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Pictures go into the archive; counted in pictures.
    Pictures,
    /// The database is copied; counted in pages.
    Copy,
    /// A copy of the database is looked through; not counted.
    Check,
    /// The copy goes into the archive; counted in bytes.
    Pack,
    /// The archive is read and compared with its digests; counted in bytes.
    Read,
    /// Pictures go to where they are kept; counted in pictures.
    Store,
}

/// Called with the progress of a step: `done` of `total`. If it returns `Break`, the backup or
/// restore stops with [`BackupError::Stopped`].
pub type OnProgress<'a> = dyn FnMut(Step, u64, u64) -> ControlFlow<()> + Send + 'a;

/// Take the lock of the configured database, or report who holds it. Finishes an interrupted
/// restore first.
pub fn hold(config: &Config) -> Result<Lock, OpenError> {
    let lock = db::hold(config)?;
    swap::finish(config, &lock)?;
    Ok(lock)
}

/// When the newest backup in `backup.dir` was started, in seconds since 1970; 0 if there is none
/// that can be read. `None` if no folder is configured.
pub fn newest(services: &Services) -> Option<i64> {
    let folder = services.config.backup.dir.as_deref()?;
    let newest = archives::newest(folder, &services.clock, services.clock.now());
    Some(newest.ok().flatten().unwrap_or(0))
}

/// The backups in `backup.dir`, the newest first: when each was started, in seconds since 1970, and its file. None
/// where no folder is configured.
pub fn list(services: &Services) -> Result<Vec<(i64, PathBuf)>, BackupError> {
    let Some(folder) = services.config.backup.dir.as_deref() else { return Ok(Vec::new()) };
    let mut found = archives::list(folder, &services.clock)?;
    found.sort();
    found.reverse();
    Ok(found)
}

/// Make the folder of backups, and the archives in it, unreadable for other users.
pub(crate) fn close(folder: &Path) -> std::io::Result<()> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(()) };
    crate::folder::close_to_others(folder)?;
    for entry in entries.flatten() {
        if entry.file_name().to_str().is_some_and(is_archive) {
            crate::folder::close_file(&entry.path())?;
        }
    }
    Ok(())
}

/// Run `work` on a thread of its own with idle priority; on this thread if `idle_priority` is
/// false.
fn run_on_thread<T: Send>(idle_priority: bool, work: impl FnOnce() -> T + Send) -> T {
    if !idle_priority {
        return work();
    }
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            crate::scheduling::set_idle_priority();
            work()
        });
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
