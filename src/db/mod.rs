//! Storage: one SQLite file, one writer with group commit, many readers.
//!
//! Handlers see [`View`] (read), [`Tx`] (read and write), [`Row`] and the [`args!`](crate::args!)
//! macro, and nothing of the driver beneath. Their SQL keeps to what SQLite and PostgreSQL both
//! take, so that a second engine is an adapter in this folder.

mod bigrams;
mod export;
mod import;
mod json_value;
mod position;
mod rows;
mod search;
mod sqlite;
mod statement;
mod tx;
mod usage;
mod value;
mod view;

pub use crate::db::sqlite::inspect::Inspection;
pub use crate::db::sqlite::journal::DeferredWrite;
pub use crate::db::sqlite::lock::{Lock, hold, is_held, is_in_place};
pub(crate) use crate::db::sqlite::presence::LOST;
pub use crate::db::sqlite::schema::{DatabaseSpec, Schema, Upgrade};
pub(crate) use crate::db::sqlite::sizes::{FileSizes, sizes};
pub use crate::db::sqlite::snapshot::{Snapshot, examine};
pub(crate) use crate::db::sqlite::upgrade_copy::FOLDER as BEFORE_UPGRADE;
pub use bigrams::IndexQuery;
pub use export::{ExportError, Exporter};
pub use import::{Import, ImportError};
pub use position::position;
pub use rows::{ColumnFormat, Listed, Projection, Rows};
pub use search::{ListQuery, TextIndex};
pub use statement::{Arg, Search, Statement};
pub use tx::Tx;
pub use usage::{MeasuredDatabase, Table};
pub use value::{Column, Param, Row};
pub use view::View;

use crate::config::{Config, Synchronous};
use crate::db::sqlite::presence::FilePresence;
use crate::db::sqlite::writer::Writer;
use crate::db::sqlite::{
    compact, existing_rows, inspect, journal, lock, pool, schema, tables, upgrade_copy,
};
use crate::fault::Fault;
use crate::services::Services;
use rusqlite::Connection;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// The oldest SQLite that is used. Versions 3.7.0 to 3.51.2 have a bug in resetting the write-ahead
/// log that can corrupt a file.
const OLDEST_SQLITE: i32 = 3_051_003;

/// How many readers there are while the disk is full: each keeps an index of the log in memory.
const READERS_ON_FULL_DISK: u32 = 4;

/// The fault of writes to a server that was started on a full disk. `health` recognizes the text.
const FULL: &str = "the disk is full: opened for reading alone";

/// With less free space the database cannot be opened for writing: the index of a log alone takes
/// 32 KiB.
const ROOM: u64 = 1 << 20;

/// Is there enough free space in the database's folder to open it for writing?
pub fn has_room(config: &Config) -> bool {
    let room = rustix::fs::statvfs(config.database_folder());
    room.is_ok_and(|about| about.f_bavail.saturating_mul(about.f_frsize) >= ROOM)
}

/// How many prepared statements a connection caches: more than all handlers have.
const STATEMENTS: usize = 256;

