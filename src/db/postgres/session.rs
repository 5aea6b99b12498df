//! A connection, as code sees it that waits for each answer.

use super::answer::{Failure, PATIENCE, Problem, in_time, judge, wait};
use super::pool::PoolError;
use super::stream::Stream;
use crate::db::STATEMENTS;
use crate::db::value::{Param, Row};
use crate::fault::Fault;
use futures_util::TryStreamExt as _;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::pin::pin;
use std::sync::LazyLock;
use std::sync::mpsc::sync_channel;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::time::timeout;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Statement};

/// A connection and the statements that were prepared on it.
pub(crate) struct Session {
    client: Client,
    runtime: Handle,
    /// By their text, and by which of their parameters are NULL: the type of those is the database's
    /// choice.
    statements: RefCell<HashMap<String, Vec<(u128, Statement)>>>,
    /// What went wrong since the transaction began. An error ends a transaction here.
    failure: Cell<Option<Failure>>,
    /// Is a transaction open?
    is_open: Cell<bool>,
    /// Was it given up because an answer did not come?
    is_given_up: Cell<bool>,
    /// What this connection tells other servers.
    stream: Cell<Option<Stream>>,
    /// The same with what the open transaction tells.
    telling: Cell<Option<Stream>>,
}

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transaction {
    /// Reading one state of the database.
    View,
    /// Reading and writing as if there were no other transaction.
    Job,
    /// Changing the schema: what others committed while this waited for its lock is seen.
    Steps,
}

impl Session {
    /// A connection that `connect` makes on `runtime`.
    pub(crate) fn open(
        runtime: Handle,
        connect: impl Future<Output = Result<Client, tokio_postgres::Error>> + Send + 'static,
    ) -> Result<Self, PoolError> {
        // The driver's own limit is for the connection alone, not for what is said first.
        let (tell, told) = sync_channel(1);
        // A task, because the pool may want a connection while the program ends: then the task is dropped, where a thread
        // that waits in a runtime would panic.
        runtime.spawn(async move {
            let _ = tell.send(timeout(PATIENCE, connect).await);
        });
        let client = told.recv().map_err(|_| PoolError::Lost)?.map_err(|_| PoolError::Slow)??;
        Ok(Session {
            client,
            runtime,
            statements: RefCell::default(),
            failure: Cell::new(None),
            is_open: Cell::new(false),
            is_given_up: Cell::new(false),
            stream: Cell::new(None),
            telling: Cell::new(None),
        })
    }

