//! Reading the configuration again while the server runs, as SIGHUP asks.
//!
//! What each request reads anew changes at once: limits, quotas, networks, secrets of games, what the log
//! writes. What the server opened or made room for at its start waits for a restart. The log names both
//! (`config::changes`).

use crate::config::{Changes, Config, ConfigError};
use crate::http;
use crate::http::endpoint::Handler;
use crate::log;
use crate::services::{self, Services};
use crate::tls;
use std::sync::{Arc, Weak};

/// How the configuration is read.
pub type Load = Box<dyn Fn() -> Result<Config, ConfigError> + Send + Sync>;

/// The configuration that a server runs with.
pub(crate) struct Reload {
    load: Load,
    services: Arc<Services>,
    handler: Weak<Handler>,
}

impl Reload {
    /// A server runs with the configuration of `services`, which `load` has read.
    pub(crate) fn new(services: Arc<Services>, handler: Weak<Handler>, load: Load) -> Self {
        Reload { load, services, handler }
    }

    /// Read it again. One that can't be read, or does not go together with the keys that wait for a
    /// restart, changes nothing.
    pub(crate) fn again(&mut self) {
        let current = &self.services.config;
        let taken = (self.load)().and_then(|new| Config::clone(current).take_over(&new));
        let (config, Changes { applied, waiting }) = match taken {
            Ok(taken) => taken,
            Err(error) => {
                return tracing::error!(
                    %error,
                    "SIGHUP: the configuration can't be used; the old one stays in use"
                );
            }
        };
        let words = match services::read_words(&config) {
            Ok(words) => words,
            Err(error) => {
                return tracing::error!(%error, "SIGHUP: moderation.words can't be used; nothing was changed");
            }
        };
        let Some(handler) = self.handler.upgrade() else { return };
        let files = http::own_files(config.documents.dir.as_deref());
        match files.and_then(|files| handler.reload_documents(files)) {
            Ok(true) => {}
            Ok(false) => {
                return tracing::error!(
                    "SIGHUP: the documents were changed too often; restart the server to change them"
                );
            }
            Err(problems) => {
                for problem in problems {
                    tracing::error!(%problem, "SIGHUP: a document is wrong; nothing was changed");
                }
                return;
            }
        }
        let log = config.log.clone();
        if !applied.is_empty() && !current.replace(config) {
            return tracing::error!(
                "SIGHUP: the configuration was changed too often; restart the server to change it"
            );
        }
        let words_in_use = words.len();
        self.services.words.replace(words);
        if !self.services.config.tls.cert.is_empty() {
            tls::files::again(&self.services);
        }
        log::change(&log);
        tracing::info!(
            words = words_in_use,
            applied = %list(&applied),
            needs_restart = %list(&waiting),
            "SIGHUP: the configuration was read again"
        );
    }
}

fn list(names: &[&str]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}
