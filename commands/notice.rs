//! `guichet notice …`: what was published as lost or found.

use super::{open, output};
use crate::handlers::moderation::fault_text;
use crate::handlers::moderation::notices::{self, Listed};
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
        Notice::Hide { id } => known(notices::set_hidden(&db, *id, true).map_err(fault_text), *id),
        Notice::Unhide { id } => {
            known(notices::set_hidden(&db, *id, false).map_err(fault_text), *id)
        }
        Notice::Remove { id } => known(notices::remove(&db, *id).map_err(fault_text), *id),
    };
    db.close();
    done.and_then(|told| output::print(&told))
}

fn known(done: Result<bool, String>, id: i64) -> Result<String, String> {
    match done? {
        true => Ok(String::new()),
        false => Err(format!("{id}: there is no such notice")),
    }
}

fn line(row: &Listed) -> String {
    let Listed { id, kind, account, changed, is_hidden, title } = row;
    let kind = if *kind == 1 { "lost" } else { "found" };
    let state = if *is_hidden { "hidden" } else { "shown" };
    format!("{id}\t{kind}\t{account}\t{changed}\t{state}\t{title}\n")
}
