//! `guichet user …`: looking after accounts.

use super::output::known;
use super::{error_text, open, output};
use crate::handlers::moderation::accounts;
use crate::handlers::moderation::audit::By;
use crate::handlers::user::admin;
use clap::Subcommand;
use engine::config::Config;
use std::io::{IsTerminal as _, Read as _};

const EXAMPLES: &str = "\
Examples:
  guichet -c guichet.toml user add nora
  printf '%s\\n' secret-1 | guichet -c guichet.toml user add nora --password-stdin";

#[derive(Subcommand)]
pub enum User {
    /// Make an account, and print its id
    ///
    /// Asks for the password, twice.
    #[command(after_long_help = EXAMPLES)]
    Add {
        /// The user name: 1 to 32 characters
        name: String,
        /// Read the password from the first line of the standard input instead of asking for it
        #[arg(long)]
        password_stdin: bool,
    },
    /// List all accounts: id, user name, mobile number, nickname, creation time
    ///
    /// One a line, tabs between the columns.
    List,
    /// Set a new password; ends the account's sessions
    Passwd {
        /// The user name or mobile number
        name: String,
        /// Read the password from the first line of the standard input instead of asking for it
        #[arg(long)]
        password_stdin: bool,
    },
    /// Print what there is of an account: names, number, times, how many notices, shops and sessions
    ///
    /// One a line, a tab before the value.
    Show {
        /// The user name, mobile number or id
        name: String,
    },
    /// Let nobody log in to an account, and end its sessions
    ///
    /// Its notices and shops stay as they are. A server that runs minds it at once.
    Disable {
        /// The user name, mobile number or id
        name: String,
    },
    /// Let an account be logged in to again
    Enable {
        /// The user name, mobile number or id
        name: String,
    },
    /// End all sessions of an account
    EndSessions {
        /// The user name, mobile number or id
        name: String,
    },
    /// Remove an account with all its content: notices, shops, rank, portrait, picture
    ///
    /// A server that runs forgets it at once. For 30 days nobody else gets the name.
    Remove {
        /// The user name or mobile number
        name: String,
    },
}

/// Do it, beside a running server or without one.
pub fn run(config: Config, task: User) -> Result<(), String> {
    // Asked for before the database is opened: people take their time.
    let password = match &task {
        User::Add { password_stdin, .. } | User::Passwd { password_stdin, .. } => {
            password(*password_stdin)?
        }
        _ => String::new(),
    };
    let (db, is_alone) = open(config)?;
    let by = By::command();
    let done = match &task {
        User::Add { name, .. } => admin::add(&db, &by, name, &password).map(|id| format!("{id}\n")),
        User::List => admin::list(&db).map(|accounts| accounts.into_iter().map(line).collect()),
        User::Passwd { name, .. } => {
            admin::passwd(&db, &by, name, &password).map(|()| String::new())
        }
        User::Show { name } => accounts::show(&db, name)
            .map_err(admin::fault_text)
            .and_then(|shown| shown.ok_or_else(|| unknown(name)))
            .map(|shown| shown.iter().map(|(what, value)| format!("{what}\t{value}\n")).collect()),
        User::Disable { name } => {
            known(accounts::set_disabled(&db, &by, name, true), unknown(name))
        }
        User::Enable { name } => {
            known(accounts::set_disabled(&db, &by, name, false), unknown(name))
        }
        User::EndSessions { name } => known(accounts::end_sessions(&db, &by, name), unknown(name)),
        User::Remove { name } => {
            admin::remove(&db, &by, name, is_alone).map(|is_done| match is_done {
                true => String::new(),
                false => {
                    "the server has not removed the pictures yet; its log says why\n".to_owned()
                }
            })
        }
    };
    db.close();
    done.and_then(|told| output::print(&told))
}

fn unknown(name: &str) -> String {
    format!("{name}: there is no such account")
}

fn line(account: admin::Listed) -> String {
    let admin::Listed { id, username, mobile, nickname, created } = account;
    format!("{id}\t{username}\t{mobile}\t{nickname}\t{created}\n")
}

/// A new password: asked for twice, or one line of the standard input.
pub fn password(from_stdin: bool) -> Result<String, String> {
    if from_stdin || !std::io::stdin().is_terminal() {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(error_text)?;
        // Some shells write a byte order mark before what they pass on; no password begins with one.
        let line = text.trim_start_matches('\u{feff}').lines().next();
        return Ok(line.unwrap_or_default().to_owned());
    }
    let first = rpassword::prompt_password("Password: ").map_err(error_text)?;
    let again = rpassword::prompt_password("Again: ").map_err(error_text)?;
    if first == again { Ok(first) } else { Err("the two passwords differ".into()) }
}
