//! `guichet routes`: every operation and every path.

use super::said;
use std::io::Write as _;

/// Print them, one a line.
pub fn run() -> Result<(), String> {
    let mut lines = crate::handlers::program().map_err(said)?.routes().join("\n");
    lines.push('\n');
    // Whoever reads only the first lines has all that was wanted.
    let _ = std::io::stdout().write_all(lines.as_bytes());
    Ok(())
}
