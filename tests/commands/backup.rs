//! Backups under load and by command (reliability: backup under load).

mod load;

use crate::common::archive;
use crate::common::archive::{
    archives, backup, done, fill, partial_archives, refused, run, tree, wait_until,
};
use crate::common::client;
use crate::common::{Server, command, has};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use load::Load;
use rusqlite::Connection;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

const PICTURE: &[u8] = include_bytes!("../../src/image_check/fixtures/plain.png");

#[test]
fn backup_under_load_is_consistent_and_complete() {
    // `BACKUPS=100 cargo test --release --test commands under_load` is the full figure.
    let rounds = std::env::var("BACKUPS").map_or(10, |rounds| rounds.parse().unwrap());
    // The server also makes scheduled backups meanwhile. Each post is by a new player, all from
    // one address.
    let config = "[score]\nnew_players_per_hour = 0\n\
                  [backup]\ndir = \"own\"\nevery = \"1s\"\nkeep = 0\n\
                  [portrait]\nopen_per_day_per_address = 0\nper_day_per_account = 0\n";
    let server = Server::start(config);
    fill(&server);
    let load = Load::new(&server);
    let mut made = Vec::new();
    thread::scope(|scope| {
        let _ending = load.ending();
        for writer in 0..load.writers() {
            let (load, server) = (&load, &server);
            scope.spawn(move || load.write(server, writer));
        }
        wait_until("nothing is written", || load.moment().iter().all(|count| *count > 10));
        let own = || archives(&server.folder().join("own")).len();
        let before = own();
        for round in 0..rounds {
            let path = server.folder().join(format!("{round}.tar"));
            let begun = load.moment();
            let facts = backup(server.folder(), &path);
            assert!(!facts.contains_key("missing"), "{facts:?}");
            made.push((path, begun, load.moment()));
        }
        wait_until("the server makes none itself", || own() > before + 1);
    });
    for (path, begun, ended) in &made {
        load.check(path, begun, ended);
    }
    let (nothing, end) = (vec![0; load.writers()], load.moment());
    let own = archives(&server.folder().join("own"));
    for path in &own {
        done(run(server.folder(), &["restore", "--verify-only", path.to_str().unwrap()]));
    }
    load.check(own.last().unwrap(), &nothing, &end);
    // The server's own data is intact.
    let log = server.log();
    assert!(!log.contains(" WARN a ") && !log.contains("ERROR"), "{log}");
    let last = server.folder().join("last.tar");
    backup(server.folder(), &last);
    load.check(&last, &end, &end);
}

