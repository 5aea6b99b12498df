//! Inspecting a database without creating, moving or upgrading anything.
//!
//! With a write-ahead log, even a reader creates files: the log and its index. So the file is
//! opened in one of three ways. If both exist, as beside a server, like any reader. If there is no
//! log, as an immutable file. If there is a log without its index, as after copying the files, with
//! the index in memory; SQLite then needs exclusive access, so its locking is turned off. If a
//! server starts meanwhile, the second and third way may see inconsistent pages.
//! [`Inspection::is_alone`] tells the caller to inspect again when it finds something wrong.

use super::lock::beside_it;
use super::tables::quoted;
use crate::config::Config;
use crate::db::sqlite::{reindex, schema};
use crate::db::{DatabaseSpec, OpenError, View};
use crate::fault::Cause;
use crate::services::Services;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use rusqlite::{Connection, OpenFlags};
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Characters that need no escape in the path of a URI.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_');

/// The most defects of a file that are reported.
const MANY: i64 = 20;

/// A database that is being inspected.
pub struct Inspection {
    path: PathBuf,
    view: View<'static>,
    /// How many schema steps it has.
    version: i64,
    content: &'static DatabaseSpec,
    is_alone: bool,
}

impl Inspection {
    /// Open the configured database; `None` if it does not exist.
    pub fn open(
        services: &Arc<Services>,
        config: &Config,
        content: &'static DatabaseSpec,
    ) -> Result<Option<Self>, OpenError> {
        let Some(opened) = open_file(config, content.schema.steps)? else { return Ok(None) };
        let Opened { path, connection, version, is_alone } = opened;
        let view = View::over_writer(connection, Arc::clone(services));
        Ok(Some(Inspection { path, view, version, content, is_alone }))
    }

    /// Was it opened as if nobody else used it?
    pub fn is_alone(&self) -> bool {
        self.is_alone
    }

    /// The rows, as of the first query.
    pub fn view(&self) -> &View<'static> {
        &self.view
    }

    /// How many schema steps it has.
    pub fn steps(&self) -> i64 {
        self.version
    }

    /// How many schema steps it lacks.
    pub fn steps_behind(&self) -> i64 {
        i64::try_from(self.content.schema.steps.len()).unwrap_or(i64::MAX) - self.version
    }

    /// Its size in bytes, including the write-ahead log.
    pub fn bytes(&self) -> u64 {
        let length = |path: &Path| fs::metadata(path).map_or(0, |about| about.len());
        length(&self.path) + length(&beside_it(&self.path, "-wal"))
    }

    /// How many commits in the journal have not reached their tables.
    pub fn waiting(&self) -> Result<i64, Cause> {
        if self.content.schema.deferred.is_empty() || self.version == 0 {
            return Ok(0);
        }
        let sql = "SELECT count(*) FROM journal";
        self.connection()?.query_row(sql, [], |row| row.get(0)).map_err(Cause::new)
    }

    /// The defects of the file, one line each. A `quick` check does not compare indexes with their
    /// tables.
    pub fn faults(&self, quick: bool) -> Result<Vec<String>, Cause> {
        let check = if quick { "quick_check" } else { "integrity_check" };
        let connection = self.connection()?;
        let mut faults = Vec::new();
        let look = |faults: &mut Vec<String>| -> rusqlite::Result<()> {
            let mut pages = connection.prepare(&format!("PRAGMA {check}({MANY})"))?;
            let mut rows = pages.query([])?;
            while let Some(row) = rows.next()? {
                faults.extend(row.get_ref(0)?.as_str()?.lines().map(str::to_owned));
            }
            faults.retain(|fault| fault != "ok");
            connection.pragma_query(None, "foreign_key_check", |row| {
                let table: String = row.get(0)?;
                faults.push(format!("a row of {} refers to one that is not there", quoted(&table)));
                Ok(())
            })
        };
        // An unreadable page is an error, which loses the defects found before it.
        if let Err(error) = look(&mut faults) {
            faults.push(error.to_string());
        }
        Ok(faults)
    }

    /// How many rows are missing from a text index, and how many index entries have no row.
    pub fn index_mismatches(&self) -> Result<(i64, i64), Cause> {
        let mut sum = (0, 0);
        if self.steps_behind() == 0 {
            for index in self.content.schema.indexes {
                let found =
                    reindex::index_mismatches(self.connection()?, index).map_err(Cause::new)?;
                sum = (sum.0 + found.0, sum.1 + found.1);
            }
        }
        Ok(sum)
    }

    fn connection(&self) -> Result<&Connection, Cause> {
        self.view.own().map_err(|fault| {
            fault.cause().cloned().unwrap_or_else(|| Cause::new("there is no connection"))
        })
    }
}

