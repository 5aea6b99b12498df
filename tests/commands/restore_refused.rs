//! Incomplete, foreign or forged archives are refused in one line, and the data stays unchanged.

use crate::common::archive::{Entry, backup, entry, open, pack, refused, run, tree, with_digests};
use crate::common::{Folder, Server};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rusqlite::Connection;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tar::EntryType;

const PICTURE: &[u8] = include_bytes!("../../src/image_check/fixtures/plain.png");

/// A name that a picture may have.
const NAME: &str = "pictures/0123456789abcdef0123456789abcdef.png";

/// Data at rest, and an archive of it.
struct World {
    folder: Folder,
    archive: PathBuf,
    data: BTreeMap<PathBuf, Vec<u8>>,
}

impl World {
    fn new() -> Self {
        let mut server = Server::start("");
        server.account("nora");
        for id in ["7", "8"] {
            let base64 = STANDARD.encode(PICTURE);
            let data = json!({"name": "", "id": id, "base64": base64, "type": "png"});
            server.done("", "portrait/upload", data);
        }
        let archive = server.folder().join("a.tar");
        backup(server.folder(), &archive);
        assert_eq!(server.terminate(), 0);
        let folder = server.into_folder();
        let data = tree(&folder.path().join("data"));
        World { folder, archive, data }
    }

    /// The error for a refused archive, without its path. Checks that nothing has changed.
    fn refused(&self, arguments: &[&str], archive: &Path) -> String {
        let said =
            refused(run(self.folder.path(), &[arguments, &[archive.to_str().unwrap()]].concat()));
        let data = self.folder.path().join("data");
        assert!(tree(&data) == self.data, "the data was changed: {said}");
        let folders = fs::read_dir(data).unwrap().filter(|it| it.as_ref().unwrap().path().is_dir());
        assert_eq!(folders.count(), 1, "only the pictures: {said}");
        said.strip_prefix(&format!("{}: ", archive.display())).unwrap_or(&said).to_owned()
    }

    /// The error for an archive with these bytes.
    fn refused_bytes(&self, arguments: &[&str], bytes: &[u8]) -> String {
        let path = self.folder.path().join("b.tar");
        fs::write(&path, bytes).unwrap();
        self.refused(arguments, &path)
    }

    /// The error for an archive of these entries.
    fn refused_entries(&self, entries: &[Entry]) -> String {
        let path = self.folder.path().join("b.tar");
        pack(&path, entries);
        self.refused(&["restore"], &path)
    }
}

/// The entries with a changed database.
fn changed(entries: &[Entry], folder: &Path, change: &str) -> Vec<Entry> {
    let path = folder.join("changed.db");
    let mut entries = entries.to_vec();
    let database = entries.iter_mut().find(|entry| entry.name == "guichet.db").unwrap();
    fs::write(&path, &database.bytes).unwrap();
    Connection::open(&path).unwrap().execute_batch(change).unwrap();
    database.bytes = fs::read(&path).unwrap();
    with_digests(entries)
}

#[test]
fn archive_cut_at_any_length_is_refused() {
    let world = World::new();
    let whole = fs::read(&world.archive).unwrap();
    let ends = (0..whole.len()).step_by(9_973).chain([
        1,
        511,
        512,
        513,
        whole.len() - 1,
        whole.len() - 512,
        whole.len() - 1024,
        whole.len() - 1025,
        whole.len() - 1536,
    ]);
    for end in ends {
        let said = world.refused_bytes(&["restore"], &whole[..end]);
        assert!(said.starts_with("not a whole backup: "), "{end}: {said}");
    }
    let longer = [&whole[..], &[0; 512], b"x"].concat();
    for bytes in [longer, [&whole[..], &whole[..]].concat()] {
        assert_eq!(
            world.refused_bytes(&["restore"], &bytes),
            "not a whole backup: there is more behind its end"
        );
    }
    let said = world.refused_bytes(&["restore"], b"");
    assert_eq!(said, "not a whole backup: it ends too early");
}

