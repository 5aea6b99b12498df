//! `guichet admin …`: the people who look after the server.

use super::confirm::confirm;
use super::output::known;
use super::{open, output, user};
use crate::handlers::admin::people::{self, NewTotp};
use crate::handlers::admin::totp;
use crate::handlers::moderation::audit::By;
use crate::handlers::moderation::fault_text;
use clap::{Subcommand, ValueEnum};
use engine::caller::AdminRole;
use engine::config::Config;

const EXAMPLES: &str = "\
Examples:
  guichet -c guichet.toml admin add nora
  guichet -c guichet.toml admin totp nora
  printf '%s\\n' 'a long secret' | guichet -c guichet.toml admin add omar --role viewer --password-stdin";

/// What an admin may do.
#[derive(Clone, Copy, ValueEnum)]
pub enum Role {
    /// Looks at everything
    Viewer,
    /// Also decides about content and people
    Moderator,
    /// Does everything
    Owner,
}

impl From<Role> for AdminRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Viewer => AdminRole::Viewer,
            Role::Moderator => AdminRole::Moderator,
            Role::Owner => AdminRole::Owner,
        }
    }
}

#[derive(Subcommand)]
pub enum Admin {
    /// Make an admin, who can log in to the console
    ///
    /// Asks for the password, twice.
    #[command(after_long_help = EXAMPLES)]
    Add {
        /// The admin's name: 1 to 32 characters, each a letter (a-z, A-Z), a digit, '-', '_' or '.'
        name: String,
        /// What the admin may do
        #[arg(long, value_enum, default_value = "owner")]
        role: Role,
        /// Read the password from the first line of the standard input instead of asking for it
        #[arg(long)]
        password_stdin: bool,
    },
    /// List admins: name, role, with or without authenticator app, creation time, last login
    ///
    /// One a line, tabs between the columns.
    List,
    /// Set a new password; ends the admin's sessions
    Passwd {
        /// The name
        name: String,
        /// Read the password from the first line of the standard input instead of asking for it
        #[arg(long)]
        password_stdin: bool,
    },
    /// Give an admin another role; ends the admin's sessions
    Role {
        /// The name
        name: String,
        /// What the admin may do
        #[arg(value_enum)]
        role: Role,
    },
    /// Set up an authenticator app, in the place of an earlier one, and print its secret and ten recovery codes
    ///
    /// From then on a login needs the app's code. A recovery code stands in for it once.
    Totp {
        /// The name
        name: String,
        /// Take the app away instead: the password is enough then
        #[arg(long)]
        off: bool,
    },
    /// Remove an admin
    Remove {
        /// The name
        name: String,
        /// Don't ask whether it is meant
        #[arg(long)]
        yes: bool,
    },
}

/// Do it, beside a running server or without one.
pub fn run(config: Config, task: Admin) -> Result<(), String> {
    // Asked for before the database is opened: people take their time.
    let password = match &task {
        Admin::Add { password_stdin, .. } | Admin::Passwd { password_stdin, .. } => {
            user::password(*password_stdin)?
        }
        Admin::Remove { name, yes: false } => {
            confirm(&format!("Remove the admin {name}?"), "the admin can't log in any more")?;
            String::new()
        }
        _ => String::new(),
    };
    let (db, _) = open(config)?;
    let by = By::command();
    let done = match &task {
        Admin::Add { name, role, .. } => people::add(&db, &by, name, (*role).into(), &password)
            .and_then(|is_free| {
                is_free.then(String::new).ok_or_else(|| format!("{name}: there is such an admin"))
            }),
        Admin::List => {
            people::list(&db.view()).map_err(fault_text).map(|rows| rows.iter().map(line).collect())
        }
        Admin::Passwd { name, .. } => people::set_password(&db, &by, name, &password)
            .and_then(|is_there| known(Ok(is_there), unknown(name))),
        Admin::Role { name, role } => {
            known(people::set_role(&db, &by, name, (*role).into()), unknown(name))
        }
        Admin::Totp { name, off: true } => {
            known(people::remove_totp(&db, &by, name), unknown(name))
        }
        Admin::Totp { name, .. } => people::set_totp(&db, &by, name)
            .map_err(fault_text)
            .and_then(|made| made.map(|made| told(name, &made)).ok_or_else(|| unknown(name))),
        Admin::Remove { name, .. } => known(people::remove(&db, &by, name), unknown(name)),
    };
    db.close();
    done.and_then(|told| output::print(&told))
}

fn unknown(name: &str) -> String {
    format!("{name}: there is no such admin")
}

fn told(name: &str, made: &NewTotp) -> String {
    let NewTotp { secret, recovery } = made;
    format!(
        "secret\t{secret}\naddress\t{}\n{}",
        totp::address(name, secret),
        recovery.iter().map(|code| format!("recovery code\t{code}\n")).collect::<String>()
    )
}

fn line(admin: &people::Listed) -> String {
    let people::Listed { name, role, totp, made, last_login } = admin;
    let totp = if *totp { "app" } else { "no app" };
    format!("{name}\t{role}\t{totp}\t{made}\t{last_login}\n")
}
