//! A job: work for the writer, and how its result is returned.

use crate::db::tx::Tx;
use crate::fault::Fault;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tokio::sync::oneshot;

/// A job, with its types erased.
pub(crate) trait Job: Send {
    /// Do the work; `false` if it ended in a fault and must be rolled back.
    fn run(&mut self, tx: &mut Tx) -> bool;
    /// Send the result to the caller, or the fault by which the whole group was lost.
    fn answer(self: Box<Self>, lost: Option<&Fault>);
}

pub(crate) struct QueuedJob<W, T> {
    work: Option<W>,
    result: Result<T, Fault>,
    answer: oneshot::Sender<Result<T, Fault>>,
}

impl<W, T> QueuedJob<W, T> {
    /// A job, and the channel its result is sent to.
    pub(crate) fn new(work: W) -> (Self, oneshot::Receiver<Result<T, Fault>>) {
        let (answer, receiver) = oneshot::channel();
        let result = Err(Fault::unknown("the job never ran"));
        (QueuedJob { work: Some(work), result, answer }, receiver)
    }
}

impl<W, T> Job for QueuedJob<W, T>
where
    W: FnOnce(&mut Tx) -> Result<T, Fault> + Send,
    T: Send,
{
    fn run(&mut self, tx: &mut Tx) -> bool {
        if let Some(work) = self.work.take() {
            self.result = catch_unwind(AssertUnwindSafe(|| work(tx)))
                .unwrap_or_else(|_| Err(Fault::panicked()));
        }
        self.result.is_ok()
    }

    fn answer(self: Box<Self>, lost: Option<&Fault>) {
        let result = match lost {
            Some(fault) => Err(fault.clone()),
            None => self.result,
        };
        // The receiver may be gone: a client that disconnected does not undo its request.
        let _ = self.answer.send(result);
    }
}
