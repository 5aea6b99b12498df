//! The command line: a file a command. `serve` is what happens without one.

mod progress;
mod routes;
mod serve;
mod user;

use clap::{Parser, Subcommand};
use engine::config::Config;
use engine::db::{self, Db, OpenError};
use engine::services::Services;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// One small door into every service a young web product needs: accounts, captchas, SMS codes,
/// pictures, notices, shops.
#[derive(Parser)]
#[command(name = "guichet", version)]
struct Command {
    /// The configuration, in TOML; without it every key has its default
    #[arg(short, long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    task: Option<Task>,
}

#[derive(Subcommand)]
enum Task {
    /// Serve until SIGTERM or SIGINT; this is also what happens without a command
    Serve,
    /// Look after accounts, beside a running server or without one
    #[command(subcommand)]
    User(user::User),
    /// List every operation and every path: one a line, with the keys that it takes
    Routes,
}

/// How a command that can't be run as asked ends.
const UNUSABLE: u8 = 2;

/// Read the command line and do what it says.
pub fn run() -> ExitCode {
    let Command { config, task } = Command::parse();
    let task = task.unwrap_or(Task::Serve);
    let done = Config::load(config.as_deref()).map_err(said).and_then(|config| match task {
        Task::Serve => serve::run(config),
        Task::User(task) => user::run(config, task),
        Task::Routes => routes::run(),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(line) => {
            eprintln!("guichet: {line}");
            ExitCode::from(UNUSABLE)
        }
    }
}

/// Open the database, beside a server that may hold it.
fn open(config: Config) -> Result<Db, String> {
    std::fs::create_dir_all(&config.data_dir)
        .map_err(|error| format!("{}: {error}", config.data_dir.display()))?;
    let lock = match db::hold(&config) {
        Err(OpenError::Held(_)) => None,
        lock => Some(lock.map_err(said)?),
    };
    let services = Arc::new(Services::open(config, String::new()).map_err(said)?);
    Db::open(services, crate::handlers::SCHEMA, lock).map_err(said)
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}
