//! A unit of work for the writer, and how its asker is answered.

use crate::db::tx::Tx;
use crate::fault::Fault;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tokio::sync::oneshot;

/// A unit of work, its type forgotten.
pub(crate) trait Job: Send {
    /// Do the work; `false` if it ended in a fault and its writes are to be taken back.
    fn run(&mut self, tx: &mut Tx) -> bool;
    /// Tell whoever asked: the work's own answer, or why the group was lost.
    fn answer(self: Box<Self>, lost: Option<&Fault>);
}

pub(crate) struct QueuedJob<W, T> {
    work: Option<W>,
    result: Result<T, Fault>,
    answer: oneshot::Sender<Result<T, Fault>>,
}

impl<W, T> QueuedJob<W, T> {
    /// Work, and where its answer comes out.
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
        // Nobody may be listening: a client that left does not undo what it asked for.
        let _ = self.answer.send(result);
    }
}
