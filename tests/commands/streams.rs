//! Output of commands to a closed pipe and to a full disk.

use crate::common::cli::{done, folder, guichet};
use crate::common::command;
use std::fs::File;
use std::process::Stdio;

/// Commands with output on stdout; the last one needs accounts.
const TALKERS: [&[&str]; 7] = [
    &["routes"],
    &["usage"],
    &["man"],
    &["completions", "zsh"],
    &["backup", "."],
    &["user", "list"],
    &["export", "-t", "score"],
];

#[test]
fn reader_that_closes_early_is_no_error() {
    let folder = folder();
    let small = ["seed", "--notices", "0", "--scores", "3000", "--pictures", "0"];
    done(guichet(folder.path(), &small));
    for args in TALKERS {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command(folder.path()).args(args).stdout(writer).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn failed_output_is_an_error() {
    let folder = folder();
    let small = ["seed", "--notices", "0", "--scores", "10", "--pictures", "0"];
    done(guichet(folder.path(), &small));
    for args in TALKERS {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let mut command = command(folder.path());
        let output = command.args(args).stdout(Stdio::from(full)).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.starts_with("guichet: stdout: ") && said.lines().count() == 1, "{said}");
    }
}
