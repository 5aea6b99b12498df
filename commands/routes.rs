//! `guichet routes`: every operation and every path.

use super::{document, error_text, output};
use engine::config::Config;
use engine::http;

/// Print them, one a line.
pub fn run(config: &Config) -> Result<(), String> {
    let program = crate::handlers::program().map_err(error_text)?;
    let library = document::library(&program, config)?;
    let mut lines = http::routes(&program, &library).join("\n");
    lines.push('\n');
    output::print(&lines)
}
