//! The copy of the database that is kept before its schema changes.
//!
//! It is a plain database file. To go back to the earlier version, put it in the place of
//! `guichet.db`. One copy is kept for each earlier schema. Pictures are not copied.

use super::schema::Schema;
use crate::config::Config;
use crate::db::sqlite::lock;
use crate::db::{OpenError, Snapshot};
use rustix::fs::statvfs;
use std::fs::{self, File};
use std::io;
use std::ops::ControlFlow;
use std::path::Path;

/// The folder, beside the database.
pub(crate) const FOLDER: &str = "before-upgrade";

/// How many times the database's size must be free: for the copy, and for rewriting the file.
const FREE_SPACE_FACTOR: u64 = 3;

/// How many more bytes must be free: for the log, and for a server that starts to serve.
const EXTRA_FREE_SPACE: u64 = 16 << 20;

/// Keep a copy of the configured database, which is at step `version` of the schema.
pub(crate) fn copy(config: &Config, schema: Schema, version: i64) -> Result<(), OpenError> {
    let database = config.database_file();
    let folder = config.database_folder().join(FOLDER);
    let at = |path: &Path| {
        let path = path.to_owned();
        move |error| OpenError::Io(path, error)
    };
    crate::folder::make(&folder).map_err(at(&folder))?;
    let length = |path: &Path| fs::metadata(path).map_or(0, |about| about.len());
    let bytes = length(&database) + length(&lock::beside_it(&database, "-wal"));
    let about = statvfs(&folder).map_err(|error| at(&folder)(io::Error::from(error)))?;
    let free = about.f_bavail.saturating_mul(about.f_frsize);
    if let Some(missing) = missing(bytes, free) {
        return Err(OpenError::NoRoomForCopy { folder, missing });
    }
    let path = folder.join(format!("guichet-schema-{version}.db"));
    let half = folder.join(format!("guichet-schema-{version}.db.part"));
    match fs::remove_file(&half) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(&half)(error)),
        _ => {}
    }
    crate::folder::private_file(&half).map_err(at(&half))?;
    let _ = Snapshot::take(config, schema)?.copy(&half, &mut |_, _| ControlFlow::Continue(()))?;
    File::open(&half)
        .and_then(|file| file.sync_all())
        .and_then(|()| fs::rename(&half, &path))
        .and_then(|()| File::open(&folder)?.sync_all())
        .map_err(at(&path))?;
    tracing::info!(path = %path.display(), schema = version,
        "a copy of the database was kept before the upgrade; personal data in it is as it was");
    Ok(())
}

/// How many bytes are missing to upgrade a database of `bytes` bytes when `free` bytes are free;
/// `None` if there is enough.
fn missing(bytes: u64, free: u64) -> Option<u64> {
    let needed = bytes.saturating_mul(FREE_SPACE_FACTOR).saturating_add(EXTRA_FREE_SPACE);
    needed.checked_sub(free).filter(|missing| *missing > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upgrade_without_room_is_refused() {
        let needed = 3 * 1_000_000 + (16 << 20);
        assert_eq!(missing(1_000_000, needed), None);
        assert_eq!(missing(1_000_000, needed - 7), Some(7));
        assert_eq!(missing(u64::MAX, 5), Some(u64::MAX - 5));
    }
}
