//! One file or folder that a restore swaps, and the renames that swap it.

use super::target::folder_of;
use std::ffi::OsString;
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

/// One file or folder that a restore swaps: where it is now, where the new one is staged, and where
/// the old one is kept.
pub(super) struct SwapItem {
    pub live: PathBuf,
    pub staged: PathBuf,
    pub kept: PathBuf,
    /// Suffixes of files that move together with the old one, for example `-wal`.
    pub beside: &'static [&'static str],
}

impl SwapItem {
    /// The next rename, derived from which files exist; `None` if the new one is in place.
    pub(super) fn next(&self) -> io::Result<Option<Rename>> {
        if !is_there(&self.staged) {
            return Ok(None);
        }
        let beside = self.beside.iter().map(|it| (with(&self.live, it), with(&self.kept, it)));
        if let Some((from, to)) = beside.into_iter().find(|(live, _)| is_there(live)) {
            return Ok(Some(Rename { from, to }));
        }
        // An empty folder that was created a moment ago need not be kept.
        if !is_there(&self.live) || fs::remove_dir(&self.live).is_ok() {
            return Ok(Some(Rename { from: self.staged.clone(), to: self.live.clone() }));
        }
        if is_there(&self.kept) {
            let why = "it was made after the restore was begun; move it away";
            return Err(io::Error::other(format!("{}: {why}", self.live.display())));
        }
        Ok(Some(Rename { from: self.live.clone(), to: self.kept.clone() }))
    }

    /// The next rename to undo the swap; `None` if everything is as it was.
    pub(super) fn previous(&self) -> Option<Rename> {
        if !is_there(&self.staged) && is_there(&self.live) {
            return Some(Rename { from: self.live.clone(), to: self.staged.clone() });
        }
        std::iter::once(&"")
            .chain(self.beside)
            .map(|suffix| Rename { from: with(&self.kept, suffix), to: with(&self.live, suffix) })
            .find(|back| is_there(&back.from) && !is_there(&back.to))
    }
}

/// The rename to make next.
pub(super) struct Rename {
    from: PathBuf,
    to: PathBuf,
}

impl Rename {
    /// Make the rename and sync the folders, so that no later rename reaches the disk before it.
    pub(super) fn make(&self) -> io::Result<()> {
        let Rename { from, to } = self;
        if !is_there(folder_of(to)) {
            private(folder_of(to))?;
            sync(folder_of(folder_of(to)))?;
        }
        let named = |error: io::Error| {
            let (from, to) = (from.display(), to.display());
            io::Error::new(error.kind(), format!("{from} to {to}: {error}"))
        };
        fs::rename(from, to).map_err(named)?;
        sync(folder_of(to))?;
        sync(folder_of(from))
    }
}

/// Does anything exist at this path? A dangling link counts.
pub(super) fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

fn with(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// Create a folder that only this user can read, if it does not exist.
pub(super) fn private(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Sync a folder, so that the names in it survive a power cut.
pub(super) fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Remove a folder and everything in it, if it exists.
pub(super) fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