/// Why the database could not be opened. Each is one line for the operator.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another Guichet serves from it.
    #[error("{0}: held by another guichet; one process at a time may serve a database")]
    Held(PathBuf),
    /// The file is not a database of ours.
    #[error("{0}: not a guichet database: {1}; it was left as it is")]
    NotOurs(PathBuf, String),
    /// The file was made by a newer version.
    #[error(
        "{path}: made by a newer guichet (schema {version}, this one knows {known}); it was left as it is"
    )]
    Newer {
        /// The database file.
        path: PathBuf,
        /// The file's schema.
        version: i64,
        /// The newest schema that this program knows.
        known: i64,
    },
    /// There is no file.
    #[error("{0}: there is no database")]
    Missing(PathBuf),
    /// The schema must be brought up to date, for which there is no room.
    #[error(
        "{0}: the disk is full, and the database has to be brought up to date first; make room"
    )]
    FullDisk(PathBuf),
    /// SQLite finds the file damaged.
    #[error("{0}: damaged: {1}")]
    Damaged(PathBuf, String),
    /// A restore was interrupted and can't be finished.
    #[error("{0}: a restore was cut off and can't be finished: {1}")]
    Restore(PathBuf, std::io::Error),
    /// The rows can't be brought up to date; nothing was changed.
    #[error("{0}: it can't be upgraded: {1}; it was left as it is")]
    Upgrade(PathBuf, String),
    /// A server of an earlier version serves from it.
    #[error("{0}: a server of an earlier version holds it; stop it first")]
    Behind(PathBuf),
    /// There is no room for the copy that is kept before an upgrade.
    #[error(
        "{folder}: an upgrade keeps a copy of the database first, and {missing} more bytes must be free for it"
    )]
    NoRoomForCopy {
        /// Where the copy is to be kept.
        folder: PathBuf,
        /// How much room is missing, in bytes.
        missing: u64,
    },
    /// The bundled SQLite is one that can corrupt a file.
    #[error("SQLite {0} can corrupt a database; at least 3.51.3 is needed")]
    OldSqlite(&'static str),
    /// The directory or the file can't be used.
    #[error("{0}: {1}")]
    Io(PathBuf, std::io::Error),
    /// SQLite failed.
    #[error("{0}: {1}")]
    Sqlite(PathBuf, rusqlite::Error),
    /// The pool of readers failed.
    #[error("{0}: {1}")]
    Pool(PathBuf, r2d2::Error),
}

impl OpenError {
    /// The same error for the path that the operator knows, if it was found in a copy of that file.
    pub(crate) fn of(self, path: &Path) -> Self {
        let path = path.to_owned();
        match self {
            OpenError::NotOurs(_, why) => OpenError::NotOurs(path, why),
            OpenError::Newer { version, known, .. } => OpenError::Newer { path, version, known },
            OpenError::Damaged(_, why) => OpenError::Damaged(path, why),
            OpenError::Sqlite(_, error) => OpenError::Sqlite(path, error),
            other => other,
        }
    }
}

/// Where the database is and how it is synced.
#[derive(Debug, Clone)]
struct Location {
    path: PathBuf,
    synchronous: Synchronous,
}

/// The database: hands out views, queues writes.
pub struct Db {
    readers: r2d2::Pool<pool::Readers>,
    /// `None` where nothing can be written.
    writer: Option<Writer>,
    services: Arc<Services>,
    presence: FilePresence,
    /// Held for as long as the database is served.
    _lock: Option<Lock>,
}

impl Db {
    /// Open the configured database and bring it up to `schema`. `lock` comes from [`hold`].
    /// Without a lock, another process may be serving the database, and the journal belongs to that
    /// process.
    pub fn open(
        services: Arc<Services>,
        schema: Schema,
        lock: Option<Lock>,
    ) -> Result<Self, OpenError> {
        if rusqlite::version_number() < OLDEST_SQLITE {
            return Err(OpenError::OldSqlite(rusqlite::version()));
        }
        let config = &services.config;
        let path = config.database_file();
        let location = Location { path: path.clone(), synchronous: config.database.synchronous };
        // One process at a time checks and sets up the file: SQLite does not wait when the journal
        // mode is changed, so of two processes that do so at once, one would fail.
        let setup_lock =
            lock::setup_lock(&path).map_err(|error| OpenError::Io(path.clone(), error))?;
        let version = schema::check(&path, schema.steps)?;
        let known = i64::try_from(schema.steps.len()).unwrap_or(i64::MAX);
        let is_behind = (1..known).contains(&version);
        if is_behind && lock.is_none() && is_held(config).unwrap_or(false) {
            return Err(OpenError::Behind(path));
        }
        make_private(&path).map_err(|error| OpenError::Io(path.clone(), error))?;
        if is_behind {
            upgrade_copy::copy(config, schema, version)?;
        }
        let tx = set_up(&location, &services, &schema, lock.is_some())?;
        drop(setup_lock);
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let readers = u32::try_from(2 * cores + 8).unwrap_or(64);
        let readers = pool::open(path.clone(), readers, false)
            .map_err(|error| OpenError::Pool(path.clone(), error))?;
        // Beside a server the journal belongs to the server. It deletes applied rows by number, and
        // the numbers start again once the journal is empty.
        let deferred = if lock.is_some() { schema.deferred } else { &[] };
        let writer = Writer::start(location, Arc::clone(&services), tx, deferred)
            .map_err(|error| OpenError::Io(path.clone(), error))?;
        let presence = FilePresence::of(&path).map_err(|error| OpenError::Io(path, error))?;
        if let (Some(lock), Some(identity)) = (&lock, presence.identity()) {
            lock.note(identity);
        }
        Ok(Db { readers, writer: Some(writer), services, presence, _lock: lock })
    }

