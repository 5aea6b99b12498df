//! A full disk: writes are refused, reads work, and writes work again once there is space.

use super::facts::{Fact, PICTURES, ask, integrity, lost};
use crate::common::notice::{sample, with};
use crate::common::{Folder, Server, database_failed, fault, has};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Starts the server in a mount namespace, where its data folder is a small disk that disappears
/// with it. The first argument of the script is the folder.
const UNSHARE: [&str; 6] = [
    "unshare",
    "--map-root-user",
    "--mount",
    "sh",
    "-c",
    r#"mount -t tmpfs -o size=4m tmpfs "$0" && exec "$@""#,
];

/// Are mounts in a namespace permitted?
pub fn may_mount() -> bool {
    if !has("unshare") {
        return false;
    }
    let folder = Folder::new();
    let mut probe = Command::new(UNSHARE[0]);
    probe.args(&UNSHARE[1..]).arg(folder.path()).arg("true");
    let may = probe.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success();
    if !may {
        eprintln!("skipped: no disk may be mounted here, not even in a namespace");
    }
    may
}

/// Fills all free space.
fn fill(file: &mut File) {
    let mut size = 1 << 16;
    while size > 0 {
        match file.write(&vec![7; size]) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::StorageFull => size /= 2,
            Err(error) => panic!("{error}"),
        }
    }
}

/// Makes one numbered write of a kind. Returns the fact, or the refusal.
fn write(server: &Server, token: &str, kind: usize, nth: i64) -> Result<Fact, String> {
    let title = format!("notice {nth}");
    let openid = format!("p{nth}");
    let (extension, bytes) = PICTURES[0];
    let (name, data) = match kind {
        0 => ("property/add", with(sample(), json!({ "title": title }))),
        1 => ("score/post", json!({"openid": openid, "score": nth})),
        2 => ("shop/creat", json!({ "shop_name": title })),
        _ => {
            let (id, base64) = ((nth + 1).to_string(), STANDARD.encode(bytes));
            ("portrait/upload", json!({"name": "", "id": id, "base64": base64, "type": extension}))
        }
    };
    let answer = server.call_as(token, name, data);
    let parsed: Value = serde_json::from_str(&answer).unwrap();
    if parsed["status"] != 0 {
        return Err(answer);
    }
    let data = &parsed["data"];
    Ok(match kind {
        0 => Fact::Notice(data["uid"].as_i64().unwrap(), title, token.to_owned()),
        1 => Fact::Score(openid, nth),
        2 => Fact::Shop(data["shop_id"].as_i64().unwrap(), title),
        _ => Fact::Picture(usize::try_from(nth + 1).unwrap(), 0),
    })
}

#[test]
fn full_disk_refuses_writes_until_there_is_space() {
    if !may_mount() {
        return;
    }
    let folder = Folder::new();
    let data = folder.path().join("data");
    fs::create_dir_all(&data).unwrap();
    let tool = [&UNSHARE[..], &[data.to_str().unwrap()]].concat();
    let server =
        Server::start_under(&tool, folder, "[shop]\nmax_per_account = 1000\n[disk]\nreserve = 0\n");
    // The disk as the server sees it.
    let data = PathBuf::from(format!("/proc/{}/root{}", server.pid(), data.display()));
    let (_, token) = server.account("nora");
    let mut facts = vec![Fact::Session(token.clone())];
    let mut nth = 0;
    let mut next = |kind| {
        nth += 1;
        write(&server, &token, kind, nth)
    };
    facts.extend((0..4).map(|kind| next(kind).unwrap()));

    let filler = data.join("filler");
    let mut file = File::create_new(&filler).unwrap();
    let mut refused = [0; 4];
    for round in 0..40 {
        // A refused write may leave a little space.
        fill(&mut file);
        let kind = round % 4;
        match next(kind) {
            Ok(fact) => facts.push(fact),
            Err(answer) => {
                let expected = if kind == 3 {
                    fault(1000, "头像文件创建失败")
                } else {
                    database_failed()
                };
                assert_eq!(answer, expected);
                refused[kind] += 1;
            }
        }
        let wrong = lost(&server, &facts.iter().collect::<Vec<_>>());
        assert!(wrong.is_empty(), "a full disk can't be read: {wrong:#?}");
    }
    assert!(refused.iter().all(|refused| *refused >= 8), "of 10 each were refused {refused:?}");
    let there = ask(&server, &token, "property/query", json!({"type": 1, "limit": 1000})).unwrap();
    let noticed = facts.iter().filter(|fact| matches!(fact, Fact::Notice(..))).count();
    assert_eq!(there.as_array().unwrap().len(), noticed, "what was refused is not there");

    let ready = || (server.get("/readyz").status, server.get("/readyz").text());
    let full = r#"{"status":"failed","why":"the database can't be written: the disk is full"}"#;
    let asked = Instant::now();
    while ready() != (503, full.to_owned()) {
        // The probe is at most a second late, and fails only if the disk is completely full.
        fill(&mut file);
        assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", ready());
    }
    assert_eq!(server.get("/healthz").status, 200);

    fs::remove_file(&filler).unwrap();
    drop(file);
    let freed = Instant::now();
    while ready().0 != 200 {
        assert!(freed.elapsed() < Duration::from_secs(5), "{:?}", ready());
        sleep(Duration::from_millis(20));
    }
    for kind in 0..4 {
        let fact = loop {
            match next(kind) {
                Ok(fact) => break fact,
                Err(answer) => assert!(freed.elapsed() < Duration::from_secs(5), "{answer}"),
            }
            sleep(Duration::from_millis(20));
        };
        facts.push(fact);
    }
    let wrong = lost(&server, &facts.iter().collect::<Vec<_>>());
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(integrity(&data), "ok");
}
