//! `guichet routes`: every operation and every path.

use super::{error_text, output};

/// Print them, one a line.
pub fn run() -> Result<(), String> {
    let mut lines = crate::handlers::program().map_err(error_text)?.routes().join("\n");
    lines.push('\n');
    output::print(&lines)
}
