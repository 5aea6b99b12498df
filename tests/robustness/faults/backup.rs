//! A disk that is too full for a backup or a restore: it is reported, and nothing is left behind.

use super::full_disk::may_mount;
use crate::common::archive::{self, backup, fill};
use crate::common::{Server, command};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Runs the program with `disk` as a small disk, and returns what is on it at the end.
fn on_small_disk(disk: &Path, folder: &Path, arguments: &[&str]) -> (Output, String) {
    let listing = folder.join("listing");
    let script = r#"mount -t tmpfs -o size=1m tmpfs "$0" && list="$1" && shift && { "$@"; ended=$?
                    find "$0" -type f -size +0 > "$list"; exit $ended; }"#;
    let program = command(folder);
    let mut outer = Command::new("unshare");
    outer.args(["--map-root-user", "--mount", "sh", "-c", script]).arg(disk).arg(&listing);
    outer.arg(program.get_program()).args(program.get_args()).args(arguments);
    let output = outer.current_dir(folder).output().unwrap();
    (output, fs::read_to_string(listing).unwrap())
}

#[test]
fn full_disk_leaves_no_partial_backup_or_restore() {
    if !may_mount() {
        return;
    }
    let server = Server::start("");
    fill(&server);
    let file = server.folder().join("a.tar");
    backup(server.folder(), &file);
    let small = server.folder().join("small");
    fs::create_dir(&small).unwrap();
    let (output, left) =
        on_small_disk(&small, server.folder(), &["backup", small.to_str().unwrap()]);
    let said = archive::refused(output);
    assert!(said.starts_with(small.to_str().unwrap()) && said.contains("full"), "{said}");
    assert_eq!(left, "");
    // The server still works.
    server.account("nora");
    backup(server.folder(), &server.folder().join("b.tar"));

    let other = archive::folder("");
    let data = other.path().join("data");
    fs::create_dir(&data).unwrap();
    let (output, left) = on_small_disk(&data, other.path(), &["restore", file.to_str().unwrap()]);
    let said = archive::refused(output);
    assert!(said.starts_with(data.to_str().unwrap()) && said.contains("No space left"), "{said}");
    assert_eq!(left, "");
}
