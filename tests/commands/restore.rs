//! Restoring: a server starts from a backup, and the old data is kept.

use crate::common::archive;
use crate::common::archive::{backup, done, folder, refused, run, tree};
use crate::common::client;
use crate::common::notice::{sample, search};
use crate::common::{Folder, Server};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rusqlite::Connection;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown, symlink};
use std::path::{Path, PathBuf};

const PICTURE: &[u8] = include_bytes!("../../src/image_check/fixtures/plain.png");
const OTHER: &[u8] = include_bytes!("../../src/image_check/fixtures/progressive.jpg");

/// A server with data of every kind, and the token of its owner.
fn filled(config: &str) -> (Server, String) {
    let server = Server::start(config);
    let (id, token) = server.account("nora");
    for (id, kind, bytes) in [(id, "png", PICTURE), (7, "jpg", OTHER)] {
        let base64 = STANDARD.encode(bytes);
        let data = json!({"name": "", "id": id.to_string(), "base64": base64, "type": kind});
        server.done(&token, "portrait/upload", data);
    }
    let avatar = json!({"base64": STANDARD.encode(PICTURE), "type": "png"});
    server.done(&token, "user/avatar", avatar);
    server.done(&token, "property/add", sample());
    server.done(&token, "shop/creat", json!({"shop_name": "伞"}));
    server.done(&token, "rank/upload", json!({"rank": 50}));
    for (openid, score) in [("ada", 5), ("bob", 7)] {
        server.done("", "score/post", json!({"openid": openid, "score": score}));
    }
    (server, token)
}

/// The answers to all requests of a client.
fn all_answers(server: &Server, token: &str) -> Vec<String> {
    let mut told: Vec<String> = [
        ("user/info", json!({})),
        ("user/verified", json!({})),
        ("portrait/get", json!({"id": "7"})),
        ("portrait/get", json!({"id": "100001"})),
        ("shop/list", json!({})),
        ("rank/list", json!({})),
        ("score/top", json!({"limit": 10})),
        ("score/get", json!({"openid": "ada"})),
    ]
    .into_iter()
    .map(|(name, data)| server.call_as(token, name, data))
    .collect();
    told.push(search(server, token, &[("type", "1"), ("key", "图书馆")]));
    let info: Value = serde_json::from_str(&told[0]).unwrap();
    let avatar = info["data"]["profile_picture"].as_str().unwrap();
    let path = avatar.strip_prefix("http://api.example.com").unwrap();
    told.push(STANDARD.encode(server.get(path).body));
    told
}

/// The folders with the data from before a restore.
fn old_data_folders(data: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(data).unwrap().map(|entry| entry.unwrap());
    let ours = entries.filter(|it| it.file_name().to_str().unwrap().starts_with("before-"));
    ours.map(|entry| entry.path()).collect()
}

#[test]
fn restored_server_answers_as_before() {
    let (server, token) = filled("");
    let expected = all_answers(&server, &token);
    assert!(expected.iter().any(|told| told.contains("伞")), "{expected:?}");
    let file = server.folder().join("a.tar");
    let facts = backup(server.folder(), &file);
    // Into a folder that is not there.
    let fresh = folder("");
    let told = done(run(fresh.path(), &["restore", file.to_str().unwrap()]));
    for fact in ["created", "program", "schema", "database", "pictures"] {
        assert_eq!(told[fact], facts[fact], "{fact}");
    }
    assert!(!told.contains_key("before"), "{told:?}");
    let restored = Server::start_in(fresh, "");
    assert_eq!(all_answers(&restored, &token), expected);
    // The restored server is independent: its writes continue from the state of the backup.
    let next = restored.done(&token, "property/add", sample());
    assert_eq!(next["uid"], 2);
    assert_eq!(all_answers(&server, &token), expected);
}

