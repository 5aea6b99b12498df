//! Helpers for backups: the two commands, and unpacking and packing archives.

use super::{Folder, Server, command};
use engine::hex;
use rusqlite::Connection;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::thread;
use std::time::{Duration, Instant};
use tar::{Archive, Builder, EntryType, Header};

/// A folder with a configuration that keeps its data in `data`, without a server.
pub fn folder(more: &str) -> Folder {
    let folder = Folder::new();
    let data = folder.path().join("data");
    let config = format!("listen = \"127.0.0.1:0\"\ndata_dir = {data:?}\n{more}");
    fs::write(folder.path().join("guichet.toml"), config).unwrap();
    folder
}

/// Run `guichet` on the configuration in a folder.
pub fn run(folder: &Path, arguments: &[&str]) -> Output {
    command(folder).args(arguments).output().unwrap()
}

/// The output of a successful command, as facts by name.
pub fn done(output: Output) -> BTreeMap<String, String> {
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), said.as_str()), (Some(0), ""));
    let facts = String::from_utf8(output.stdout).unwrap();
    let fact = |line: &str| line.split_once('\t').map(|(name, fact)| (name.into(), fact.into()));
    facts.lines().map(|line| fact(line).unwrap()).collect()
}

/// The error line of a failed command.
pub fn refused(output: Output) -> String {
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    let said = String::from_utf8(output.stderr).unwrap();
    let line = said.strip_prefix("guichet: ").and_then(|said| said.strip_suffix('\n')).unwrap();
    assert!(!line.contains('\n'), "{line}");
    line.to_owned()
}

/// Backs up the data of a folder to a file.
pub fn backup(folder: &Path, to: &Path) -> BTreeMap<String, String> {
    done(run(folder, &["backup", to.to_str().unwrap()]))
}

/// Every file below a folder, and its bytes.
pub fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut tree = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(inner).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_owned();
                tree.insert(name, fs::read(path).unwrap());
            }
        }
    }
    tree
}

/// The archives in a folder, oldest first.
pub fn archives(folder: &Path) -> Vec<PathBuf> {
    let (mut archives, _) = split_archives(folder);
    archives.sort_unstable();
    archives
}

/// Partial archives and work folders in a folder of archives.
pub fn partial_archives(folder: &Path) -> Vec<PathBuf> {
    split_archives(folder).1
}

fn split_archives(folder: &Path) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries
        .map(|entry| entry.unwrap().path())
        .partition(|path| path.extension().is_some_and(|it| it == "tar"))
}

/// Waits for something that the server does by schedule.
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(120), "{what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Fills the database, so that a copy takes several steps.
pub fn fill(server: &Server) {
    let database = Connection::open(server.folder().join("data/guichet.db")).unwrap();
    database.busy_timeout(Duration::from_secs(10)).unwrap();
    let sql = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 5000)
               INSERT INTO shop (id, name, content, owner, created_at)
               SELECT n, 'shop ' || n, hex(zeroblob(500)), 0, 0 FROM n";
    database.execute_batch(sql).unwrap();
}

/// An archive entry for hand-made archives.
#[derive(Clone)]
pub struct Entry {
    pub name: String,
    pub bytes: Vec<u8>,
    pub kind: EntryType,
}

/// A file in an archive.
pub fn entry(name: &str, bytes: &[u8]) -> Entry {
    Entry { name: name.into(), bytes: bytes.into(), kind: EntryType::Regular }
}

/// Unpacks an archive.
pub fn open(path: &Path) -> Vec<Entry> {
    let mut archive = Archive::new(File::open(path).unwrap());
    let mut entries = Vec::new();
    for read in archive.entries().unwrap() {
        let mut read = read.unwrap();
        let mut bytes = Vec::new();
        read.read_to_end(&mut bytes).unwrap();
        entries.push(entry(read.path().unwrap().to_str().unwrap(), &bytes));
    }
    entries
}

/// Packs an archive.
pub fn pack(path: &Path, entries: &[Entry]) {
    let mut archive = Builder::new(File::create(path).unwrap());
    for Entry { name, bytes, kind } in entries {
        let mut header = Header::new_gnu();
        header.set_entry_type(*kind);
        header.set_size(bytes.len() as u64);
        header.set_mode(0o600);
        // The raw field: the setter would refuse the tested values.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        archive.append(&header, &bytes[..]).unwrap();
    }
    archive.finish().unwrap();
}

/// The entries followed by their digests.
pub fn with_digests(mut entries: Vec<Entry>) -> Vec<Entry> {
    entries.retain(|entry| entry.name != "SHA256SUMS");
    let line =
        |entry: &Entry| format!("{}  {}\n", hex::encode(&Sha256::digest(&entry.bytes)), entry.name);
    let sums: String = entries.iter().map(line).collect();
    entries.push(entry("SHA256SUMS", sums.as_bytes()));
    entries
}
