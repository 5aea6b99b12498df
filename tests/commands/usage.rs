//! `guichet usage`: its numbers agree with the files, and it changes nothing.

use crate::check::{files, world};
use crate::common::cli::{done, guichet, refused, with_config};
use crate::common::{Folder, Server, command};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rusqlite::Connection;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown, symlink};
use std::path::Path;

const PNG: &[u8] = include_bytes!("../../src/image_check/fixtures/plain.png");
const BACKUPS: &str = "listen = \"127.0.0.1:0\"\n[backup]\ndir = \"own\"\n";

/// Its JSON output.
fn usage(folder: &Path) -> Value {
    serde_json::from_str(&done(guichet(folder, &["usage", "--json"]))).unwrap()
}

/// The length of a file.
fn length(path: &Path) -> u64 {
    fs::metadata(path).unwrap().len()
}

/// A table's rows and bytes.
fn table(told: &Value, name: &str) -> (u64, u64) {
    let tables = told["database"]["tables"].as_array().unwrap();
    let table = tables.iter().find(|table| table["name"] == name);
    let table = table.unwrap_or_else(|| panic!("{name} in {tables:?}"));
    (table["rows"].as_u64().unwrap(), table["bytes"].as_u64().unwrap())
}

/// The files and bytes of an item.
fn amount(told: &Value) -> (u64, u64) {
    (told["files"].as_u64().unwrap(), told["bytes"].as_u64().unwrap())
}

/// Makes a folder in `data`, or next to it, with one file.
fn put(folder: &Folder, path: &str, bytes: usize) {
    let path = folder.path().join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, vec![b'x'; bytes]).unwrap();
}

/// All files but the WAL index, which is only shared memory.
fn unchanged(folder: &Path) -> Vec<(String, Vec<u8>, u32, u32)> {
    let files = files(folder).into_iter().filter(|file| !file.0.ends_with("-shm"));
    let owner = |path: &str| fs::symlink_metadata(path).unwrap().uid();
    files.map(|(path, bytes, mode, _)| (path.clone(), bytes, mode, owner(&path))).collect()
}

#[test]
fn usage_agrees_with_the_files() {
    let folder = world(BACKUPS);
    let data = folder.path().join("data");
    put(&folder, &format!("data/pictures/{}.png", "f".repeat(32)), 1_000);
    put(&folder, "data/pictures/note", 7);
    put(&folder, "data/outbox.jsonl.1", 500);
    put(&folder, "data/before-upgrade/guichet-schema-1.db", 2_000);
    put(&folder, "data/before-20260301-033000/pictures/a.png", 3_000);
    put(&folder, "own/guichet-20260301-033000.tar", 4_000);
    put(&folder, &format!("own/.guichet-{}/copy.db", "0".repeat(32)), 5_000);
    put(&folder, "own/somebody's", 6_000);
    let told = usage(folder.path());

    let database = &told["database"];
    let file = length(&data.join("guichet.db"));
    assert_eq!((database["bytes"].as_u64(), database["log"].as_u64()), (Some(file), Some(0)));
    let tables = database["tables"].as_array().unwrap();
    let sum: u64 = tables.iter().map(|table| table["bytes"].as_u64().unwrap()).sum();
    assert_eq!(sum + database["free"].as_u64().unwrap(), file, "every page, once");
    let rows = Connection::open(data.join("guichet.db")).unwrap();
    for name in ["account", "property", "property_text", "score", "quota", "sqlite_schema"] {
        let sql = format!("SELECT count(*) FROM {name}");
        let expected: i64 = rows.query_row(&sql, [], |row| row.get(0)).unwrap();
        assert_eq!(i64::try_from(table(&told, name).0).unwrap(), expected, "{name}");
    }
    drop(rows);
    assert_eq!(table(&told, "property").0, 30);
    assert!(tables.iter().all(|table| !table["name"].as_str().unwrap().contains("_data")));

    let pictures = &told["pictures"];
    let kinds = ["open_portraits", "portraits", "avatars", "without_row"];
    let sums = kinds.map(|kind| amount(&pictures[kind]));
    let sum = sums.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let kept = fs::read_dir(data.join("pictures")).unwrap().map(|file| file.unwrap().path());
    let lengths: Vec<u64> =
        kept.filter(|path| !path.ends_with("note")).map(|path| length(&path)).collect();
    assert_eq!(sum, (7, lengths.iter().sum()), "{pictures}");
    assert_eq!(sums[3], (1, 1_000), "what no row names");

    let outbox = 500 + length(&data.join("outbox.jsonl"));
    assert_eq!(amount(&told["outbox"]), (2, outbox));
    assert_eq!(amount(&told["before_upgrade"]), (1, 2_000));
    assert_eq!(amount(&told["before_restore"]), (1, 3_000));
    assert_eq!(amount(&told["backups"]), (2, 9_000));
    assert_eq!(told["not_counted"], json!([]));
    // All of data_dir, with nothing counted twice.
    let own = ["outbox", "before_upgrade", "before_restore", "other"].map(|key| amount(&told[key]));
    let told: u64 = file + sum.1 + own.iter().map(|amount| amount.1).sum::<u64>();
    let found: u64 = files(&data).iter().map(|file| file.1.len() as u64).sum();
    assert_eq!(told, found);
}

