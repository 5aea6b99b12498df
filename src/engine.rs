//! The engine: registry, storage and services, joined.

use crate::boards::Shared;
use crate::clock::Clock;
use crate::config::Config;
use crate::db::{Db, OpenError};
use crate::files::Files;
use crate::op::{Places, Registry};
use crate::services::Services;
use crate::sms::Outbox;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

/// What the program that embeds the engine brings to it.
#[derive(Default)]
pub struct Program {
    /// Its operations.
    pub registry: Registry,
    /// The steps of its database schema, oldest first; a step once released is never edited.
    pub schema: &'static [&'static str],
    /// Its documents: path shims to its operations.
    pub documents: Vec<crate::document::Document>,
    /// Where envelopes are posted, besides `/api`.
    pub endpoints: &'static [&'static str],
    /// What `/` answers where no folder of pages is configured.
    pub home: &'static str,
}

/// Everything that a request needs, shared by all of them.
pub struct Engine {
    /// The operations.
    pub registry: Registry,
    /// Storage.
    pub db: Db,
    /// What operations use besides.
    pub services: Arc<Services>,
    pub(crate) places: Arc<Places>,
}

/// Why the engine could not start. Each is one line for the operator.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A folder of ours can't be made or written.
    #[error("{0}: {1}")]
    Folder(PathBuf, std::io::Error),
    /// The database can't be opened.
    #[error(transparent)]
    Database(#[from] OpenError),
    /// The address can't be listened on.
    #[error("listen: {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
    /// Two rows answer the same path and method, or a path is not one.
    #[error(transparent)]
    Route(#[from] crate::http::RouteError),
    /// The folder of pages can't be served.
    #[error("web.dir: {0}: {1}")]
    Pages(PathBuf, std::io::Error),
    /// The system refused something that every server needs.
    #[error("{0}")]
    System(#[from] std::io::Error),
}

/// Make the services that `config` describes. `public_url` is what URLs begin with where the
/// configuration does not say.
pub fn services(config: Config, public_url: String) -> Result<Services, StartError> {
    let folder = config.data_dir.clone();
    let at = |path: PathBuf| move |error| StartError::Folder(path, error);
    std::fs::create_dir_all(&folder).map_err(at(folder.clone()))?;
    let pictures = folder.join("pictures");
    let files = Files::open(pictures.clone()).map_err(at(pictures))?;
    let outbox = folder.join("outbox.jsonl");
    let sms = Outbox::open(&outbox).map_err(at(outbox))?;
    Ok(Services {
        public_url: config.public_url.clone().unwrap_or(public_url),
        clock: Clock::new(config.timezone.clone()),
        files,
        boards: Shared::default(),
        sms: Box::new(sms),
        config,
    })
}

impl Engine {
    /// Join a registry, a database and the services.
    pub fn new(registry: Registry, db: Db, services: Arc<Services>) -> Self {
        Engine { registry, db, services, places: Arc::new(Places::new()) }
    }

    /// Remove what has expired: sessions, codes, and what else the handlers registered.
    pub fn sweep(&self) {
        let sweeps = self.registry.sweeps().to_vec();
        let swept = self.db.write(move |tx| {
            let now = tx.clock.now();
            sweeps.iter().try_fold(0, |rows, sql| Ok(rows + tx.execute(sql, crate::args![now])?))
        });
        match swept {
            Ok(rows) => tracing::debug!(rows, "expired rows were removed"),
            Err(fault) => tracing::warn!(cause = ?fault.cause(), "expired rows were not removed"),
        }
    }
}