#[test]
fn archive_with_any_changed_byte_is_refused() {
    let world = World::new();
    let mut bytes = fs::read(&world.archive).unwrap();
    let whole = open(&world.archive);
    // Every header and entry is hit; the rest is padding, which is not read.
    let places = (0..bytes.len()).step_by(1_201).chain((0..bytes.len()).step_by(512));
    let (mut refusals, mut same) = (0, 0);
    for place in places {
        bytes[place] ^= 0x01;
        let path = world.folder.path().join("b.tar");
        fs::write(&path, &bytes).unwrap();
        let output =
            run(world.folder.path(), &["restore", "--verify-only", path.to_str().unwrap()]);
        if output.status.success() {
            let contents = |entries: &[Entry]| -> Vec<(String, Vec<u8>)> {
                entries.iter().map(|it| (it.name.clone(), it.bytes.clone())).collect()
            };
            assert!(contents(&open(&path)) == contents(&whole), "{place} changes what it holds");
            same += 1;
        } else {
            refused(output);
            refusals += 1;
        }
        bytes[place] ^= 0x01;
    }
    assert!(refusals > 10 * same, "{refusals} were refused and {same} were not");
    assert!(tree(&world.folder.path().join("data")) == world.data);
}

#[test]
fn archive_with_false_contents_is_refused() {
    let world = World::new();
    let entries = open(&world.archive);
    let pictures = entries.iter().map(|entry| &entry.name);
    let first = pictures.filter(|name| name.starts_with("pictures/")).min().unwrap();
    let without = |name: &str| -> Vec<Entry> {
        entries.iter().filter(|entry| !entry.name.starts_with(name)).cloned().collect()
    };
    let with = |more: Entry| -> Vec<Entry> { [&[more], &entries[..]].concat() };
    let changed_first = || {
        let mut entries = entries.clone();
        entries[0].bytes[40] ^= 1;
        entries
    };
    let of_two = || {
        let mut entries = entries.clone();
        let (one, other) = (entries[0].bytes.clone(), [b"x", PICTURE].concat());
        entries[1].bytes = one;
        entries[0].bytes = other;
        entries
    };
    let no_part = |name: &str| format!("it holds {name:?}, which is no part of one");
    for (what, entries, why) in [
        ("no digests", without("SHA256SUMS"), "it ends too early".to_owned()),
        (
            "no database",
            with_digests(without("guichet.db")),
            "it lacks the database or the manifest".into(),
        ),
        (
            "no manifest",
            with_digests(without("manifest")),
            "it lacks the database or the manifest".into(),
        ),
        ("no picture", without("pictures/"), format!("{first} is missing")),
        ("a changed picture", changed_first(), "it is not what SHA256SUMS says".into()),
        ("a picture in another's place", of_two(), "it is not what SHA256SUMS says".into()),
        ("one too many", with(entry(NAME, b"x")), "it is not what SHA256SUMS says".into()),
        (
            "twice",
            with_digests(with(entries[0].clone())),
            format!("it holds {} twice", entries[0].name),
        ),
        ("up", with_digests(with(entry("../evil.png", b"x"))), no_part("../evil.png")),
        (
            "up, further in",
            with_digests(with(entry("pictures/../../evil.png", b"x"))),
            no_part("pictures/../../evil.png"),
        ),
        (
            "from the root",
            with_digests(with(entry("/tmp/evil.png", b"x"))),
            no_part("/tmp/evil.png"),
        ),
        (
            "in a folder",
            with_digests(with(entry("pictures/a/b.png", b"x"))),
            no_part("pictures/a/b.png"),
        ),
        (
            "a name of no picture",
            with_digests(with(entry("pictures/evil.sh", b"x"))),
            no_part("pictures/evil.sh"),
        ),
        (
            "a half",
            with_digests(with(entry(&format!("{NAME}.part"), b"x"))),
            no_part(&format!("{NAME}.part")),
        ),
        ("a log", with_digests(with(entry("guichet.db-wal", b"x"))), no_part("guichet.db-wal")),
        (
            "another spelling",
            with_digests(with(entry("./guichet.db", b"x"))),
            "it holds guichet.db twice".into(),
        ),
        (
            "another spelling yet",
            with_digests(with(entry(".//guichet.db", b"x"))),
            no_part("/guichet.db"),
        ),
    ] {
        let said = world.refused_entries(&entries);
        assert_eq!(said, format!("not a whole backup: {why}"), "{what}");
    }
    assert!(!world.folder.path().join("evil.png").exists());
}

