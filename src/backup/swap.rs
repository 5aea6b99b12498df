//! Swapping the restored database and pictures with the current ones.
//!
//! `data_dir` itself is not renamed: it may be a mount, and its parent folder may not be writable.
//! The new data is complete in `restore-…` inside `data_dir`; the previous data goes to `before-…`.
//! After each of the few renames in between, the existing files show which rename is next. A marker
//! file is written before the first rename. Whoever takes the database's lock next finds it and
//! continues after a crash; until then nobody opens the database.

use super::BackupError;
use super::contents::DATABASE;
use super::swap_item::{SwapItem, is_there, private, remove, sync};
use super::target::folder_of;
use crate::config::Config;
use crate::db::{Lock, OpenError};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Name of the marker file in `data_dir`.
const MARKER: &str = "restore.json";

/// Prefix of the folders for new data; hexadecimal digits follow.
const STAGED: &str = "restore-";

/// Suffixes of the files that belong to a database file. SQLite would read an old log into a new
/// database.
const BESIDE: [&str; 2] = ["-wal", "-shm"];

/// A swap: the content of its marker, and the folder the marker is in.
#[derive(Debug)]
pub(super) struct Swap {
    data_dir: PathBuf,
    /// The database file.
    database: PathBuf,
    names: Names,
}

/// The content of a marker.
#[derive(Debug, Serialize, Deserialize)]
struct Names {
    /// Name of the folders for the new data, in `data_dir` and beside the database.
    staged: String,
    /// Name of the folders for the previous data.
    kept: String,
    /// The database file, as the configuration names it.
    database: PathBuf,
    /// Are the pictures swapped too?
    pictures: bool,
}

impl Swap {
    /// A swap of the configured data, with or without its `pictures`. The previous data goes to
    /// folders called `kept`.
    pub(super) fn new(config: &Config, kept: String, pictures: bool) -> Self {
        let staged = format!("{STAGED}{:016x}", rand::random::<u64>());
        let database = config.database_file();
        let names = Names { staged, kept, database: database.clone(), pictures };
        Swap { data_dir: config.data_dir.clone(), database, names }
    }

    /// Create the folders for the new data.
    pub(super) fn stage(&self) -> io::Result<()> {
        self.staged().iter().try_for_each(|folder| private(folder))?;
        fs::create_dir(self.new_pictures())
    }

    /// The folders for the new data; may be the same.
    fn staged(&self) -> [PathBuf; 2] {
        [self.new_pictures(), self.new_database()].map(|path| folder_of(&path).to_owned())
    }

    /// Where to write the new database.
    pub(super) fn new_database(&self) -> PathBuf {
        self.files().staged
    }

    /// The folder to write the new pictures to.
    pub(super) fn new_pictures(&self) -> PathBuf {
        self.pictures().staged
    }

    /// Swap, once all new data is complete and synced. Returns the folders with the previous data.
    /// On an error everything is as it was, unless the error says otherwise.
    pub(super) fn run(&self) -> io::Result<Vec<PathBuf>> {
        sync(&self.new_pictures())?;
        for folder in self.staged() {
            sync(&folder)?;
            sync(folder_of(&folder))?;
        }
        if let Err(error) = self.mark() {
            // The marker may not be on the disk. Then it must not exist at the next start either.
            let _ = self.unmark();
            return Err(error);
        }
        if let Err(error) = self.forward() {
            self.back().and_then(|()| self.unmark()).map_err(|worse| {
                io::Error::other(format!(
                    "{error}; and it can't be undone: {worse}; the next start tries again"
                ))
            })?;
            return Err(error);
        }
        self.unmark()?;
        let mut kept: Vec<PathBuf> =
            self.pairs().iter().map(|pair| folder_of(&pair.kept).to_owned()).collect();
        kept.dedup();
        kept.retain(|folder| folder.exists());
        Ok(kept)
    }

    /// Remove the staging folders and their content. Not while a swap needs them.
    pub(super) fn unstage(&self) -> io::Result<()> {
        if is_there(&self.data_dir.join(MARKER)) {
            return Ok(());
        }
        self.staged().iter().try_for_each(|folder| remove(folder))
    }

