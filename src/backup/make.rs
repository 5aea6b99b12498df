//! Making a backup, also while a server runs.

use super::contents::{FORMAT, Manifest};
use super::target::Target;
use super::work_folder::WorkFolder;
use super::write::ArchiveWriter;
use super::{BackupError, OnProgress, Step, run_on_thread};
use crate::config::Config;
use crate::db::{self, OpenError, Schema, Snapshot};
use crate::picture_store::PictureStore;
use crate::services::Services;
use crate::vault;
use jiff::Timestamp;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// At most this many new pictures are copied while a snapshot of the database is held. If there are
/// more, the next snapshot is taken.
const FEW: usize = 64;

/// After this many snapshots, all new pictures are copied while the last one is held.
const MOMENTS: usize = 16;

/// A backup that was made.
#[derive(Debug)]
pub struct Made {
    /// The archive.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, as lower-case hex digits.
    pub sha256: String,
    /// What it says of itself.
    pub manifest: Manifest,
}

/// Is there a database to back up? If not, nothing is created.
pub fn ready(config: &Config) -> Result<(), BackupError> {
    super::swap::refuse_unfinished(config)?;
    let database = config.database_file();
    if database.exists() { Ok(()) } else { Err(OpenError::Missing(database).into()) }
}

/// Make a backup, beside a running server or without one. When this returns successfully, the
/// archive is complete, synced and under its final name; otherwise it does not exist. The target's
/// folder needs free space for the archive and once more for the database.
///
/// `on_progress` is called with the progress. Not for async code: it takes seconds or more.
pub fn make(
    services: &Services,
    schema: Schema,
    target: &Target,
    on_progress: &mut OnProgress,
) -> Result<Made, BackupError> {
    BackupJob { services, schema, idle_priority: false }.run(target, on_progress)
}

/// How a backup is made.
pub(super) struct BackupJob<'a> {
    pub services: &'a Services,
    pub schema: Schema,
    /// Does it run with idle priority? The part that holds a snapshot of the database never does:
    /// it must be short, because the write-ahead log grows meanwhile.
    pub idle_priority: bool,
}

impl BackupJob<'_> {
    pub(super) fn run(
        &self,
        target: &Target,
        on_progress: &mut OnProgress,
    ) -> Result<Made, BackupError> {
        let BackupJob { services, schema, idle_priority } = *self;
        ready(&services.config)?;
        let now = services.clock.now();
        let work = WorkFolder::make(&target.folder()?)?;
        let copy = work.file("copy.db");
        let mut archive = ArchiveWriter::create(&work, u64::try_from(now).unwrap_or(0))?;
        let found = self.collect(&mut archive, &copy, on_progress)?;
        let (manifest, written) = run_on_thread(idle_priority, || {
            tell(on_progress, Step::Check, 0, 1)?;
            let database = services.config.database_file();
            let steps = db::examine(&copy, schema).map_err(|error| error.of(&database))?;
            let manifest = Manifest {
                format: FORMAT,
                program: env!("CARGO_PKG_VERSION").to_owned(),
                schema: steps,
                created_at: Timestamp::from_second(now)
                    .unwrap_or(Timestamp::UNIX_EPOCH)
                    .to_string(),
                database_bytes: archive.database(&copy, on_progress)?,
                pictures: found.pictures,
                picture_bytes: found.bytes,
                missing: found.missing,
                key: found.key,
            };
            let written = archive.finish(&manifest)?;
            Ok::<_, BackupError>((manifest, written))
        })?;
        let path = target.take(&written.path, &services.clock, now)?;
        Ok(Made { path, bytes: written.bytes, sha256: crate::hex::encode(&written.sum), manifest })
    }

    /// Add every picture that the database names to the archive, and copy the database.
    ///
    /// Meanwhile pictures are uploaded, and replaced ones are removed. But a picture never changes
    /// under its name, so a picture that was copied once need not be copied again. So this takes
    /// one snapshot of the database after another. Each names few new pictures; once they are few,
    /// they are copied while the snapshot is held, and that snapshot becomes the backup.
    ///
    /// A picture that is missing although a later snapshot still names it was not replaced but
    /// lost. That is reported, and does not stop the backup.
    fn collect(
        &self,
        archive: &mut ArchiveWriter,
        copy: &Path,
        on_progress: &mut OnProgress,
    ) -> Result<Collected, BackupError> {
        let BackupJob { services, schema, idle_priority } = *self;
        let (have, absent) = (HashSet::new(), HashSet::new());
        let mut pictures = Pictures { archive, files: &services.pictures, have, bytes: 0, absent };
        let mut moments = 0;
        loop {
            moments += 1;
            let snapshot = Snapshot::take(&services.config, schema)?;
            let named: HashSet<String> = match schema.pictures {
                "" => HashSet::new(),
                sql => snapshot.texts(sql)?.into_iter().collect(),
            };
            let new = named.into_iter().filter(|name| !pictures.have.contains(name));
            let (mut lost, new): (Vec<_>, Vec<_>) =
                new.partition(|name| pictures.absent.contains(name));
            if new.len() > FEW && moments < MOMENTS {
                drop(snapshot);
                run_on_thread(idle_priority, || pictures.add(new, on_progress))?;
                continue;
            }
            let before = pictures.absent.len();
            pictures.add(new, on_progress)?;
            if pictures.absent.len() > before {
                continue;
            }
            if snapshot
                .copy(copy, &mut |done, total| on_progress(Step::Copy, done, total))?
                .is_break()
            {
                return Err(BackupError::Stopped);
            }
            lost.sort_unstable();
            let (count, bytes) = (pictures.have.len() as u64, pictures.bytes);
            let sealed = match schema.sealed {
                "" => Vec::new(),
                sql => snapshot.texts(sql)?,
            };
            let key = sealed.first().and_then(|value| vault::key_of(value)).map(str::to_owned);
            return Ok(Collected { pictures: count, bytes, missing: lost, key });
        }
    }
}

/// The pictures that are in an archive so far.
struct Pictures<'a> {
    archive: &'a mut ArchiveWriter,
    files: &'a PictureStore,
    have: HashSet<String>,
    bytes: u64,
    /// Pictures that were missing when they were to be copied.
    absent: HashSet<String>,
}

impl Pictures<'_> {
    fn add(&mut self, names: Vec<String>, on_progress: &mut OnProgress) -> Result<(), BackupError> {
        let total = names.len() as u64;
        for (done, name) in (1..).zip(names) {
            if let Some(bytes) = self.files.get(&name).map_err(BackupError::Picture)? {
                self.archive.picture(&name, &bytes)?;
                self.bytes += bytes.len() as u64;
                self.have.insert(name);
            } else {
                self.absent.insert(name);
            }
            tell(on_progress, Step::Pictures, done, total)?;
        }
        Ok(())
    }
}

/// What was put into an archive besides the database.
struct Collected {
    pictures: u64,
    bytes: u64,
    missing: Vec<String>,
    key: Option<String>,
}

fn tell(
    on_progress: &mut OnProgress,
    step: Step,
    done: u64,
    total: u64,
) -> Result<(), BackupError> {
    if on_progress(step, done, total).is_break() { Err(BackupError::Stopped) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
