//! The disk space of the outbox.

use crate::common::{Folder, Server};
use serde_json::json;
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

/// The largest outbox, in bytes.
const MAX: usize = 10 << 20;

fn paths(folder: &Path) -> [PathBuf; 2] {
    ["outbox.jsonl", "outbox.jsonl.1"].map(|name| folder.join("data").join(name))
}

/// Has a code sent.
fn send(server: &Server, phone: &str) {
    server.done("", "sms/generate", json!({"phone": phone, "hash": server.captcha()}));
}

/// Writes one long line, so that the file has `size` bytes.
fn fill(path: &Path, size: usize, with: &str) {
    let mut file = File::options().append(true).create(true).open(path).unwrap();
    let missing = size - usize::try_from(file.metadata().unwrap().len()).unwrap();
    file.write_all((with.repeat(missing - 1) + "\n").as_bytes()).unwrap();
}

/// The permissions of a file.
fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn full_outbox_is_rotated() {
    let folder = Folder::new();
    fs::create_dir(folder.path().join("data")).unwrap();
    let [path, old] = paths(folder.path());
    // A message has some 150 bytes: one more fits, a second does not.
    fill(&path, MAX - 200, "a");
    let server = Server::start_in(folder, "");
    send(&server, "13800001001");
    assert!(!old.exists(), "there was room");
    let len = |path: &Path| usize::try_from(fs::metadata(path).unwrap().len()).unwrap();
    assert!((MAX - 200..=MAX).contains(&len(&path)), "{}", len(&path));

    send(&server, "13800001002");
    let phones = |server: &Server| -> Vec<String> {
        let sent = server.outbox();
        sent.iter().map(|message| message["phone"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(phones(&server), ["13800001002"], "a new file, with whole lines");
    let text = fs::read_to_string(&old).unwrap();
    assert!(text.starts_with('a') && text.contains("13800001001") && text.len() <= MAX);
    assert_eq!((mode(&path), mode(&old)), (0o600, 0o600), "closed to others");

    // The next one replaces the old one: there are never more than two.
    fill(&path, MAX, "b");
    send(&server, "13800001003");
    assert_eq!(phones(&server), ["13800001003"]);
    let text = fs::read_to_string(&old).unwrap();
    assert!(text.contains("13800001002") && text.ends_with("b\n") && text.len() == MAX);
    let files = fs::read_dir(path.parent().unwrap()).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    assert_eq!(names.filter(|name| name.starts_with("outbox")).count(), 2);
}

#[test]
fn outbox_continues_after_deletion_or_truncation() {
    let server = Server::start("");
    let [path, _] = paths(server.folder());
    send(&server, "13800001001");
    fs::remove_file(&path).unwrap();
    send(&server, "13800001002");
    assert_eq!(server.outbox().len(), 1, "a new file");
    assert_eq!(mode(&path), 0o600);
    File::options().write(true).open(&path).unwrap().set_len(0).unwrap();
    send(&server, "13800001003");
    assert_eq!(server.outbox()[0]["phone"], "13800001003");
}

#[test]
fn outbox_that_is_no_file_is_not_replaced() {
    let folder = Folder::new();
    fs::create_dir(folder.path().join("data")).unwrap();
    let [path, old] = paths(folder.path());
    symlink("/dev/null", &path).unwrap();
    let server = Server::start_in(folder, "");
    send(&server, "13800001001");
    send(&server, "13800001002");
    assert!(path.is_symlink() && !old.exists());
}
