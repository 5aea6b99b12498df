//! The pool of connections.

use super::session::Session;
use super::target::Target;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;

/// How long a request waits for a free connection.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Opens connections to one database.
#[derive(Debug, Clone)]
pub(crate) struct Sessions {
    target: Arc<Target>,
    runtime: Handle,
}

impl Sessions {
    /// Connections to `target`, which are driven by `runtime`.
    pub(crate) fn new(target: Target, runtime: Handle) -> Self {
        Sessions { target: Arc::new(target), runtime }
    }
}

/// A pool of at most `most` connections. One is opened now; the error says why that failed.
pub(crate) fn open(sessions: Sessions, most: u32) -> Result<r2d2::Pool<Sessions>, String> {
    // Tried once by itself, because the pool would try again and again before it tells why.
    r2d2::ManageConnection::connect(&sessions).map_err(|error| error.to_string())?;
    r2d2::Pool::builder()
        .max_size(most)
        .min_idle(Some(1))
        .connection_timeout(TIMEOUT)
        // A connection that is used keeps its statements and its stream.
        .max_lifetime(None)
        .idle_timeout(None)
        .error_handler(Box::new(Unlogged))
        .build(sessions)
        .map_err(|error| error.to_string())
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PoolError {
    /// It was lost while nobody used it.
    #[error("the connection was lost")]
    Lost,
    /// The server does not answer.
    #[error("the database did not answer in time")]
    Slow,
    /// It can't be made.
    #[error("{}", describe(.0))]
    Connect(#[from] tokio_postgres::Error),
}

/// What an error says, with its causes: the driver's own texts are as short as "db error".
pub(crate) fn describe(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

/// A connection that can't be made is told by whoever waits for it.
#[derive(Debug)]
struct Unlogged;

impl r2d2::HandleError<PoolError> for Unlogged {
    fn handle_error(&self, error: PoolError) {
        tracing::debug!(%error, "no connection to the database");
    }
}

impl r2d2::ManageConnection for Sessions {
    type Connection = Session;
    type Error = PoolError;

    fn connect(&self) -> Result<Session, PoolError> {
        let target = Arc::clone(&self.target);
        Session::open(self.runtime.clone(), async move { target.connect().await })
    }

    /// Asks nobody: a connection that was lost meanwhile is known to be.
    fn is_valid(&self, session: &mut Session) -> Result<(), PoolError> {
        if session.is_broken() { Err(PoolError::Lost) } else { Ok(()) }
    }

    fn has_broken(&self, session: &mut Session) -> bool {
        session.is_broken()
    }
}
