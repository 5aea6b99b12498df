//! `guichet check --live`: does the server that runs with this configuration answer? For health checks of containers, whose
//! image has no other program.

use crate::commands::call::endpoint;
use engine::config::Config;
use engine::http_client::HttpClient;
use std::time::Duration;

/// How long the answer may take.
const TIME: Duration = Duration::from_secs(5);

/// Ask the running server for `/healthz`; whether it answered with success.
pub fn check(config: &Config) -> Result<bool, String> {
    let mut url =
        endpoint(config).ok_or("listen has port 0, so the address is known to the server alone")?;
    url.set_path("/healthz");
    let client = HttpClient::to_this_machine().map_err(|error| error.to_string())?;
    match client.wait(async { client.client().get(url.clone()).timeout(TIME).send().await }) {
        Ok(answer) if answer.status().is_success() => Ok(true),
        Ok(answer) => {
            eprintln!("{url}: HTTP status {}", answer.status().as_u16());
            Ok(false)
        }
        Err(error) => {
            eprintln!("{url}: {}", error.without_url());
            Ok(false)
        }
    }
}
