//! Starting on a database that is in use, foreign, of a newer version, or incomplete (contract:
//! operations.md; reliability).

use crate::common::client;
use crate::common::{Folder, Server, command, ok};
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// Puts something at the path of the database.
type Make<'a> = &'a dyn Fn(&Path);

/// A folder with a configuration that keeps its data in `data`, a path or a name in the folder.
fn folder(data: &Path, more: &str) -> Folder {
    let folder = Folder::new();
    let data = folder.path().join(data);
    fs::create_dir_all(&data).unwrap();
    let config = format!("listen = \"127.0.0.1:0\"\ndata_dir = {data:?}\n{more}");
    fs::write(folder.path().join("guichet.toml"), config).unwrap();
    folder
}

/// Runs the program on a refused configuration. Returns its error, which must be one line, with the
/// exit status of a usage error.
fn refused(folder: &Folder, arguments: &[&str]) -> String {
    let output = command(folder.path()).args(arguments).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert_eq!(output.stdout, b"", "{said}");
    let line = said.strip_prefix("guichet: ").and_then(|said| said.strip_suffix('\n')).unwrap();
    assert!(!line.contains('\n'), "{line}");
    line.to_owned()
}

/// The bytes of the existing database files.
fn bytes(path: &Path) -> [Option<Vec<u8>>; 2] {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    [path.into(), PathBuf::from(log)].map(|path| fs::read(path).ok())
}

#[test]
fn second_server_on_the_same_data_is_refused() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let data = server.folder().join("data");
    let file = data.join("guichet.db");
    let words = format!(
        "{}: held by another guichet; one process at a time may serve a database",
        file.display()
    );
    let same = folder(&data, "");
    // Another configuration: its own folder, the same file.
    let url = format!("[database]\nurl = \"sqlite:{}\"\n", file.display());
    let other = folder(Path::new("data"), &url);
    for second in [&same, &other] {
        assert_eq!(refused(second, &[]), words);
    }
    // Also where somebody deleted or replaced the lock file.
    let lock = data.join("guichet.db.lock");
    for _ in 0..2 {
        fs::remove_file(&lock).unwrap();
        for second in [&same, &other] {
            assert_eq!(refused(second, &[]), words);
        }
    }
    let sent = json!({"shop_name": "伞"});
    assert!(server.done(&token, "shop/creat", sent)["shop_id"].is_i64());
    // Commands of an administrator run beside it.
    let list = command(same.path()).args(["user", "list"]).output().unwrap();
    assert!(list.status.success());
    assert!(String::from_utf8(list.stdout).unwrap().starts_with("100001\tnora\t"));
}