    /// What this server is called among those of the database.
    pub(crate) fn node(&self) -> &'static str {
        static NODE: LazyLock<String> = LazyLock::new(|| format!("{:016x}", rand::random::<u64>()));
        &NODE
    }

    /// Pass each row that `sql` finds to `each`, until that says no.
    pub(crate) fn query(
        &self,
        sql: &str,
        args: &[Param<'_>],
        mut each: impl FnMut(&Row<'_>) -> Result<bool, Fault>,
    ) -> Result<(), Fault> {
        // No row has such a text, because none is stored; PostgreSQL would call the question itself an error.
        let has_nul = |arg: &Param<'_>| matches!(arg, Param::Text(text) if text.contains('\0'));
        if sql.starts_with("SELECT") && args.iter().any(has_nul) {
            return Ok(());
        }
        self.told(async {
            let rows = async {
                let statement = self.prepare(sql, args).await?;
                self.client.query_raw(&statement, args.iter().map(argument)).await
            };
            let mut rows = pin!(in_time(rows).await?);
            while let Some(row) = in_time(rows.try_next()).await? {
                match each(&Row::postgres(&row)) {
                    Ok(true) => {}
                    Ok(false) => return Ok(Ok(())),
                    Err(fault) => return Ok(Err(fault)),
                }
            }
            Ok(Ok(()))
        })?
    }

    /// Run a statement that writes; returns how many rows it changed.
    pub(crate) fn execute(&self, sql: &str, args: &[Param<'_>]) -> Result<u64, Fault> {
        self.told(in_time(async {
            let statement = self.prepare(sql, args).await?;
            let args: Vec<_> = args.iter().map(argument).collect();
            self.client.execute(&statement, &args).await
        }))
    }

    /// Run statements without parameters, separated by semicolons.
    pub(crate) fn batch(&self, sql: &str) -> Result<(), Fault> {
        self.told(in_time(self.client.batch_execute(sql)))
    }

    /// The same, however long it takes: for steps of the schema.
    pub(crate) fn long_batch(&self, sql: &str) -> Result<(), Fault> {
        self.told(async { self.client.batch_execute(sql).await.map_err(Problem::Driver) })
    }

    /// Begin a transaction. Each of its statements may run for `limit`.
    pub(crate) fn begin(&self, kind: Transaction, limit: Option<Duration>) -> Result<(), Fault> {
        self.failure.set(None);
        self.telling.set(None);
        let mut sql = String::from(match kind {
            Transaction::View => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Transaction::Job => "BEGIN ISOLATION LEVEL SERIALIZABLE",
            Transaction::Steps => "BEGIN ISOLATION LEVEL READ COMMITTED",
        });
        if let Some(limit) = limit {
            sql.push_str(&format!("; SET LOCAL statement_timeout = {}", limit.as_millis().max(1)));
        }
        self.is_open.set(true);
        self.batch(&sql)
    }

    /// End the transaction.
    pub(crate) fn commit(&self) -> Result<(), Fault> {
        self.batch("COMMIT")?;
        self.is_open.set(false);
        Ok(())
    }

    /// End the transaction without what it wrote. A connection that can't is not used again.
    pub(crate) fn roll_back(&self) {
        let failure = self.failure.get();
        if self.is_open.get() && !self.is_given_up.get() && self.batch("ROLLBACK").is_ok() {
            self.is_open.set(false);
        }
        self.failure.set(failure);
    }

    /// Write `lines` for other servers, with what the open transaction writes.
    pub(crate) fn tell(&self, lines: &str) -> Result<(), Fault> {
        let stream = match self.stream.get() {
            Some(stream) if stream.is_usable() => stream,
            _ => Stream::new(self.new_stream()?),
        };
        let told = stream.next();
        self.telling.set(Some(told));
        let sql = "INSERT INTO change (stream, n, lines) VALUES ($1, $2, $3)";
        self.execute(sql, crate::args![told.id, told.n, lines]).map(|_| ())
    }

    /// Make a stream by itself.
    pub(crate) fn open_stream(&self) -> Result<Stream, Fault> {
        self.start();
        self.new_stream().map(Stream::new)
    }

    /// Before a statement that is a transaction of its own.
    pub(crate) fn start(&self) {
        self.failure.set(None);
    }

    /// Write a group in one transaction and one round trip: statements with an argument each, and `lines` as the
    /// row of the stream that `told` is after it.
    pub(crate) fn write_group(
        &self,
        statements: &[(&'static str, String)],
        told: Stream,
        lines: &str,
    ) -> Result<(), Fault> {
        self.failure.set(None);
        let change = "INSERT INTO change (stream, n, lines) VALUES ($1, $2, $3)";
        let change_args = crate::args![told.id, told.n, lines];
        self.is_open.set(true);
        self.told(in_time(async {
            let mut prepared = Vec::with_capacity(statements.len());
            for (sql, rows) in statements {
                prepared.push((self.prepare(sql, crate::args![rows]).await?, Param::from(rows)));
            }
            let change = self.prepare(change, change_args).await?;
            let change_args: Vec<_> = change_args.iter().map(argument).collect();
            // Polled in this order, they are sent in this order, without waiting for answers in between.
            let rows = prepared.iter().map(|(statement, rows)| async move {
                self.client.execute(statement, &[argument(rows)]).await
            });
            let (begun, wrote, change, ended) = futures_util::join!(
                self.client.batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED"),
                futures_util::future::join_all(rows),
                self.client.execute(&change, &change_args),
                self.client.batch_execute("COMMIT"),
            );
            begun?;
            for rows in wrote {
                rows?;
            }
            // Where a statement failed, COMMIT rolls back and says nothing.
            change?;
            ended
        }))?;
        self.is_open.set(false);
        Ok(())
    }

    /// Is the last row of this stream there?
    pub(crate) fn has_change(&self, told: Stream) -> bool {
        self.roll_back();
        let mut is_there = false;
        let sql = "SELECT 1 FROM change WHERE stream = $1 AND n = $2";
        let asked = self.query(sql, crate::args![told.id, told.n], |_| {
            is_there = true;
            Ok(false)
        });
        asked.is_ok() && is_there
    }

    fn new_stream(&self) -> Result<i64, Fault> {
        // The row of the sequence is locked until the end, so streams become visible in the order of their ids.
        let sql = "WITH next AS (UPDATE stream_sequence SET last = last + 1 RETURNING last)
                   INSERT INTO stream (id) SELECT last FROM next RETURNING id";
        let mut id = None;
        self.query(sql, &[], |row| {
            id = Some(row.get(0)?);
            Ok(false)
        })?;
        id.ok_or_else(|| Fault::database("no stream_sequence"))
    }

    /// What was [told](Session::tell) is committed.
    pub(crate) fn told_committed(&self) {
        if let Some(told) = self.telling.take() {
            self.stream.set(Some(told));
        }
    }

    /// What went wrong since the transaction began.
    pub(crate) fn failure(&self) -> Option<Failure> {
        self.failure.get()
    }

    /// Can it not be used for another transaction?
    pub(crate) fn is_broken(&self) -> bool {
        self.is_given_up.get() || self.is_open.get() || self.client.is_closed()
    }

    async fn prepare(
        &self,
        sql: &str,
        args: &[Param<'_>],
    ) -> Result<Statement, tokio_postgres::Error> {
        let is_null = |arg: &Param<'_>| matches!(arg, Param::Null);
        let nulls = (0..).zip(args).filter(|(_, arg)| is_null(arg));
        let nulls = nulls.fold(0, |mask: u128, (nth, _)| mask | 1_u128.wrapping_shl(nth));
        let known = |prepared: &HashMap<String, Vec<(u128, Statement)>>| {
            let prepared = prepared.get(sql)?.iter().find(|(mask, _)| *mask == nulls)?;
            Some(prepared.1.clone())
        };
        if let Some(statement) = known(&self.statements.borrow()) {
            return Ok(statement);
        }
        let types: Vec<Type> = args
            .iter()
            .map(|arg| match arg {
                Param::Null => Type::UNKNOWN,
                Param::Int(_) => Type::INT8,
                Param::Text(_) => Type::TEXT,
            })
            .collect();
        let statement = self.client.prepare_typed(sql, &types).await?;
        let mut statements = self.statements.borrow_mut();
        if statements.len() >= STATEMENTS {
            statements.clear();
        }
        statements.entry(sql.to_owned()).or_default().push((nulls, statement.clone()));
        Ok(statement)
    }

    /// Wait for an answer of the database.
    fn told<T>(&self, answer: impl Future<Output = Result<T, Problem>>) -> Result<T, Fault> {
        wait(&self.runtime, answer).map_err(|problem| {
            let (failure, fault) = match problem {
                Problem::Driver(error) => judge(&error),
                Problem::Slow => {
                    // Its answers would be taken for those of later statements.
                    self.is_given_up.set(true);
                    (Failure::Lost, Fault::database("the database did not answer in time"))
                }
            };
            // The first one says why; later ones say that the transaction is over.
            if self.failure.get().is_none() {
                self.failure.set(Some(failure));
            }
            fault
        })
    }
}

/// An argument as the driver takes it.
fn argument<'a>(arg: &'a Param<'_>) -> &'a (dyn ToSql + Sync) {
    arg
}
