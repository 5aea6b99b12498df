//! PostgreSQL storage: many servers on one database.
//!
//! A job is a transaction on a connection of a pool, SERIALIZABLE, and run again where the database
//! refuses it because of another one. There is no writer thread: the database orders what several
//! servers write.

mod answer;
mod attempt;
mod follow;
mod group;
mod ids;
mod pool;
mod schema;
mod session;
mod stream;
mod tables;
mod target;
mod transfer;
mod types;

pub(crate) use pool::Sessions;
pub(crate) use session::{Session, Transaction};
pub(crate) use transfer::{ServerExporter, ServerImport};

use crate::db::view::View;
use crate::db::{LoadBoards, OpenError, Schema, Tx};
use crate::fault::{Fault, caught};
use crate::metrics::RefusalReason;
use crate::services::Services;
use follow::Follower;
use group::GroupWriter;
pub(crate) use ids::Ids;
use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

/// The most jobs that may wait for a connection. Above it the server answers "busy", because jobs would
/// wait longer than clients do.
const WAITING: usize = 2048;

/// Says that a server is there, by its name.
pub(crate) const SIGN_OF_LIFE: &str = "INSERT INTO node (id, seen_at)
     VALUES ($1, extract(epoch FROM clock_timestamp())::bigint)
     ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at";

/// A connection of the pool.
pub(crate) type Pooled = r2d2::PooledConnection<Sessions>;

/// An open database.
pub(crate) struct Postgres {
    pool: r2d2::Pool<Sessions>,
    services: Arc<Services>,
    sessions: Sessions,
    /// Writes what jobs defer that need no connection. `None` once it was closed.
    groups: Option<GroupWriter>,
    ids: Arc<Ids>,
    /// Keeps the boards as other servers change them.
    follower: OnceLock<Follower>,
    /// Jobs that run or wait.
    jobs: Arc<AtomicUsize>,
    /// Runs the connections and the jobs. `None` once it was shut down.
    runtime: Option<Runtime>,
}

impl Postgres {
    /// Connect to the database at `url`, and bring it up to `schema`.
    pub(crate) fn open(
        url: &str,
        services: &Arc<Services>,
        schema: &Schema,
    ) -> Result<Self, OpenError> {
        let refused = |problem: String| OpenError::Remote(problem);
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let connections = 2 * cores + 8;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .max_blocking_threads(connections)
            .thread_name("postgres")
            .enable_all()
            .build()
            .map_err(|error| refused(error.to_string()))?;
        let target = target::Target::parse(url, services.config.database.ca_file.as_deref())
            .map_err(refused)?;
        let sessions = Sessions::new(target, runtime.handle().clone());
        let pool = pool::open(sessions.clone(), u32::try_from(connections).unwrap_or(64))
            .map_err(refused)?;
        let groups = GroupWriter::start(sessions.clone(), Arc::clone(services), schema.deferred)
            .map_err(|error| refused(error.to_string()))?;
        let ids = Arc::new(Ids::new(sessions.clone()));
        let database = Postgres {
            pool,
            sessions,
            groups: Some(groups),
            ids,
            follower: OnceLock::new(),
            services: Arc::clone(services),
            jobs: Arc::default(),
            runtime: Some(runtime),
        };
        schema::prepare(&database, schema)?;
        Ok(database)
    }

    /// A view; its statements may run for `limit` each.
    pub(crate) fn view<'a>(&'a self, services: &'a Services, limit: Option<Duration>) -> View<'a> {
        View::over_sessions(&self.pool, services, limit)
    }

    /// Build the boards by `load`, and follow what other servers write from there on.
    pub(crate) fn load_boards(&self, load: LoadBoards) -> Result<(), Fault> {
        let follower = Follower::start(self.sessions.clone(), &self.pool, &self.services, load)?;
        let _ = self.follower.set(follower);
        Ok(())
    }

    /// For how long the boards have not been known to be up to date.
    pub(crate) fn lag(&self) -> Duration {
        self.follower.get().map_or(Duration::ZERO, Follower::lag)
    }

    /// How many connections of the pool are used, and how many are not.
    pub(crate) fn connections(&self) -> (u32, u32) {
        let state = self.pool.state();
        (state.connections.saturating_sub(state.idle_connections), state.idle_connections)
    }

    /// How many servers use the database.
    pub(crate) fn nodes(&self) -> u32 {
        self.follower.get().map_or(1, Follower::nodes)
    }

    /// Is this machine's clock too far from the database's?
    pub(crate) fn is_clock_off(&self) -> bool {
        self.follower.get().is_some_and(Follower::is_clock_off)
    }

    /// Run `work` in a transaction on another thread.
    pub(crate) fn submit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx) -> Result<T, Fault> + Clone + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T, Fault>>, Fault> {
        let Some(runtime) = &self.runtime else { return Err(Fault::database("it was closed")) };
        let (answer, receiver) = oneshot::channel();
        // A score of a known player needs no connection. The first statement tells those apart that do.
        let mut tx = Tx::new(View::detached(Arc::clone(&self.services)));
        let first = work.clone();
        let result = caught(|| first(&mut tx));
        if let Some(groups) = &self.groups
            && let Some(parts) = tx.into_parts()
        {
            match result {
                Ok(done) => {
                    let tell = move |lost: Option<&Fault>| {
                        let _ = answer.send(lost.map_or(Ok(done), |fault| Err(fault.clone())));
                    };
                    groups.submit(parts, Box::new(tell)).inspect_err(|_| {
                        self.services.metrics.refused(RefusalReason::QueueFull);
                    })?;
                }
                // Nothing of it is kept.
                Err(fault) => {
                    let _ = answer.send(Err(fault));
                }
            }
            return Ok(receiver);
        }
        if self.jobs.fetch_add(1, Ordering::Relaxed) >= WAITING {
            self.jobs.fetch_sub(1, Ordering::Relaxed);
            self.services.metrics.refused(RefusalReason::QueueFull);
            return Err(Fault::Busy);
        }
        let (pool, services) = (self.pool.clone(), Arc::clone(&self.services));
        let ids = Arc::clone(&self.ids);
        let jobs = Arc::clone(&self.jobs);
        runtime.spawn_blocking(move || {
            let result = attempt::run(&pool, &services, &ids, work);
            jobs.fetch_sub(1, Ordering::Relaxed);
            // The receiver may be gone: a client that disconnected does not undo its request.
            let _ = answer.send(result);
        });
        Ok(receiver)
    }
}

/// What the server behind `database.url` is, and the step of the schema of its tables; `None` if there are none.
pub(crate) fn look(url: &str, ca_file: Option<&Path>) -> Result<(String, Option<i64>), String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let target = target::Target::parse(url, ca_file)?;
    let sessions = Sessions::new(target, runtime.handle().clone());
    let session = r2d2::ManageConnection::connect(&sessions).map_err(|error| error.to_string())?;
    schema::look(&session)
}

/// A connection in the transaction of a view. One that was lost while nobody used it is replaced.
pub(crate) fn begin_view(
    pool: &r2d2::Pool<Sessions>,
    limit: Option<Duration>,
) -> Result<Pooled, Fault> {
    const TRIES: usize = 3;
    for _ in 0..TRIES {
        let Ok(session) = pool.get() else { break };
        match session.begin(Transaction::View, limit) {
            Ok(()) => return Ok(session),
            Err(_) if session.is_broken() => {}
            Err(fault) => return Err(fault),
        }
    }
    tracing::warn!("all connections to the database are in use, or it is away");
    Err(Fault::Busy)
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Their connections need the runtime.
        drop(self.groups.take());
        drop(self.follower.take());
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
