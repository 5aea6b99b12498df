//! Reading: one consistent view of the database.

use super::rows::{Listed, RowWriter, Rows};
use super::search::{self, ListQuery};
use super::statement::Statement;
use super::value::{Param, Row};
#[cfg(feature = "postgres")]
use crate::db::postgres;
use crate::db::sqlite::pool::{self, Readers};
use crate::fault::Fault;
use crate::metrics::RefusalReason;
use crate::services::Services;
use r2d2::PooledConnection;
use rusqlite::{Connection, ErrorCode};
use std::cell::{Cell, OnceCell};
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

/// One consistent view of the database: everything read through it is as of one commit.
///
/// A view costs nothing until its first query. Then it takes a connection from the pool and opens a
/// read transaction, which ends when the view is dropped. It must not outlive one operation: while
/// a reader is open, the write-ahead log cannot be reused.
pub struct View<'a> {
    source: ConnectionSource<'a>,
}

enum ConnectionSource<'a> {
    /// A reader, taken from the pool at the first query. The pool and the services are borrowed:
    /// counting references for every request would cost more than a short read.
    Pool(Pooled<'a>, &'a Services),
    /// The writer's own connection, inside its transaction; whether the job that runs has a
    /// savepoint.
    Writer(Connection, Cell<bool>, Arc<Services>),
    /// A connection to PostgreSQL, taken from the pool at the first query.
    #[cfg(feature = "postgres")]
    Sessions(PooledSession<'a>, &'a Services),
    /// A connection to PostgreSQL, inside the transaction of a job.
    #[cfg(feature = "postgres")]
    Session(postgres::Pooled, Arc<Services>),
    /// No connection: a job is tried without one first. Whether it asked for one.
    #[cfg(feature = "postgres")]
    Detached(Cell<bool>, Arc<Services>),
}

/// A connection to PostgreSQL that is taken when it is needed.
#[cfg(feature = "postgres")]
struct PooledSession<'a> {
    pool: &'a r2d2::Pool<postgres::Sessions>,
    taken: OnceCell<postgres::Pooled>,
    /// How long each of its statements may run; `None`: no limit.
    limit: Option<Duration>,
}

/// A reader that is taken from the pool when it is needed.
struct Pooled<'a> {
    pool: &'a r2d2::Pool<Readers>,
    taken: OnceCell<PooledConnection<Readers>>,
    /// How long its statements may run in total; `None`: no limit.
    limit: Option<Duration>,
}

impl<'a> View<'a> {
    pub(super) fn over_pool(
        pool: &'a r2d2::Pool<Readers>,
        services: &'a Services,
        limit: Option<Duration>,
    ) -> Self {
        let pooled = Pooled { pool, taken: OnceCell::new(), limit };
        View { source: ConnectionSource::Pool(pooled, services) }
    }
}

#[cfg(feature = "postgres")]
impl<'a> View<'a> {
    pub(super) fn over_sessions(
        pool: &'a r2d2::Pool<postgres::Sessions>,
        services: &'a Services,
        limit: Option<Duration>,
    ) -> Self {
        let pooled = PooledSession { pool, taken: OnceCell::new(), limit };
        View { source: ConnectionSource::Sessions(pooled, services) }
    }

    pub(super) fn over_session(
        session: postgres::Pooled,
        services: Arc<Services>,
    ) -> View<'static> {
        View { source: ConnectionSource::Session(session, services) }
    }

    /// A view without a connection.
    pub(super) fn detached(services: Arc<Services>) -> View<'static> {
        View { source: ConnectionSource::Detached(Cell::new(false), services) }
    }

    /// Is it without a connection?
    pub(super) fn is_detached(&self) -> bool {
        matches!(&self.source, ConnectionSource::Detached(..))
    }

    /// Was a view without a connection asked for one?
    pub(super) fn is_unserved(&self) -> bool {
        matches!(&self.source, ConnectionSource::Detached(is_unserved, _) if is_unserved.get())
    }

    /// The connection to PostgreSQL; `None` where the database is SQLite.
    pub(super) fn session(&self) -> Result<Option<&postgres::Session>, Fault> {
        match &self.source {
            ConnectionSource::Session(session, _) => Ok(Some(session)),
            ConnectionSource::Detached(is_unserved, _) => {
                is_unserved.set(true);
                Err(Fault::unknown("a connection is needed"))
            }
            ConnectionSource::Sessions(PooledSession { pool, taken, limit }, _) => {
                if let Some(session) = taken.get() {
                    return Ok(Some(session));
                }
                let session = postgres::begin_view(pool, *limit).inspect_err(|_| {
                    self.metrics.refused(RefusalReason::NoReader);
                })?;
                Ok(Some(taken.get_or_init(|| session)))
            }
            ConnectionSource::Pool(..) | ConnectionSource::Writer(..) => Ok(None),
        }
    }
}

