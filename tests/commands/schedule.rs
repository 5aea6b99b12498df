//! Scheduled backups.

use crate::common::archive::{archives, done, fill, partial_archives, run, wait_until};
use crate::common::{Folder, Server};
use std::fs;
use std::time::{Duration, Instant};

/// Configures a backup every second.
const EVERY_SECOND: &str = "[backup]\ndir = \"own\"\nevery = \"1s\"\n";

#[test]
fn schedule_keeps_newest_backups_and_other_files() {
    let folder = Folder::new();
    let own = folder.path().join("own");
    fs::create_dir(&own).unwrap();
    let old = own.join("guichet-20200101-000000.tar");
    fs::write(&old, "an old one").unwrap();
    let others = ["notes.txt", "guichet-before-the-move.tar", "guichet-20200101-000000.tar.asc"];
    for other in others {
        fs::write(own.join(other), other).unwrap();
    }
    let server = Server::start_in(folder, &format!("{EVERY_SECOND}keep = 2\n"));
    server.account("nora");
    let made = || server.log().matches("a backup was made").count();
    wait_until("four are made", || made() >= 4);
    let now = archives(&own);
    // The one with another name, two backups, and perhaps a new one.
    assert!((3..=4).contains(&now.len()), "{now:?}");
    assert!(!old.exists());
    for other in others {
        assert_eq!(fs::read_to_string(own.join(other)).unwrap(), other);
    }
    let log = server.log();
    assert!(!log.contains("ERROR") && !log.contains("WARN a "), "{log}");
}

#[test]
fn running_backup_does_not_delay_shutdown() {
    let server = Server::start("");
    fill(&server);
    let mut server = Server::start_in(server.into_folder(), EVERY_SECOND);
    let own = server.folder().join("own");
    for _ in 0..5 {
        // During a backup, or just before or after.
        wait_until("one is begun", || !partial_archives(&own).is_empty());
        let asked = Instant::now();
        assert_eq!(server.terminate(), 0);
        assert!(asked.elapsed() < Duration::from_secs(10));
        let log = server.folder().join("data/guichet.db-wal");
        assert_eq!(fs::metadata(&log).map_or(0, |file| file.len()), 0, "the log is empty or gone");
        server = Server::start_in(server.into_folder(), EVERY_SECOND);
    }
    for archive in archives(&own) {
        done(run(server.folder(), &["restore", "--verify-only", archive.to_str().unwrap()]));
    }
}

#[test]
fn restart_makes_only_missed_backups() {
    let daily = "[backup]\ndir = \"own\"\n[log]\nlevel = \"trace\"\n";
    let mut server = Server::start(daily);
    let own = server.folder().join("own");
    wait_until("the first is made at once", || archives(&own).len() == 1);
    server.account("nora");
    let looked = server.log().len();
    server = server.restart();
    wait_until("it looks", || server.log()[looked..].contains("no backup is due"));
    assert_eq!(archives(&own).len(), 1);
    // As if the server had not run for a week.
    let old = own.join("guichet-20260101-000000.tar");
    fs::rename(&archives(&own)[0], &old).unwrap();
    let server = server.restart();
    wait_until("the one that was missed is made", || archives(&own).len() == 2);
    assert!(old.exists());
    drop(server);
}

#[test]
fn failed_scheduled_backup_is_logged_once() {
    let folder = Folder::new();
    fs::write(folder.path().join("own"), "a file where the folder should be").unwrap();
    let server = Server::start_in(folder, "[backup]\ndir = \"own\"\n");
    wait_until("it is told", || server.log().contains("there is no backup"));
    server.account("nora");
    server.account("omar");
    let log = server.log();
    let told: Vec<&str> = log.lines().filter(|line| line.contains("there is no backup")).collect();
    assert_eq!(told.len(), 1, "{log}");
    assert!(told[0].contains("ERROR") && told[0].contains("own: "), "{told:?}");
    assert!(done(run(server.folder(), &["user", "list"])).len() == 2);
}
