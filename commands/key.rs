//! `guichet key …`: API keys, with which other servers call operations of the console.

use super::output::known;
use super::{open, output};
use crate::handlers::admin::keys::{self, Listed};
use crate::handlers::moderation::audit::By;
use crate::handlers::moderation::fault_text;
use clap::Subcommand;
use engine::config::Config;

const EXAMPLES: &str = "\
Examples:
  guichet -c guichet.toml key add game-server scores,remove_score
  guichet -c guichet.toml key list
  guichet -c guichet.toml key remove game-server";

#[derive(Subcommand)]
pub enum Key {
    /// Make a key for some operations of the console, and print it
    ///
    /// It is printed only once; the database stores only its hash. A server sends it to the console's address as
    /// 'Authorization: Bearer KEY'. 'guichet routes --console' lists the operations.
    #[command(after_long_help = EXAMPLES)]
    Add {
        /// The key's name: 1 to 32 characters, each a letter (a-z, A-Z), a digit, '-', '_' or '.'
        name: String,
        /// The operations, with commas between them
        operations: String,
    },
    /// List keys: name, operations, creation time, last use, from where
    ///
    /// One a line, tabs between the columns.
    List,
    /// Remove a key: nobody can use it any more
    Remove {
        /// The name
        name: String,
    },
}

/// Do it, beside a running server or without one.
pub fn run(config: Config, task: &Key) -> Result<(), String> {
    let (db, _) = open(config)?;
    let by = By::command();
    let done = match task {
        Key::Add { name, operations } => keys::add(&db, &by, name, operations)
            .map_err(|why| why.to_string())
            .and_then(|key| key.ok_or_else(|| format!("{name}: there is such a key")))
            .map(|key| key + "\n"),
        Key::List => {
            keys::list(&db.view()).map_err(fault_text).map(|rows| rows.iter().map(line).collect())
        }
        Key::Remove { name } => {
            known(keys::remove(&db, &by, name), format!("{name}: there is no such key"))
        }
    };
    db.close();
    done.and_then(|told| output::print(&told))
}

fn line(key: &Listed) -> String {
    let Listed { name, operations, made, last_used, address } = key;
    format!("{name}\t{}\t{made}\t{last_used}\t{address}\n", operations.join(","))
}
