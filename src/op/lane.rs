//! Lanes: what kind of work an operation is, and so where it runs.
//!
//! | lane | for | where |
//! | --- | --- | --- |
//! | [`Read`] | reads of single rows and of memory; under about 50 µs | at once, on the async worker |
//! | [`Write`] | everything that changes rows | on the writer's thread, in a group |
//! | [`Work`] | hashing, drawing, gateways, long scans | blocking threads, a limited number per class of work |

use super::{Called, Op, Reply, WorkClass};
use crate::caller::{Caller, Credentials};
use crate::client::Client;
use crate::db::{Db, Tx, View, WriteRun, writer_gone};
use crate::engine::Engine;
use crate::fault::{Fault, caught};
use crate::services::Services;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

/// Where an operation runs. The three lanes below are the only ones.
pub trait Lane: sealed::Sealed + Sized {
    /// What the operation works with.
    type Context<'a>;

    /// Are its operations refused while less disk space is free than is kept in reserve? An
    /// operation can override this ([`Op::NEEDS_SPACE`]).
    const NEEDS_SPACE: bool = true;
    /// Do its operations change something? The answer of such an operation must not be withheld as
    /// if nothing had been done.
    const CHANGES: bool = false;
    /// Can its operations write to the database?
    const MAY_WRITE: bool = true;
    /// Is each of its operations one job of the writer's?
    const IS_ONE_WRITE: bool = false;

    /// Prove the caller and run `op` in this lane. With a `run` a write is queued together with others, by the caller.
    fn dispatch<O: Op<Lane = Self>>(
        engine: &Arc<Engine>,
        op: O,
        credentials: Credentials,
        run: Option<&mut WriteRun>,
    ) -> Called<'static>;
}

/// Short reads, run at once.
pub struct Read;

impl Lane for Read {
    type Context<'a> = &'a View<'a>;
    const NEEDS_SPACE: bool = false;
    const MAY_WRITE: bool = false;

    fn dispatch<O: Op<Lane = Self>>(
        engine: &Arc<Engine>,
        op: O,
        credentials: Credentials,
        _: Option<&mut WriteRun>,
    ) -> Called<'static> {
        let run = move |engine: &Engine| {
            let view = engine.db.view();
            let caller = O::Caller::prove(&view, &credentials, O::NAME)?;
            op.run(&view, caller).map(Reply::answer)
        };
        if !engine.db.is_remote() {
            return Called::Ready(caught(|| run(engine)));
        }
        // It may wait for an answer from elsewhere.
        let engine = Arc::clone(engine);
        let done = spawn_blocking(move || caught(|| run(&engine)));
        Called::later(Box::pin(
            async move { done.await.unwrap_or_else(|_| Err(Fault::panicked())) },
        ))
    }
}

/// Changes of rows. The caller is proven in the same transaction.
pub struct Write;

impl Lane for Write {
    type Context<'a> = &'a mut Tx;
    const CHANGES: bool = true;
    const IS_ONE_WRITE: bool = true;

    fn dispatch<O: Op<Lane = Self>>(
        engine: &Arc<Engine>,
        op: O,
        credentials: Credentials,
        run: Option<&mut WriteRun>,
    ) -> Called<'static> {
        let queued = engine.db.submit_in(run, move |tx| {
            let caller = O::Caller::prove(tx, &credentials, O::NAME)?;
            op.run(tx, caller)
        });
        match queued {
            Err(fault) => Called::Ready(Err(fault)),
            Ok(answer) => Called::later(Box::pin(async move {
                answer.await.unwrap_or_else(|_| Err(writer_gone())).map(Reply::answer)
            })),
        }
    }
}

/// Work that would hold up other requests. It runs on a blocking thread; each work class has a
/// limited number of permits, and client addresses take turns. A request that would wait too long
/// is refused with [`Fault::Busy`]; one whose address has too many requests in the queue, with
/// [`Fault::TooManyAttempts`].
pub struct Work<K>(PhantomData<K>);

impl<K: WorkClass> Lane for Work<K> {
    type Context<'a> = &'a WorkContext;

    fn dispatch<O: Op<Lane = Self>>(
        engine: &Arc<Engine>,
        op: O,
        credentials: Credentials,
        _: Option<&mut WriteRun>,
    ) -> Called<'static> {
        let client = credentials.client;
        let context = WorkContext { engine: Arc::clone(engine), client };
        Called::later(Box::pin(async move {
            let engine = Arc::clone(&context.engine);
            let work = move || {
                // The caller is proven before the work begins, so that a junk token costs none.
                let caller = context.read(|view| O::Caller::prove(view, &credentials, O::NAME))?;
                op.run(&context, caller).map(Reply::answer)
            };
            engine.workers.run::<K, _>(&engine.services.metrics, &client, work).await
        }))
    }
}

/// How long the statements of one view may run in the [`Work`] lane. It is the last bound of a
/// search, which normally takes milliseconds.
const READ_TIME: Duration = Duration::from_secs(5);

/// What an operation in the [`Work`] lane works with. It reads and writes as needed, and holds
/// neither a view nor a place in the writer's queue in between.
pub struct WorkContext {
    engine: Arc<Engine>,
    client: Client,
}

impl WorkContext {
    /// Read in one consistent view.
    pub fn read<T>(&self, read: impl FnOnce(&View) -> Result<T, Fault>) -> Result<T, Fault> {
        read(&self.engine.db.view_with_timeout(READ_TIME))
    }

    /// Write, and wait for the COMMIT.
    pub fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx) -> Result<T, Fault> + Clone + Send + 'static,
    ) -> Result<T, Fault> {
        self.engine.db.write(work)
    }

    /// Do a part of the work that belongs to another work class, with a permit of that class, and
    /// wait for it. `Busy` if that would take too long. The operation keeps its own permit
    /// meanwhile, so work of class `K` must not wait for a permit of this class.
    pub fn within<K: WorkClass, T: Send + 'static>(
        &self,
        part: impl FnOnce() -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let Engine { workers, services, .. } = &*self.engine;
        Handle::current().block_on(workers.run::<K, T>(&services.metrics, &self.client, part))
    }

    /// The database, for functions that commands call too.
    pub fn db(&self) -> &Db {
        &self.engine.db
    }

    /// Who asks, as limits count it.
    pub fn client(&self) -> Client {
        self.client
    }

    /// The services, to keep beyond the operation.
    pub fn services(&self) -> Arc<Services> {
        Arc::clone(&self.engine.services)
    }
}

impl Deref for WorkContext {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.engine.services
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Read {}
    impl Sealed for super::Write {}
    impl<K> Sealed for super::Work<K> {}
}
