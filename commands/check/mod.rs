//! `guichet check`: is all as it should be, and if not, how is it mended?
//!
//! It changes nothing and makes nothing, beside a running server, before the first start, and on a
//! database that can't be served any more. A file a check goes through what one thing needs.

mod address;
mod backups;
mod console;
mod database;
mod disks;
mod documents;
mod games;
mod live;
mod names;
mod privacy;
mod services;
mod settings;
mod tls;
mod upgrade;

use super::output;
use clap::Args;
use engine::config::{self, Config};
use std::fmt::Display;
use std::path::Path;

const EXAMPLES: &str = "\
Examples:
  guichet -c guichet.toml check
  sudo -u guichet guichet -c /etc/guichet.toml check --quick";

/// Look whether all is as it should be, and tell how to mend what is not
///
/// The configuration, the folders, the database to its last page, the pictures, the gateway, the
/// backups, the address. Each line begins with ok, warning or wrong. Changes nothing, and works
/// beside a running server as well as before the first start; run it as the server's user. Ends with
/// status 1 if something is wrong.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Check {
    /// Don't compare the indexes of the database with its tables: on a large one that takes minutes
    #[arg(long)]
    quick: bool,
    /// Only ask the running server whether it is alive, and say nothing: for health checks
    #[arg(long, conflicts_with = "quick")]
    live: bool,
}

/// What was found so far.
#[derive(Default)]
struct Findings {
    is_wrong: bool,
}

impl Findings {
    fn ok(&mut self, what: &str, text: impl Display) {
        self.tell("ok     ", what, &text);
    }

    /// It works, and may not do what is wanted.
    fn warning(&mut self, what: &str, text: impl Display) {
        self.tell("warning", what, &text);
    }

    /// It does not work.
    fn wrong(&mut self, what: &str, text: impl Display) {
        self.is_wrong = true;
        self.tell("wrong  ", what, &text);
    }

    /// Tell it at once: the next thing may take its time.
    fn tell(&self, how: &str, what: &str, text: &dyn Display) {
        let line = format!("{how}  {what}: {text}").replace(char::is_control, " ");
        // How the command ends tells as well, whether or not anybody reads.
        let _ = output::print(&format!("{line}\n"));
    }
}

/// Check everything; whether nothing is wrong.
pub fn run(file: Option<&Path>, task: &Check) -> Result<bool, String> {
    let mut findings = Findings::default();
    let config = match Config::load(file) {
        Ok(config) => config,
        Err(error) => {
            findings.wrong("configuration", format_args!("{error}; nothing else was looked at"));
            return Ok(false);
        }
    };
    let from = file.map_or("every key has its default".into(), |file| file.display().to_string());
    let set = config::variables();
    let set = match set.is_empty() {
        true => String::new(),
        false => format!("; set by the environment: {}", set.join(", ")),
    };
    if task.live {
        return live::check(&config);
    }
    findings.ok("configuration", format_args!("{from}{set}"));
    settings::check(&config, &mut findings);
    disks::check(&config, &mut findings);
    documents::check(&config, &mut findings);
    tls::check(&config, &mut findings);
    match services::Services::open(&config) {
        Ok(services) => {
            let inspection = database::check(&config, &services, task.quick, &mut findings);
            services.check(&config, inspection.as_ref(), &mut findings);
            privacy::check(&config, inspection.as_ref(), &mut findings);
            names::check(inspection.as_ref(), &mut findings);
            games::check(&config, inspection.as_ref(), &mut findings);
            console::check(&config, inspection.as_ref(), &mut findings);
            backups::check(&config, services.shared(), &mut findings);
        }
        Err(error) => findings.wrong("services", format_args!("{error}; they were left out")),
    }
    address::check(&config, &mut findings);
    Ok(!findings.is_wrong)
}