impl View<'_> {
    pub(super) fn over_writer(connection: Connection, services: Arc<Services>) -> View<'static> {
        View { source: ConnectionSource::Writer(connection, Cell::new(false), services) }
    }

    /// The first row that `sql` finds, if any, through `map`.
    pub fn one<T>(
        &self,
        sql: &str,
        args: &[Param<'_>],
        map: impl FnOnce(&Row<'_>) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        #[cfg(feature = "postgres")]
        if let Some(session) = self.session()? {
            let (mut map, mut found) = (Some(map), None);
            session.query(sql, args, |row| {
                found = map.take().map(|map| map(row)).transpose()?;
                Ok(false)
            })?;
            return Ok(found);
        }
        let mut statement = self.connection()?.prepare_cached(sql).map_err(Fault::database)?;
        bind(&mut statement, args)?;
        let mut rows = statement.raw_query();
        rows.next().map_err(failed)?.map(|row| map(&Row::sqlite(row))).transpose()
    }

    /// All rows that `sql` finds, through `map`.
    pub fn all<T>(
        &self,
        sql: &str,
        args: &[Param<'_>],
        mut map: impl FnMut(&Row<'_>) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        #[cfg(feature = "postgres")]
        if let Some(session) = self.session()? {
            let mut found = Vec::new();
            session.query(sql, args, |row| {
                found.push(map(row)?);
                Ok(true)
            })?;
            return Ok(found);
        }
        let mut statement = self.connection()?.prepare_cached(sql).map_err(Fault::database)?;
        bind(&mut statement, args)?;
        let mut rows = statement.raw_query();
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            found.push(map(&Row::sqlite(row))?);
        }
        Ok(found)
    }

    /// All rows that a [`Statement`] finds, through `map`.
    pub fn select<T>(
        &self,
        statement: &Statement,
        map: impl FnMut(&Row<'_>) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        self.all(&statement.sql, &statement.args(), map)
    }

    /// The rows of a [`ListQuery`].
    pub fn list<R: Listed>(&self, listing: &ListQuery<R>) -> Result<Rows<R>, Fault> {
        let find = |statement: &Statement| {
            let mut rows = RowWriter::new(R::COLUMNS, &self.clock);
            let found = self.select(statement, |row| rows.push(row))?;
            Ok((rows.finish(), i64::try_from(found.len())))
        };
        #[cfg(feature = "postgres")]
        let engine = match self.session()? {
            Some(_) => search::Engine::Postings,
            None => search::Engine::Fts5,
        };
        #[cfg(not(feature = "postgres"))]
        let engine = search::Engine::Fts5;
        if let Some(latest) = listing.latest() {
            let (rows, count) = find(&latest)?;
            if count == Ok(listing.limit) {
                return Ok(rows);
            }
        }
        find(&listing.whole(engine)).map(|(rows, _)| rows)
    }

    /// Do other servers write to the database, too?
    pub(super) fn is_shared(&self) -> bool {
        !matches!(&self.source, ConnectionSource::Pool(..) | ConnectionSource::Writer(..))
    }

    /// The connection, for the statements of an operation. A job gets its savepoint with its first
    /// statement, because many jobs have none.
    pub(super) fn connection(&self) -> Result<&Connection, Fault> {
        match &self.source {
            ConnectionSource::Writer(connection, saved, _) => {
                if !saved.get() {
                    execute(connection, "SAVEPOINT job").map_err(Fault::database)?;
                    saved.set(true);
                }
                Ok(connection)
            }
            ConnectionSource::Pool(Pooled { pool, taken, limit }, _) => {
                if let Some(reader) = taken.get() {
                    return Ok(reader);
                }
                let reader = pool::get(pool).ok_or_else(|| {
                    tracing::warn!("all readers of the database are in use");
                    self.metrics.refused(RefusalReason::NoReader);
                    Fault::Busy
                })?;
                if limit.is_some() {
                    reader.limit(*limit);
                }
                execute(&reader, "BEGIN").map_err(Fault::database)?;
                Ok(taken.get_or_init(|| reader))
            }
            #[cfg(feature = "postgres")]
            ConnectionSource::Session(..)
            | ConnectionSource::Sessions(..)
            | ConnectionSource::Detached(..) => Err(not_sqlite()),
        }
    }
}

/// The fault of code that is for SQLite alone.
#[cfg(feature = "postgres")]
fn not_sqlite() -> Fault {
    Fault::unknown("this is done on SQLite alone")
}

/// For the writer alone.
impl View<'_> {
    /// The writer's connection, whichever job runs.
    pub(super) fn own(&self) -> Result<&Connection, Fault> {
        match &self.source {
            ConnectionSource::Writer(connection, ..) => Ok(connection),
            ConnectionSource::Pool(..) => {
                Err(Fault::unknown("a reader has no transaction of its own"))
            }
            #[cfg(feature = "postgres")]
            ConnectionSource::Session(..)
            | ConnectionSource::Sessions(..)
            | ConnectionSource::Detached(..) => Err(not_sqlite()),
        }
    }

    /// Sets whether the current job has a savepoint; returns whether it had one.
    pub(super) fn saved(&self, now: bool) -> bool {
        match &self.source {
            ConnectionSource::Writer(_, saved, _) => saved.replace(now),
            _ => false,
        }
    }
}

impl Drop for View<'_> {
    fn drop(&mut self) {
        if let ConnectionSource::Pool(Pooled { taken, limit, .. }, _) = &self.source
            && let Some(reader) = taken.get()
        {
            if limit.is_some() {
                reader.limit(None);
            }
            // A reader that can't end its transaction is dropped by the pool, not handed out again.
            let _ = execute(reader, "COMMIT");
        }
        #[cfg(feature = "postgres")]
        if let ConnectionSource::Sessions(PooledSession { taken, .. }, _) = &self.source
            && let Some(session) = taken.get()
            && (session.failure().is_some() || session.commit().is_err())
        {
            session.roll_back();
        }
    }
}

impl Deref for View<'_> {
    type Target = Services;

    fn deref(&self) -> &Services {
        match &self.source {
            ConnectionSource::Pool(_, services) => services,
            ConnectionSource::Writer(_, _, services) => services,
            #[cfg(feature = "postgres")]
            ConnectionSource::Sessions(_, services) => services,
            #[cfg(feature = "postgres")]
            ConnectionSource::Session(_, services) | ConnectionSource::Detached(_, services) => {
                services
            }
        }
    }
}

/// The fault of a statement that failed while it ran. Only statements that ran for too long are
/// interrupted.
fn failed(error: rusqlite::Error) -> Fault {
    if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) {
        tracing::warn!("a query took too long and was interrupted");
        return Fault::Busy;
    }
    Fault::database(error)
}

/// Run a statement without parameters or results. It is prepared once per connection.
pub(super) fn execute(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.raw_execute().map(|_| ())
}

/// Bind `args` to `$1…$n`. SQLite numbers these names in the order of their first appearance, so
/// they must appear in ascending order. Otherwise the same text would mean something else to
/// PostgreSQL.
pub(super) fn bind(
    statement: &mut rusqlite::CachedStatement<'_>,
    args: &[Param<'_>],
) -> Result<(), Fault> {
    debug_assert_eq!(statement.parameter_count(), args.len(), "one argument a parameter");
    for (index, arg) in args.iter().enumerate() {
        debug_assert_eq!(
            statement.parameter_name(index + 1),
            Some(format!("${}", index + 1).as_str()),
            "parameters must first appear in order"
        );
        statement.raw_bind_parameter(index + 1, arg).map_err(Fault::database)?;
    }
    Ok(())
}