    /// Open the database read-only, after [`Db::open`] failed because the disk is full. Scores
    /// still in the journal are shown after the next start with free space.
    pub fn open_on_full_disk(
        services: Arc<Services>,
        schema: Schema,
        lock: Lock,
    ) -> Result<Self, OpenError> {
        let path = services.config.database_file();
        let sqlite = |error| OpenError::Sqlite(path.clone(), error);
        let connection = inspect::connect_alone(&path).map_err(sqlite)?;
        let steps = i64::try_from(schema.steps.len()).unwrap_or(i64::MAX);
        if schema::examine(&connection, &path, schema.steps)? < steps {
            return Err(OpenError::FullDisk(path));
        }
        let readers = pool::open(path.clone(), READERS_ON_FULL_DISK, true)
            .map_err(|error| OpenError::Pool(path.clone(), error))?;
        let presence = FilePresence::of(&path).map_err(|error| OpenError::Io(path, error))?;
        Ok(Db { readers, writer: None, services, presence, _lock: Some(lock) })
    }

    /// Was it opened read-only?
    pub fn is_read_only(&self) -> bool {
        self.writer.is_none()
    }

    /// A view of the database as of its first query.
    pub fn view(&self) -> View<'_> {
        View::over_pool(&self.readers, &self.services, None)
    }

    /// A view whose statements may run for `time` in total. After that they fail with
    /// [`Fault::Busy`].
    pub fn view_with_timeout(&self, time: Duration) -> View<'_> {
        View::over_pool(&self.readers, &self.services, Some(time))
    }

    /// The first table that has rows, apart from the tables in `but` and the rows that a new
    /// database has. For commands that must not mix their rows with existing ones.
    pub fn first_table_with_rows(
        &self,
        schema: Schema,
        but: &[&str],
    ) -> Result<Option<String>, Fault> {
        let view = self.view();
        let connection = view.connection()?;
        let mut tables = tables::Table::all(connection).map_err(Fault::database)?;
        tables.retain(|table| !but.contains(&&*table.name));
        let found = existing_rows::compare(connection, &tables, &[], schema.steps)
            .map_err(Fault::database)?;
        Ok(found.first_table_with_rows)
    }

    /// Deliver the writer's answers on this runtime, where a server's requests wait for them.
    pub fn reply_on(&self, runtime: tokio::runtime::Handle) {
        if let Some(writer) = &self.writer {
            writer.reply_on(runtime);
        }
    }

    /// Queue `work` for the writer. The answer comes after its COMMIT has reached the disk.
    ///
    /// A database that several servers write to may refuse a transaction because of another one, and
    /// then `work` is run again: so it can be cloned, and does nothing outside of its [`Tx`].
    pub fn submit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx) -> Result<T, Fault> + Clone + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T, Fault>>, Fault> {
        if self.presence.is_lost() {
            return Err(Fault::database(LOST));
        }
        self.writer.as_ref().ok_or_else(|| Fault::database(FULL))?.submit(work)
    }

    /// Check that the database file still exists under its name. If not, writes are refused from
    /// now on.
    pub fn check_file_presence(&self) {
        self.presence.look();
    }

    /// Queue `work` and wait for its answer. This blocks the thread, so it is not for async code.
    pub fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx) -> Result<T, Fault> + Clone + Send + 'static,
    ) -> Result<T, Fault> {
        self.submit(work)?.blocking_recv().unwrap_or_else(|_| Err(writer_gone()))
    }

    /// Finish all queued work and leave an empty log.
    pub fn close(self) {
        // Readers first: a log that is being read can't be truncated.
        drop(self.readers);
        if let Some(writer) = self.writer {
            writer.close();
        }
    }
}

