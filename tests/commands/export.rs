//! `guichet export`: a consistent copy of all rows.

use crate::common::cli::{done, folder, guichet, refused};
use crate::common::{Folder, Server};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// The exported tables.
pub const TABLES: [&str; 21] = [
    "account",
    "admin",
    "admin_recovery",
    "api_key",
    "app",
    "audit",
    "ban",
    "board",
    "held_score",
    "picture_total",
    "place",
    "player",
    "portrait",
    "property",
    "rank",
    "review",
    "score",
    "season",
    "sequence",
    "shop",
    "standing",
];

/// Texts that are difficult for line formats, JSON or SQLite.
pub const ODD: [&str; 8] = [
    "one\ntwo\r\n\tthree",
    "NUL \0 in it",
    "\"quoted\" \\ and {\"base64\":\"AA==\"}",
    "😀 诺拉 \u{2028}\u{feff}\u{7f}",
    "null",
    "9223372036854775808",
    " ",
    "é e\u{301} ß",
];

/// Exports to a folder next to the configuration.
pub fn export(folder: &Path, name: &str) -> BTreeMap<String, String> {
    let to = folder.join(name);
    let told = done(guichet(folder, &["export", to.to_str().unwrap()]));
    let files = files(&to);
    let count = |text: &String| text.lines().count();
    let counted: String =
        files.iter().map(|(name, text)| format!("{name}\t{}\n", count(text))).collect();
    assert_eq!(told, counted);
    files
}

/// The files of an export: table name and text.
pub fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let file = |path: std::path::PathBuf| {
        assert_eq!(path.extension().unwrap(), "jsonl");
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, fs::read_to_string(path).unwrap())
    };
    entries.map(file).collect()
}

/// Data with odd texts and the largest numbers that operations can store.
pub fn odd_world() -> Folder {
    let folder = folder();
    let path = folder.path();
    done(guichet(path, &["seed", "--accounts", "9", "--notices", "40", "--scores", "90"]));
    let database = Connection::open(path.join("data/guichet.db")).unwrap();
    for (nth, text) in (1_i64..).zip(ODD) {
        let id = nth + 10;
        database
            .execute(
                "INSERT INTO shop (id, name, content, owner, created_at)
                 VALUES ($1, $2, $2, 100001, $1)",
                (id, text),
            )
            .unwrap();
        database
            .execute("UPDATE account SET nickname = $1 WHERE id = $2", (text, 100_000 + nth))
            .unwrap();
    }
    for (account, score) in [(1, i64::MIN), (2, i64::MAX), (3, -1), (4, 0)] {
        let sql = "INSERT INTO rank (account, score, reached_at) VALUES ($1, $2, $2)";
        database.execute(sql, (account, score)).unwrap();
    }
    drop(database);
    folder
}

#[test]
fn export_writes_every_row_as_plain_json() {
    let folder = odd_world();
    let files = export(folder.path(), "out");
    assert_eq!(files.keys().map(String::as_str).collect::<Vec<_>>(), TABLES);
    let shops: Vec<Value> =
        files["shop"].lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for text in ODD {
        assert!(shops.iter().any(|shop| shop["name"] == text && shop["content"] == text), "{text}");
    }
    let ranks: Vec<&str> = files["rank"].lines().collect();
    for line in [
        r#"{"account":1,"score":-9223372036854775808,"reached_at":-9223372036854775808}"#,
        r#"{"account":2,"score":9223372036854775807,"reached_at":9223372036854775807}"#,
    ] {
        assert!(ranks.contains(&line), "{ranks:?}");
    }
    assert!(files["account"].lines().any(|line| line.contains(r#""real_name":null"#)));
    assert!(files["account"].contains("$argon2id$"), "who moves can log in");
    // Sorted by key, so that two exports of the same rows are identical.
    let ids: Vec<i64> = shops.iter().map(|shop| shop["id"].as_i64().unwrap()).collect();
    assert!(ids.is_sorted());
}

#[test]
fn export_is_readable_only_by_its_owner() {
    let folder = folder();
    done(guichet(folder.path(), &["user", "list"]));
    let to = folder.path().join("out");
    fs::create_dir(&to).unwrap();
    export(folder.path(), "out");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&to), mode(&to.join("account.jsonl"))), (0o700, 0o600));
    assert!(!folder.path().join("out.part").exists());
}

