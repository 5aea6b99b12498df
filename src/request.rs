//! A request's id: what ties a line of the log to an answer.

use crate::fault::Fault;
use crate::op::Name;
use std::fmt;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Names one request in the log. Never the client's own: those may repeat, or be made to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestId(u64);

impl RequestId {
    /// One that this process has not used, nor, in all likelihood, an earlier one.
    pub fn next() -> Self {
        // The upper half is this process's own, the lower half counts.
        static FIRST: LazyLock<u64> = LazyLock::new(|| u64::from(rand::random::<u32>()) << 32);
        static COUNT: AtomicU64 = AtomicU64::new(0);
        RequestId(FIRST.wrapping_add(COUNT.fetch_add(1, Ordering::Relaxed)))
    }

    /// Log a fault: what is ours as an error with its cause, what is the client's only when asked
    /// for. The fault's detail names keys, never values, so no secret gets in.
    pub fn log(self, name: Name, fault: &Fault) {
        let operation = OpName(name);
        match fault {
            _ if fault.cause().is_some() => {
                let cause = fault.cause().map(ToString::to_string);
                tracing::error!(request = %self, %operation, cause, "the operation failed");
            }
            Fault::Busy => tracing::warn!(request = %self, %operation, "busy"),
            _ => {
                let detail = fault.detail();
                tracing::debug!(request = %self, %operation, detail = ?detail, "refused");
            }
        }
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// An operation's name, as the log has it.
pub(crate) struct OpName(pub(crate) Name);

impl fmt::Display for OpName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.0.0, self.0.1)
    }
}
