//! What operations run on: storage, services, and the workers of each work class.

use crate::budget::Budget;
use crate::db::Db;
use crate::health::Health;
use crate::rate::RateLimiter;
use crate::services::Services;
use crate::workers::Workers;
use std::sync::Arc;

/// The memory for all request bodies and what is built from them, in bytes. A body is charged twice
/// its length: for its text, and for the fields copied out of it.
const BODIES: usize = 32 * 1024 * 1024;

/// The memory for all answers in progress that are longer than
/// [`SMALL_ANSWER`](crate::op::SMALL_ANSWER), in bytes.
const ANSWERS: usize = 40 * 1024 * 1024;

/// Shared by all requests.
pub struct Engine {
    /// Storage.
    pub db: Db,
    /// Everything else that operations use.
    pub services: Arc<Services>,
    /// The server's health.
    pub health: Health,
    pub(crate) workers: Arc<Workers>,
    /// Memory for bodies.
    pub(crate) bodies: Arc<Budget>,
    /// Memory for answers.
    pub(crate) answers: Arc<Budget>,
    /// How often clients have called operations, where that is limited.
    pub(crate) rate: RateLimiter,
}

impl Engine {
    /// Join a database and the services.
    pub fn new(db: Db, services: Arc<Services>) -> Self {
        let limits = &services.config.limits;
        // A quarter of it, one address's share, has room for the largest body.
        let bodies = BODIES.max(limits.max_body.saturating_mul(8));
        Engine {
            bodies: Arc::new(Budget::new(bodies)),
            answers: Arc::new(Budget::new(ANSWERS)),
            rate: RateLimiter::default(),
            db,
            services,
            health: Health::default(),
            workers: Arc::new(Workers::new()),
        }
    }

    /// How many operations a client may call in a minute here: its share of the limit, where several servers use
    /// the database. 0 for no limit.
    pub(crate) fn requests_per_minute(&self) -> u32 {
        self.services.config.limits.requests_per_minute.div_ceil(self.db.servers())
    }

    /// Run statements that delete expired rows. Each deletes rows that expired before `$1`, in
    /// seconds since 1970.
    pub fn sweep(&self, statements: &'static [&'static str]) {
        let swept = self.db.write(move |tx| {
            let now = tx.clock.steady();
            let run = |rows, sql: &&'static str| Ok(rows + tx.execute(sql, crate::args![now])?);
            statements.iter().try_fold(0, run)
        });
        match swept {
            Ok(rows) => tracing::debug!(rows, "expired rows were removed"),
            Err(fault) => tracing::warn!(cause = ?fault.cause(), "expired rows were not removed"),
        }
    }
}
