//! `guichet audit`: what the operator has changed.

use super::{open, output};
use crate::handlers::moderation::{audit, fault_text};
use engine::config::Config;

/// Print what was changed by commands, the oldest first: who, when, what, on whom
///
/// One JSON object a line: id, at, actor (the user of this machine, with sudo the one who called it), action,
/// target; for 30 days also what a removed notice, shop or score had (`earlier`). No command changes it.
#[derive(clap::Args)]
#[command(after_long_help = "Examples:\n  guichet -c guichet.toml audit | tail -n 20")]
pub struct Audit;

/// Do it, beside a running server or without one.
pub fn run(config: Config) -> Result<(), String> {
    let (db, _) = open(config)?;
    let lines = audit::lines(&db).map_err(fault_text);
    db.close();
    lines.and_then(|lines| output::print(&lines))
}
