//! The command line: a file a command. `serve` is what happens without one.

mod admin;
mod audit;
mod backup;
mod ban;
mod board;
mod call;
mod check;
mod completions;
mod confirm;
mod describe;
mod document;
mod export;
mod import;
mod key;
mod leancloud;
mod man;
mod notice;
mod output;
mod owner;
mod portrait;
mod progress;
mod restore;
mod routes;
mod score;
mod seed;
mod serve;
mod service;
mod shop;
mod usage;
mod user;

use clap::{CommandFactory as _, Parser, Subcommand};
use engine::config::{Config, DatabaseUrl};
use engine::db::{self, Db, OpenError};
use engine::services::Services;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, LazyLock};

/// One small door into every service a young web product needs: accounts, captchas, SMS codes,
/// pictures, notices, shops, leaderboards.
#[derive(Parser)]
#[command(name = "guichet", version = version(), max_term_width = 100, after_long_help = EXAMPLES)]
struct Command {
    /// The configuration, in TOML; without it every key has its default
    ///
    /// A variable of the environment, GUICHET__SECTION__KEY, goes before the key of the file.
    #[arg(short, long, value_name = "FILE", global = true, display_order = 900)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    task: Option<Task>,
}

/// The version, the commit where the build was told of one (packaging/build.sh), and the features.
fn version() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let commit = option_env!("GUICHET_COMMIT").map(|commit| format!("commit {commit}, "));
        let postgres = if cfg!(feature = "postgres") { "with" } else { "without" };
        let version = env!("CARGO_PKG_VERSION");
        format!("{version} ({}{postgres} PostgreSQL)", commit.unwrap_or_default())
    });
    &TEXT
}

/// How most people begin.
const EXAMPLES: &str = "\
Examples:
  guichet -c guichet.toml seed      a world to look at, with accounts, notices, shops and scores
  guichet -c guichet.toml           serve it
  guichet -c guichet.toml check     is all as it should be?
  guichet help call                 all about one command

Exit status: 0 done; 1 something is wrong (check) or the answer was a fault (call); 2 could not be
done as asked, which one line on stderr explains.";

#[derive(Subcommand)]
enum Task {
    /// Serve until SIGTERM or SIGINT; this is also what happens without a command
    ///
    /// The first line on stdout is `listening on http://ADDRESS`; the log goes to stderr. SIGTERM and
    /// SIGINT end the server: it finishes the requests that have begun, for at most 8 seconds. SIGHUP
    /// makes it read its configuration again; the log names the keys that changed, and those that take
    /// effect at the next start. Other signals that would end a program are logged and ignored.
    Serve,
    /// Look after accounts, beside a running server or without one
    ///
    /// Run by root, it goes on as the owner of data_dir, so that files stay the server's; so do all
    /// commands that may make files there.
    #[command(subcommand)]
    User(user::User),
    /// Look after admins: the people who use the console, beside a running server or without one
    #[command(subcommand)]
    Admin(admin::Admin),
    /// Look after API keys, with which other servers call operations of the console
    #[command(subcommand)]
    Key(key::Key),
    /// List and remove the boards of games
    #[command(subcommand)]
    Board(board::Board),
    /// List scores, take players off boards, and begin boards anew, beside a running server or without one
    #[command(subcommand)]
    Score(score::Score),
    /// List, hide and remove notices, beside a running server or without one
    #[command(subcommand)]
    Notice(notice::Notice),
    /// List, hide and remove shops, beside a running server or without one
    #[command(subcommand)]
    Shop(shop::Shop),
    Audit(audit::Audit),
    /// Ban addresses, networks and mobile numbers for a time, beside a running server or without one
    #[command(subcommand)]
    Ban(ban::Ban),
    /// List or remove portraits, beside a running server or without one
    ///
    /// Run it as the server's user, so that files stay that user's.
    #[command(subcommand)]
    Portrait(portrait::Portrait),
    /// Put all data into one archive, beside a running server or without one
    Backup(backup::Backup),
    /// Put an archive in the place of the data, which is kept; no server may run
    Restore(restore::Restore),
    Check(check::Check),
    Usage(usage::Usage),
    /// Print the configuration that is in effect: the file, the environment and the defaults together
    ///
    /// It has the form of the file. Secrets are masked, and so are the paths of addresses that may hold a key. A running server
    /// may have another one, until it is started again or gets SIGHUP.
    Config,
    Call(call::Call),
    Routes(routes::Routes),
    /// Check, show, begin and draft documents: files that say which paths reach which operations
    ///
    /// The page docs/bring-your-own-document.md explains them.
    #[command(subcommand)]
    Document(document::Document),
    #[command(name = "openapi")]
    OpenApi(describe::OpenApi),
    /// Print the OpenRPC document of all operations: their description for JSON-RPC
    ///
    /// It is what a server answers at /api/openrpc.json, and to `rpc.discover`, with line breaks.
    #[command(name = "openrpc")]
    OpenRpc,
    Seed(seed::Seed),
    Export(export::Export),
    Import(import::Import),
    /// Run under systemd
    #[command(subcommand)]
    Service(service::Service),
    Completions(completions::Completions),
    Man(man::Man),
}

