//! `guichet man`: the manual.

use super::{error_text, output};
use clap::{Args, Command};
use std::path::{Path, PathBuf};
use std::{fs, io};

const EXAMPLES: &str = "\
Examples:
  guichet man | man -l -
  guichet man /usr/local/share/man/man1 && man guichet-call";

/// Print the manual page, or write one for each command
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Man {
    /// A folder for guichet.1, guichet-user.1 and so on; made if it is not there
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// Print or write them.
pub fn run(command: Command, task: &Man) -> Result<(), String> {
    // The help command has nothing to say that the pages don't.
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let Some(folder) = &task.folder else {
        let mut text = Vec::new();
        page(&command).render(&mut text).map_err(error_text)?;
        return output::told(output::write(&text));
    };
    fs::create_dir_all(folder)
        .and_then(|()| write(&command, folder))
        .map_err(|error| format!("{}: {error}", folder.display()))
}

fn write(command: &Command, folder: &Path) -> io::Result<()> {
    page(command).generate_to(folder)?;
    command.get_subcommands().try_for_each(|command| write(command, folder))
}

fn page(command: &Command) -> clap_mangen::Man {
    let source = concat!("guichet ", env!("CARGO_PKG_VERSION"));
    clap_mangen::Man::new(command.clone()).source(source).manual("Guichet")
}
