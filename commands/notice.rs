//! `guichet notice …`: what was published as lost or found.

use super::output::known;
use super::{open, output};
use crate::handlers::moderation::audit::By;
use crate::handlers::moderation::fault_text;
use crate::handlers::moderation::notices::{self, Listed, NOTICE};
use clap::Subcommand;
use engine::config::Config;

const EXAMPLES: &str = "\
Examples:
  guichet -c guichet.toml notice list rude
  guichet -c guichet.toml notice remove 17";

#[derive(Subcommand)]
pub enum Notice {
    /// List notices, the latest change first: id, lost or found, account, time, hidden or shown, title
    ///
    /// One a line, tabs between the columns.
    #[command(after_long_help = EXAMPLES)]
    List {
        /// Only those with this text in title, labels or content
        text: Option<String>,
        /// How many
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..=1_000_000))]
        limit: i64,
    },
    /// Hide a notice from everybody but the account that published it
    Hide {
        /// Its id, as list has it
        id: i64,
    },
    /// Show a notice again that was hidden
    Unhide {
        /// Its id, as list has it
        id: i64,
    },
    /// Remove a notice
    Remove {
        /// Its id, as list has it
        id: i64,
    },
}

/// Do it, beside a running server or without one.
pub fn run(config: Config, task: &Notice) -> Result<(), String> {
    let (db, _) = open(config)?;
    let done = match task {
        Notice::List { text, limit } => {
            notices::list(&db, text.as_deref().unwrap_or_default(), *limit)
                .map_err(fault_text)
                .map(|rows| rows.iter().map(line).collect())
        }
        Notice::Hide { id } => {
            known(NOTICE.set_hidden(&db, &By::command(), *id, true), absent(*id))
        }
        Notice::Unhide { id } => {
            known(NOTICE.set_hidden(&db, &By::command(), *id, false), absent(*id))
        }
        Notice::Remove { id } => known(NOTICE.remove(&db, &By::command(), *id), absent(*id)),
    };
    db.close();
    done.and_then(|told| output::print(&told))
}

fn absent(id: i64) -> String {
    format!("{id}: there is no such notice")
}

fn line(row: &Listed) -> String {
    let Listed { id, kind, account, changed, is_hidden, title } = row;
    let kind = if *kind == 1 { "lost" } else { "found" };
    let state = if *is_hidden { "hidden" } else { "shown" };
    format!("{id}\t{kind}\t{account}\t{changed}\t{state}\t{title}\n")
}
