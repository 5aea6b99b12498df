//! An operation in progress.

use super::{Answer, RegisteredOp};
use crate::fault::Fault;
use crate::metrics::CallTimer;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// An operation in progress. Most have ended at once: those cost no future.
#[must_use = "an operation in progress has to be awaited"]
pub enum Called<'e> {
    /// It has ended.
    Ready(Result<Answer, Fault>),
    /// It is queued or running elsewhere.
    Later(RunningCall<'e>),
}

/// What an operation comes to.
type Outcome = Pin<Box<dyn Future<Output = Result<Answer, Fault>> + Send>>;

/// An operation that is queued or running elsewhere. Dropping this leaves it to run whole, or not at all if it
/// has not begun; and it is counted as one whose client left.
#[must_use = "an operation in progress has to be awaited"]
pub struct RunningCall<'e> {
    /// Where it is counted when it ends.
    counted: Option<(&'e RegisteredOp, CallTimer<'e>)>,
    outcome: Outcome,
}

impl<'e> Called<'e> {
    /// It is queued or running elsewhere, and is not counted yet.
    pub(super) fn later(outcome: Outcome) -> Self {
        Called::Later(RunningCall { counted: None, outcome })
    }

    /// Count it as a call of `entry`: now if it has ended, or when it ends.
    pub(super) fn counted(self, entry: &'e RegisteredOp, timer: CallTimer<'e>) -> Self {
        match self {
            Called::Ready(result) => {
                entry.end(timer, result.as_ref().err());
                Called::Ready(result)
            }
            Called::Later(RunningCall { outcome, .. }) => {
                Called::Later(RunningCall { counted: Some((entry, timer)), outcome })
            }
        }
    }
}

impl Future for RunningCall<'_> {
    type Output = Result<Answer, Fault>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let result = ready!(self.outcome.as_mut().poll(cx));
        if let Some((entry, timer)) = self.counted.take() {
            entry.end(timer, result.as_ref().err());
        }
        Poll::Ready(result)
    }
}
