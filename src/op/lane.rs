//! Lanes: what kind of work an operation is, and so where it runs.
//!
//! | lane | for | where |
//! | --- | --- | --- |
//! | [`Read`] | point reads, what is in memory; under about 50 µs | at once, on the async worker |
//! | [`Write`] | all that changes rows | whole, on the writer's thread, in a group |
//! | [`Work`] | hashing, drawing, gateways, long scans | the blocking threads, so many of a kind at once |

use super::{Answer, Op, Reply, WorkClass};
use crate::caller::{Caller, Credentials};
use crate::client::Client;
use crate::db::{Tx, View, writer_gone};
use crate::engine::Engine;
use crate::fault::{Fault, caught};
use crate::services::Services;
use std::marker::PhantomData;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;

/// Where an operation runs. Closed: the three lanes below are all there are.
pub trait Lane: sealed::Sealed + Sized {
    /// What the operation is given to work with.
    type Context<'a>;

    /// Whether its operations are refused while the disk has no more free space than is kept in
    /// reserve, unless they say otherwise ([`Op::NEEDS_SPACE`]).
    const NEEDS_SPACE: bool = true;
    /// Is it the lane of operations that change something? The answer of such a one can't be withheld
    /// as if nothing had been done.
    const CHANGES: bool = false;

    /// Run `op` where it belongs, once its caller is proven.
    fn dispatch<O: Op<Lane = Self>>(
        engine: &Arc<Engine>,
        op: O,
        credentials: Credentials,
    ) -> Pending;
}

/// An operation under way.
pub enum Pending {
    /// It is done.
    Ready(Result<Answer, Fault>),
    /// It is queued or running elsewhere. Dropping this leaves it to run whole, or not at all if
    /// it has not begun.
    Later(Pin<Box<dyn Future<Output = Result<Answer, Fault>> + Send>>),
}

/// Short reads, run at once.
pub struct Read;

impl Lane for Read {
    type Context<'a> = &'a View<'a>;
    const NEEDS_SPACE: bool = false;

    fn dispatch<O: Op<Lane = Self>>(
        engine: &Arc<Engine>,
        op: O,
        credentials: Credentials,
    ) -> Pending {
        let view = engine.db.view();
        Pending::Ready(caught(|| {
            let caller = O::Caller::prove(&view, &credentials)?;
            op.run(&view, caller).map(Reply::answer)
        }))
    }
}

/// Whatever changes rows: run whole on the writer's thread, the caller proven in the same
/// transaction.
pub struct Write;

impl Lane for Write {
    type Context<'a> = &'a mut Tx;
    const CHANGES: bool = true;

    fn dispatch<O: Op<Lane = Self>>(
        engine: &Arc<Engine>,
        op: O,
        credentials: Credentials,
    ) -> Pending {
        let queued = engine.db.submit(move |tx| {
            let caller = O::Caller::prove(tx, &credentials)?;
            op.run(tx, caller)
        });
        match queued {
            Err(fault) => Pending::Ready(Err(fault)),
            Ok(answer) => Pending::Later(Box::pin(async move {
                answer.await.unwrap_or_else(|_| Err(writer_gone())).map(Reply::answer)
            })),
        }
    }
}

/// Work that would hold up others: run on a thread that may block, as many of a kind at once as
/// the kind allows, and client addresses in turn. A request that would have to wait too long is
/// refused with [`Fault::Busy`], and one of an address that has too many in the queue with
/// [`Fault::TooManyAttempts`].
pub struct Work<K>(PhantomData<K>);

impl<K: WorkClass> Lane for Work<K> {
    type Context<'a> = &'a WorkContext;

    fn dispatch<O: Op<Lane = Self>>(
        engine: &Arc<Engine>,
        op: O,
        credentials: Credentials,
    ) -> Pending {
        let client = credentials.client;
        let context = WorkContext { engine: Arc::clone(engine), client };
        Pending::Later(Box::pin(async move {
            let engine = Arc::clone(&context.engine);
            let work = move || {
                // The caller is proven before the work begins, so that a junk token costs none.
                let caller = context.read(|view| O::Caller::prove(view, &credentials))?;
                op.run(&context, caller).map(Reply::answer)
            };
            engine.workers.run::<K, _>(&engine.services.metrics, &client, work).await
        }))
    }
}

/// How long the statements of one view may run in the [`Work`] lane: the last bound of a search, which
/// takes milliseconds otherwise.
const READ_TIME: Duration = Duration::from_secs(5);

/// What an operation of the [`Work`] lane is given: it reads and writes as it needs, and holds
/// neither a view nor a place in the writer's queue in between.
pub struct WorkContext {
    engine: Arc<Engine>,
    client: Client,
}

impl WorkContext {
    /// Read through one consistent view.
    pub fn read<T>(&self, read: impl FnOnce(&View) -> Result<T, Fault>) -> Result<T, Fault> {
        read(&self.engine.db.view_with_timeout(READ_TIME))
    }

    /// Write, and wait for the COMMIT.
    pub fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        self.engine.db.write(work)
    }

    /// Do a part of the work that is of another kind, where and when that kind may be done, and wait
    /// for it: `Busy` if that would take too long. The operation's own place stays taken, so work of
    /// kind `K` must not wait for one.
    pub fn within<K: WorkClass, T: Send + 'static>(
        &self,
        part: impl FnOnce() -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let Engine { workers, services, .. } = &*self.engine;
        Handle::current().block_on(workers.run::<K, T>(&services.metrics, &self.client, part))
    }

    /// Who asks, as limits count it.
    pub fn client(&self) -> Client {
        self.client
    }

    /// The services, to be kept past the operation.
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
