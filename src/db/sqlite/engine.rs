//! A database in a file: how it is opened, read, written and closed.

use super::job::{Job, QueuedJob};
use super::lock::{self, Lock, is_held};
use super::presence::{FilePresence, LOST};
use super::writer::Writer;
use super::{compact, inspect, journal, pool, schema, upgrade_copy};
use crate::config::{Config, Synchronous};
use crate::db::tx::Tx;
use crate::db::view::View;
use crate::db::{OpenError, STATEMENTS, Schema, search};
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
pub(crate) fn has_room(config: &Config) -> bool {
    let room = rustix::fs::statvfs(config.database_folder());
    room.is_ok_and(|about| about.f_bavail.saturating_mul(about.f_frsize) >= ROOM)
}

/// Where the database is and how it is synced.
#[derive(Debug, Clone)]
pub(crate) struct Location {
    pub(crate) path: PathBuf,
    pub(crate) synchronous: Synchronous,
}

/// An open database.
pub(crate) struct Sqlite {
    readers: r2d2::Pool<pool::Readers>,
    /// `None` where nothing can be written.
    writer: Option<Writer>,
    presence: FilePresence,
    /// Held for as long as the database is served.
    _lock: Option<Lock>,
}

impl Sqlite {
    /// Open the configured database and bring it up to `schema`. `lock` comes from [`hold`](crate::db::hold).
    /// Without a lock, another process may be serving the database, and the journal belongs to that
    /// process.
    pub(crate) fn open(
        services: &Arc<Services>,
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
        let tx = set_up(&location, services, &schema, lock.is_some())?;
        drop(setup_lock);
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let readers = u32::try_from(2 * cores + 8).unwrap_or(64);
        let readers = pool::open(path.clone(), readers, false)
            .map_err(|error| OpenError::Pool(path.clone(), error))?;
        // Beside a server the journal belongs to the server. It deletes applied rows by number, and
        // the numbers start again once the journal is empty.
        let deferred = if lock.is_some() { schema.deferred } else { &[] };
        let writer = Writer::start(location, Arc::clone(services), tx, deferred)
            .map_err(|error| OpenError::Io(path.clone(), error))?;
        let presence = FilePresence::of(&path).map_err(|error| OpenError::Io(path, error))?;
        if let (Some(lock), Some(identity)) = (&lock, presence.identity()) {
            lock.note(identity);
        }
        Ok(Sqlite { readers, writer: Some(writer), presence, _lock: lock })
    }

    /// Open the database read-only, after [`Sqlite::open`] failed because the disk is full. Scores
    /// still in the journal are shown after the next start with free space.
    pub(crate) fn open_on_full_disk(
        services: &Arc<Services>,
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
        Ok(Sqlite { readers, writer: None, presence, _lock: Some(lock) })
    }

    /// Was it opened read-only?
    pub(crate) fn is_read_only(&self) -> bool {
        self.writer.is_none()
    }

    /// A view; its statements may run for `limit` in total.
    pub(crate) fn view<'a>(&'a self, services: &'a Services, limit: Option<Duration>) -> View<'a> {
        View::over_pool(&self.readers, services, limit)
    }

    /// Deliver the writer's answers on this runtime.
    pub(crate) fn reply_on(&self, runtime: tokio::runtime::Handle) {
        if let Some(writer) = &self.writer {
            writer.reply_on(runtime);
        }
    }

    /// Queue `work` for the writer.
    pub(crate) fn submit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx) -> Result<T, Fault> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T, Fault>>, Fault> {
        if self.presence.is_lost() {
            return Err(Fault::database(LOST));
        }
        self.writer.as_ref().ok_or_else(|| Fault::database(FULL))?.submit(work)
    }

    /// Put `work` into a run that is queued later.
    pub(crate) fn prepare<T: Send + 'static>(
        &self,
        run: &mut Vec<Box<dyn Job>>,
        work: impl FnOnce(&mut Tx) -> Result<T, Fault> + Send + 'static,
    ) -> oneshot::Receiver<Result<T, Fault>> {
        let (job, receiver) = QueuedJob::new(work);
        run.push(Box::new(job));
        receiver
    }

    /// Queue a run for the writer.
    pub(crate) fn submit_run(&self, run: Vec<Box<dyn Job>>) {
        let refusal = if self.presence.is_lost() {
            Fault::database(LOST)
        } else if let Some(writer) = &self.writer {
            return writer.submit_all(run);
        } else {
            Fault::database(FULL)
        };
        for job in run {
            job.answer(Some(&refusal));
        }
    }

    /// Check that the database file still exists under its name. If not, writes are refused from
    /// now on.
    pub(crate) fn check_file_presence(&self) {
        self.presence.look();
    }

    /// Finish all queued work and leave an empty log.
    pub(crate) fn close(self) {
        // Readers first: a log that is being read can't be truncated.
        drop(self.readers);
        if let Some(writer) = self.writer {
            writer.close();
        }
    }
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
pub(crate) fn make_private(path: &Path) -> std::io::Result<()> {
    crate::folder::private_file(path)?;
    for suffix in ["-wal", "-shm", ".lock"] {
        crate::folder::close_file(&lock::beside_it(path, suffix))?;
    }
    Ok(())
}

pub(crate) fn open_writer(location: &Location) -> rusqlite::Result<Connection> {
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
