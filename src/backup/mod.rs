//! Backups: all data in one archive, made while the server runs, and put back whole.
//!
//! An archive is a plain tar, which anybody's tools can look into:
//!
//! ```text
//! pictures/NAME…   every picture that the database names
//! guichet.db       the database as of one commit, complete by itself
//! manifest.json    what made it, when, and of what
//! SHA256SUMS       the digest of each of these, for `sha256sum -c`
//! ```
//!
//! The last entry is written last and covers all others, so half an archive has none and is refused.
//! Until it is whole and on the disk, an archive has no name of its own.
//!
//! Pictures come first (`make`): whichever the database names by the time it is copied must be among
//! them, although others are replaced and removed all the while.

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
pub use target::Target;
pub(crate) use work_folder::is_work_folder;

use crate::config::Config;
use crate::db::{self, Lock, OpenError};
use crate::services::Services;
use std::ops::ControlFlow;
use std::path::Path;

/// What a backup or a restore is at.
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

/// Told how far a step is, `done` of `total`; a break ends the whole as [`BackupError::Stopped`].
pub type OnProgress<'a> = dyn FnMut(Step, u64, u64) -> ControlFlow<()> + Send + 'a;

/// Hold the database that the configuration names, or say who does, and finish a restore that was cut off.
pub fn hold(config: &Config) -> Result<Lock, OpenError> {
    let lock = db::hold(config)?;
    swap::finish(config, &lock)?;
    Ok(lock)
}

/// When the newest backup in `backup.dir` was begun, in seconds since 1970; 0 if there is none that
/// can be read. `None` where the configuration names no folder.
pub fn newest(services: &Services) -> Option<i64> {
    let folder = services.config.backup.dir.as_deref()?;
    let newest = archives::newest(folder, &services.clock, services.clock.now());
    Some(newest.ok().flatten().unwrap_or(0))
}

/// Close the folder of backups, and the archives in it, to others.
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

/// Do work, on a thread of its own that gives way to everything else if it `idle_priority`.
fn run_on_thread<T: Send>(idle_priority: bool, work: impl FnOnce() -> T + Send) -> T {
    if !idle_priority {
        return work();
    }
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            crate::workers::idle::set_idle_priority();
            work()
        });
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
