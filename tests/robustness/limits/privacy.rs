//! Personal data: encrypted, private to the server's user, and deleted when an account is removed.

use crate::common::{Server, command, with_input};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Output;

pub const CARD: &str = "11010519491231002X";
pub const NAME: &str = "林小雨";

/// No files.
pub const NONE: [PathBuf; 0] = [];

/// A picture of one dot.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

pub fn guichet(folder: &Path, args: &[&str]) -> Output {
    with_input(command(folder).args(args), "")
}

pub fn success(output: Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// All files below a folder except the key.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// The files below a folder that contain these bytes.
pub fn holding(folder: &Path, bytes: &str) -> Vec<PathBuf> {
    let mut found = files(folder);
    found.retain(|path| {
        let content = fs::read(path).unwrap();
        content.windows(bytes.len()).any(|window| window == bytes.as_bytes())
    });
    found
}

fn verify(server: &Server, token: &str) -> Value {
    let answer = server.call_as(token, "user/verify", json!({"real_name": NAME, "id_card": CARD}));
    serde_json::from_str::<Value>(&answer).unwrap()["status"].clone()
}

fn status(server: &Server, token: &str, name: &str) -> Value {
    let answer = server.call_as(token, name, json!({}));
    serde_json::from_str::<Value>(&answer).unwrap()["status"].clone()
}

#[test]
fn identity_is_encrypted_in_every_file() {
    let server = Server::start("");
    let (id, token) = server.account("nora");
    assert_eq!(verify(&server, &token), 0);
    let told = server.done(&token, "user/verified", json!({}));
    assert_eq!(told, json!({"user_id": id, "real_name": NAME, "id_card": CARD}));
    let out = server.folder().join("out");
    fs::create_dir(&out).unwrap();
    success(guichet(server.folder(), &["backup", out.join("b.tar").to_str().unwrap()]));
    success(guichet(server.folder(), &["export", out.join("export").to_str().unwrap()]));
    for secret in [CARD, NAME] {
        assert_eq!(holding(server.folder(), secret), NONE, "{secret}");
    }
    let listed = success(guichet(server.folder(), &["user", "list"]));
    assert!(!listed.contains(CARD) && !listed.contains("x1."), "{listed}");
    // The backup names the key but does not contain it.
    let key = fs::read_to_string(server.folder().join("data.key")).unwrap();
    assert_eq!(holding(&out, key.trim()), NONE);
    let about = success(guichet(
        server.folder(),
        &["restore", "--verify-only", out.join("b.tar").to_str().unwrap()],
    ));
    let told = about.lines().find_map(|line| line.strip_prefix("key\t")).unwrap();
    assert_eq!(told.len(), 16, "{about}");
    assert!(!key.contains(told));
    assert_eq!(server.restart().done(&token, "user/verified", json!({}))["id_card"], CARD);
}

#[test]
fn missing_key_fails_only_identity_verification() {
    let mut server = Server::start("");
    let (_, token) = server.account("nora");
    let (_, other) = server.account("omar");
    assert_eq!(verify(&server, &token), 0);
    let key = server.folder().join("data.key");
    let kept = fs::read(&key).unwrap();
    let mode = fs::metadata(&key).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    assert_eq!(server.terminate(), 0);
    let another = format!("{}\n", "ab".repeat(32)).into_bytes();
    let mut folder = server.into_folder();
    for (key_file, told) in [(None, "is not there"), (Some(another), "put that key back")] {
        match &key_file {
            Some(bytes) => fs::write(folder.path().join("data.key"), bytes).unwrap(),
            None => fs::remove_file(folder.path().join("data.key")).unwrap(),
        }
        let server = Server::start_in(folder, "");
        assert_eq!(status(&server, &token, "user/verified"), -200);
        assert_eq!(verify(&server, &other), -200);
        assert_eq!(status(&server, &token, "user/info"), 0);
        server.login("nora");
        let checked = guichet(server.folder(), &["check", "--quick"]);
        let text = String::from_utf8(checked.stdout).unwrap();
        let line = text.lines().find(|line| line.contains("privacy.key_file")).unwrap();
        assert!(line.starts_with("wrong") && line.contains(told), "{line}");
        let path = server.folder().join("data.key");
        assert_eq!(path.exists(), key_file.is_some(), "none is made beside encrypted rows");
        folder = server.into_folder();
    }
    fs::write(folder.path().join("data.key"), kept).unwrap();
    let server = Server::start_in(folder, "");
    assert_eq!(server.done(&token, "user/verified", json!({}))["id_card"], CARD);
    assert_eq!(verify(&server, &other), 0);
}

#[test]
fn encrypted_values_moved_between_rows_are_refused() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let (id, other) = server.account("omar");
    assert_eq!(verify(&server, &token), 0);
    let database = server.folder().join("data/guichet.db");
    let connection = rusqlite::Connection::open(database).unwrap();
    let sql = "UPDATE account SET (real_name, id_card) =
                  (SELECT real_name, id_card FROM account WHERE id = 100001) WHERE id = $1";
    connection.execute(sql, [id]).unwrap();
    assert_eq!(status(&server, &other, "user/verified"), -200);
    assert_eq!(status(&server, &token, "user/verified"), 0);
}