#[test]
fn usage_run_by_root_changes_nothing() {
    const SERVER: u32 = 12_345;
    let server = Server::start("");
    server.account("nora");
    // Killed: the WAL and its index stay.
    let folder = server.into_folder();
    let is_root = chown(folder.path().join("data"), Some(SERVER), Some(SERVER)).is_ok();
    if is_root {
        for file in files(&folder.path().join("data")) {
            chown(&file.0, Some(SERVER), Some(SERVER)).unwrap();
        }
    }
    let before = unchanged(folder.path());
    assert_eq!(table(&usage(folder.path()), "account").0, 1, "what is in the log counts");
    assert!(unchanged(folder.path()) == before);
    fs::remove_file(folder.path().join("data/guichet.db-shm")).unwrap();
    assert_eq!(table(&usage(folder.path()), "account").0, 1, "without the log's index as well");
    assert!(unchanged(folder.path()) == before);
}

#[test]
fn usage_works_beside_a_server() {
    let server = Server::start("");
    let (id, token) = server.account("nora");
    let picture = STANDARD.encode(PNG);
    let portrait =
        |id: &str| json!({"name": "", "id": id, "base64": picture.as_str(), "type": "png"});
    server.done("", "portrait/upload", portrait("5"));
    server.done(&token, "portrait/upload", portrait(&id.to_string()));
    server.done(&token, "user/avatar", json!({"base64": picture.as_str()}));
    let told = usage(server.folder());
    assert_eq!(table(&told, "account").0, 1);
    assert!(told["database"]["log"].as_u64() > Some(0), "{told}");
    let pictures = server.folder().join("data/pictures");
    let bytes = length(&fs::read_dir(pictures).unwrap().next().unwrap().unwrap().path());
    for kind in ["open_portraits", "portraits", "avatars"] {
        assert_eq!(amount(&told["pictures"][kind]), (1, bytes), "{kind}");
    }
    assert_eq!(amount(&told["pictures"]["without_row"]), (0, 0));
    server.login("nora");
}

#[test]
fn usage_before_the_first_start_makes_nothing() {
    let folder = with_config("");
    let told = usage(folder.path());
    assert_eq!(
        (&told["database"]["bytes"], &told["database"]["tables"]),
        (&json!(0), &Value::Null)
    );
    assert_eq!(amount(&told["other"]), (0, 0));
    assert_eq!(files(folder.path()).len(), 1, "the configuration alone");
    assert!(done(guichet(folder.path(), &["usage"])).contains("database: "));
}

#[test]
fn usage_reads_the_first_schema() {
    let folder = with_config("");
    fs::create_dir(folder.path().join("data")).unwrap();
    let database = Connection::open(folder.path().join("data/guichet.db")).unwrap();
    database.execute_batch(include_str!("../../schema.sql")).unwrap();
    let names = ["a", "b", "c"].map(|letter| format!("{}.png", letter.repeat(32)));
    for (name, bytes) in names.iter().zip([10, 200, 3_000]) {
        put(&folder, &format!("data/pictures/{name}"), bytes);
    }
    let insert = format!(
        "INSERT INTO account (id, username, nickname, avatar, password, created_at)
         VALUES (100001, 'nora', 'nora', '{}', '', 0);
         INSERT INTO portrait VALUES (5, '{}'), (100001, '{}');
         PRAGMA application_id = 1196771651; PRAGMA user_version = 1;",
        names[2], names[0], names[1]
    );
    database.execute_batch(&insert).unwrap();
    drop(database);
    let told = usage(folder.path());
    let kinds = ["open_portraits", "portraits", "avatars", "without_row"];
    let sums = kinds.map(|kind| amount(&told["pictures"][kind]));
    assert_eq!(sums, [(1, 10), (1, 200), (1, 3_000), (0, 0)]);
}

#[test]
fn usage_with_damaged_database_shows_the_rest() {
    let folder = world(BACKUPS);
    let path = folder.path().join("data/guichet.db");
    fs::write(&path, "no database ".repeat(1_000)).unwrap();
    let output = guichet(folder.path(), &["usage", "--json"]);
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["database"]["bytes"], 12_000);
    assert_eq!(amount(&told["pictures"]["without_row"]).0, 6, "it is not known what rows name");
    let silent = std::process::Output { stdout: Vec::new(), ..output };
    let said = refused(folder.path(), silent);
    assert!(said.starts_with("@/data/guichet.db: not a guichet database"), "{said}");
}

#[test]
fn pictures_behind_a_symlink_are_counted_once() {
    let folder = world("");
    let data = folder.path().join("data");
    let elsewhere = folder.path().join("elsewhere");
    fs::rename(data.join("pictures"), &elsewhere).unwrap();
    symlink(&elsewhere, data.join("pictures")).unwrap();
    // A link to everything, which is not counted again.
    symlink("/", data.join("root")).unwrap();
    let told = usage(folder.path());
    let kinds = ["open_portraits", "portraits", "avatars"];
    let files: u64 = kinds.iter().map(|kind| amount(&told["pictures"][kind]).0).sum();
    assert_eq!(files, 6);
    assert!(amount(&told["other"]).0 < 5, "{}", told["other"]);
}

#[test]
fn usage_prints_the_largest_items() {
    let folder = world(BACKUPS);
    let mut command = command(folder.path());
    let text =
        done(command.env("GUICHET__DISK__RESERVE", "900000000MiB").arg("usage").output().unwrap());
    let lines: Vec<&str> = text.lines().collect();
    for line in &lines {
        let (size, what) = line.split_at(12);
        assert!(size.ends_with('B') && what.starts_with("  "), "{line:?}");
    }
    for what in [
        "  database: ",
        "    property: 30 rows",
        " tables without rows",
        "  write-ahead log of the database",
        "  portraits of accounts: ",
        "  pictures in the folder that no row names: 0 files",
        "  backups in own: 0 files",
        "  outbox: ",
        " are kept in reserve, so uploads are refused",
    ] {
        assert!(lines.iter().any(|line| line.contains(what)), "{what:?} in {text}");
    }
}
