//! `guichet check --live` and `guichet service`.

use crate::common::Server;
use crate::common::cli::{done, guichet};
use std::fs;

#[test]
fn live_tells_whether_the_server_answers() {
    let mut server = Server::start("");
    let file = server.folder().join("guichet.toml");
    let text = fs::read_to_string(&file).unwrap();
    let known = text.replace("127.0.0.1:0", server.address());
    fs::write(&file, known).unwrap();
    assert_eq!(done(guichet(server.folder(), &["check", "--live"])), "");
    assert_eq!(server.terminate(), 0);
    let told = guichet(server.folder(), &["check", "--live"]);
    assert_eq!(told.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&told.stderr).contains("/healthz: "), "{told:?}");
}

#[test]
fn printed_unit_starts_this_program_with_its_config() {
    let folder = crate::common::cli::folder();
    fs::write(folder.path().join("guichet.toml"), "").unwrap();
    let unit = done(guichet(folder.path(), &["service", "print", "--user", "web"]));
    let start = unit.lines().find(|line| line.starts_with("ExecStart=")).unwrap();
    assert!(start.ends_with("/guichet.toml"), "{start}");
    assert!(unit.contains("\nUser=web\n") && unit.contains("\nWatchdogSec="), "{unit}");
}

#[test]
fn version_tells_the_features() {
    let told = done(guichet(crate::common::cli::folder().path(), &["--version"]));
    assert!(told.starts_with("guichet 0.") && told.contains("PostgreSQL)"), "{told}");
}
