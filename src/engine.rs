//! What operations run on: storage, services, and the places of each kind of work.

use crate::db::Db;
use crate::health::Health;
use crate::op::Places;
use crate::services::Services;
use std::sync::Arc;

/// Shared by all requests.
pub struct Engine {
    /// Storage.
    pub db: Db,
    /// What operations use besides.
    pub services: Arc<Services>,
    /// Whether it can be of use.
    pub health: Health,
    pub(crate) places: Arc<Places>,
}

impl Engine {
    /// Join a database and the services.
    pub fn new(db: Db, services: Arc<Services>) -> Self {
        Engine { db, services, health: Health::default(), places: Arc::new(Places::new()) }
    }

    /// Run statements that remove what has expired: each deletes rows that ended before `$1`, in
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
