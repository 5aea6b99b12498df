//! One thing that a restore swaps, and the renames that do it.

use super::target::folder_of;
use std::ffi::OsString;
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

/// One thing that is swapped: a file or a folder, where it is, where the new one lies and where the
/// old one goes.
pub(super) struct SwapItem {
    pub live: PathBuf,
    pub staged: PathBuf,
    pub kept: PathBuf,
    /// What else goes with the old one: its name with each of these behind it.
    pub beside: &'static [&'static str],
}

impl SwapItem {
    /// The next rename, told by what is where; `None` if the new one is in its place.
    pub(super) fn next(&self) -> io::Result<Option<Rename>> {
        if !is_there(&self.staged) {
            return Ok(None);
        }
        let beside = self.beside.iter().map(|it| (with(&self.live, it), with(&self.kept, it)));
        if let Some((from, to)) = beside.into_iter().find(|(live, _)| is_there(live)) {
            return Ok(Some(Rename { from, to }));
        }
        // A folder that was made a moment ago is nothing to be kept.
        if !is_there(&self.live) || fs::remove_dir(&self.live).is_ok() {
            return Ok(Some(Rename { from: self.staged.clone(), to: self.live.clone() }));
        }
        if is_there(&self.kept) {
            let why = "it was made after the restore was begun; move it away";
            return Err(io::Error::other(format!("{}: {why}", self.live.display())));
        }
        Ok(Some(Rename { from: self.live.clone(), to: self.kept.clone() }))
    }

    /// The next rename of the way back; `None` if all is as it was.
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

/// A rename that is next.
pub(super) struct Rename {
    from: PathBuf,
    to: PathBuf,
}

impl Rename {
    /// Make it, and see to it that no later one is on the disk before it.
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

/// Is anything there, be it a link that leads nowhere?
pub(super) fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

fn with(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// Make a folder for this user's eyes only, if it is not there.
pub(super) fn private(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Have the names in a folder on the disk.
pub(super) fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Remove a folder with all that is in it, if it is there.
pub(super) fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