/// The fault if the writer ended before it answered.
pub(crate) fn writer_gone() -> Fault {
    Fault::database("the writer ended before it answered")
}

/// Bring the file up to the schema, and load the key of its encrypted values.
fn set_up(
    location: &Location,
    services: &Arc<Services>,
    schema: &Schema,
    is_held: bool,
) -> Result<Tx, OpenError> {
    let path = &location.path;
    let sqlite = |error| OpenError::Sqlite(path.clone(), error);
    let connection = open_writer(location).map_err(sqlite)?;
    let has_tables = schema::has_tables(&connection).map_err(sqlite)?;
    let mut tx = Tx::new(View::over_writer(connection, Arc::clone(services)));
    let own = |tx: &Tx, work: &dyn Fn(&Connection) -> rusqlite::Result<()>| match tx.own() {
        Ok(connection) => work(connection).map_err(sqlite),
        Err(_) => Err(sqlite(rusqlite::Error::InvalidQuery)),
    };
    let prepare = |connection: &Connection| {
        let value = schema::sealed(connection, schema)?;
        if !schema.sealed.is_empty() {
            services.vault.prepare(value.as_deref(), is_held);
        }
        Ok(())
    };
    // An upgrade may encrypt values, so the key must be loaded before it. A new file has no tables
    // to check.
    if has_tables {
        own(&tx, &prepare)?;
    }
    schema::upgrade(&mut tx, schema).map_err(|fault| {
        let cause = fault.cause().map_or_else(|| format!("{fault:?}"), ToString::to_string);
        OpenError::Upgrade(path.clone(), cause)
    })?;
    if !has_tables {
        own(&tx, &prepare)?;
    }
    if is_held {
        own(&tx, &|connection| journal::drain(connection, schema.deferred))?;
        if !schema.upgrades.is_empty() {
            own(&tx, &compact::finish)?;
        }
    }
    Ok(tx)
}

/// Make the database's files readable by their owner only.
fn make_private(path: &Path) -> std::io::Result<()> {
    crate::folder::private_file(path)?;
    for suffix in ["-wal", "-shm", ".lock"] {
        crate::folder::close_file(&lock::beside_it(path, suffix))?;
    }
    Ok(())
}

fn open_writer(location: &Location) -> rusqlite::Result<Connection> {
    let connection = Connection::open(&location.path)?;
    // A command of the operator may be inside a transaction.
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(
        None,
        "synchronous",
        match location.synchronous {
            Synchronous::Full => "FULL",
            Synchronous::Normal => "NORMAL",
        },
    )?;
    // An mmapped file turns an I/O error into a signal that ends the process.
    connection.pragma_update(None, "mmap_size", 0)?;
    // Deleted content is overwritten with zeros where that needs no additional page write.
    connection.pragma_update(None, "secure_delete", "FAST")?;
    connection.pragma_update(None, "cache_size", -32_768)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // Checkpoints run on a thread of their own.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    search::add_functions(&connection)?;
    Ok(connection)
}
