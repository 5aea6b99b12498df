//! `guichet board …`: the boards of games.

use super::confirm::confirm;
use super::score::told;
use super::{error_text, open, output};
use crate::handlers::boards::{self, Listed};
use crate::handlers::moderation::audit::By;
use crate::handlers::moderation::boards::{self as ruled, EndedSeason, Expected, Set, Shown};
use crate::handlers::moderation::scores::{self, Done};
use crate::handlers::user::admin;
use clap::{Args, Subcommand};
use engine::boards::{Direction, Rule, Ties};
use engine::config::{BoardSettings, Config, is_app, zone_name};
use engine::season::Period;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::fmt::Write as _;

const EXAMPLES: &str = "\
Examples:
  guichet -c guichet.toml board list
  guichet -c guichet.toml board remove lamps --yes";

const RULES_EXAMPLES: &str = "\
Examples:
  guichet -c guichet.toml board add lamps --season week --timezone Asia/Shanghai
  guichet -c guichet.toml board add race --order lowest --ties shared
  guichet -c guichet.toml board set race --rule last";

/// The rules of a board.
#[derive(Args)]
pub struct RuleOptions {
    /// Which of a player's scores counts: best, last or sum
    #[arg(long, default_value = "best", value_parser = rule)]
    rule: Rule,
    /// Which score stands first: highest or lowest
    #[arg(long, default_value = "highest", value_parser = direction)]
    order: Direction,
    /// Who of two players with the same score stands first: first (who reached it first) or shared (neither)
    #[arg(long, default_value = "first", value_parser = ties)]
    ties: Ties,
    /// How long a season lasts: none, day, week, month or manual
    #[arg(long, default_value = "none", value_parser = period)]
    season: Period,
    /// The time zone in which days begin, for example Asia/Shanghai; the server's where it is absent
    #[arg(long, value_parser = zone_name)]
    timezone: Option<String>,
}

impl From<RuleOptions> for BoardSettings {
    fn from(options: RuleOptions) -> Self {
        let RuleOptions { rule, order, ties, season, timezone } = options;
        BoardSettings { rule, order, ties, season, timezone }
    }
}

/// A value that the configuration and the command line call by the same word.
fn named<T: DeserializeOwned>(word: &str, expected: &str) -> Result<T, String> {
    serde_json::from_value(word.into()).map_err(|_| format!("expected {expected}"))
}

fn rule(word: &str) -> Result<Rule, String> {
    named(word, "best, last or sum")
}

fn direction(word: &str) -> Result<Direction, String> {
    named(word, "highest or lowest")
}

fn ties(word: &str) -> Result<Ties, String> {
    named(word, "first or shared")
}

