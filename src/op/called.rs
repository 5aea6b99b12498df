//! A call of an operation, which is counted when it ends.

use super::{Answer, RegisteredOp};
use crate::fault::Fault;
use crate::metrics::CallTimer;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// A call. Most have ended at once: those cost no future.
#[must_use = "a call that is under way has to be awaited"]
pub enum Called<'e> {
    /// It has ended.
    Ready(Result<Answer, Fault>),
    /// It is queued or running elsewhere.
    Later(RunningCall<'e>),
}

/// A call under way. Dropping this leaves it to run whole, or not at all if it has not begun; and it is
/// counted as one whose client left.
#[must_use = "a call that is under way has to be awaited"]
pub struct RunningCall<'e> {
    pub(super) entry: &'e RegisteredOp,
    pub(super) counted: Option<CallTimer<'e>>,
    pub(super) future: Pin<Box<dyn Future<Output = Result<Answer, Fault>> + Send>>,
}

impl Future for RunningCall<'_> {
    type Output = Result<Answer, Fault>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let result = ready!(self.future.as_mut().poll(cx));
        if let Some(counted) = self.counted.take() {
            self.entry.end(counted, result.as_ref().err());
        }
        Poll::Ready(result)
    }
}