#[test]
fn export_beside_server_has_all_acknowledged_rows() {
    let server = Server::start("");
    let (nora, token) = server.account("nora");
    // A row in its table, and rows that are only in the journal.
    server.done("", "score/post", json!({"app": "a", "openid": "old", "score": 5}));
    let server = server.restart();
    for (player, score) in [("old", 3), ("new", 7), ("old", 9), ("new", 8), ("old", 4)] {
        let post = json!({"app": "a", "openid": player, "score": score});
        server.done("", "score/post", post);
        server.done(&token, "rank/upload", json!({"rank": score}));
    }
    let files = export(server.folder(), "beside");
    let scores: Vec<Value> =
        files["score"].lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<(&Value, &Value)> =
        scores.iter().map(|row| (&row["openid"], &row["score"])).collect();
    assert_eq!(told, [(&json!("new"), &json!(8)), (&json!("old"), &json!(9))]);
    let rank: Value = serde_json::from_str(files["rank"].trim_end()).unwrap();
    assert_eq!((&rank["account"], &rank["score"]), (&json!(nora), &json!(4)));
    // The server stops and moves the journal into the tables: the export is the same.
    let mut server = server;
    assert_eq!(server.terminate(), 0);
    assert_eq!(export(server.folder(), "after"), files);
}

#[test]
fn export_omits_short_lived_tables_unless_named() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let files = export(server.folder(), "out");
    for name in [
        "session",
        "captcha",
        "named_captcha",
        "pow_key",
        "pow_paid",
        "sms",
        "login_failure",
        "journal",
    ] {
        assert!(!files.contains_key(name), "{name}");
    }
    let named = server.folder().join("named");
    let args = ["export", "-t", "session", "--table", "shop", named.to_str().unwrap()];
    assert_eq!(done(guichet(server.folder(), &args)), "session\t1\nshop\t0\n");
    let session = done(guichet(server.folder(), &["export", "-t", "session", "-"]));
    assert_eq!(session, crate::export::files(&named)["session"]);
    assert!(!session.contains(&token), "a token is not in the database");
}

#[test]
fn failed_export_is_reported_and_leaves_nothing() {
    let folder = folder();
    let path = folder.path();
    let out = path.join("out");
    let out = out.to_str().unwrap();
    let said = refused(path, guichet(path, &["export", out]));
    assert_eq!(said, "@/data/guichet.db: there is no database");
    assert!(!path.join("data").exists(), "nothing is made");
    done(guichet(path, &["user", "list"]));
    fs::create_dir(path.join("full")).unwrap();
    fs::write(path.join("full/shop.jsonl"), "").unwrap();
    let full = path.join("full");
    let file = path.join("full/shop.jsonl/x");
    for (args, expected) in [
        (&["export"][..], "name a folder for all tables, or with --table one table"),
        (&["export", "-t", "shop", "-t", "app"], "name a folder for all tables, or with --table"),
        (
            &["export", "-t", "nonsense"],
            "nonsense: there is no such table; there are account, admin",
        ),
        (&["export", "-t", "nonsense", out], "nonsense: there is no such table"),
        (&["export", "-t", "sqlite_schema"], "sqlite_schema: there is no such table"),
        (&["export", "-t", "property_text"], "property_text: there is no such table"),
        (&["export", full.to_str().unwrap()], "@/full: it is not empty"),
        (&["export", file.to_str().unwrap()], "@/full/shop.jsonl/x: Not a directory"),
        (&["export", "/"], "/: name a new folder"),
    ] {
        let said = refused(path, guichet(path, args));
        assert!(said.starts_with(expected), "{args:?}: {said}");
    }
    let cut = path.join("out.part");
    fs::create_dir(&cut).unwrap();
    let said = refused(path, guichet(path, &["export", out]));
    assert_eq!(said, "@/out.part: left by an export that was cut off; remove it");
    fs::remove_dir(&cut).unwrap();
    let names = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["data", "data.key", "full", "guichet.toml"]);
}