#[test]
fn archive_that_is_no_file_is_refused() {
    let world = World::new();
    let entries = open(&world.archive);
    let no_file = "it holds something that is no file";
    for (kind, why) in [
        (EntryType::Symlink, no_file),
        (EntryType::Link, no_file),
        (EntryType::Fifo, no_file),
        (EntryType::Block, no_file),
        (EntryType::Directory, "it holds a folder that is no part of one"),
        (EntryType::GNUSparse, "it holds a file with holes; pack it without --sparse"),
        (EntryType::GNULongName, "it holds a name that is too long"),
    ] {
        let odd = Entry { kind, ..entry(NAME, b"") };
        let said = world.refused_entries(&with_digests([&[odd], &entries[..]].concat()));
        assert_eq!(said, format!("not a whole backup: {why}"), "{kind:?}");
    }
}

#[test]
fn archive_with_an_unusable_database_is_refused() {
    let world = World::new();
    let entries = open(&world.archive);
    let newer = changed(&entries, world.folder.path(), "PRAGMA user_version = 99");
    let said = world.refused_entries(&newer);
    let why = "made by a newer guichet (schema 99, this one knows 6); it was left as it is";
    assert_eq!(said, why);
    let anothers = changed(&entries, world.folder.path(), "PRAGMA application_id = 7");
    let said = world.refused_entries(&anothers);
    let why = "not a guichet database: it belongs to another program; it was left as it is";
    assert_eq!(said, why);
    for place in [3, 20, 30] {
        let mut entries = entries.clone();
        let database = entries.iter_mut().find(|entry| entry.name == "guichet.db").unwrap();
        database.bytes[place * 4096..][..2_000].fill(0x5a);
        let said = world.refused_entries(&with_digests(entries));
        let is_so = said.starts_with("damaged: ") || said.contains("image is malformed");
        assert!(is_so, "{place}: {said}");
    }
    let noise = entry("guichet.db", &[7; 5_000]);
    let rest = entries.iter().filter(|entry| entry.name != "guichet.db").cloned();
    let said = world.refused_entries(&with_digests(std::iter::once(noise).chain(rest).collect()));
    assert!(said.contains("not a guichet database"), "{said}");
}

#[test]
fn archive_of_a_newer_format_is_reported_as_such() {
    let world = World::new();
    let mut entries = open(&world.archive);
    let manifest = entries.iter_mut().find(|entry| entry.name == "manifest.json").unwrap();
    let mut told: Value = serde_json::from_slice(&manifest.bytes).unwrap();
    told["format"] = json!(2);
    told["program"] = json!("9.9.9");
    told["surprise"] = json!([]);
    told.as_object_mut().unwrap().remove("pictures");
    manifest.bytes = told.to_string().into_bytes();
    let said = world.refused_entries(&with_digests(entries.clone()));
    assert_eq!(said, "made by guichet 9.9.9, which is newer; nothing was changed");
    let manifest = entries.iter_mut().find(|entry| entry.name == "manifest.json").unwrap();
    manifest.bytes = b"{\"format\": 1}".to_vec();
    let said = world.refused_entries(&with_digests(entries));
    assert!(said.starts_with("not a whole backup: manifest.json: "), "{said}");
}

#[test]
fn file_that_is_no_archive_is_refused() {
    let world = World::new();
    let database = world.data[Path::new("guichet.db")].clone();
    for (what, bytes) in [
        ("a database", &database[..]),
        ("a picture", PICTURE),
        ("a text", &b"somebody's novel, chapter one. ".repeat(100)),
        ("nothing but zeros", &[0; 10_240]),
    ] {
        for arguments in [&["restore"][..], &["restore", "--verify-only"]] {
            let said = world.refused_bytes(arguments, bytes);
            assert!(said.starts_with("not a whole backup: "), "{what}: {said}");
        }
    }
    let said = world.refused(&["restore"], &world.folder.path().join("data"));
    assert!(said.contains("directory"), "{said}");
}