#[test]
fn file_that_is_no_database_is_refused_unchanged() {
    let noise: Vec<u8> =
        (0..40_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let header = [&b"SQLite format 3\0"[..], &noise].concat();
    let cases: [(&str, Make<'_>); 7] = [
        ("noise", &|path| fs::write(path, &noise).unwrap()),
        ("a text", &|path| fs::write(path, "notes\n").unwrap()),
        ("a SQLite header, then noise", &|path| fs::write(path, &header).unwrap()),
        ("the first bytes of a header", &|path| fs::write(path, &header[..16]).unwrap()),
        ("another program's", &|path| {
            let theirs = Connection::open(path).unwrap();
            theirs
                .execute_batch("CREATE TABLE account (id); INSERT INTO account VALUES (1);")
                .unwrap();
        }),
        ("another program's, with a log", &|path| {
            let theirs = Connection::open(path).unwrap();
            theirs.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
            theirs.pragma_update(None, "journal_mode", "WAL").unwrap();
            theirs
                .execute_batch("CREATE TABLE account (id); INSERT INTO account VALUES (1);")
                .unwrap();
        }),
        ("another program's mark on no table", &|path| {
            let theirs = Connection::open(path).unwrap();
            theirs.pragma_update(None, "application_id", 0x1234_5678).unwrap();
        }),
    ];
    for (what, make) in cases {
        let folder = folder(Path::new("data"), "");
        let path = folder.path().join("data/guichet.db");
        make(&path);
        let before = bytes(&path);
        for arguments in [&[][..], &["user", "list"], &["user", "remove", "nora"]] {
            let said = refused(&folder, arguments);
            let start = format!("{}: not a guichet database: ", path.display());
            assert!(said.starts_with(&start), "{what}: {said}");
            assert!(said.ends_with("; it was left as it is"), "{what}: {said}");
            assert!(bytes(&path) == before, "{what}: its bytes were changed");
        }
    }
}

#[test]
fn folder_in_place_of_the_database_is_refused() {
    let folder = folder(Path::new("data/guichet.db"), "");
    let config = folder.path().join("guichet.toml");
    let text = fs::read_to_string(&config).unwrap().replace("data/guichet.db\"", "data\"");
    fs::write(&config, text).unwrap();
    let said = refused(&folder, &[]);
    assert!(said.contains("data/guichet.db: "), "{said}");
}

#[test]
fn newer_database_is_refused_unchanged() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let path = server.folder().join("data/guichet.db");
    // Killed, so that its last writes are only in the WAL, like those of the newer version.
    client::signal(&server, "KILL");
    while server_is_up(&server) {
        std::thread::yield_now();
    }
    let set_version = |version: i64| {
        let newer = Connection::open(&path).unwrap();
        newer.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
        newer.pragma_update(None, "user_version", version).unwrap();
    };
    set_version(99);
    let before = bytes(&path);
    assert!(before.iter().all(Option::is_some), "a file and a log");
    let second = folder(&server.folder().join("data"), "");
    for arguments in [&[][..], &["user", "list"]] {
        let said = refused(&second, arguments);
        let words = "made by a newer guichet (schema 99, this one knows 6); it was left as it is";
        assert_eq!(said, format!("{}: {words}", path.display()));
        assert!(bytes(&path) == before, "its bytes were changed");
    }
    set_version(6);
    let server = server.kill_and_restart();
    assert_eq!(server.done(&token, "user/info", json!({}))["username"], "nora");
}

fn server_is_up(server: &Server) -> bool {
    std::net::TcpStream::connect(server.address()).is_ok()
}

#[test]
fn interrupted_first_start_can_be_repeated() {
    let cases: [(&str, Make<'_>); 3] = [
        ("an empty file", &|path| fs::write(path, "").unwrap()),
        ("a file whose journal is set up", &|path| {
            Connection::open(path).unwrap().pragma_update(None, "journal_mode", "WAL").unwrap();
        }),
        ("nothing, and the lock", &|path| fs::write(path.with_extension("db.lock"), "").unwrap()),
    ];
    for (what, make) in cases {
        let folder = Folder::new();
        fs::create_dir_all(folder.path().join("data")).unwrap();
        make(&folder.path().join("data/guichet.db"));
        let server = Server::start_in(folder, "");
        let (id, token) = server.account("nora");
        assert_eq!(id, 100_001, "{what}");
        assert_eq!(server.call_as(&token, "property/query", json!({"type": 1})), ok(json!([])));
    }
}

#[test]
fn first_start_can_be_killed_at_any_moment() {
    // The lock is made before the database, and the first line on stdout comes after it: the kills
    // in between are at practically random moments.
    for moment in 0..24_u32 {
        let folder = folder(Path::new("data"), "");
        let mut child =
            command(folder.path()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let lock = folder.path().join("data/guichet.db.lock");
        while !lock.exists() {
            std::thread::yield_now();
        }
        for _ in 0..moment * 40 {
            let _ = fs::metadata(&lock);
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let server = Server::start_in(folder, "");
        assert_eq!(server.account("nora").0, 100_001);
    }
}

#[test]
fn concurrent_commands_create_the_database() {
    for _ in 0..5 {
        let folder = folder(Path::new("data"), "");
        let list = || {
            let mut command = command(folder.path());
            command.args(["user", "list"]).stderr(Stdio::piped()).spawn().unwrap()
        };
        let commands: Vec<_> = (0..8).map(|_| list()).collect();
        for command in commands {
            let output = command.wait_with_output().unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!((output.status.code(), said.as_str()), (Some(0), ""));
        }
    }
}
