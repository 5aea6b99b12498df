//! `guichet check` with pictures in a bucket.

use super::s3::{BUCKET, S3, SECRET};
use super::uploads::{avatar, upload};
use crate::common::Server;
use crate::common::archive;
use crate::common::web::{GIF, PNG};

/// The exit status of the command, and its line about pictures.
fn check(server: &Server) -> (i32, String) {
    let output = archive::run(server.folder(), &["check"]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(!told.contains(SECRET), "{told}");
    let line = told.lines().find(|line| line.contains(" pictures: ")).expect(&told);
    (output.status.code().unwrap(), line.to_owned())
}

#[test]
fn check_looks_for_pictures_in_the_bucket() {
    let store = S3::start();
    let server = store.server("");
    let (_, token) = server.account("nora");
    upload(&server, "5", "gif", GIF);
    let url = avatar(&server, &token, PNG);
    store.wait_for_keys(2);
    let (code, line) = check(&server);
    assert_eq!(code, 0, "{line}");
    assert!(line.starts_with(&format!("ok       pictures: bucket {BUCKET} at ")), "{line}");
    assert!(line.ends_with("; rows name 2"), "{line}");
    // The missing picture is named, so that it can be searched for.
    let name = url.rsplit('/').next().unwrap();
    store.delete(name);
    let (code, line) = check(&server);
    assert_eq!(code, 1, "{line}");
    let wrong = "wrong    pictures: 1 of the 2 that rows name are missing, such as ";
    assert_eq!(line, format!("{wrong}{name}; restore them from a backup"));
    drop(store);
    let (code, line) = check(&server);
    assert_eq!(code, 1, "{line}");
    assert!(line.starts_with("wrong    pictures: bucket "), "{line}");
}
