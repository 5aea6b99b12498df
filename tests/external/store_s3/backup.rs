//! Backups of a server whose pictures are in a bucket.

use super::s3::S3;
use super::setup;
use super::uploads::{avatar, shown, upload};
use crate::common::archive;
use crate::common::web::{GIF, PNG};

#[test]
fn backup_and_restore_include_the_bucket() {
    let store = S3::start();
    let server = store.server("");
    let (_, token) = server.account("nora");
    upload(&server, "5", "gif", GIF);
    avatar(&server, &token, PNG);
    let keys = store.wait_for_keys(2);
    let file = server.folder().join("all.tar");
    let facts = archive::backup(server.folder(), &file);
    assert_eq!(facts["pictures"], format!("2\t{}", GIF.len() + PNG.len()));

    let other = S3::start();
    let config = other.config("");
    let folder = archive::folder(&config);
    let restore =
        || archive::done(archive::run(folder.path(), &["restore", file.to_str().unwrap()]));
    restore();
    assert_eq!(other.keys(), keys);
    for key in &keys {
        assert!(other.bytes(key) == store.bytes(key), "{key}");
    }
    // Existing pictures are not uploaded again.
    let puts = || other.requests().iter().filter(|asked| asked.line.starts_with("PUT ")).count();
    let before = puts();
    restore();
    assert_eq!((puts() - before, other.keys()), (0, keys));

    let server = setup::start_in(folder, &config);
    assert_eq!(server.pictures(), [""; 0], "none is on the disk");
    assert!(shown(&server, "5") == GIF);
}
