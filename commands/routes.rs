//! `guichet routes`: every operation and every path.

use super::{output, said};

/// Print them, one a line.
pub fn run() -> Result<(), String> {
    let mut lines = crate::handlers::program().map_err(said)?.routes().join("\n");
    lines.push('\n');
    output::print(&lines)
}
