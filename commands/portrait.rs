//! `guichet portrait …`: which portraits there are, and removing some.

use super::{open, output};
use crate::handlers::moderation::audit::By;
use crate::handlers::portrait::admin::{self, Filter, Listed};
use clap::{Args, Subcommand};
use engine::config::{self, Config};

const EXAMPLES: &str = "\
Examples:
  guichet -c guichet.toml portrait list --open
  guichet -c guichet.toml portrait remove 7 8
  guichet -c guichet.toml portrait remove --open --older-than 30d";

#[derive(Subcommand)]
pub enum Portrait {
    /// List portraits: id, bytes, account, time of upload
    ///
    /// One a line, tabs between the columns. No account: anyone may replace it. `-`: not known,
    /// because an earlier version stored it.
    #[command(after_long_help = EXAMPLES)]
    List {
        #[command(flatten)]
        which: Which,
    },
    /// Remove portraits, their pictures with them; prints how many
    #[command(after_long_help = EXAMPLES)]
    Remove {
        /// The ids
        #[arg(value_name = "ID", required_unless_present = "open", conflicts_with_all = ["open", "older_than"])]
        ids: Vec<i64>,
        #[command(flatten)]
        which: Which,
    },
}

#[derive(Args)]
pub struct Which {
    /// Only portraits that belong to no account
    #[arg(long)]
    open: bool,
    /// Only those uploaded that long ago or earlier: 30d, 12h
    #[arg(long, value_name = "DURATION", value_parser = seconds)]
    older_than: Option<i64>,
}

fn seconds(text: &str) -> Result<i64, String> {
    let duration = config::duration(text)?;
    i64::try_from(duration.as_secs()).map_err(super::error_text)
}

/// Do it, beside a running server or without one.
pub fn run(config: Config, task: &Portrait) -> Result<(), String> {
    let (db, _) = open(config)?;
    let of = |which: &Which| Filter { open: which.open, older_than: which.older_than };
    let done = match task {
        Portrait::List { which } => admin::list(&db, of(which))
            .map(|portraits| portraits.into_iter().map(line).collect::<String>()),
        Portrait::Remove { ids, which } => {
            let ids = match ids.is_empty() {
                false => Ok(ids.clone()),
                true => admin::list(&db, of(which))
                    .map(|listed| listed.into_iter().map(|portrait| portrait.id).collect()),
            };
            ids.and_then(|ids| admin::remove(&db, &By::command(), &ids))
                .map(|removed| format!("{removed}\n"))
        }
    };
    db.close();
    done.and_then(|told| output::print(&told))
}

fn line(portrait: Listed) -> String {
    let Listed { id, size, owner, stored } = portrait;
    let or = |number: Option<i64>, none: &str| {
        number.map_or_else(|| none.to_owned(), |number| number.to_string())
    };
    let stored = if stored.is_empty() { "-" } else { &stored };
    format!("{id}\t{}\t{}\t{stored}\n", or(size, "-"), or(owner, ""))
}