    fn mark(&self) -> io::Result<()> {
        let (path, half) = (self.data_dir.join(MARKER), self.data_dir.join("restore.json.part"));
        let write = || {
            fs::write(&half, serde_json::to_vec(&self.names)?)?;
            File::open(&half)?.sync_all()?;
            fs::rename(&half, &path)
        };
        if let Err(error) = write() {
            let _ = fs::remove_file(&half);
            return Err(error);
        }
        sync(&self.data_dir)
    }

    fn unmark(&self) -> io::Result<()> {
        fs::remove_file(self.data_dir.join(MARKER))?;
        sync(&self.data_dir)
    }

    fn forward(&self) -> io::Result<()> {
        while self.next()? {}
        Ok(())
    }

    fn back(&self) -> io::Result<()> {
        while self.previous()? {}
        Ok(())
    }

    /// Make the next rename; `false` if all new data is in place.
    fn next(&self) -> io::Result<bool> {
        for pair in self.pairs() {
            if let Some(next) = pair.next()? {
                return next.make().map(|()| true);
            }
        }
        Ok(false)
    }

    /// Undo one rename; `false` if everything is as it was.
    fn previous(&self) -> io::Result<bool> {
        match self.pairs().iter().rev().find_map(SwapItem::previous) {
            Some(rename) => rename.make().map(|()| true),
            None => Ok(false),
        }
    }

    /// What to swap, in this order. Pictures come first: their folder may be a mount, which cannot
    /// be renamed.
    fn pairs(&self) -> Vec<SwapItem> {
        self.names.pictures.then(|| self.pictures()).into_iter().chain([self.files()]).collect()
    }

    fn pictures(&self) -> SwapItem {
        self.in_folder(&self.data_dir, self.data_dir.join("pictures"), "pictures".as_ref(), &[])
    }

    fn files(&self) -> SwapItem {
        let name = self.database.file_name().unwrap_or(DATABASE.as_ref());
        self.in_folder(folder_of(&self.database), self.database.clone(), name.as_ref(), &BESIDE)
    }

    fn in_folder(
        &self,
        folder: &Path,
        live: PathBuf,
        name: &Path,
        beside: &'static [&'static str],
    ) -> SwapItem {
        let inner = |of: &str| folder.join(of).join(name);
        SwapItem { live, staged: inner(&self.names.staged), kept: inner(&self.names.kept), beside }
    }
}

/// Finish an interrupted swap, and remove staging folders of swaps that never began. The caller
/// holds the database.
pub(super) fn finish(config: &Config, _held: &Lock) -> Result<(), OpenError> {
    let marker = config.data_dir.join(MARKER);
    let failed = |error| OpenError::Restore(marker.clone(), error);
    match fs::read(&marker) {
        Ok(text) => {
            let names: Names =
                serde_json::from_slice(&text).map_err(|error| failed(error.into()))?;
            let (data_dir, database) = (config.data_dir.clone(), config.database_file());
            if names.database != database {
                let why = format!("it was begun for the database {}", names.database.display());
                return Err(failed(io::Error::other(why)));
            }
            let swap = Swap { data_dir, database, names };
            swap.forward().and_then(|()| swap.unmark()).map_err(failed)?;
            tracing::warn!("a restore that was cut off was finished");
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    for folder in [&config.data_dir, &config.database_folder()] {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let digits = name.to_str().and_then(|name| name.strip_prefix(STAGED));
            if digits.is_some_and(|it| it.len() == 16 && it.bytes().all(|b| b.is_ascii_hexdigit()))
            {
                remove(&entry.path()).map_err(|error| OpenError::Io(entry.path(), error))?;
            }
        }
    }
    Ok(())
}

/// Refuse to read data while a swap is unfinished.
pub(super) fn refuse_unfinished(config: &Config) -> Result<(), BackupError> {
    let marker = config.data_dir.join(MARKER);
    if is_there(&marker) { Err(BackupError::Unfinished(marker)) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
