//! `guichet board …`: the boards of games.

use super::confirm::confirm;
use super::score::told;
use super::{error_text, open, output};
use crate::handlers::boards::{self, Listed};
use crate::handlers::moderation::audit::By;
use crate::handlers::moderation::scores;
use crate::handlers::user::admin;
use clap::Subcommand;
use engine::config::Config;
use serde_json::json;

const EXAMPLES: &str = "\
Examples:
  guichet -c guichet.toml board list
  guichet -c guichet.toml board remove lamps --yes";

#[derive(Subcommand)]
pub enum Board {
    /// List the boards: name, players, time of the newest score, bytes; beside a server too
    ///
    /// One a line, tabs between the columns. Players are those with a score and those whom the game has
    /// described. The time is that of the newest score that counts, empty where there is none. Bytes are
    /// those of the texts and numbers in the rows; the file needs somewhat more.
    List {
        /// Print a JSON array of objects instead
        #[arg(long)]
        json: bool,
    },
    /// Remove a board with all its scores and players; no server may run
    ///
    /// A running server does it at once.
    #[command(after_long_help = EXAMPLES)]
    Remove {
        /// The game's name, as list has it
        name: String,
        /// Don't ask whether it is meant
        #[arg(long)]
        yes: bool,
    },
}

/// Do it.
pub fn run(config: Config, task: Board) -> Result<(), String> {
    match task {
        Board::List { json } => {
            let (db, _) = open(config)?;
            let listed = boards::list(&db).map_err(admin::fault_text);
            db.close();
            let listed = listed?;
            let text = if json { in_json(&listed)? } else { listed.iter().map(line).collect() };
            output::print(&text)
        }
        Board::Remove { name, yes } => {
            // Asked before the database is opened: people take their time.
            if !yes {
                confirm(
                    &format!("Remove the board {name} with all its scores and players?"),
                    "all scores and players of the board go with it",
                )?;
            }
            let (db, is_alone) = open(config)?;
            let done = scores::remove_board(&db, &By::command(), &name, is_alone)
                .map_err(admin::fault_text)
                .and_then(|done| told(done, &format!("{name}: there is no such board")));
            db.close();
            done.and_then(|told| output::print(&told))
        }
    }
}

fn line(board: &Listed) -> String {
    let Listed { name, players, newest, bytes } = board;
    format!("{name}\t{players}\t{}\t{bytes}\n", newest.as_deref().unwrap_or_default())
}

fn in_json(boards: &[Listed]) -> Result<String, String> {
    let objects: Vec<_> = boards
        .iter()
        .map(|board| {
            let Listed { name, players, newest, bytes } = board;
            json!({"name": name, "players": players, "newest": newest, "bytes": bytes})
        })
        .collect();
    serde_json::to_string_pretty(&objects).map(|text| text + "\n").map_err(error_text)
}