/// The mode bits of a path.
fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn data_files_are_private_to_the_user() {
    let config = "[backup]\ndir = \"backups\"\n[store]\nkind = \"disk\"\n";
    let mut server = Server::start(config);
    let (_, token) = server.account("nora");
    server.done(&token, "user/avatar", json!({"base64": PNG, "type": "png"}));
    let data = server.folder().join("data");
    let closed = |when: &str| {
        for path in files(&data).into_iter().chain([data.with_extension("key")]) {
            assert_eq!(mode(&path), 0o600, "{when}: {}", path.display());
        }
        for folder in [data.clone(), data.join("pictures")] {
            assert_eq!(mode(&folder), 0o700, "{when}: {}", folder.display());
        }
    };
    closed("as made");
    assert_eq!(server.terminate(), 0);
    for path in files(&data) {
        fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    }
    fs::set_permissions(data.join("pictures"), fs::Permissions::from_mode(0o755)).unwrap();
    // Access for a group stays, for everybody it is removed.
    fs::set_permissions(&data, fs::Permissions::from_mode(0o705)).unwrap();
    let archive = server.folder().join("backups/guichet-20200101-000000.tar");
    fs::write(&archive, "an old backup").unwrap();
    fs::set_permissions(&archive, fs::Permissions::from_mode(0o644)).unwrap();
    let server = Server::start_in(server.into_folder(), config);
    closed("as found");
    assert_eq!(mode(&archive), 0o600);
    server.login("nora");
}

#[test]
fn account_removal_deletes_all_content_at_once() {
    let server = Server::start("");
    let (id, token) = server.account("nora");
    let (_, other) = server.account("omar");
    assert_eq!(verify(&server, &token), 0);
    let notice = json!({"type": 1, "lab": "钥匙", "title": "串", "content": "图书馆",
        "occurrence_time": "", "user_name": "小雨", "user_phone": "13900005678", "user_qq": "1"});
    server.done(&token, "property/add", notice.clone());
    let theirs = server.done(&other, "property/add", notice)["uid"].clone();
    let seconds = json!({"id": theirs, "user2_id": id.to_string(), "user2_name": "小雨",
        "user2_phone": "13900009876", "user2_qq": "12345678"});
    server.done(&other, "property/update", seconds);
    server.done(&token, "shop/creat", json!({"shop_name": "云边小卖部", "shop_content": "tea"}));
    server.done(&token, "rank/upload", json!({"rank": 99}));
    server.done(&other, "rank/upload", json!({"rank": 1}));
    let portrait = json!({"name": "n", "id": id.to_string(), "base64": PNG, "type": "png"});
    server.done(&token, "portrait/upload", portrait);
    let url = server.done(&token, "user/avatar", json!({"base64": PNG, "type": "png"}));
    let avatar = url["url"].as_str().unwrap().rsplit_once("/upload/").unwrap().1.to_owned();
    assert_eq!(server.get(&format!("/upload/{avatar}")).status, 200);
    assert_eq!(files(&server.folder().join("data/pictures")).len(), 2);

    success(guichet(server.folder(), &["user", "remove", "nora"]));
    assert_eq!(status(&server, &token, "user/info"), -102);
    assert_ne!(server.get(&format!("/upload/{avatar}")).status, 200);
    assert_eq!(files(&server.folder().join("data/pictures")), NONE);
    let shops = server.done("", "shop/list", json!({}));
    assert_eq!(shops, json!([]));
    let board = server.done(&other, "rank/list", json!({}));
    assert_eq!(board, json!([{"ranking": 1, "user": "100002", "rank_score": 1}]));
    let found = server.get(&format!("/api/external/get/property?type=1&token={other}")).json();
    let rows = found["data"].as_array().unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!((&rows[0]["id"], &rows[0]["user2_phone"]), (&theirs, &json!("")));
    assert_eq!((&rows[0]["user2_id"], &rows[0]["user2_name"]), (&json!(""), &json!("")));
    let keyed = format!("/api/external/get/property?type=1&key=图书馆&token={other}");
    let found = server.send("GET", &keyed.replace("图书馆", "%E5%9B%BE%E4%B9%A6"), &[], b"").json();
    assert_eq!(found["data"].as_array().unwrap().len(), 1);

    // It stays so after a crash.
    let server = server.kill_and_restart();
    let board = server.done(&other, "rank/list", json!({}));
    assert_eq!(board.as_array().unwrap().len(), 1);
    let checked = guichet(server.folder(), &["check"]);
    let text = String::from_utf8(checked.stdout).unwrap();
    assert!(!text.contains("text index"), "{text}");
}

#[test]
fn interrupted_removal_is_finished_at_next_start() {
    let mut server = Server::start("");
    let (_, token) = server.account("nora");
    let (_, other) = server.account("omar");
    for (token, rank) in [(&token, 99), (&other, 1)] {
        server.done(token, "rank/upload", json!({"rank": rank}));
    }
    server.done(&token, "user/avatar", json!({"base64": PNG, "type": "png"}));
    assert_eq!(server.terminate(), 0);
    // Like a command killed right after its transaction.
    let pictures = server.folder().join("data/pictures");
    let name = files(&pictures)[0].file_name().unwrap().to_str().unwrap().to_owned();
    let connection = rusqlite::Connection::open(server.folder().join("data/guichet.db")).unwrap();
    let sql = format!(
        "DELETE FROM account WHERE id = 100001; DELETE FROM rank WHERE account = 100001;
         INSERT INTO removal (kind, name) VALUES ('picture', '{name}'), ('rank', '100001');"
    );
    connection.execute_batch(&sql).unwrap();
    drop(connection);
    let server = Server::start_in(server.into_folder(), "");
    assert_eq!(files(&pictures), NONE);
    assert_eq!(server.done(&other, "rank/list", json!({})).as_array().unwrap().len(), 1);
    let connection = rusqlite::Connection::open(server.folder().join("data/guichet.db")).unwrap();
    let left: i64 =
        connection.query_row("SELECT count(*) FROM removal", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0);
}
