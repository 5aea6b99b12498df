//! Putting a backup back.

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
    /// What it says of itself.
    pub manifest: Manifest,
    /// The folders that what was there before is in; none where there was nothing.
    pub kept: Vec<PathBuf>,
}

/// Read the archive at `path` to its end: whole, unchanged, and a database that `schema` knows? It
/// needs room for the database in the archive's folder, for as long as it takes.
pub fn verify(
    path: &Path,
    schema: Schema,
    on_progress: &mut OnProgress,
) -> Result<Manifest, BackupError> {
    let work = WorkFolder::make(folder_of(path))?;
    let destination = Destination { database: work.file("guichet.db"), pictures: None };
    checked(path, &destination, schema, on_progress)
}

/// Put the archive at `path` in the place of the data that the services use. It is read and checked
/// to its end before anything is touched, and then takes that place as a whole; what was there is
/// kept. `_held` is what [`hold`](super::hold) answered: no server runs.
///
/// It needs room in `data_dir`, and where the database is, for all that is in the archive.
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

/// Read an archive and look through its database.
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

/// Bring the pictures in `folder` to the store that they are kept in. One of the same name is the same
/// picture, so only those that it lacks are sent.
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

/// The name of the folders for what was there: one that is not there yet.
fn name_for_old(services: &Services) -> String {
    let clock = &services.clock;
    let base = format!("before-{}", archives::stamp(clock, clock.now()));
    let folders = [services.config.data_dir.clone(), services.config.database_folder()];
    let is_free = |name: &String| folders.iter().all(|folder| !folder.join(name).exists());
    let more = (2..1000).map(|nth| format!("{base}-{nth}"));
    std::iter::once(base.clone()).chain(more).find(is_free).unwrap_or(base)
}

/// What is a link can't be swapped where it points to, and a file in its place would be on another disk.
fn no_link(path: &Path) -> Result<(), BackupError> {
    if path.is_symlink() {
        let why = "a link, which can't be swapped; name what it points to in the configuration";
        return Err(BackupError::Io(path.to_owned(), io::Error::other(why)));
    }
    Ok(())
}

/// A server that runs as somebody else could not open what this user writes.
fn same_owner(new: &Path, old: &Path) -> Result<(), BackupError> {
    let owner = |path: &Path| path.metadata().map(|about| about.uid());
    match (owner(new), owner(old)) {
        (Ok(ours), Ok(theirs)) if ours != theirs => Err(BackupError::Owner(old.to_owned(), theirs)),
        _ => Ok(()),
    }
}

/// Removes what is staged, however it ends.
struct Staged<'a>(&'a Swap);

impl Drop for Staged<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.0.unstage() {
            tracing::warn!(%error, "what a restore has staged was not removed; the next start will");
        }
    }
}
