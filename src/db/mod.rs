//! Storage: one SQLite file, one writer with group commit, many readers.
//!
//! Handlers see [`View`] (read), [`Tx`] (read and write), [`Row`] and the [`args!`](crate::args!)
//! macro, and nothing of the driver beneath. Their SQL keeps to what SQLite and PostgreSQL both
//! take, so that a second engine is an adapter in this folder.

mod after_commit;
mod bigrams;
mod error;
mod export;
mod import;
mod json_value;
mod position;
#[cfg(feature = "postgres")]
mod postgres;
mod rows;
mod search;
mod sqlite;
mod statement;
mod tx;
mod usage;
mod value;
mod view;

pub(crate) use crate::db::sqlite::engine::has_room;
pub use crate::db::sqlite::inspect::Inspection;
pub use crate::db::sqlite::journal::DeferredWrite;
pub use crate::db::sqlite::lock::{Lock, hold, is_held, is_in_place};
pub(crate) use crate::db::sqlite::presence::LOST;
pub use crate::db::sqlite::schema::{DatabaseSpec, Schema, Upgrade};
pub(crate) use crate::db::sqlite::sizes::{FileSizes, sizes};
pub use crate::db::sqlite::snapshot::{Snapshot, examine};
pub(crate) use crate::db::sqlite::upgrade_copy::FOLDER as BEFORE_UPGRADE;
pub use bigrams::IndexQuery;
pub use error::OpenError;
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

use crate::config::Config;
#[cfg(feature = "postgres")]
use crate::config::DatabaseUrl;
#[cfg(feature = "postgres")]
use crate::db::postgres::Postgres;
use crate::db::sqlite::engine::Sqlite;
use crate::db::sqlite::job::Job;
use crate::db::sqlite::{existing_rows, tables};
use crate::fault::Fault;
use crate::services::Services;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// How many prepared statements a connection caches: more than all handlers have.
pub(crate) const STATEMENTS: usize = 256;

