//! Reading: one consistent view of the database.

use super::rows::{Listed, RowWriter, Rows};
use super::search::ListQuery;
use super::statement::Statement;
use super::value::{Param, Row};
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
        let mut statement = self.connection()?.prepare_cached(sql).map_err(Fault::database)?;
        bind(&mut statement, args)?;
        let mut rows = statement.raw_query();
        rows.next().map_err(failed)?.map(|row| map(&Row(row))).transpose()
    }

    /// All rows that `sql` finds, through `map`.
    pub fn all<T>(
        &self,
        sql: &str,
        args: &[Param<'_>],
        mut map: impl FnMut(&Row<'_>) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        let mut statement = self.connection()?.prepare_cached(sql).map_err(Fault::database)?;
        bind(&mut statement, args)?;
        let mut rows = statement.raw_query();
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            found.push(map(&Row(row))?);
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
        if let Some(latest) = listing.latest() {
            let (rows, count) = find(&latest)?;
            if count == Ok(listing.limit) {
                return Ok(rows);
            }
        }
        find(&listing.whole()).map(|(rows, _)| rows)
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
        }
    }
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
        }
    }

    /// Sets whether the current job has a savepoint; returns whether it had one.
    pub(super) fn saved(&self, now: bool) -> bool {
        match &self.source {
            ConnectionSource::Writer(_, saved, _) => saved.replace(now),
            ConnectionSource::Pool(..) => false,
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
    }
}

impl Deref for View<'_> {
    type Target = Services;

    fn deref(&self) -> &Services {
        match &self.source {
            ConnectionSource::Pool(_, services) => services,
            ConnectionSource::Writer(_, _, services) => services,
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