#[test]
fn restore_keeps_the_old_data_for_return() {
    let (server, token) = filled("");
    let file = server.folder().join("a.tar");
    backup(server.folder(), &file);
    let then = all_answers(&server, &token);
    // Writes after the backup, then a kill: the last writes are only in the WAL.
    server.done(&token, "user/update", json!({"nickname": "later"}));
    let base64 = STANDARD.encode(PICTURE);
    let data = json!({"name": "", "id": "7", "base64": base64, "type": "png"});
    server.done(&token, "portrait/upload", data);
    server.done("", "score/post", json!({"openid": "ada", "score": 99}));
    let now = all_answers(&server, &token);
    assert_ne!(now, then);
    client::signal(&server, "KILL");
    let folder = server.into_folder();
    let data = folder.path().join("data");
    fs::write(data.join("outbox.jsonl"), "a message\n").unwrap();
    let old = tree(&data);
    assert!(old[Path::new("guichet.db-wal")].len() > 1_000);

    let told = done(run(folder.path(), &["restore", file.to_str().unwrap()]));
    let kept = old_data_folders(&data);
    assert_eq!(kept, [PathBuf::from(&told["before"])]);
    for (name, bytes) in tree(&kept[0]) {
        assert!(old[&name] == bytes, "{}", name.display());
    }
    assert_eq!(tree(&kept[0]).len(), old.len() - 2, "all but the lock and the outbox");
    assert_eq!(fs::read_to_string(data.join("outbox.jsonl")).unwrap(), "a message\n");
    assert!(!data.join("guichet.db-wal").exists(), "no old log beside the new database");
    let server = Server::start_in(folder, "");
    assert_eq!(all_answers(&server, &token), then);

    // By hand, as docs/backup.md describes: the kept data is complete.
    let folder = server.into_folder();
    let other = archive::folder("");
    fs::rename(&kept[0], other.path().join("data")).unwrap();
    let server = Server::start_in(other, "");
    assert_eq!(all_answers(&server, &token), now);
    drop(folder);
}

#[test]
fn restore_is_refused_while_a_server_runs() {
    let (server, token) = filled("");
    let file = server.folder().join("a.tar");
    backup(server.folder(), &file);
    let said = refused(run(server.folder(), &["restore", file.to_str().unwrap()]));
    let database = server.folder().join("data/guichet.db");
    let held = "held by another guichet; one process at a time may serve a database";
    assert_eq!(said, format!("{}: {held}", database.display()));
    done(run(server.folder(), &["restore", "--verify-only", file.to_str().unwrap()]));
    assert!(old_data_folders(&server.folder().join("data")).is_empty());
    all_answers(&server, &token);
}

#[test]
fn verify_changes_nothing_and_needs_no_data() {
    let (server, _) = filled("");
    let file = server.folder().join("a.tar");
    let facts = backup(server.folder(), &file);
    let elsewhere = folder("");
    fs::copy(&file, elsewhere.path().join("b.tar")).unwrap();
    let told = done(run(elsewhere.path(), &["restore", "--verify-only", "b.tar"]));
    assert_eq!(told["pictures"], facts["pictures"]);
    let mut left: Vec<_> = tree(elsewhere.path()).into_keys().collect();
    left.sort_unstable();
    assert_eq!(left, [Path::new("b.tar"), Path::new("guichet.toml")]);
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 2, "no folder either");
}

#[test]
fn restore_replaces_a_database_outside_data_dir() {
    let inside = Folder::new();
    let database = inside.path().join("my.db");
    let config = format!("[database]\nurl = \"sqlite:{}\"\n", database.display());
    let (server, token) = filled(&config);
    let file = server.folder().join("a.tar");
    backup(server.folder(), &file);
    let then = all_answers(&server, &token);
    server.done(&token, "user/update", json!({"nickname": "later"}));
    client::signal(&server, "KILL");
    let folder = server.into_folder();
    done(run(folder.path(), &["restore", file.to_str().unwrap()]));
    let [old] = &old_data_folders(inside.path())[..] else { panic!("one folder") };
    assert!(old.join("my.db").exists() && old.join("my.db-wal").exists());
    let [pictures] = &old_data_folders(&folder.path().join("data"))[..] else {
        panic!("one folder")
    };
    assert_eq!(fs::read_dir(pictures.join("pictures")).unwrap().count(), 3);
    let server = Server::start_in(folder, &config);
    assert_eq!(all_answers(&server, &token), then);
}