/// A database file that is open for inspection.
pub(crate) struct Opened {
    pub path: PathBuf,
    pub connection: Connection,
    /// How many steps of the schema it has.
    pub version: i64,
    /// Was it opened as if nobody else used it?
    pub is_alone: bool,
}

/// Open the configured file, if it exists and is ours.
pub(crate) fn open_file(config: &Config, steps: &[&str]) -> Result<Option<Opened>, OpenError> {
    let path = config.database_file();
    let io = |error| OpenError::Io(path.clone(), error);
    if !path.try_exists().map_err(io)? {
        return Ok(None);
    }
    // SQLite reports that it can't open the file, but not why.
    drop(File::open(&path).map_err(io)?);
    let sqlite = |error| OpenError::Sqlite(path.clone(), error);
    let (connection, is_alone) = connect(&path).map_err(sqlite)?;
    let version = schema::examine(&connection, &path, steps)?;
    Ok(Some(Opened { path, connection, version, is_alone }))
}

/// Open the file in one of the three ways; also returns whether it was opened as if nobody else
/// used it.
fn connect(path: &Path) -> rusqlite::Result<(Connection, bool)> {
    connect_by(path, beside_it(path, "-shm").exists())
}

/// Open a file that no other process uses, on a disk where nothing can be written: the index of its
/// log must be in memory.
pub(crate) fn connect_alone(path: &Path) -> rusqlite::Result<Connection> {
    connect_by(path, false).map(|(connection, _)| connection)
}

fn connect_by(path: &Path, has_index: bool) -> rusqlite::Result<(Connection, bool)> {
    let log = fs::metadata(beside_it(path, "-wal")).map_or(0, |about| about.len());
    let (how, is_alone) = match log {
        _ if has_index => ("mode=ro", false),
        0 => ("immutable=1", true),
        _ => ("mode=ro&vfs=unix-none", true),
    };
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let name = percent_encode(whole.as_os_str().as_bytes(), PLAIN);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(format!("file:{name}?{how}"), flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "mmap_size", 0)?;
    if is_alone {
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    }
    Ok((connection, is_alone))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The files in a folder with their bytes, without the WAL index, which is only shared memory.
    fn folder(path: &Path) -> Vec<(String, Vec<u8>)> {
        let mut files: Vec<_> = fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| {
                let name = entry.file_name().into_string().unwrap();
                let is_memory = name.ends_with("-shm") || entry.path().is_dir();
                (name, if is_memory { vec![] } else { fs::read(entry.path()).unwrap() })
            })
            .collect();
        files.sort();
        files
    }

    fn rows(path: &Path) -> (i64, bool) {
        let (connection, is_alone) = connect(path).unwrap();
        let rows = connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap();
        (rows, is_alone)
    }

    #[test]
    fn inspect_reads_all_rows_and_changes_no_file() {
        let random = rand::random::<u128>();
        let place = std::env::temp_dir().join(format!("look 100%?#-{random:032x}"));
        fs::create_dir(&place).unwrap();
        let path = place.join("a.db");
        let writer = Connection::open(&path).unwrap();
        writer.pragma_update(None, "journal_mode", "WAL").unwrap();
        writer.execute_batch("CREATE TABLE t (a); INSERT INTO t VALUES (1);").unwrap();
        let before = folder(&place);
        assert_eq!(before.len(), 3, "a log and its index");
        assert_eq!(rows(&path), (1, false), "beside a writer");
        assert_eq!(folder(&place), before);
        // As a copy is that was taken of a file and its log.
        let copy = place.join("copy");
        fs::create_dir(&copy).unwrap();
        for name in ["a.db", "a.db-wal"] {
            fs::copy(place.join(name), copy.join(name)).unwrap();
        }
        let before = folder(&copy);
        assert_eq!(rows(&copy.join("a.db")), (1, true), "a log without its index");
        assert_eq!(folder(&copy), before);
        fs::remove_dir_all(&copy).unwrap();
        drop(writer);
        let before = folder(&place);
        assert_eq!(before.len(), 1, "the log is gone");
        assert_eq!(rows(&path), (1, true), "nobody else");
        assert_eq!(folder(&place), before);
        fs::remove_dir_all(&place).unwrap();
    }
}
