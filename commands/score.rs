//! `guichet score …`: the scores of games.

use super::confirm::confirm;
use super::{open, output};
use crate::handlers::moderation::audit::By;
use crate::handlers::moderation::fault_text;
use crate::handlers::moderation::scores::{self, Done, Listed};
use clap::Subcommand;
use engine::config::Config;

const EXAMPLES: &str = "\
Examples:
  guichet -c guichet.toml score list lamps --limit 20
  guichet -c guichet.toml score remove lamps player-17";

#[derive(Subcommand)]
pub enum Score {
    /// List the first places of a board: place, openid, score, when it was reached, nickname
    ///
    /// One a line, tabs between the columns. Beside a server, scores of the last seconds may be missing.
    #[command(after_long_help = EXAMPLES)]
    List {
        /// The game
        app: String,
        /// How many places
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..=1_000_000))]
        limit: i64,
    },
    /// Take a player off a board, with what the game told of them
    ///
    /// A running server does it at once. The player's next post counts again: what is posted for a game by
    /// anybody can only be bound to players by a server of the game (docs/api/leaderboards.md).
    #[command(after_long_help = EXAMPLES)]
    Remove {
        /// The game
        app: String,
        /// The player, as list has them
        openid: String,
    },
    /// Take all players off a board: it begins anew
    ///
    /// A running server does it at once. Names and pictures of players are kept for 24 hours.
    Reset {
        /// The game
        app: String,
        /// Don't ask whether it is meant
        #[arg(long)]
        yes: bool,
    },
}

/// Do it, beside a running server or without one.
pub fn run(config: Config, task: &Score) -> Result<(), String> {
    if let Score::Reset { app, yes: false } = task {
        // Asked before the database is opened: people take their time.
        confirm(&format!("Remove all scores of {app}?"), "all scores of the board go")?;
    }
    let (db, is_alone) = open(config)?;
    let done = match task {
        Score::List { app, limit } => scores::list(&db, app, *limit)
            .map_err(fault_text)
            .map(|rows| rows.iter().map(line).collect()),
        Score::Remove { app, openid } => {
            scores::remove_player(&db, &By::command(), app, openid, is_alone)
                .map_err(fault_text)
                .and_then(|done| told(done, &format!("{openid}: {app} has no such player")))
        }
        Score::Reset { app, .. } => scores::reset(&db, &By::command(), app, is_alone)
            .map_err(fault_text)
            .and_then(|done| told(done, &format!("{app}: there is no such board"))),
    };
    db.close();
    done.and_then(|told| output::print(&told))
}

fn told(done: Done, absent: &str) -> Result<String, String> {
    match done {
        Done::Yes => Ok(String::new()),
        Done::Absent => Err(absent.to_owned()),
        Done::Later => Ok("the server has not done it yet; its log says why\n".to_owned()),
    }
}

fn line(row: &Listed) -> String {
    let Listed { place, openid, score, reached, nickname } = row;
    format!("{place}\t{openid}\t{score}\t{reached}\t{nickname}\n")
}
