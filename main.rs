//! Guichet: one small door into every service a young web product needs.
//!
//! Reads the command line and the configuration, joins the engine and the handlers, and serves.

mod handlers;

use clap::{Parser, Subcommand};
use engine::config::Config;
use engine::db::{self, Db, OpenError};
use engine::http::Server;
use engine::services::Services;
use std::io::{IsTerminal, Read as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// One small door into every service a young web product needs: accounts, captchas, SMS codes,
/// pictures, notices, shops.
#[derive(Parser)]
#[command(version)]
struct Command {
    /// The configuration, in TOML; without it every key has its default
    #[arg(short, long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    task: Option<Task>,
}

#[derive(Subcommand)]
enum Task {
    /// Look after accounts, beside a running server or without one
    #[command(subcommand)]
    User(User),
    /// List every operation and every path: one a line, with the keys that it takes
    Routes,
}

#[derive(Subcommand)]
enum User {
    /// Make an account
    Add {
        /// The user name: 1 to 32 characters
        name: String,
        /// Read the password from the standard input instead of asking for it
        #[arg(long)]
        password_stdin: bool,
    },
    /// List all accounts: id, user name, mobile number, nickname, creation time
    List,
    /// Set a new password; ends the account's sessions
    Passwd {
        /// The user name or mobile number
        name: String,
        /// Read the password from the standard input instead of asking for it
        #[arg(long)]
        password_stdin: bool,
    },
    /// Remove an account; its notices and shops stay
    Remove {
        /// The user name or mobile number
        name: String,
    },
}

/// How a command that can't be run as asked ends.
const UNUSABLE: u8 = 2;

fn main() -> ExitCode {
    let command = Command::parse();
    let done = match Config::load(command.config.as_deref()) {
        Err(error) => Err(error.to_string()),
        Ok(config) => match command.task {
            None => serve(config),
            Some(Task::User(task)) => user(config, task),
            Some(Task::Routes) => routes(),
        },
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(line) => {
            eprintln!("guichet: {line}");
            ExitCode::from(UNUSABLE)
        }
    }
}

fn serve(config: Config) -> Result<(), String> {
    engine::log::start(&config.log);
    let program = handlers::program().map_err(said)?;
    let server = Server::open(config, program).map_err(said)?;
    handlers::prepare(&server.engine().db)?;
    if server.engine().services.config.captcha.test_code.is_some() {
        // A proxy on this machine reaches a loopback address too, so the address is not enough.
        tracing::warn!("captcha.test_code is set: captchas stop nobody; never serve the public so");
    }
    server.run().map_err(said)
}

fn routes() -> Result<(), String> {
    let mut lines = handlers::program().map_err(said)?.routes().join("\n");
    lines.push('\n');
    // Whoever reads only the first lines has all that was wanted.
    let _ = std::io::stdout().write_all(lines.as_bytes());
    Ok(())
}

fn user(config: Config, task: User) -> Result<(), String> {
    use handlers::user::admin;
    // Asked for before the database is opened: people take their time.
    let password = match &task {
        User::Add { password_stdin, .. } | User::Passwd { password_stdin, .. } => {
            password(*password_stdin)?
        }
        User::List | User::Remove { .. } => String::new(),
    };
    let db = open(config)?;
    let done = match &task {
        User::Add { name, .. } => admin::add(&db, name, &password).map(|id| println!("{id}")),
        User::List => admin::list(&db).map(|accounts| {
            for account in accounts {
                let admin::Listed { id, username, mobile, nickname, created } = account;
                println!("{id}\t{username}\t{mobile}\t{nickname}\t{created}");
            }
        }),
        User::Passwd { name, .. } => admin::passwd(&db, name, &password),
        User::Remove { name } => admin::remove(&db, name),
    };
    db.close();
    done
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
    Db::open(services, handlers::SCHEMA, lock).map_err(said)
}

/// The new password: asked for twice, or one line of the standard input.
fn password(from_stdin: bool) -> Result<String, String> {
    if from_stdin || !std::io::stdin().is_terminal() {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(said)?;
        return Ok(text.lines().next().unwrap_or_default().to_owned());
    }
    let first = rpassword::prompt_password("Password: ").map_err(said)?;
    let again = rpassword::prompt_password("Again: ").map_err(said)?;
    if first == again { Ok(first) } else { Err("the two passwords differ".into()) }
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}
