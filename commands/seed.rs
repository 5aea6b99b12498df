//! `guichet seed`: a world to look at.

use super::progress::{Progress, Unit};
use super::{open_alone, output};
use crate::handlers::demo::{self, Size};
use clap::Args;
use clap::value_parser;
use engine::config::Config;

const EXAMPLES: &str = "\
Examples:
  guichet -c guichet.toml seed
  guichet -c guichet.toml seed --accounts 10 --notices 100 --seed 7";

/// Fill the database with a made-up world: accounts, notices, shops, scores
///
/// For looking at what there is, and for trying a page or an app on more than an empty list. All of
/// it is invented, texts in Chinese and English; nobody has the telephone numbers. Every account
/// has the same password, which is printed: never serve such a world to strangers.
///
/// The server must not be running, and the database must be empty. All of it is made, or nothing. The
/// same --seed makes the same world.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Seed {
    /// How many accounts; nine in ten have a place on the rank board
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = value_parser!(u32).range(..=1_000_000))]
    accounts: u32,
    /// How many lost-and-found notices, of the last three months
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = value_parser!(u32).range(..=10_000_000))]
    notices: u32,
    /// How many shops, or as many as the accounts may have
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = value_parser!(u32).range(..=1_000_000))]
    shops: u32,
    /// How many scores are posted, to the boards of two games, lamps and pinball
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = value_parser!(u32).range(..=10_000_000))]
    scores: u32,
    /// How many accounts have a picture and a portrait
    #[arg(long, value_name = "N", default_value_t = 24, value_parser = value_parser!(u32).range(..=100_000))]
    pictures: u32,
    /// Which world: another number makes another
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Add it to a database that has rows already: accounts with a known password among yours
    #[arg(long)]
    force: bool,
}

/// Make it.
pub fn run(config: Config, task: &Seed) -> Result<(), String> {
    let db = open_alone(config)?;
    let done = fill(&db, task);
    db.close();
    done.and_then(|told| output::print(&told))
}

fn fill(db: &engine::db::Db, task: &Seed) -> Result<String, String> {
    if !task.force
        && let Some(why) = demo::is_inhabited(db)?
    {
        return Err(format!("{why}; with --force a world is added to them"));
    }
    let Seed { accounts, notices, shops, scores, pictures, .. } = *task;
    let size = Size { accounts, notices, shops, scores, pictures };
    let mut bar: Option<(&str, Progress)> = None;
    let made = demo::make(db, size, task.seed, &mut |step, done, total| {
        if bar.as_ref().is_none_or(|(shown, _)| *shown != step) {
            bar = Some((step, Progress::new(step, Unit::Items)));
        }
        if let Some((_, bar)) = &bar {
            bar.set(done, total);
        }
    })?;
    drop(bar);
    let mut told = String::new();
    for (step, count) in made {
        told.push_str(&format!("{step}\t{count}\n"));
    }
    told.push_str(&format!("the password of every account\t{}\n", demo::PASSWORD));
    Ok(told)
}
