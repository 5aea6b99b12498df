//! Uploading, showing and replacing, with pictures in a bucket.

use super::s3::{BUCKET, DOMAIN, S3, SECRET};
use super::setup;
use super::uploads::{avatar, shown, upload};
use crate::common::web::{GIF, JPEG, PNG};
use crate::common::{Folder, Server};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::thread;

#[test]
fn picture_is_stored_in_bucket_and_served() {
    let store = S3::start();
    let server = store.server("prefix = \"shop/pictures\"");
    let (_, token) = server.account("nora");
    assert_eq!(
        upload(&server, "5", "gif", GIF),
        "http://api.example.com/api/external/get/portrait/5"
    );
    let url = avatar(&server, &token, PNG);
    let name = url.strip_prefix("http://api.example.com/upload/").unwrap();
    let keys = store.wait_for_keys(2);
    assert!(keys.iter().all(|key| key.starts_with("shop/pictures/")), "{keys:?}");
    assert_eq!(store.bytes(&format!("shop/pictures/{name}")), PNG);
    assert_eq!(server.pictures(), [""; 0]);
    // As when served from disk.
    for (path, kind, bytes) in [
        ("/api/external/get/portrait/5", "image/gif", GIF),
        (url.strip_prefix("http://api.example.com").unwrap(), "image/png", PNG),
    ] {
        let reply = server.get(path);
        assert_eq!((reply.status, reply.header("content-type")), (200, kind));
        assert!(reply.body == bytes);
        assert_eq!(reply.header("vary"), "Referer");
        let tag = [("If-None-Match", reply.header("etag"))];
        assert_eq!(server.send("GET", path, &tag, b"").status, 304);
    }
    let there = server.done("", "portrait/get", json!({"id": "5"}));
    assert_eq!(there, json!({"base64": STANDARD.encode(GIF), "type": "gif"}));
    assert_eq!(server.get(&format!("/upload/{}.png", "0".repeat(32))).status, 404);
    // In the bucket it has headers for caching and its media type.
    let requests = store.requests();
    let put = requests.iter().find(|asked| asked.line.ends_with(name)).unwrap();
    assert_eq!(put.line, format!("PUT /{BUCKET}/shop/pictures/{name}"));
    assert_eq!(put.content_type, "image/png");
    assert_eq!(put.cache_control, "public, max-age=31536000, immutable");
}

#[test]
fn replaced_picture_is_removed_from_the_bucket() {
    let store = S3::start();
    let server = store.server("");
    let (_, token) = server.account("nora");
    for (kind, bytes) in [("gif", GIF), ("png", PNG), ("jpg", JPEG)] {
        upload(&server, "5", kind, bytes);
        avatar(&server, &token, bytes);
        assert_eq!(shown(&server, "5"), bytes);
        let keys = store.wait_for_keys(2);
        assert!(keys.iter().all(|key| store.bytes(key) == bytes), "{keys:?}");
    }
    let server = server.kill_and_restart();
    assert_eq!(shown(&server, "5"), JPEG);
    // A refused picture is not stored, nor is one whose account was removed meanwhile.
    let data = json!({"base64": STANDARD.encode(&PNG[..50])});
    assert!(server.call_as(&token, "user/avatar", data).contains("damaged"));
    store.wait_for_keys(2);
}

#[test]
fn picture_urls_use_the_public_url_if_configured() {
    let store = S3::start();
    let public = "public_url = \"https://img.example.com/\"\nprefix = \"a/b/\"";
    let server = store.server(public);
    let (id, token) = server.account("nora");
    let portrait = upload(&server, "5", "gif", GIF);
    let url = avatar(&server, &token, PNG);
    for (url, bytes) in [(&portrait, GIF), (&url, PNG)] {
        let key = url.strip_prefix("https://img.example.com/").unwrap();
        assert!(key.starts_with("a/b/"), "{key}");
        assert_eq!(store.bytes(key), bytes);
    }
    assert_eq!(server.done(&token, "user/info", json!({}))["profile_picture"], url);
    let login = json!({"username": "nora", "password": "secret-1"});
    assert_eq!(server.done("", "user/login", login)["profile_picture"], url);
    let info = server.get(&format!("/user/get_user_info?token={token}")).json();
    assert_eq!(info["result"]["profile_picture"], url);
    let user = server.get(&format!("/api/v1.0/user?token={token}")).json();
    assert_eq!((&user["data"]["avatar_url"], &user["data"]["user_id"]), (&json!(url), &json!(id)));
    // The paths that clients know go on working.
    assert_eq!(shown(&server, "5"), GIF);
    let name = url.rsplit('/').next().unwrap();
    assert_eq!(server.get(&format!("/upload/{name}")).body, PNG);
    // On disk too, for pictures served by another server.
    let disk = Server::start("[store]\npublic_url = \"https://img.example.com/x\"\n");
    let url = upload(&disk, "5", "gif", GIF);
    assert_eq!(disk.pictures(), [url.strip_prefix("https://img.example.com/x/").unwrap()]);
    assert_eq!(shown(&disk, "5"), GIF);
}