/// Builds all leaderboards from their rows, in place of those that there are.
pub type LoadBoards = fn(&View<'_>) -> Result<(), Fault>;

/// The database: hands out views, queues writes.
pub struct Db {
    engine: Engine,
    services: Arc<Services>,
}

/// Writes that one client sent together ([`Db::submit_run`]).
#[derive(Default)]
pub struct WriteRun(Vec<Box<dyn Job>>);

/// Where the rows are.
enum Engine {
    Sqlite(Sqlite),
    #[cfg(feature = "postgres")]
    Postgres(Postgres),
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
        #[cfg(feature = "postgres")]
        if let DatabaseUrl::Postgres(url) = services.config.database.url.clone() {
            let engine = Engine::Postgres(Postgres::open(&url, &services, &schema)?);
            return Ok(Db { engine, services });
        }
        let engine = Engine::Sqlite(Sqlite::open(&services, schema, lock)?);
        Ok(Db { engine, services })
    }

    /// Open the database read-only, after [`Db::open`] failed because the disk is full. Scores
    /// still in the journal are shown after the next start with free space.
    pub fn open_on_full_disk(
        services: Arc<Services>,
        schema: Schema,
        lock: Lock,
    ) -> Result<Self, OpenError> {
        let engine = Engine::Sqlite(Sqlite::open_on_full_disk(&services, schema, lock)?);
        Ok(Db { engine, services })
    }

    /// Was it opened read-only?
    pub fn is_read_only(&self) -> bool {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.is_read_only(),
            #[cfg(feature = "postgres")]
            Engine::Postgres(_) => false,
        }
    }

    /// A view of the database as of its first query.
    pub fn view(&self) -> View<'_> {
        self.limited_view(None)
    }

    /// A view whose statements may run for `time` in total. After that they fail with
    /// [`Fault::Busy`].
    pub fn view_with_timeout(&self, time: Duration) -> View<'_> {
        self.limited_view(Some(time))
    }

    fn limited_view(&self, limit: Option<Duration>) -> View<'_> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.view(&self.services, limit),
            #[cfg(feature = "postgres")]
            Engine::Postgres(postgres) => postgres.view(&self.services, limit),
        }
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
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.reply_on(runtime),
            #[cfg(feature = "postgres")]
            Engine::Postgres(_) => {}
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
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.submit(work),
            #[cfg(feature = "postgres")]
            Engine::Postgres(postgres) => postgres.submit(work),
        }
    }

    /// The same, and with a `run` it is queued together with others by [`Db::submit_run`].
    pub fn submit_in<T: Send + 'static>(
        &self,
        run: Option<&mut WriteRun>,
        work: impl FnOnce(&mut Tx) -> Result<T, Fault> + Clone + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T, Fault>>, Fault> {
        match (run, &self.engine) {
            (Some(WriteRun(jobs)), Engine::Sqlite(sqlite)) => Ok(sqlite.prepare(jobs, work)),
            _ => self.submit(work),
        }
    }

    /// Queue writes that one client sent together. They run in their order, each with its own savepoint, and share a
    /// COMMIT.
    pub fn submit_run(&self, WriteRun(jobs): WriteRun) {
        match &self.engine {
            Engine::Sqlite(sqlite) if !jobs.is_empty() => sqlite.submit_run(jobs),
            _ => {}
        }
    }

    /// Build the leaderboards of [`Services`] by `load`, in one view. They follow the database from there
    /// on: what this server writes, and what others do.
    pub fn load_boards(&self, load: LoadBoards) -> Result<(), Fault> {
        match &self.engine {
            Engine::Sqlite(_) => load(&self.view()),
            #[cfg(feature = "postgres")]
            Engine::Postgres(postgres) => postgres.load_boards(load),
        }
    }

    /// For how long the leaderboards have not been known to have what other servers wrote.
    pub fn boards_lag(&self) -> Duration {
        match &self.engine {
            Engine::Sqlite(_) => Duration::ZERO,
            #[cfg(feature = "postgres")]
            Engine::Postgres(postgres) => postgres.lag(),
        }
    }

    /// How many connections to the database's server are used, and how many are not; `None` where it is a file.
    pub fn connections(&self) -> Option<(u32, u32)> {
        match &self.engine {
            Engine::Sqlite(_) => None,
            #[cfg(feature = "postgres")]
            Engine::Postgres(postgres) => Some(postgres.connections()),
        }
    }

    /// How many servers use the database, this one among them.
    pub fn servers(&self) -> u32 {
        match &self.engine {
            Engine::Sqlite(_) => 1,
            #[cfg(feature = "postgres")]
            Engine::Postgres(postgres) => postgres.nodes(),
        }
    }

    /// Is this machine's clock too far from that of a database on a server?
    pub fn is_clock_off(&self) -> bool {
        match &self.engine {
            Engine::Sqlite(_) => false,
            #[cfg(feature = "postgres")]
            Engine::Postgres(postgres) => postgres.is_clock_off(),
        }
    }

    /// Is the database on a server? Each statement waits for an answer then.
    pub fn is_remote(&self) -> bool {
        match &self.engine {
            Engine::Sqlite(_) => false,
            #[cfg(feature = "postgres")]
            Engine::Postgres(_) => true,
        }
    }

    /// Check that the database file still exists under its name. If not, writes are refused from
    /// now on.
    pub fn check_file_presence(&self) {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.check_file_presence(),
            #[cfg(feature = "postgres")]
            Engine::Postgres(_) => {}
        }
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
        match self.engine {
            Engine::Sqlite(sqlite) => sqlite.close(),
            #[cfg(feature = "postgres")]
            Engine::Postgres(_) => {}
        }
    }
}

/// What server `database.url` names, and the step of the schema of its tables, `None` if there are none yet: for
/// `guichet check`. `None` where it names a file. The error is one line.
pub fn look_at_server(config: &Config) -> Result<Option<(String, Option<i64>)>, String> {
    #[cfg(feature = "postgres")]
    if let DatabaseUrl::Postgres(url) = &config.database.url {
        return postgres::look(url, config.database.ca_file.as_deref()).map(Some);
    }
    let _ = config;
    Ok(None)
}

/// The fault if the writer ended before it answered.
pub(crate) fn writer_gone() -> Fault {
    Fault::database("the writer ended before it answered")
}
