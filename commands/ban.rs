//! `guichet ban …`: addresses, networks and numbers that the server has nothing to do with.

use super::output::known;
use super::{open, output};
use crate::handlers::moderation::audit::By;
use crate::handlers::moderation::bans::{self, Listed, Target};
use crate::handlers::moderation::fault_text;
use clap::Subcommand;
use engine::config::{self, Config};
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  guichet -c guichet.toml ban add 192.0.2.7 --for 7d --reason 'junk notices'
  guichet -c guichet.toml ban remove 192.0.2.7";

#[derive(Subcommand)]
pub enum Ban {
    /// Ban an address, a network or a mobile number for a time
    ///
    /// Requests from a network are refused with 403; nothing is sent to a number. A running server minds it
    /// within a second. A ban that is there already is replaced.
    #[command(after_long_help = EXAMPLES)]
    Add {
        /// An address, a network (10.0.0.0/8) or a mobile number
        what: String,
        /// For how long: 30d, 12h, 5m or 90s
        #[arg(long = "for", value_name = "TIME", default_value = "7d", value_parser = config::duration)]
        time: Duration,
        /// Why, for list
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// List bans, the newest first: what, since when, until when, why
    ///
    /// One a line, tabs between the columns.
    List,
    /// End a ban
    Remove {
        /// What was banned, as list has it
        what: String,
    },
}

/// Do it, beside a running server or without one.
pub fn run(config: Config, task: &Ban) -> Result<(), String> {
    let target = match task {
        Ban::Add { what, .. } | Ban::Remove { what } => Some(Target::read(what)?),
        Ban::List => None,
    };
    let (db, _) = open(config)?;
    let done = match (task, target) {
        (Ban::Add { time, reason, .. }, Some(target)) => {
            bans::add(&db, &By::command(), target, *time, reason).map(|()| String::new())
        }
        (Ban::Remove { what }, Some(target)) => {
            known(bans::remove(&db, &By::command(), target), format!("{what}: it is not banned"))
        }
        _ => bans::list(&db).map_err(fault_text).map(|bans| bans.iter().map(line).collect()),
    };
    db.close();
    done.and_then(|told| output::print(&told))
}

fn line(ban: &Listed) -> String {
    let Listed { value, made, ends, reason } = ban;
    format!("{value}\t{made}\t{ends}\t{reason}\n")
}
