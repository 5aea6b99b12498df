//! Restoring a backup.

use super::contents::Manifest;
use super::read::{Destination, read};
use super::swap::Swap;
use super::target::folder_of;
use super::work_folder::WorkFolder;
use super::{BackupError, OnProgress, Step, archives};
use crate::db::{self, Lock, Schema};
use crate::services::Services;
use std::collections::HashSet;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// A backup that was restored.
#[derive(Debug)]
pub struct Restored {
    /// The manifest of the archive.
    pub manifest: Manifest,
    /// The folders that now hold the previous data; empty if there was none.
    pub kept: Vec<PathBuf>,
}

/// Check the archive at `path`: is it complete and unchanged, and does it hold a database that
/// `schema` knows? This needs free space for the database in the archive's folder while it runs.
pub fn verify(
    path: &Path,
    schema: Schema,
    on_progress: &mut OnProgress,
) -> Result<Manifest, BackupError> {
    let work = WorkFolder::make(folder_of(path))?;
    let destination = Destination { database: work.file("guichet.db"), pictures: None };
    checked(path, &destination, schema, on_progress)
}

/// Replace the data of `services` with the archive at `path`. The archive is read and checked
/// completely before anything is touched. Then all data is swapped as a whole, and the previous
/// data is kept. `_held` is the lock from [`hold`](super::hold): no server runs meanwhile.
///
/// It needs free space for the whole archive in `data_dir`, and for the database where that is.
pub fn restore(
    services: &Services,
    schema: Schema,
    path: &Path,
    _held: &Lock,
    on_progress: &mut OnProgress,
) -> Result<Restored, BackupError> {
    let config = &services.config;
    let database = config.database_file();
    let local = !services.pictures.is_remote();
    no_link(&database)?;
    no_link(&config.data_dir.join("pictures"))?;
    let swap = Swap::new(config, name_for_old(services), local);
    let at = BackupError::at(&config.data_dir);
    let staged = Staged(&swap);
    swap.stage().map_err(&at)?;
    let destination =
        Destination { database: swap.new_database(), pictures: Some(swap.new_pictures()) };
    let manifest = checked(path, &destination, schema, on_progress)?;
    same_owner(&destination.database, &database)?;
    if !local {
        store(services, &swap.new_pictures(), on_progress)?;
    }
    let kept = swap.run().map_err(&at)?;
    drop(staged);
    Ok(Restored { manifest, kept })
}

/// Read an archive and check its database.
fn checked(
    path: &Path,
    destination: &Destination,
    schema: Schema,
    on_progress: &mut OnProgress,
) -> Result<Manifest, BackupError> {
    let manifest = read(path, destination, on_progress)?;
    if on_progress(Step::Check, 0, 1).is_break() {
        return Err(BackupError::Stopped);
    }
    db::examine(&destination.database, schema).map_err(|error| error.of(path))?;
    Ok(manifest)
}

/// Copy the pictures in `folder` to the picture store. Pictures with the same name are identical,
/// so only missing ones are sent.
fn store(
    services: &Services,
    folder: &Path,
    on_progress: &mut OnProgress,
) -> Result<(), BackupError> {
    let at = BackupError::at(folder);
    let there: HashSet<String> =
        services.pictures.names().map_err(BackupError::Picture)?.into_iter().collect();
    let names: io::Result<Vec<_>> =
        fs::read_dir(folder).map_err(&at)?.map(|entry| Ok(entry?.file_name())).collect();
    let names = names.map_err(&at)?;
    let total = names.len() as u64;
    for (done, name) in (1..).zip(&names) {
        if let Some(name) = name.to_str().filter(|name| !there.contains(*name)) {
            let bytes = fs::read(folder.join(name)).map_err(&at)?;
            services.pictures.restore(name, &bytes).map_err(BackupError::Picture)?;
        }
        if on_progress(Step::Store, done, total).is_break() {
            return Err(BackupError::Stopped);
        }
    }
    Ok(())
}

/// A name for the folders that keep the previous data; none of that name exists yet.
fn name_for_old(services: &Services) -> String {
    let clock = &services.clock;
    let base = format!("before-{}", archives::stamp(clock, clock.now()));
    let folders = [services.config.data_dir.clone(), services.config.database_folder()];
    let is_free = |name: &String| folders.iter().all(|folder| !folder.join(name).exists());
    let more = (2..1000).map(|nth| format!("{base}-{nth}"));
    std::iter::once(base.clone()).chain(more).find(is_free).unwrap_or(base)
}

/// Refuse a symbolic link: what it points to cannot be swapped, and a file in its place could be on
/// another disk.
fn no_link(path: &Path) -> Result<(), BackupError> {
    if path.is_symlink() {
        let why = "a link, which can't be swapped; name what it points to in the configuration";
        return Err(BackupError::Io(path.to_owned(), io::Error::other(why)));
    }
    Ok(())
}

/// Refuse if the owner differs: a server that runs as another user could not open files that this
/// user writes.
fn same_owner(new: &Path, old: &Path) -> Result<(), BackupError> {
    let owner = |path: &Path| path.metadata().map(|about| about.uid());
    match (owner(new), owner(old)) {
        (Ok(ours), Ok(theirs)) if ours != theirs => Err(BackupError::Owner(old.to_owned(), theirs)),
        _ => Ok(()),
    }
}

/// Removes the staging folders when it is dropped.
struct Staged<'a>(&'a Swap);

impl Drop for Staged<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.0.unstage() {
            tracing::warn!(%error, "staged files of a restore were not removed; the next start will remove them");
        }
    }
}
