//! Reading the configuration again while the server runs, as SIGHUP asks.
//!
//! What the log writes changes at once: `log.level` and `log.requests`. Everything else is used in too
//! many places to change under requests that are being answered; it waits for a restart, and the log
//! says so.

use crate::config::{Config, ConfigError};
use crate::log;

/// How the configuration is read.
pub type Load = Box<dyn Fn() -> Result<Config, ConfigError> + Send + Sync>;

/// The configuration that a server runs with.
pub(crate) struct Reload {
    load: Load,
    current: Config,
}

impl Reload {
    /// A server runs with `current`, which `load` has read.
    pub(crate) fn new(current: Config, load: Load) -> Self {
        Reload { load, current }
    }

    /// Read it again. One that can't be read changes nothing.
    pub(crate) fn again(&mut self) {
        let new = match (self.load)() {
            Ok(new) => new,
            Err(error) => {
                return tracing::error!(
                    %error,
                    "SIGHUP: the configuration can't be read; the old one stays in use"
                );
            }
        };
        let mut applied = Vec::new();
        let (old, wanted) = (&mut self.current.log, &new.log);
        if old.level != wanted.level {
            old.level = wanted.level;
            applied.push("log.level");
        }
        if old.requests != wanted.requests {
            old.requests = wanted.requests;
            applied.push("log.requests");
        }
        log::change(&self.current.log);
        let waiting = self.current.changes(&new);
        tracing::info!(
            applied = %list(&applied),
            needs_restart = %list(&waiting),
            "SIGHUP: the configuration was read again"
        );
    }
}

fn list(names: &[&str]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}
