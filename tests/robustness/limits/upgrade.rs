//! Upgrades from the first schema: a database left by the first version when it was killed, with
//! commits in its WAL and its journal.

use super::privacy::{CARD, NAME, NONE, guichet, holding, success};
use crate::common::{Folder, Server, has, run};
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// The token of the account `nora`, which lives for 30 days of the clock; see [`old`].
const TOKEN: &str = "186f5cd7d6763e0dfe0e29851873d14a";

/// The names of the pictures.
const PICTURES: [&str; 3] = [
    "1e4d8f61658e5725aca67d9326b72834.png",
    "64d75a617b555678b1c67cee0d0ba438.png",
    "f089b570ebe0bac66a57756d865b8603.png",
];

/// A picture of one dot.
const PNG: &[u8] = &[
    137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82, 0, 0, 0, 1, 0, 0, 0, 1, 8, 6, 0,
    0, 0, 31, 21, 196, 137, 0, 0, 0, 13, 73, 68, 65, 84, 120, 218, 99, 100, 248, 207, 80, 15, 0, 3,
    134, 1, 128, 90, 52, 125, 107, 0, 0, 0, 0, 73, 69, 78, 68, 174, 66, 96, 130,
];

/// The old database in a folder, as the first version left it.
fn old() -> Folder {
    let folder = Folder::new();
    let data = folder.path().join("data");
    fs::create_dir_all(data.join("pictures")).unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/robustness/limits/upgrade");
    for name in ["guichet.db", "guichet.db-wal"] {
        let packed = data.join(format!("{name}.gz"));
        fs::copy(from.join(format!("{name}.gz")), &packed).unwrap();
        run(Command::new("gzip").arg("-d").arg(packed));
    }
    for name in PICTURES {
        fs::write(data.join("pictures").join(name), PNG).unwrap();
    }
    let config = format!("listen = \"127.0.0.1:0\"\ndata_dir = {data:?}\n");
    fs::write(folder.path().join("guichet.toml"), config).unwrap();
    folder
}

fn version(path: &Path) -> i64 {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
}

#[test]
fn old_database_is_complete_after_upgrade() {
    if !has("gzip") {
        return;
    }
    let folder = old();
    assert!(!holding(&folder.path().join("data"), CARD).is_empty(), "it was in the clear");
    let server = Server::start_in(folder, "");
    let token = server.login("nora");
    let told = server.done(&token, "user/verified", json!({}));
    assert_eq!(told, json!({"user_id": 100_001, "real_name": NAME, "id_card": CARD}));
    let board = server.done(&token, "rank/list", json!({}));
    assert_eq!(board.as_array().unwrap().len(), 2);
    let score = server.done("", "score/get", json!({"openid": "p3"}));
    assert_eq!(score, json!({"score": 300, "rank": 1}));
    let found = server.get(&format!("/api/external/get/property?type=1&token={token}")).json();
    assert_eq!(found["data"].as_array().unwrap().len(), 2);
    assert_eq!(server.done("", "shop/list", json!({})).as_array().unwrap().len(), 1);
    let avatar = server.done(&token, "user/info", json!({}))["profile_picture"].clone();
    let name = avatar.as_str().unwrap().rsplit_once('/').unwrap().1.to_owned();
    assert_eq!(server.get(&format!("/upload/{name}")).status, 200);
    assert_eq!(server.get("/api/external/get/portrait/7").header("content-type"), "image/png");
    // Existing lookalike names stay valid.
    for name in ["Nora", "n\u{43e}ra", "omar", "paula"] {
        server.login(name);
    }
    let data = server.folder().join("data");
    for file in ["guichet.db", "guichet.db-wal"] {
        assert_eq!(fs::metadata(data.join(file)).unwrap().permissions().mode() & 0o777, 0o600);
    }
    // Nothing is left in clear, except in the kept copy.
    let kept = data.join("before-upgrade/guichet-schema-1.db");
    for secret in [CARD, "110105198506150022", NAME] {
        assert_eq!(holding(server.folder(), secret), std::slice::from_ref(&kept), "{secret}");
    }
    assert_eq!(
        (version(&kept), fs::metadata(&kept).unwrap().permissions().mode() & 0o777),
        (1, 0o600)
    );
    assert!(server.log().contains("before-upgrade/guichet-schema-1.db"), "{}", server.log());
    let checked = guichet(server.folder(), &["check"]);
    let text = String::from_utf8(checked.stdout).unwrap();
    assert!(text.contains("\"Nora\" (100003) looks like \"nora\" (100001)"), "{text}");
    assert!(text.contains("(100004) looks like \"nora\" (100001)"), "{text}");
}