#[test]
fn backup_is_named_by_time_and_replaces_nothing() {
    let server = Server::start("");
    server.account("nora");
    let path = server.folder();
    let into = path.join("backups/of-today");
    for _ in 0..3 {
        done(run(path, &["backup", &format!("{}/", into.display())]));
    }
    let made = archives(&into);
    assert_eq!(made.len(), 3, "{made:?}");
    for archive in &made {
        let name = archive.file_name().unwrap().to_str().unwrap();
        let shape: String =
            name.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        assert!(shape.starts_with("guichet-00000000-000000"), "{name}");
        assert_eq!(fs::metadata(archive).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(fs::metadata(&into).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(fs::read_dir(&into).unwrap().count(), 3, "nothing else is left");

    let file = path.join("a.tar");
    let facts = backup(path, &file);
    assert_eq!(facts["file"], file.to_str().unwrap());
    let bytes = fs::read(&file).unwrap();
    let word = file.to_str().unwrap();
    let said = refused(run(path, &["backup", word]));
    assert_eq!(said, format!("{word}: it is there already; --force replaces it"));
    assert!(fs::read(&file).unwrap() == bytes);
    server.account("omar");
    done(run(path, &["backup", "--force", word]));
    assert!(fs::read(&file).unwrap() != bytes);
    done(run(path, &["restore", "--verify-only", word]));

    let said = refused(run(path, &["backup"]));
    assert_eq!(said, "say where to: guichet backup DIR, or set backup.dir");
    let said = refused(run(path, &["backup", "no/such/folder/a.tar"]));
    assert!(said.starts_with("no/such/folder: "), "{said}");
}

#[test]
fn backup_report_matches_the_archive() {
    let server = Server::start("");
    let base64 = STANDARD.encode(PICTURE);
    for id in ["7", "8"] {
        let data = json!({"name": "", "id": id, "base64": base64, "type": "png"});
        server.done("", "portrait/upload", data);
    }
    let file = server.folder().join("a.tar");
    let facts = backup(server.folder(), &file);
    let bytes = fs::read(&file).unwrap();
    assert_eq!(facts["bytes"], bytes.len().to_string());
    assert_eq!(facts["sha256"], engine::hex::encode(&Sha256::digest(&bytes)));
    assert_eq!(facts["program"], env!("CARGO_PKG_VERSION"));
    assert_eq!(facts["pictures"], format!("2\t{}", 2 * PICTURE.len()));
    let entries = archive::open(&file);
    let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    let [first, second, rest @ ..] = &names[..] else { panic!("{names:?}") };
    assert!(first.starts_with("pictures/") && second.starts_with("pictures/"));
    assert_eq!(rest, ["guichet.db", "manifest.json", "SHA256SUMS"]);
    assert_eq!(entries[0].bytes, PICTURE);
    assert_eq!(facts["database"], entries[2].bytes.len().to_string());
    let manifest: Value = serde_json::from_slice(&entries[3].bytes).unwrap();
    assert_eq!(manifest["format"], 1);
    assert_eq!(manifest["schema"].to_string(), facts["schema"]);
    assert_eq!(manifest["created_at"], facts["created"]);
    // Standard tools can check it.
    if has("tar") && has("sha256sum") {
        let out = server.folder().join("out");
        fs::create_dir(&out).unwrap();
        crate::common::run(Command::new("tar").arg("-xf").arg(&file).arg("-C").arg(&out));
        let sums = ["--check", "--strict", "--quiet", "SHA256SUMS"];
        crate::common::run(Command::new("sha256sum").args(sums).current_dir(&out));
    }
}

#[test]
fn backup_without_server_includes_the_wal() {
    let server = Server::start("");
    server.account("nora");
    for n in 0..20 {
        server.done("", "score/post", json!({"openid": format!("p{n}"), "score": n}));
    }
    client::signal(&server, "KILL");
    let folder = server.into_folder();
    let before = tree(&folder.path().join("data"));
    assert!(before.keys().any(|name| name.ends_with("guichet.db-wal")));
    let file = folder.path().join("a.tar");
    backup(folder.path(), &file);
    let mut after = tree(&folder.path().join("data"));
    // The WAL index, which is rebuilt on opening.
    after
        .retain(|name, bytes| !name.ends_with("guichet.db-shm") || before.get(name) == Some(bytes));
    assert!(after.iter().all(|(name, bytes)| before.get(name) == Some(bytes)), "it changed data");
    let other = archive::folder("");
    done(run(other.path(), &["restore", file.to_str().unwrap()]));
    let server = Server::start_in(other, "");
    server.login("nora");
    for n in 0..20 {
        let answer = server.done("", "score/get", json!({"openid": format!("p{n}")}));
        assert_eq!(answer["score"], n);
    }
}

#[test]
fn backup_without_a_database_makes_nothing() {
    let folder = archive::folder("");
    let file = folder.path().join("a.tar");
    let said = refused(run(folder.path(), &["backup", file.to_str().unwrap()]));
    let database = folder.path().join("data/guichet.db");
    assert_eq!(said, format!("{}: there is no database", database.display()));
    let left: Vec<_> = tree(folder.path()).into_keys().collect();
    assert_eq!(left, [Path::new("guichet.toml")]);
}

#[test]
fn killed_backup_is_cleaned_up_by_the_next() {
    let server = Server::start("");
    fill(&server);
    let into = server.folder().join("backups");
    fs::create_dir(&into).unwrap();
    let mut left = 0;
    for moment in 0..12_u32 {
        let before = partial_archives(&into);
        let mut child = command(server.folder())
            .args(["backup", into.to_str().unwrap()])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let begun = || partial_archives(&into).iter().any(|half| !before.contains(half));
        while !begun() && child.try_wait().unwrap().is_none() {}
        for _ in 0..moment * 200 {
            let _ = fs::metadata(&into);
        }
        child.kill().unwrap();
        child.wait().unwrap();
        left += partial_archives(&into).len();
        for archive in archives(&into) {
            done(run(server.folder(), &["restore", "--verify-only", archive.to_str().unwrap()]));
        }
    }
    assert!(left > 0, "none was killed in the middle");
    done(run(server.folder(), &["backup", into.to_str().unwrap()]));
    let left = partial_archives(&into);
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn missing_picture_is_reported_and_backup_is_made() {
    let server = Server::start("");
    let base64 = STANDARD.encode(PICTURE);
    for id in ["7", "8", "9"] {
        let data = json!({"name": "", "id": id, "base64": base64, "type": "png"});
        server.done("", "portrait/upload", data);
    }
    let database = Connection::open(server.folder().join("data/guichet.db")).unwrap();
    let sql = "SELECT file FROM portrait WHERE id = 8";
    let lost: String = database.query_row(sql, [], |row| row.get(0)).unwrap();
    fs::remove_file(server.folder().join("data/pictures").join(&lost)).unwrap();
    let file = server.folder().join("a.tar");
    let facts = backup(server.folder(), &file);
    assert_eq!(facts["missing"], lost);
    assert!(facts["pictures"].starts_with("2\t"), "{facts:?}");
    let other = archive::folder("");
    let told = done(run(other.path(), &["restore", file.to_str().unwrap()]));
    assert_eq!(told["missing"], lost);
    let server = Server::start_in(other, "");
    for id in ["7", "9"] {
        let data = server.done("", "portrait/get", json!({ "id": id }));
        assert_eq!(data["base64"], base64);
    }
}
