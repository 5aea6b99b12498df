//! Backups that another program has unpacked and repacked: the digests inside decide.

use crate::common::archive::{backup, done, refused, run, tree};
use crate::common::{Server, has};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const PICTURE: &[u8] = include_bytes!("../../../src/image_check/fixtures/plain.png");

/// A server's data with two pictures, its archive `a.tar`, and the archive unpacked in `x`.
fn unpacked() -> (Server, PathBuf) {
    let mut server = Server::start("");
    server.account("nora");
    for id in ["7", "8"] {
        let base64 = STANDARD.encode(PICTURE);
        let data = json!({"name": "", "id": id, "base64": base64, "type": "png"});
        server.done("", "portrait/upload", data);
    }
    backup(server.folder(), &server.folder().join("a.tar"));
    assert_eq!(server.terminate(), 0);
    let inside = server.folder().join("x");
    fs::create_dir(&inside).unwrap();
    shell(&inside, "tar -xf ../a.tar");
    (server, inside)
}

fn shell(folder: &Path, line: &str) {
    let output = Command::new("sh").args(["-c", line]).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn repacked_archive_is_restored() {
    if crate::common::postgres::is_used() {
        return;
    }
    // Public reports: YunoHost/yunohost#726 (`./` before names), android-backup-extractor#86 (folders),
    // docker-volume-backup#88 and tar-stream#112 (extended headers of dates and owners).
    if !has("tar") {
        return;
    }
    let (server, inside) = unpacked();
    let told = |archive: &str| {
        let mut facts = done(run(server.folder(), &["restore", "--verify-only", archive]));
        facts.retain(|_, fact| !fact.ends_with(".tar"));
        facts
    };
    let expected = told("a.tar");
    for line in [
        "tar -cf ../b.tar .",
        "tar -cf ../b.tar *",
        "tar -cf ../b.tar SHA256SUMS manifest.json pictures guichet.db",
        "tar -cf ../b.tar pictures/* guichet.db manifest.json SHA256SUMS",
        "find . -type f | sort -r | tar -cf ../b.tar -T -",
        "tar --format=ustar -cf ../b.tar .",
        "tar --format=v7 -cf ../b.tar .",
        "tar --format=gnu --owner=7777 --group=7777 --mode=0777 -cf ../b.tar .",
        "tar --format=pax -cf ../b.tar .",
        "tar --format=pax --pax-option=comment=moved,mtime:=1.5 -cf ../b.tar .",
        "tar --mtime=@0 -b 200 -cf ../b.tar *",
        "cp ../a.tar ../b.tar; truncate -s +512 ../b.tar",
        "cp ../a.tar ../b.tar; truncate -s +1000000 ../b.tar",
        "cp ../a.tar ../b.tar; truncate -s +7 ../b.tar",
    ] {
        shell(&inside, line);
        assert_eq!(told("b.tar"), expected, "{line}");
    }
    // All of it, as the new data.
    let before = tree(&server.folder().join("data"));
    shell(&inside, "tar -cf ../b.tar .");
    let folder = server.folder().to_owned();
    done(run(&folder, &["restore", folder.join("b.tar").to_str().unwrap()]));
    let after = tree(&folder.join("data"));
    for (name, bytes) in before.iter().filter(|(name, _)| name.starts_with("pictures")) {
        assert!(after.get(name) == Some(bytes), "{}", name.display());
    }
    let again = Server::start_in(server.into_folder(), "");
    again.login("nora");
}

#[test]
fn archive_of_another_format_is_reported_as_such() {
    if crate::common::postgres::is_used() {
        return;
    }
    if !has("tar") || !has("gzip") {
        return;
    }
    let (server, inside) = unpacked();
    let folder = server.folder();
    let data = tree(&folder.join("data"));
    for (line, expected) in [
        ("gzip -c ../a.tar > ../b.tar", "it is packed with gzip; unpack it first (gunzip)"),
        ("tar -czf ../b.tar .", "it is packed with gzip; unpack it first (gunzip)"),
        (r"printf '\050\265\057\375xxxxxxx' > ../b.tar", "it is packed with zstd"),
        (r"printf '\3757zXZ\000xxxx' > ../b.tar", "it is packed with xz"),
        ("printf 'BZh91AY' > ../b.tar", "it is packed with bzip2"),
        (r"printf 'PK\003\004xxxx' > ../b.tar", "it is packed with zip"),
        ("tar -cf ../b.tar -C .. x", "it holds a folder that is no part of one"),
        (
            "tar -cf ../b.tar -C .. x/guichet.db",
            "it holds \"x/guichet.db\", which is no part of one",
        ),
        ("tar -cf ../b.tar guichet.db manifest.json pictures", "it ends too early"),
        ("tar -cf ../b.tar SHA256SUMS guichet.db pictures", "manifest.json is missing"),
        ("tar -cf ../b.tar SHA256SUMS manifest.json pictures", "guichet.db is missing"),
        ("tar -cf ../b.tar SHA256SUMS guichet.db manifest.json", " is missing"),
        ("touch more; tar -cf ../b.tar *; rm more", "it holds \"more\", which is no part of one"),
        ("ln -s guichet.db l; tar -cf ../b.tar *; rm l", "it holds something that is no file"),
        (
            "mkdir pictures/d; tar -cf ../b.tar .; rmdir pictures/d",
            "it holds a folder that is no part of one",
        ),
        (
            "tar --hard-dereference -cf ../b.tar guichet.db guichet.db SHA256SUMS",
            "it holds guichet.db twice",
        ),
        (
            "tar --hard-dereference -cf ../b.tar SHA256SUMS guichet.db ./guichet.db",
            "it holds guichet.db twice",
        ),
        ("tar --hard-dereference -cf ../b.tar SHA256SUMS SHA256SUMS", "it holds SHA256SUMS twice"),
        ("cat ../a.tar ../a.tar > ../b.tar", "there is more behind its end"),
        ("cp ../a.tar ../b.tar; printf x >> ../b.tar", "there is more behind its end"),
        (
            "tar --format=pax --pax-option=path:=guichet.db -cf ../b.tar manifest.json",
            "it has an extended header with \"path\"; pack it as ustar",
        ),
        (
            "sed 's/^./0/' SHA256SUMS > s; cp s SHA256SUMS; rm s; tar -cf ../b.tar .",
            "it is not what SHA256SUMS says",
        ),
    ] {
        shell(&inside, line);
        for arguments in [&["restore"][..], &["restore", "--verify-only"]] {
            let said = refused(run(folder, &[arguments, &["b.tar"]].concat()));
            assert!(said.starts_with("b.tar: not a whole backup: "), "{line}: {said}");
            assert!(said.contains(expected), "{line}: {said}");
        }
        assert!(tree(&folder.join("data")) == data, "{line} changed the data");
    }
}