fn period(word: &str) -> Result<Period, String> {
    named(word, "none, day, week, month or manual")
}

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
    /// Make a board with rules of its own; beside a server too
    ///
    /// A game's board that nobody has made keeps each player's highest score for ever. Rules are fixed once there are
    /// scores. The same can stand in the configuration, as [score.boards.NAME].
    #[command(after_long_help = RULES_EXAMPLES)]
    Add {
        /// The game's name: 1 to 32 of A-Z a-z 0-9 _ -
        name: String,
        #[command(flatten)]
        rules: RuleOptions,
    },
    /// Give a board without scores other rules; beside a server too
    ///
    /// What is not named is as for a new board.
    #[command(after_long_help = RULES_EXAMPLES)]
    Set {
        /// The game's name, as list has it
        name: String,
        #[command(flatten)]
        rules: RuleOptions,
    },
    /// Show the rules of a board, its season, and the seasons that have ended
    Show {
        /// The game's name, as list has it
        name: String,
        /// Print a JSON object instead
        #[arg(long)]
        json: bool,
    },
    /// End the season of a board now, and begin the next; beside a server too
    ///
    /// Places are counted, and the game's server is told of it, as when a season ends by itself.
    Close {
        /// The game's name, as list has it
        name: String,
        /// Don't ask whether it is meant
        #[arg(long)]
        yes: bool,
    },
    /// Let the season of a board catch up with the clock; beside a server too
    ///
    /// A server that finds more than one season over, because it was off or because its clock is wrong, lets the season go
    /// on until somebody says that the clock is right.
    Advance {
        /// The game's name, as list has it
        name: String,
    },
    /// Remove a board with all its scores and players; beside a server too
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
        Board::Add { name, rules } => set(config, &name, &rules.into(), Expected::New),
        Board::Set { name, rules } => set(config, &name, &rules.into(), Expected::Known),
        Board::Show { name, json } => {
            let (db, _) = open(config)?;
            let shown = ruled::show(&db, &name).map_err(admin::fault_text);
            db.close();
            let shown = shown?.ok_or_else(|| unruled(&name))?;
            let text = if json {
                serde_json::to_string_pretty(&shown).map_err(error_text)? + "\n"
            } else {
                described(&shown)
            };
            output::print(&text)
        }
        Board::Close { name, yes } => {
            if !yes {
                confirm(
                    &format!("End the season of the board {name} now?"),
                    "the next one begins empty",
                )?;
            }
            let (db, is_alone) = open(config)?;
            let done = ruled::close_season(&db, &By::command(), &name, is_alone);
            let done = done.map_err(admin::fault_text);
            let done = done
                .and_then(|done| told(done, &format!("{name}: no board of this name has seasons")));
            db.close();
            output::print(&done?)
        }
        Board::Advance { name } => {
            let (db, is_alone) = open(config)?;
            let done = ruled::advance_season(&db, &By::command(), &name, is_alone);
            let done = done.map_err(admin::fault_text);
            let missing =
                format!("{name}: no board of this name has seasons that end by themselves");
            let done = done.and_then(|done| told(done, &missing));
            db.close();
            output::print(&done?)
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

fn unruled(name: &str) -> String {
    format!("{name}: there is no such board with rules of its own")
}

/// Give a board its rules.
fn set(
    config: Config,
    name: &str,
    settings: &BoardSettings,
    expected: Expected,
) -> Result<(), String> {
    if !is_app(name) {
        return Err(format!("{name:?}: 1 to 32 of A-Z a-z 0-9 _ -, and not api"));
    }
    let (db, is_alone) = open(config)?;
    let set = ruled::set(&db, &By::command(), name, settings, expected, is_alone);
    let shown = ruled::show(&db, name);
    db.close();
    match set.map_err(admin::fault_text)? {
        Set::Refused(why) => Err(why),
        Set::Done(Done::Later) => told(Done::Later, name).and_then(|text| output::print(&text)),
        Set::Done(_) => {
            let shown = shown.map_err(admin::fault_text)?.ok_or_else(|| unruled(name))?;
            output::print(&format!("{name}: {}\n", shown.rules))
        }
    }
}

fn described(board: &Shown) -> String {
    let Shown { name, rules, players, season, began_at, ends_at, waits, ended } = board;
    let ends = match (ends_at, waits) {
        (_, true) => "waits for `guichet board advance`",
        (Some(ends), false) => ends,
        (None, false) => "does not end by itself",
    };
    let mut text = format!(
        "{name}\n{rules}\nseason {season}\tbegan {began_at}\tends {ends}\tplayers {players}\n"
    );
    for ended in ended {
        let EndedSeason { number, began_at, ended_at, players, told_at, attempts } = ended;
        let players = players.map_or("being counted".to_owned(), |players| players.to_string());
        let told = match (told_at, attempts) {
            (Some(at), _) => format!("\ttold {at}"),
            (None, 0) => String::new(),
            (None, attempts) => format!("\tnot told, attempts {attempts}"),
        };
        let _ = writeln!(
            text,
            "season {number}\tbegan {began_at}\tended {ended_at}\tplayers {players}{told}"
        );
    }
    text
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