#[test]
fn check_of_old_database_changes_nothing() {
    if !has("gzip") {
        return;
    }
    let folder = old();
    let bytes = |name: &str| fs::read(folder.path().join("data").join(name)).unwrap();
    let before = [bytes("guichet.db"), bytes("guichet.db-wal")];
    let checked = guichet(folder.path(), &["check"]);
    let text = String::from_utf8(checked.stdout).unwrap();
    assert!(text.lines().any(|line| line.starts_with("warning  upgrade: ")), "{text}");
    assert!(text.contains("new key privacy.key_file"), "{text}");
    assert!(text.contains("looks like"), "{text}");
    assert_eq!([bytes("guichet.db"), bytes("guichet.db-wal")], before);
    assert!(!folder.path().join("data.key").exists());
}

#[test]
fn upgrade_without_writable_key_path_is_refused() {
    if !has("gzip") {
        return;
    }
    let folder = old();
    // A folder can't be made under a file.
    fs::write(folder.path().join("file"), "").unwrap();
    let key = folder.path().join("file/key");
    let config = fs::read_to_string(folder.path().join("guichet.toml")).unwrap();
    fs::write(
        folder.path().join("guichet.toml"),
        format!("{config}[privacy]\nkey_file = {key:?}\n"),
    )
    .unwrap();
    let refused = guichet(folder.path(), &["serve"]);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("can't be upgraded: privacy.key_file"), "{said}");
    assert_eq!(version(&folder.path().join("data/guichet.db")), 1);
    // With a writable path, the upgrade continues.
    fs::write(folder.path().join("guichet.toml"), config).unwrap();
    let server = Server::start_in(folder, "");
    server.login("nora");
}

#[test]
fn old_export_is_encrypted_when_imported() {
    if !has("gzip") {
        return;
    }
    // Unencrypted rows, as exported by the first version.
    let old = old();
    let server = Server::start_in(old, "");
    let export = server.folder().join("export");
    success(guichet(server.folder(), &["export", export.to_str().unwrap()]));
    let accounts = export.join("account.jsonl");
    let clear: String = fs::read_to_string(&accounts)
        .unwrap()
        .lines()
        .map(|line| {
            let mut row: serde_json::Value = serde_json::from_str(line).unwrap();
            if !row["id_card"].is_null() {
                row["id_card"] = json!(CARD);
                row["real_name"] = json!(NAME);
            }
            format!("{row}\n")
        })
        .collect();
    fs::write(&accounts, clear).unwrap();
    let new = Folder::new();
    let config = format!("data_dir = {:?}\n", new.path().join("data"));
    fs::write(new.path().join("guichet.toml"), config).unwrap();
    success(guichet(new.path(), &["import", export.to_str().unwrap()]));
    let server = Server::start_in(new, "");
    let token = server.login("nora");
    assert_eq!(server.done(&token, "user/verified", json!({}))["id_card"], CARD);
    assert_eq!(holding(server.folder(), CARD), NONE);
    // Names are also compared there.
    let data = json!({"username": "OMAR", "password": "secret-1", "hash": server.captcha()});
    assert!(server.call("user/register", data).contains("the name is taken"));
}

#[test]
fn session_of_the_first_version_stays_valid() {
    if !has("gzip") {
        return;
    }
    let folder = old();
    let database = folder.path().join("data/guichet.db");
    let connection = rusqlite::Connection::open(&database).unwrap();
    connection.execute_batch("UPDATE session SET expires_at = 99999999999").unwrap();
    drop(connection);
    let server = Server::start_in(folder, "");
    assert_eq!(server.done(TOKEN, "user/info", json!({}))["username"], "nora");
}

/// The keys of a configuration, also those that are commented out, with their sections.
fn keys(toml: &str) -> Vec<String> {
    let mut section = "";
    let mut keys = Vec::new();
    for line in toml.lines().map(|line| line.trim_start_matches("# ")) {
        let key = line.split_once('=').map(|(key, _)| key.trim());
        match (line.strip_prefix('['), key) {
            (Some(name), _) => section = name.split(']').next().unwrap(),
            (None, Some(key))
                if key.chars().all(|c| c.is_ascii_lowercase() || "_0123456789".contains(c)) =>
            {
                keys.push(format!("{section}.{key}"));
            }
            _ => {}
        }
    }
    keys
}