/// How a command ends that could be run as asked and found something wrong.
const WRONG: u8 = 1;

/// How a command that can't be run as asked ends.
const UNUSABLE: u8 = 2;

/// Read the command line and do what it says.
pub fn run() -> ExitCode {
    let Command { config: file, task } = Command::parse();
    // Read only by those who need it: a configuration that is wrong is no reason to have no manual.
    let config = || Config::load(file.as_deref()).map_err(error_text);
    let as_owner = || config().and_then(|config| owner::become_owner(&config).map(|()| config));
    let done = match task.unwrap_or(Task::Serve) {
        Task::Serve => config().and_then(|config| serve::run(config, file.clone())).map(|()| true),
        Task::User(task) => as_owner().and_then(|config| user::run(config, task)).map(|()| true),
        Task::Service(task) => service::run(file.as_deref(), &task).map(|()| true),
        Task::Key(task) => as_owner().and_then(|config| key::run(config, &task)).map(|()| true),
        Task::Admin(task) => as_owner().and_then(|config| admin::run(config, task)).map(|()| true),
        Task::Board(task) => as_owner().and_then(|config| board::run(config, task)).map(|()| true),
        Task::Score(task) => as_owner().and_then(|config| score::run(config, &task)).map(|()| true),
        Task::Notice(task) => {
            as_owner().and_then(|config| notice::run(config, &task)).map(|()| true)
        }
        Task::Shop(task) => as_owner().and_then(|config| shop::run(config, &task)).map(|()| true),
        Task::Audit(_) => as_owner().and_then(audit::run).map(|()| true),
        Task::Ban(task) => as_owner().and_then(|config| ban::run(config, &task)).map(|()| true),
        Task::Portrait(task) => {
            as_owner().and_then(|config| portrait::run(config, &task)).map(|()| true)
        }
        Task::Backup(task) => {
            as_owner().and_then(on_file).and_then(|config| backup::run(config, task)).map(|()| true)
        }
        Task::Restore(task) => as_owner()
            .and_then(on_file)
            .and_then(|config| restore::run(config, task))
            .map(|()| true),
        Task::Check(task) => check::run(file.as_deref(), &task),
        Task::Usage(task) => {
            config().and_then(on_file).and_then(|config| usage::run(&config, &task)).map(|()| true)
        }
        Task::Config => {
            config().and_then(|config| output::print(&config.shown_text())).map(|()| true)
        }
        Task::Call(task) => call::run(config, &task),
        Task::Routes(task) => {
            config().and_then(|config| routes::run(&config, &task)).map(|()| true)
        }
        Task::OpenApi(task) => {
            config().and_then(|config| describe::openapi(&config, &task)).map(|()| true)
        }
        Task::Document(task) => document::run(config, &task),
        Task::OpenRpc => describe::openrpc().map(|()| true),
        Task::Seed(task) => as_owner().and_then(|config| seed::run(config, &task)).map(|()| true),
        Task::Export(task) => {
            as_owner().and_then(|config| export::run(config, &task)).map(|()| true)
        }
        Task::Import(task) => {
            as_owner().and_then(|config| import::run(config, &task)).map(|()| true)
        }
        Task::Completions(task) => completions::run(Command::command(), &task).map(|()| true),
        Task::Man(task) => man::run(Command::command(), &task).map(|()| true),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(WRONG),
        Err(line) => {
            engine::log::say(&format!("guichet: {line}"));
            ExitCode::from(UNUSABLE)
        }
    }
}

/// Refuse a command that is about SQLite's file where the database is another one.
fn on_file(config: Config) -> Result<Config, String> {
    match config.database.url {
        DatabaseUrl::Postgres(_) => {
            Err("this command is about SQLite's file, and database.url names \
             PostgreSQL: use its own tools, such as pg_dump (docs/scale.md)"
                .into())
        }
        _ => Ok(config),
    }
}

/// Open the database, beside a server that may hold it; whether none does.
fn open(config: Config) -> Result<(Db, bool), String> {
    let lock = match hold(&config) {
        Err(OpenError::Held(_)) => None,
        lock => Some(lock.map_err(error_text)?),
    };
    let is_alone = lock.is_some();
    open_with(config, lock).map(|db| (db, is_alone))
}

/// Open the database for this command alone.
fn open_alone(config: Config) -> Result<Db, String> {
    let lock = hold(&config).map_err(|error| match error {
        OpenError::Held(path) => format!("{}: a server holds it; stop it first", path.display()),
        error => error_text(error),
    })?;
    open_with(config, Some(lock))
}

fn hold(config: &Config) -> Result<db::Lock, OpenError> {
    let folder = &config.data_dir;
    engine::folder::make(folder).map_err(|error| OpenError::Io(folder.clone(), error))?;
    engine::backup::hold(config)
}

fn open_with(config: Config, lock: Option<db::Lock>) -> Result<Db, String> {
    let services = Arc::new(Services::open(config, String::new()).map_err(error_text)?);
    Db::open(services, crate::handlers::SCHEMA, lock).map_err(error_text)
}

fn error_text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
