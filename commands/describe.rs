//! `guichet openapi` and `guichet openrpc`: the descriptions of the API, without a server.

use super::{document, error_text, output};
use engine::config::Config;
use engine::describe;

/// Print the OpenAPI document of all operations and paths
///
/// It is what a server answers at /api/openapi.json, with line breaks.
#[derive(clap::Args)]
#[command(after_long_help = "Examples:\n  guichet openapi > openapi.json")]
pub struct OpenApi {
    /// In the form of OpenAPI 3.0.3, for tools that know no 3.1
    #[arg(long = "3.0")]
    older: bool,
}

/// Print it.
pub fn openapi(config: &Config, task: &OpenApi) -> Result<(), String> {
    let program = crate::handlers::program().map_err(error_text)?;
    let library = document::library(&program, config)?;
    let document = describe::openapi(&program.api(&library));
    print(&if task.older { describe::older::older(document) } else { document })
}

/// The address in a description that is made without a server: that of one with the default configuration.
const ADDRESS: &str = "http://127.0.0.1:8080";

/// Print the OpenRPC document.
pub fn openrpc() -> Result<(), String> {
    let program = crate::handlers::program().map_err(error_text)?;
    print(&describe::openrpc(program.info, &program.registry, ADDRESS))
}

fn print(document: &serde_json::Value) -> Result<(), String> {
    output::print(&format!("{document:#}\n"))
}