#[test]
fn start_finishes_an_interrupted_restore() {
    let (server, token) = filled("");
    let file = server.folder().join("a.tar");
    backup(server.folder(), &file);
    let then = all_answers(&server, &token);
    server.done(&token, "user/update", json!({"nickname": "later"}));
    let folder = server.restart().into_folder();
    let data = folder.path().join("data");
    // The state after the marker and two of the renames: the new pictures are in place, the old
    // database is moved away.
    let staged = data.join("restore-0123456789abcdef");
    let kept = data.join("before-20260301-033000");
    fs::create_dir(&kept).unwrap();
    fs::create_dir_all(staged.join("pictures")).unwrap();
    let other = archive::folder("");
    done(run(other.path(), &["restore", file.to_str().unwrap()]));
    fs::rename(other.path().join("data/guichet.db"), staged.join("guichet.db")).unwrap();
    fs::remove_dir(staged.join("pictures")).unwrap();
    fs::rename(data.join("pictures"), kept.join("pictures")).unwrap();
    fs::rename(other.path().join("data/pictures"), data.join("pictures")).unwrap();
    for name in ["guichet.db-wal", "guichet.db-shm", "guichet.db"] {
        let _ = fs::rename(data.join(name), kept.join(name));
    }
    let marker = json!({
        "staged": "restore-0123456789abcdef",
        "kept": "before-20260301-033000",
        "database": data.join("guichet.db"),
        "pictures": true,
    });
    fs::write(data.join("restore.json"), marker.to_string()).unwrap();
    let said = refused(run(folder.path(), &["backup", "b.tar"]));
    assert!(said.contains("a restore was cut off"), "{said}");
    let server = Server::start_in(folder, "");
    assert_eq!(all_answers(&server, &token), then);
    assert!(server.log().contains("a restore that was cut off was finished"));
    assert!(!data.join("restore.json").exists() && !staged.exists() && kept.exists());
    backup(server.folder(), &server.folder().join("b.tar"));
}

#[test]
fn killed_restore_leaves_the_data_unchanged() {
    let (server, token) = filled("");
    let file = server.folder().join("a.tar");
    archive::fill(&server);
    backup(server.folder(), &file);
    let expected = all_answers(&server, &token);
    let mut folder = server.into_folder();
    for moment in 0..10_u32 {
        let data = folder.path().join("data");
        let mut child = crate::common::command(folder.path())
            .args(["restore", file.to_str().unwrap()])
            .spawn()
            .unwrap();
        let staged = || {
            let entries = fs::read_dir(&data).unwrap().flatten();
            entries.filter(|it| it.file_name().to_str().unwrap().starts_with("restore-")).count()
        };
        archive::wait_until("it begins", || staged() > 0 || child.try_wait().unwrap().is_some());
        for _ in 0..moment * 300 {
            let _ = fs::metadata(&file);
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // The data is the same, so a client can't see whether it was swapped.
        let server = Server::start_in(folder, "");
        assert_eq!(all_answers(&server, &token), expected);
        assert_eq!(staged(), 0);
        folder = server.restart().into_folder();
    }
}

#[test]
fn impossible_restore_is_refused_before_any_change() {
    let (server, _) = filled("");
    let file = server.folder().join("a.tar");
    backup(server.folder(), &file);
    let folder = server.restart().into_folder();
    let (data, real) = (folder.path().join("data"), folder.path().join("real"));
    for name in ["pictures", "guichet.db"] {
        fs::rename(data.join(name), &real).unwrap();
        symlink(&real, data.join(name)).unwrap();
        let old = tree(folder.path());
        let said = refused(run(folder.path(), &["restore", file.to_str().unwrap()]));
        let why = "a link, which can't be swapped; name what it points to in the configuration";
        assert_eq!(said, format!("{}: {why}", data.join(name).display()));
        assert!(tree(folder.path()) == old);
        fs::remove_file(data.join(name)).unwrap();
        fs::rename(&real, data.join(name)).unwrap();
    }
    // Only root may give a file away.
    let database = data.join("guichet.db");
    let ours = fs::metadata(&database).unwrap().uid();
    if chown(&database, Some(65_534), None).is_ok() {
        let said = refused(run(folder.path(), &["restore", file.to_str().unwrap()]));
        let why = "belongs to another user (uid 65534); run this as that user";
        assert_eq!(said, format!("{}: {why}", database.display()));
        assert!(old_data_folders(&data).is_empty());
        chown(&database, Some(ours), None).unwrap();
    }
    let said = refused(run(folder.path(), &["restore", "no.tar"]));
    assert!(said.starts_with("no.tar: "), "{said}");
    let database = Connection::open(data.join("guichet.db")).unwrap();
    database.query_row("SELECT count(*) FROM account", [], |row| row.get::<_, i64>(0)).unwrap();
}
