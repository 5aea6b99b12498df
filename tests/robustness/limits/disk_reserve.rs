//! The free space that is kept in reserve (`disk.reserve`).

use crate::common::notice::sample;
use crate::common::scrape::Scrape;
use crate::common::{Folder, Server, fault_with, has, ok};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const PNG: &[u8] = include_bytes!("../../../src/image_check/fixtures/plain.png");

/// More than any disk has.
const NEVER: &str = "[disk]\nreserve = \"1000000000MiB\"\n";

/// The refusal of an operation that would store more data.
fn no_space() -> String {
    let detail = "the server's disk is nearly full; nothing was stored";
    fault_with(-200, "Failure to operate database", detail)
}

fn portrait(id: &str) -> Value {
    json!({"name": "", "id": id, "base64": STANDARD.encode(PNG), "type": "png"})
}

/// A registration with a new captcha.
fn registration(server: &Server, name: &str) -> Value {
    json!({"username": name, "password": "secret-1", "hash": server.captcha()})
}

/// Waits for a condition; the server checks the disk every 2 seconds.
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{what}");
    }
}

#[test]
fn below_the_reserve_only_essentials_are_written() {
    let server = Server::start("[disk]\nreserve = 0\n");
    let (_, token) = server.account("nora");
    let notice = server.done(&token, "property/add", sample())["uid"].clone();
    let score = json!({"openid": "known", "score": 1});
    server.done("", "score/post", score.clone());
    server.done("", "player/update", score);

    let server = Server::start_in(server.into_folder(), NEVER);
    for (name, data) in [
        ("portrait/upload", portrait("5")),
        ("user/avatar", json!({"base64": STANDARD.encode(PNG)})),
        ("user/register", registration(&server, "mila")),
        ("user/update", json!({"nickname": "n"})),
        ("property/add", sample()),
        ("shop/creat", json!({"shop_name": "s"})),
        ("score/post", json!({"openid": "new", "score": 1})),
        ("player/update", json!({"openid": "new", "nickname": "n"})),
        ("score/post", json!({"app": "new", "openid": "known", "score": 1})),
    ] {
        assert_eq!(server.call_as(&token, name, data), no_space(), "{name}");
    }
    let missing = server.call("property/add", sample());
    assert!(missing.contains("\"status\":-100,"), "proof comes first: {missing}");

    server.done("", "score/post", json!({"openid": "known", "score": 9}));
    server.done("", "player/update", json!({"openid": "known", "nickname": "n"}));
    server.done(&token, "rank/upload", json!({"rank": 5}));
    server.done(&token, "property/query", json!({"type": 1}));
    server.done(&token, "property/delete", json!({ "id": notice }));
    server.done("", "img/validate", json!({"hash": server.captcha()}));
    server.done("", "sms/generate", json!({"phone": "13800000001", "hash": server.captcha()}));
    let second = server.login("nora");
    assert_eq!(server.call_as(&second, "user/logout", json!({})), ok(json!({})));
    let change = json!({"old_password": "secret-1", "new_password": "another-2"});
    let changed = server.call_as(&token, "user/password", change);
    assert!(changed.contains("\"status\":0,"), "{changed}");
    assert_eq!(server.get("/readyz").status, 200);
    assert_eq!(server.log().matches("less free space than disk.reserve").count(), 1);
}

#[test]
fn writes_resume_when_space_is_free_again() {
    if !has("unshare") {
        return;
    }
    // A disk of 120 MB in a mount namespace that ends with the server. Besides the reserve there
    // must be space for the WAL, some 24 MB.
    let script = r#"mount -t tmpfs -o size=120m tmpfs "$0" && exec "$@""#;
    let folder = Folder::new();
    let data = folder.path().join("data");
    fs::create_dir_all(&data).unwrap();
    let tool = ["unshare", "--map-root-user", "--mount", "sh", "-c", script];
    let tool = [&tool[..], &[data.to_str().unwrap()]].concat();
    let mut probe = Command::new(tool[0]);
    if !probe.args(&tool[1..]).arg("true").stderr(Stdio::null()).status().unwrap().success() {
        eprintln!("skipped: no disk may be mounted here, not even in a namespace");
        return;
    }
    let config = "[disk]\nreserve = \"60MiB\"\n[portrait]\nper_day_per_account = 0\n";
    let server = Server::start_under(&tool, folder, config);
    let (_, token) = server.account("nora");
    let upload = |id| server.call_as(&token, "portrait/upload", portrait(id));
    let done = |answer: String| answer.contains("\"status\":0,");
    assert!(done(upload("1")));

    let data = PathBuf::from(format!("/proc/{}/root{}", server.pid(), data.display()));
    fs::write(data.join("filler"), vec![7; 64 << 20]).unwrap();
    wait_until("uploads are refused", || upload("2") == no_space());
    let scrape = Scrape::of(&server);
    let of = |name: &str| scrape.get(&format!("{name}{{disk=\"data_dir\"}}"));
    assert!(of("guichet_disk_free_bytes") < of("guichet_disk_reserve_bytes"));
    server.login("nora");

    fs::remove_file(data.join("filler")).unwrap();
    wait_until("uploads are taken again", || done(upload("3")));
    for line in ["less free space than disk.reserve", "there is enough free space again"] {
        assert_eq!(server.log().matches(line).count(), 1, "{line}");
    }
}
