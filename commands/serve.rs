//! `guichet serve`: what a server does from its start to its end.

use super::error_text;
use crate::handlers;
use engine::config::Config;
use engine::op::RegisteredTwice;
use engine::server::{Server, ServerExit};
use std::path::PathBuf;

/// Serve until SIGTERM or SIGINT. On SIGHUP the configuration is read again from `file`.
pub fn run(config: Config, file: Option<PathBuf>) -> Result<(), String> {
    engine::log::start(&config.log);
    let served = serve(config, file);
    engine::log::finish();
    served
}

fn serve(config: Config, file: Option<PathBuf>) -> Result<(), String> {
    let program = || {
        let mut program = handlers::program()?;
        program.console = crate::console::console()?;
        Ok::<_, RegisteredTwice>(program)
    };
    let program = || program().map_err(error_text);
    let mut server = Server::open(config.clone(), program()?).map_err(error_text)?;
    if config.captcha.test_code.is_some() {
        // A proxy on this machine reaches a loopback address too, so the address is not enough.
        tracing::warn!("captcha.test_code is set: captchas stop nobody; never serve the public so");
    }
    loop {
        handlers::prepare(&server.engine().db)?;
        let file = file.clone();
        let load = move || Config::load(file.as_deref());
        match server.reload_by(Box::new(load)).run().map_err(error_text)? {
            ServerExit::Stopped => return Ok(()),
            ServerExit::Writable(listener) => {
                server =
                    Server::open_by(listener, config.clone(), program()?).map_err(error_text)?;
            }
        }
    }
}
