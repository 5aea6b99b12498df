//! `guichet serve`: what a server does from its start to its end.

use super::said;
use crate::handlers;
use engine::config::Config;
use engine::http::Server;

/// Serve until SIGTERM or SIGINT.
pub fn run(config: Config) -> Result<(), String> {
    engine::log::start(&config.log);
    let program = handlers::program().map_err(said)?;
    let server = Server::open(config, program).map_err(said)?;
    handlers::prepare(&server.engine().db)?;
    if server.engine().services.config.captcha.test_code.is_some() {
        // A proxy on this machine reaches a loopback address too, so the address is not enough.
        tracing::warn!("captcha.test_code is set: captchas stop nobody; never serve the public so");
    }
    let served = server.run().map_err(said);
    engine::log::finish();
    served
}