const FIRST: &str = include_str!("upgrade/guichet.toml");

#[test]
fn check_lists_every_new_key_before_an_upgrade() {
    if !has("gzip") {
        return;
    }
    let folder = old();
    let text = String::from_utf8(guichet(folder.path(), &["check"]).stdout).unwrap();
    let told: Vec<&str> =
        text.lines().filter(|line| line.starts_with("warning  upgrade: ")).collect();
    let (old, new) = (keys(FIRST), keys(include_str!("../../../examples/guichet.toml")));
    let added: Vec<_> = new.iter().filter(|key| !old.contains(key)).collect();
    assert!(added.len() > 20 && old.iter().all(|key| new.contains(key)), "{added:?}");
    // The names of games are free.
    for key in added.into_iter().filter(|key| !key.ends_with(".mygame")) {
        // Those before the first section have none.
        let key = key.trim_start_matches('.').to_owned();
        if !key.contains('.') {
            assert!(told.iter().any(|line| line.contains(&key)), "{key}");
            continue;
        }
        let name = key.split_once('.').unwrap().1;
        let is_told =
            |line: &&&str| line.contains(key.as_str()) || line.contains(&format!(", {name}"));
        assert!(told.iter().any(|line| is_told(&line)), "{key}");
    }
}

#[test]
fn configuration_of_the_first_version_works() {
    if !has("gzip") {
        return;
    }
    let folder = old();
    let data = folder.path().join("data");
    let config = FIRST
        .replace("\"127.0.0.1:8080\"", "\"127.0.0.1:0\"")
        .replace("data_dir = \"data\"", &format!("data_dir = {data:?}"))
        .replace("open_upload = true", "open_upload = true\n");
    assert!(config.contains("open_upload = true"));
    let config = config.lines().filter(|line| !line.starts_with("public_url"));
    let config: String = config.flat_map(|line| [line, "\n"]).collect();
    fs::write(folder.path().join("guichet.toml"), config).unwrap();
    let checked = guichet(folder.path(), &["check"]);
    let text = String::from_utf8(checked.stdout).unwrap();
    assert!(!text.lines().any(|line| line.starts_with("wrong")), "{text}");
    let server = Server::start_in(folder, "");
    server.login("nora");
}

#[test]
fn upgrade_on_a_full_disk_is_refused() {
    if !has("unshare") || !has("gzip") {
        return;
    }
    let folder = old();
    let names = ["guichet.db", "guichet.db-wal"];
    let bytes = || names.map(|name| fs::read(folder.path().join("data").join(name)).unwrap());
    let before = bytes();
    // A disk of 8 MB, in a mount namespace that ends with the command. It has room for the database
    // and not for an upgrade.
    let script = r#"cp -a "$0" "$0.old" && mount -t tmpfs -o size=8m tmpfs "$0" && cp -a "$0.old/." "$0" \
        && { "$@"; told=$?; cat "$0/guichet.db" > "$0.old/guichet.db.after"; ls "$0" > "$0.old/names"; exit $told; }"#;
    let data = folder.path().join("data");
    let tool =
        ["unshare", "--map-root-user", "--mount", "sh", "-c", script, data.to_str().unwrap()];
    let config = folder.path().join("guichet.toml");
    let mut command = Command::new(tool[0]);
    command.args(&tool[1..]).arg(crate::common::binary());
    let started = command.arg("-c").arg(config).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8(started.stderr).unwrap();
    if said.contains("unshare:") || said.contains("mount:") {
        eprintln!("skipped: no disk may be mounted here, not even in a namespace");
        return;
    }
    assert_eq!(started.status.code(), Some(2), "{said}");
    assert!(said.contains("before-upgrade") && said.contains("more bytes must be free"), "{said}");
    assert!(started.stdout.is_empty(), "it did not serve");
    let after = folder.path().join("data.old");
    assert_eq!(fs::read(after.join("guichet.db.after")).unwrap(), before[0], "not even begun");
    assert!(!fs::read_to_string(after.join("names")).unwrap().contains("data.key"));
    assert_eq!(bytes(), before);
}
