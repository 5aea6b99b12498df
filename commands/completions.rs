//! `guichet completions`: what a shell needs to complete commands and options.

use super::output;
use clap::Args;
use clap_complete::Shell;

const EXAMPLES: &str = "\
Examples:
  guichet completions bash > ~/.local/share/bash-completion/completions/guichet
  guichet completions zsh > ~/.zfunc/_guichet       (where fpath has ~/.zfunc)
  guichet completions fish > ~/.config/fish/completions/guichet.fish";

/// Print the completions of a shell
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Completions {
    /// The shell
    shell: Shell,
}

/// Print them.
pub fn run(mut command: clap::Command, task: &Completions) -> Result<(), String> {
    let mut script = Vec::new();
    clap_complete::generate(task.shell, &mut command, "guichet", &mut script);
    output::told(output::write(&script))
}
