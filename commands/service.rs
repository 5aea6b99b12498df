//! `guichet service …`: running under systemd.

use super::output;
use clap::Subcommand;
use std::path::Path;

/// The unit that the package installs.
const UNIT: &str = include_str!("../packaging/guichet.service");

const EXAMPLES: &str = "\
Examples:
  guichet -c /etc/guichet/guichet.toml service print > /etc/systemd/system/guichet.service
  useradd --system --home-dir /var/lib/guichet --shell /usr/sbin/nologin guichet
  systemctl enable --now guichet";

#[derive(Subcommand)]
pub enum Service {
    /// Print a systemd unit for this program and this configuration
    ///
    /// It runs as a user of its own, in /var/lib/guichet, and may do little else. It tells systemd when it is ready and
    /// that it is alive (Type=notify, WatchdogSec), and takes its address from a socket unit where there is one.
    #[command(after_long_help = EXAMPLES)]
    Print {
        /// The user that it runs as
        #[arg(long, default_value = "guichet")]
        user: String,
    },
}

/// Do it. `file` is the configuration of the service.
pub fn run(file: Option<&Path>, task: &Service) -> Result<(), String> {
    let Service::Print { user } = task;
    if user.is_empty() || user.contains(char::is_whitespace) {
        return Err("--user: the name of a user".into());
    }
    let program =
        std::env::current_exe().map_err(|error| format!("this program's path: {error}"))?;
    let file = file.unwrap_or(Path::new("/etc/guichet/guichet.toml"));
    let file = std::path::absolute(file).map_err(|error| format!("{}: {error}", file.display()))?;
    output::print(&unit(&program, &file, user)?)
}

fn unit(program: &Path, file: &Path, user: &str) -> Result<String, String> {
    let start = format!("ExecStart={} -c {}", word(program)?, word(file)?);
    let unit = UNIT.replace("ExecStart=/usr/bin/guichet -c /etc/guichet/guichet.toml", &start);
    Ok(unit.replace("User=guichet", &format!("User={user}")))
}

/// A path as a word of a unit's command line (systemd.service(5), systemd.unit(5)).
fn word(path: &Path) -> Result<String, String> {
    let text = path.to_str().ok_or_else(|| format!("{}: not UTF-8 text", path.display()))?;
    if text.contains(char::is_control) {
        return Err(format!("{text:?}: a unit can't name a path with control characters"));
    }
    let text = text.replace('%', "%%").replace('$', "$$");
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+%$@:,=~".contains(c);
    if text.chars().all(is_plain) {
        Ok(text)
    } else {
        Ok(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printed_unit_starts_this_program_with_this_file() {
        let unit = unit(Path::new("/opt/a b/guichet"), Path::new("/etc/g%.toml"), "web").unwrap();
        assert!(unit.contains("\nExecStart=\"/opt/a b/guichet\" -c /etc/g%%.toml\n"), "{unit}");
        assert!(unit.contains("\nUser=web\n") && unit.contains("\nType=notify\n"));
    }
}
