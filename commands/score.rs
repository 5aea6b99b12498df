//! `guichet score …`: the scores of games.

use super::confirm::confirm;
use super::{open, output};
use crate::handlers::moderation::audit::By;
use crate::handlers::moderation::fault_text;
use crate::handlers::moderation::scores::{self, Done, HeldScore, Listed};
use clap::Subcommand;
use engine::config::Config;

/// How many held scores are listed.
const MOST_HELD: i64 = 100_000;

const EXAMPLES: &str = "\
Examples:
  guichet -c guichet.toml score list lamps --limit 20
  guichet -c guichet.toml score remove lamps player-17
  guichet -c guichet.toml score hold lamps player-17 --reason 'too high for a minute'
  guichet -c guichet.toml score confirm lamps player-17";

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
    /// Take a player's score off a board until it is confirmed
    ///
    /// A running server does it at once. What the player reaches meanwhile is held as well.
    #[command(after_long_help = EXAMPLES)]
    Hold {
        /// The game
        app: String,
        /// The player, as list has them
        openid: String,
        /// Why, for the list of held scores
        #[arg(long, default_value = "held by the operator")]
        reason: String,
    },
    /// Let a score count that was held
    Confirm {
        /// The game
        app: String,
        /// The player, as held has them
        openid: String,
    },
    /// List scores that are held: game, openid, score, when it was reached, nickname, why
    ///
    /// One a line, tabs between the columns.
    Held {
        /// Only those of this game
        app: Option<String>,
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
        Score::Hold { app, openid, reason } => {
            scores::hold(&db, &By::command(), app, openid, reason, is_alone)
                .map_err(fault_text)
                .and_then(|done| {
                    told(done, &format!("{openid}: {app} has no score of this player"))
                })
        }
        Score::Confirm { app, openid } => {
            scores::confirm(&db, &By::command(), app, openid, is_alone)
                .map_err(fault_text)
                .and_then(|done| told(done, &format!("{openid}: no score of this player is held")))
        }
        Score::Held { app } => scores::held(&db, app.as_deref().unwrap_or_default(), MOST_HELD)
            .map_err(fault_text)
            .map(|rows| rows.iter().map(held_line).collect()),
        Score::Reset { app, .. } => scores::reset(&db, &By::command(), app, is_alone)
            .map_err(fault_text)
            .and_then(|done| told(done, &format!("{app}: there is no such board"))),
    };
    db.close();
    done.and_then(|told| output::print(&told))
}

/// What a command says of what it came to; an error if there is no such thing.
pub fn told(done: Done, absent: &str) -> Result<String, String> {
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

fn held_line(held: &HeldScore) -> String {
    let HeldScore { app, openid, nickname, score, reached, reason } = held;
    format!("{app}\t{openid}\t{score}\t{reached}\t{nickname}\t{reason}\n")
}
