//! `guichet shop …`: shops.

use super::output::known;
use super::{open, output};
use crate::handlers::moderation::audit::By;
use crate::handlers::moderation::fault_text;
use crate::handlers::moderation::shops::{self, Listed, SHOP};
use clap::Subcommand;
use engine::config::Config;

const EXAMPLES: &str = "\
Examples:
  guichet -c guichet.toml shop list tea
  guichet -c guichet.toml shop hide 123456789";

#[derive(Subcommand)]
pub enum Shop {
    /// List shops, the newest first: id, account, time, hidden or shown, name
    ///
    /// One a line, tabs between the columns.
    #[command(after_long_help = EXAMPLES)]
    List {
        /// Only those with this text in name or content
        text: Option<String>,
        /// How many
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..=1_000_000))]
        limit: i64,
    },
    /// Hide a shop from everybody but the account whose it is
    Hide {
        /// Its id, as list has it
        id: i64,
    },
    /// Show a shop again that was hidden
    Unhide {
        /// Its id, as list has it
        id: i64,
    },
    /// Remove a shop
    Remove {
        /// Its id, as list has it
        id: i64,
    },
}

/// Do it, beside a running server or without one.
pub fn run(config: Config, task: &Shop) -> Result<(), String> {
    let (db, _) = open(config)?;
    let done = match task {
        Shop::List { text, limit } => shops::list(&db, text.as_deref().unwrap_or_default(), *limit)
            .map_err(fault_text)
            .map(|rows| rows.iter().map(line).collect()),
        Shop::Hide { id } => known(SHOP.set_hidden(&db, &By::command(), *id, true), absent(*id)),
        Shop::Unhide { id } => known(SHOP.set_hidden(&db, &By::command(), *id, false), absent(*id)),
        Shop::Remove { id } => known(SHOP.remove(&db, &By::command(), *id), absent(*id)),
    };
    db.close();
    done.and_then(|told| output::print(&told))
}

fn absent(id: i64) -> String {
    format!("{id}: there is no such shop")
}

fn line(row: &Listed) -> String {
    let Listed { id, account, opened, is_hidden, name } = row;
    let state = if *is_hidden { "hidden" } else { "shown" };
    format!("{id}\t{account}\t{opened}\t{state}\t{name}\n")
}
