//! Stores that are down, silent, at another place, or refuse the key: answers to clients, messages
//! to the operator, and no secrets in either.

use super::s3::{BUCKET, KEY_ID, S3, SECRET};
use super::setup;
use super::uploads::{portrait, shown, upload};
use crate::common::web::{GIF, MULTIPART, PNG, entry, file, refused};
use crate::common::{Folder, Server, fault};
use serde_json::json;
use std::net::TcpListener;

/// The default portrait, and the picture for a failed read.
const DEFAULT: &[u8] = include_bytes!("../../../assets/pictures/default-avatar.png");
const ERROR: &[u8] = include_bytes!("../../../assets/pictures/error.png");

/// Checks that uploads fail with each document's own code.
fn uploads_fail(server: &Server, token: &str) {
    let answer = server.call("portrait/upload", portrait("6", "gif", GIF));
    assert_eq!(answer, fault(1000, "头像文件创建失败"));
    let header = ("Authorization", token);
    let body = file("file", "a.png", PNG);
    let path = "/user/update_user_profile_picture";
    let reply = server.send("PUT", path, &[header, MULTIPART], &body);
    assert_eq!(reply.text(), entry(200_500, "the server failed", json!("")));
    let body = file("avatar", "a.png", PNG);
    let reply = server.send("POST", "/api/v1.0/user/avatar", &[header, MULTIPART], &body);
    assert_eq!(reply.text(), refused("4301", "上传图片失败"));
    assert_eq!(server.done(token, "user/info", json!({}))["profile_picture"], "");
}

/// Checks that operations without the store work.
fn others_are_served(server: &Server, token: &str) {
    assert_eq!(shown(server, "7"), DEFAULT);
    assert_eq!(server.done(token, "user/info", json!({}))["username"], "nora");
    assert_eq!(server.done("", "shop/list", json!({})), json!([]));
}

#[test]
fn store_outage_refuses_only_uploads() {
    let store = S3::start();
    let (config, address) = (store.config(""), store.address);
    let server = setup::start(&config);
    let (_, token) = server.account("nora");
    upload(&server, "5", "gif", GIF);
    let key = store.wait_for_keys(1).remove(0);
    drop(store);
    uploads_fail(&server, &token);
    others_are_served(&server, &token);
    let reply = server.get("/api/external/get/portrait/5");
    assert_eq!((reply.status, reply.header("content-type")), (500, "image/png"));
    assert!(reply.body == ERROR);
    // One line for each, and none for retries.
    let log = server.log();
    let told = log.lines().filter(|line| line.contains("ERROR") && line.contains("refused"));
    assert_eq!((told.count(), log.contains("backing off")), (4, false), "{log}");
    // It also starts without the store, and warns the operator.
    let server = server.kill_and_restart();
    let problem = setup::wait_for_log(&server, "nobody is reached at store.endpoint");
    assert!(problem.contains("WARN pictures: bucket "), "{problem}");
    uploads_fail(&server, &token);
    others_are_served(&server, &token);
    let store = S3::start_at(address);
    upload(&server, "6", "png", PNG);
    assert_eq!(shown(&server, "6"), PNG);
    assert_ne!(store.wait_for_keys(1), [key]);
}

#[test]
fn silent_store_times_out_as_configured() {
    // The connection is accepted, but nothing is read.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let config = setup::config(&endpoint, SECRET, "path_style = true\ntimeout = \"1s\"");
    let server = setup::start(&config);
    let (_, token) = server.account("nora");
    uploads_fail(&server, &token);
    others_are_served(&server, &token);
    let found = setup::store_report(&server);
    assert!(found.contains("the store did not answer in 1s; see whether"), "{found}");
}

#[test]
fn check_says_what_is_wrong_and_how_to_fix_it() {
    let store = S3::start();
    let checked = |config: &str| setup::files(&Folder::new(), config).check();
    let here = format!("pictures: bucket {BUCKET} at http://{}", store.address);
    let fine = format!("{here} can be written, read, listed and emptied");
    assert_eq!(checked(&store.config("")), Ok(fine.clone()));
    assert_eq!(checked(&store.config("prefix = \"a/b\"")), Ok(fine.clone()));
    let cdn = format!("public_url = \"http://{}/cdn\"\nprefix = \"p\"", store.address);
    let seen = checked(&store.config(&cdn)).unwrap();
    assert!(seen.starts_with(&format!("{fine}, and is seen at http://")), "{seen}");
    assert_eq!(store.keys(), [""; 0]);
    let config = store.config("");
    let wrong = |from: &str, to: &str| checked(&config.replace(from, to)).unwrap_err();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    for (said, status, advice) in [
        (wrong(SECRET, "another"), "403 SignatureDoesNotMatch", "mend store.secret_access_key"),
        (wrong(KEY_ID, "AKIDOTHER"), "403 ", "store.access_key_id"),
        (wrong(&store.address.to_string(), &nobody), "Connection refused", "store.endpoint"),
    ] {
        assert!(said.contains(status) && said.contains(advice), "{status}, {advice}: {said}");
        assert!(said.starts_with("pictures: bucket ") && !said.contains('\n'), "{said}");
        for secret in [SECRET, "AWS4-HMAC", "Signature="] {
            assert!(!said.contains(secret), "{said}");
        }
    }
    // A working private bucket.
    let public = format!("public_url = \"http://{}/{BUCKET}\"", store.address);
    let said = checked(&store.config(&public)).unwrap_err();
    assert!(said.contains("browsers do not see it at") && said.contains("403"), "{said}");
    assert_eq!(store.keys(), [""; 0]);
}

#[test]
fn no_store_key_or_signature_is_logged() {
    for (format, secret) in
        [("text", SECRET), ("json", SECRET), ("text", "wRoNg"), ("json", "wRoNg")]
    {
        let store = S3::start();
        let log = format!("[log]\nlevel = \"trace\"\nformat = \"{format}\"");
        let config = store.config(&log).replace(SECRET, secret);
        let server = setup::start(&config);
        let found = setup::store_report(&server);
        let answer = server.call("portrait/upload", portrait("5", "gif", GIF));
        assert_eq!(answer.contains("\"status\":0"), secret == SECRET, "{answer}");
        assert_eq!(found.contains("WARN"), secret != SECRET, "{found}");
        server.get("/api/external/get/portrait/5");
        let log = server.log();
        for secret in [secret, KEY_ID, "AWS4-HMAC", "Signature=", "Credential="] {
            assert!(!log.contains(secret), "{secret}: {log}");
        }
    }
}

#[test]
fn store_error_is_retried() {
    let store = S3::start();
    let server = store.server("");
    setup::store_report(&server);
    store.fail_next(2, 503);
    upload(&server, "5", "gif", GIF);
    store.fail_next(1, 500);
    assert_eq!(shown(&server, "5"), GIF);
    // Failing requests: their log lines contain no usable secrets.
    for (status, asked) in [(503, 3), (403, 1)] {
        // Requests for pictures, without the listing at start.
        let count = || store.requests().iter().filter(|asked| asked.line.contains('.')).count();
        let before = count();
        store.fail_next(10, status);
        let answer = server.call("portrait/upload", portrait("6", "gif", GIF));
        assert_eq!(answer, fault(1000, "头像文件创建失败"));
        assert_eq!(count() - before, asked);
        let line = setup::wait_for_log(&server, &format!("{status} "));
        assert!(line.contains("ERROR") && line.contains("SlowDown"), "{line}");
        assert!(!line.contains(KEY_ID) && !line.contains("AWS4"), "{line}");
    }
}
