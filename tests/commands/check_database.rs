//! `guichet check` on damaged databases and lost pictures.

use crate::check::{check, problems, world, worst_finding};
use crate::common::cli::{done, guichet};
use crate::common::{Folder, Server};
use rusqlite::Connection;
use std::fs;
use std::path::PathBuf;

const ANY: &str = "listen = \"127.0.0.1:0\"\n";

fn file(folder: &Folder) -> PathBuf {
    folder.path().join("data/guichet.db")
}

#[test]
fn check_finds_every_damaged_database_page() {
    let folder = world(ANY);
    let whole = fs::read(file(&folder)).unwrap();
    let pages = whole.len() / 4096;
    let mut found = 0;
    // Not the first page: without it the file is not our database, which is another error.
    for page in (1..pages).step_by(pages / 12) {
        let mut bytes = whole.clone();
        for byte in &mut bytes[page * 4096..page * 4096 + 64] {
            *byte ^= 0x55;
        }
        fs::write(file(&folder), &bytes).unwrap();
        let told = check(folder.path());
        let lines: Vec<_> = told.iter().filter(|(how, ..)| how == "wrong").collect();
        assert!(!lines.is_empty(), "page {page}: {told:?}");
        if lines.iter().any(|(_, _, text)| text.contains("restore the last backup")) {
            found += 1;
        }
        assert_eq!(fs::read(file(&folder)).unwrap(), bytes, "it was left as it is");
    }
    assert!(found > 5, "{found}");
    fs::write(file(&folder), &whole[..whole.len() / 2]).unwrap();
    assert_eq!(worst_finding(&check(folder.path()), "database").0, "wrong", "half of it");
}

#[test]
fn check_refuses_a_foreign_database() {
    let folder = world(ANY);
    fs::write(file(&folder), "somebody's novel, chapter one. ".repeat(1_000)).unwrap();
    let told = check(folder.path());
    let (how, text) = worst_finding(&told, "database");
    assert!(how == "wrong" && text.contains("not a guichet database"), "{text}");
    fs::remove_file(file(&folder)).unwrap();
    Connection::open(file(&folder)).unwrap().execute_batch("CREATE TABLE t (a)").unwrap();
    let told = check(folder.path());
    let (how, text) = worst_finding(&told, "database");
    assert!(how == "wrong" && text.contains("belongs to another program"), "{text}");
}

#[test]
fn check_reports_newer_and_older_schemas() {
    let folder = world(ANY);
    let set = |version: i64| {
        let database = Connection::open(file(&folder)).unwrap();
        database.pragma_update(None, "user_version", version).unwrap();
    };
    set(99);
    let told = check(folder.path());
    let (how, text) = worst_finding(&told, "database");
    assert!(how == "wrong" && text.contains("made by a newer guichet (schema 99"), "{text}");
    assert!(text.contains("install that version"), "{text}");
    set(0);
    let told = check(folder.path());
    let (how, text) = worst_finding(&told, "database");
    assert!(how == "warning" && text.contains("which the next start takes"), "{text}");
}

#[test]
fn check_counts_missing_pictures() {
    let folder = world(ANY);
    let pictures = folder.path().join("data/pictures");
    let one = fs::read_dir(&pictures).unwrap().next().unwrap().unwrap().path();
    fs::remove_file(&one).unwrap();
    let told = check(folder.path());
    assert_eq!(problems(&told), ["pictures", "games"]);
    let name = one.file_name().unwrap().to_str().unwrap();
    let expected = format!(
        "1 of the 6 that rows name are missing, such as {name}; restore them from a backup"
    );
    assert_eq!(worst_finding(&told, "pictures"), ("wrong", expected.as_str()));
    fs::remove_dir_all(&pictures).unwrap();
    let told = check(folder.path());
    let (how, text) = worst_finding(&told, "pictures");
    assert!(how == "wrong" && text.contains("rows name 6 pictures"), "{text}");
    assert!(!pictures.exists(), "it is not made");
}

#[test]
fn check_reports_unindexed_notices_until_reimport() {
    let folder = world(ANY);
    let database = Connection::open(file(&folder)).unwrap();
    let one = "DELETE FROM property_text WHERE rowid = (SELECT min(position) FROM property)";
    database.execute_batch(one).unwrap();
    drop(database);
    let told = check(folder.path());
    assert_eq!(problems(&told), ["text index", "games"]);
    let (_, text) = worst_finding(&told, "text index");
    assert!(text.starts_with("1 rows are found by no search, and 0 entries are of no row"));
    // As the message says, export and import rebuild the index.
    let moved = folder.path().join("moved");
    done(guichet(folder.path(), &["export", moved.to_str().unwrap()]));
    fs::remove_file(file(&folder)).unwrap();
    done(guichet(folder.path(), &["import", moved.to_str().unwrap()]));
    assert_eq!(problems(&check(folder.path())), ["games"]);
}

#[test]
fn check_accepts_data_of_a_killed_server() {
    let server = Server::start("");
    server.account("nora");
    for score in 0..20 {
        server.done("", "score/post", serde_json::json!({"openid": "a", "score": score}));
    }
    let folder = server.into_folder();
    let told = check(folder.path());
    assert_eq!(worst_finding(&told, "database").0, "ok", "{told:?}");
    // A copy of the database and the WAL, without the WAL index.
    fs::remove_file(folder.path().join("data/guichet.db-shm")).unwrap();
    let told = check(folder.path());
    assert_eq!(worst_finding(&told, "database").0, "ok", "{told:?}");
    assert_eq!(worst_finding(&told, "journal").0, "ok", "{told:?}");
    assert!(!folder.path().join("data/guichet.db-shm").exists(), "it is not made");
    Server::start_in(folder, "").login("nora");
}
