//! Helpers that run commands and return their output.

use super::{Folder, command};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// A folder with a configuration, without a server.
pub fn folder() -> Folder {
    with_config("")
}

/// A folder with further configuration, top-level keys first.
pub fn with_config(config: &str) -> Folder {
    let folder = Folder::new();
    let data = folder.path().join("data");
    let text = format!("data_dir = {data:?}\n{config}");
    fs::write(folder.path().join("guichet.toml"), text).unwrap();
    folder
}

/// Runs a command with the configuration in `folder`.
pub fn guichet(folder: &Path, args: &[&str]) -> Output {
    command(folder).args(args).output().unwrap()
}

/// Run a command without a configuration.
pub fn bare(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_guichet")).args(args).output().unwrap()
}

/// The output of a successful command.
pub fn done(output: Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    String::from_utf8(output.stdout).unwrap()
}

/// The error line of a failed command, without the program name, and with `@` for the folder.
pub fn refused(folder: &Path, output: Output) -> String {
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.ends_with('\n') && said.lines().count() == 1, "{said:?}");
    let said = said.strip_prefix("guichet: ").unwrap().trim_end();
    said.replace(folder.to_str().unwrap(), "@")
}
