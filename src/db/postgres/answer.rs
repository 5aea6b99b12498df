//! Waiting for an answer of the database, and what an error means.

use super::pool::describe;
use crate::fault::Fault;
use std::future::Future;
use std::time::Duration;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;
use tokio::time::timeout;
use tokio_postgres::error::SqlState;

/// How long an answer of the database may take. A standby that must confirm a COMMIT and is gone would hold it up for
/// ever: the connection is given up then, and the end of the COMMIT is not known.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// What an error means for the transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It was refused because of another transaction: it can be run again.
    Conflict,
    /// The connection was lost.
    Lost,
    /// Anything else.
    Other,
}

/// Why there is no answer.
pub(crate) enum Problem {
    /// The driver or the database says why.
    Driver(tokio_postgres::Error),
    /// It did not come in time.
    Slow,
}

impl From<tokio_postgres::Error> for Problem {
    fn from(error: tokio_postgres::Error) -> Self {
        Problem::Driver(error)
    }
}

/// An answer, if it comes in time.
pub(crate) async fn in_time<T>(
    answer: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, Problem> {
    match timeout(PATIENCE, answer).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(Problem::Slow),
    }
}

/// What an error means.
pub(crate) fn judge(error: &tokio_postgres::Error) -> (Failure, Fault) {
    let fault = || Fault::database(describe(error));
    let Some(code) = error.code() else {
        let is_lost = error.is_closed() || error.as_db_error().is_none();
        return (if is_lost { Failure::Lost } else { Failure::Other }, fault());
    };
    match code {
        &SqlState::T_R_SERIALIZATION_FAILURE
        | &SqlState::T_R_DEADLOCK_DETECTED
        // Another transaction was faster; at a second look the row is there.
        | &SqlState::UNIQUE_VIOLATION => (Failure::Conflict, fault()),
        &SqlState::QUERY_CANCELED => {
            tracing::warn!("a query took too long and was interrupted");
            (Failure::Other, Fault::Busy)
        }
        &SqlState::TOO_MANY_CONNECTIONS | &SqlState::CONFIGURATION_LIMIT_EXCEEDED => {
            (Failure::Other, Fault::Busy)
        }
        code if code.code().starts_with("57P") || code.code().starts_with("08") => {
            (Failure::Lost, fault())
        }
        _ => (Failure::Other, fault()),
    }
}

/// Wait for a future on this thread. A thread that serves requests hands them to another one first.
pub(crate) fn wait<T>(runtime: &Handle, future: impl Future<Output = T>) -> T {
    let serves = Handle::try_current()
        .is_ok_and(|handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread);
    if serves { block_in_place(|| runtime.block_on(future)) } else { runtime.block_on(future) }
}
