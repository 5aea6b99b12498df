//! Putting a restored database and its pictures in the place of those that are there.
//!
//! `data_dir` itself stays: it may be a mount, and the folder that it is in need not be ours to write.
//! What is new lies complete in `restore-…` inside of it, what was there goes to `before-…`, and each
//! of the few renames in between leaves a state that tells what is next. A marker, written before the
//! first of them, makes whoever holds the database next go on where the process ended; until that is
//! done, nobody opens it.

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

/// The marker's file in `data_dir`.
const MARKER: &str = "restore.json";

/// What the folder of the new begins with; hexadecimal digits follow.
const STAGED: &str = "restore-";

/// What belongs to a database file besides itself. An old log beside a new file would be read into it.
const BESIDE: [&str; 2] = ["-wal", "-shm"];

/// A swap: what is written in the marker, and where that is.
#[derive(Debug)]
pub(super) struct Swap {
    data_dir: PathBuf,
    /// The database file.
    database: PathBuf,
    names: Names,
}

/// The part of a swap that its marker tells.
#[derive(Debug, Serialize, Deserialize)]
struct Names {
    /// The name of the folders of what is new: in `data_dir`, and where the database is.
    staged: String,
    /// The name of the folders of what was there.
    kept: String,
    /// The database file, as the configuration named it.
    database: PathBuf,
    /// Are the pictures swapped too?
    pictures: bool,
}

impl Swap {
    /// A swap of the data that the configuration names; with its `pictures` or without. The old goes to
    /// folders that are called `kept`.
    pub(super) fn new(config: &Config, kept: String, pictures: bool) -> Self {
        let staged = format!("{STAGED}{:016x}", rand::random::<u64>());
        let database = config.database_file();
        let names = Names { staged, kept, database: database.clone(), pictures };
        Swap { data_dir: config.data_dir.clone(), database, names }
    }

    /// Make the folders for what is new.
    pub(super) fn stage(&self) -> io::Result<()> {
        self.staged().iter().try_for_each(|folder| private(folder))?;
        fs::create_dir(self.new_pictures())
    }

    /// The folders of what is new; they may be the same.
    fn staged(&self) -> [PathBuf; 2] {
        [self.new_pictures(), self.new_database()].map(|path| folder_of(&path).to_owned())
    }

    /// Where the new database is to be put.
    pub(super) fn new_database(&self) -> PathBuf {
        self.files().staged
    }

    /// The folder that the new pictures are to be put in.
    pub(super) fn new_pictures(&self) -> PathBuf {
        self.pictures().staged
    }

    /// Swap, once all that is new is complete and synced. Answers the folders that the old is in. An
    /// error means that everything is as it was, unless it says otherwise.
    pub(super) fn run(&self) -> io::Result<Vec<PathBuf>> {
        sync(&self.new_pictures())?;
        for folder in self.staged() {
            sync(&folder)?;
            sync(folder_of(&folder))?;
        }
        if let Err(error) = self.mark() {
            // A marker that may not last must not be there at the next start either.
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

    /// Remove the folders of what is new, and what is still in them; not while a swap needs that.
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

    /// Make the next rename; `false` if all that is new is in its place.
    fn next(&self) -> io::Result<bool> {
        for pair in self.pairs() {
            if let Some(next) = pair.next()? {
                return next.make().map(|()| true);
            }
        }
        Ok(false)
    }

    /// Make the next rename of the way back; `false` if all is as it was.
    fn previous(&self) -> io::Result<bool> {
        match self.pairs().iter().rev().find_map(SwapItem::previous) {
            Some(rename) => rename.make().map(|()| true),
            None => Ok(false),
        }
    }

    /// What is swapped, in this order: what may not be renamed (a mount) comes first.
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

/// Go on with a swap that was cut off, and remove what one that was never begun has left behind. For
/// whoever holds the database.
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

/// Refuse to look at data that is half of one and half of another.
pub(super) fn refuse_unfinished(config: &Config) -> Result<(), BackupError> {
    let marker = config.data_dir.join(MARKER);
    if is_there(&marker) { Err(BackupError::Unfinished(marker)) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