#[test]
fn pictures_on_disk_are_served_beside_the_bucket() {
    let store = S3::start();
    let server = Server::start("");
    let (_, token) = server.account("nora");
    upload(&server, "5", "gif", GIF);
    upload(&server, "6", "gif", GIF);
    let url = avatar(&server, &token, PNG);
    let server = setup::start_in(server.into_folder(), &store.config(""));
    assert_eq!((shown(&server, "5"), server.pictures().len()), (GIF.to_vec(), 3));
    let name = url.rsplit('/').next().unwrap();
    assert_eq!(server.get(&format!("/upload/{name}")).body, PNG);
    // Its replacement is in the bucket, and the file is removed.
    upload(&server, "5", "png", PNG);
    assert_eq!((shown(&server, "5"), server.pictures().len()), (PNG.to_vec(), 2));
    store.wait_for_keys(1);
    // Files that an operator has moved into the bucket are found there.
    let files = setup::files(&Folder::new(), &store.config(""));
    for name in server.pictures() {
        let path = server.folder().join("data/pictures").join(&name);
        files.restore(&name, &std::fs::read(&path).unwrap()).unwrap();
        std::fs::remove_file(path).unwrap();
    }
    assert_eq!(
        (shown(&server, "6"), server.get(&format!("/upload/{name}")).status),
        (GIF.to_vec(), 200)
    );
}

#[test]
fn uploads_wait_for_the_store_and_others_do_not() {
    // More than there are cores and worker threads.
    const AT_ONCE: usize = 12;
    let store = S3::start();
    let server = store.server("timeout = \"60s\"");
    upload(&server, "1", "gif", GIF);
    assert!(setup::store_report(&server).contains("can be written"));
    let (id, token) = server.account("nora");
    store.hold_back("");
    thread::scope(|scope| {
        for number in 0..AT_ONCE {
            let server = &server;
            scope.spawn(move || match number % 2 {
                0 => assert!(
                    upload(server, &(100 + number).to_string(), "png", PNG).contains("portrait")
                ),
                _ => assert_eq!(shown(server, "1"), GIF),
            });
        }
        store.wait_for(AT_ONCE);
        // All wait for the store. Meanwhile the server serves.
        assert_eq!(server.done(&token, "user/info", json!({}))["user_id"], id);
        assert_eq!(server.done("", "shop/list", json!({})), json!([]));
        server.captcha();
        server.login("nora");
        let data = json!({"shop_name": "Blue Lamp Books"});
        assert!(server.done(&token, "shop/creat", data)["shop_id"].is_i64());
        store.resume();
    });
    store.wait_for_keys(1 + AT_ONCE / 2);
}

#[test]
fn removal_from_the_bucket_blocks_nobody() {
    let store = S3::start();
    let server = store.server("");
    assert!(setup::store_report(&server).contains("can be written"));
    upload(&server, "5", "gif", GIF);
    store.hold_back("DELETE");
    // The writer thread requests the removal without waiting.
    upload(&server, "5", "png", PNG);
    let (_, token) = server.account("nora");
    server.done(&token, "user/update", json!({"nickname": "Nora"}));
    assert_eq!((shown(&server, "5"), store.keys().len()), (PNG.to_vec(), 2));
    store.resume();
    store.wait_for_keys(1);
}

#[test]
fn bucket_in_the_host_name_works() {
    let store = S3::start();
    // The name has no DNS entry: a local proxy acts as its host.
    let proxy = format!("http://{}", store.address);
    for endpoint in [format!("http://{DOMAIN}"), format!("http://{BUCKET}.{DOMAIN}/")] {
        let config = setup::config(&endpoint, SECRET, "prefix = \"p\"");
        let server = Server::start_by(Folder::new(), &config, |mut command| {
            command.env("HTTP_PROXY", &proxy).env_remove("NO_PROXY").env_remove("no_proxy");
            command
        });
        upload(&server, "5", "gif", GIF);
        assert_eq!(shown(&server, "5"), GIF);
        upload(&server, "5", "png", PNG);
        assert_eq!(shown(&server, "5"), PNG);
        let key = store.wait_for_keys(1).remove(0);
        assert_eq!((store.bytes(&key), key.starts_with("p/")), (PNG.to_vec(), true));
        let requests = store.requests();
        let put = requests.iter().find(|asked| asked.line == format!("PUT /{key}")).unwrap();
        assert_eq!(put.host, format!("{BUCKET}.{DOMAIN}"));
        store.empty();
    }
}
