//! What is left of an account after its removal: nothing that says who it was, in no file of the server's.

use crate::common::notice::{sample, with};
use crate::common::surface::samples;
use crate::common::{Server, postgres};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const NUMBER: &str = "13877665544";

/// Texts of the account, each to be found nowhere. Its number stays for a day with the messages that were sent to it
/// (docs/personal-data.md).
const CANARIES: [&str; 8] = [
    "canary-name",
    "canary-nickname",
    "canary-title",
    "canary-content",
    "canary-shop",
    "canary-text",
    "欧阳金丝雀",
    "11010519491231002X",
];

/// All files below a folder, with their contents.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.clone(), fs::read(path).unwrap()));
        }
    }
    found
}

fn has(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

/// Somebody with something of everything.
fn content(server: &Server) -> String {
    let token = server.registered(NUMBER);
    server.done(&token, "user/rename", json!({"username": "canary-name"}));
    server.done(&token, "user/update", json!({"nickname": "canary-nickname"}));
    let verify = json!({"real_name": CANARIES[6], "id_card": CANARIES[7]});
    server.done(&token, "user/verify", verify);
    let notice = json!({"title": "canary-title", "content": "canary-content"});
    server.done(&token, "property/add", with(sample(), notice));
    let shop = json!({"shop_name": "canary-shop", "shop_content": "canary-text"});
    server.done(&token, "shop/creat", shop);
    server.done(&token, "rank/upload", json!({"rank": 77}));
    let picture = samples("portrait/upload", 0).swap_remove(0)["base64"].clone();
    server.done(&token, "user/avatar", json!({"base64": picture, "type": "png"}));
    token
}

#[test]
fn removed_account_is_in_no_file_any_more() {
    if postgres::is_used() {
        // What PostgreSQL leaves in its files is its own affair.
        return;
    }
    let mut server = Server::start("[sms]\nper_30_seconds = 10\n");
    // Others are there before and after, as in a real table.
    for nth in 0..30 {
        let (_, token) = server.account(&format!("other-{nth}"));
        server.done(
            &token,
            "property/add",
            with(sample(), json!({"title": format!("other {nth}")})),
        );
    }
    let token = content(&server);
    for nth in 30..40 {
        server.account(&format!("other-{nth}"));
    }
    let data = server.folder().join("data");
    let pictures = || {
        files(&data)
            .iter()
            .filter(|(path, _)| path.extension().is_some_and(|it| it == "png"))
            .count()
    };
    assert_eq!(pictures(), 1);
    assert!(
        files(&data).iter().any(|(_, bytes)| has(bytes, b"canary-title")),
        "the test sees rows"
    );
    let hash = server.captcha();
    let code = json!({"phone": NUMBER, "hash": hash, "purpose": "remove"});
    server.done(&token, "sms/generate", code);
    let code: Value = server.outbox().last().unwrap()["code"].clone();
    server.done(&token, "user/remove", json!({"sms_code": code}));
    let end = Instant::now() + Duration::from_secs(10);
    while pictures() > 0 {
        assert!(Instant::now() < end, "the picture is still there");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(server.terminate(), 0);
    let mut found = Vec::new();
    for (path, bytes) in files(&data) {
        // The outbox stands for a gateway: it keeps what was sent.
        if path.to_string_lossy().contains("outbox") {
            continue;
        }
        for canary in CANARIES.iter().filter(|canary| has(&bytes, canary.as_bytes())) {
            found.push(format!("{}: {canary}", path.display()));
        }
    }
    let log = server.log();
    found.extend(CANARIES.iter().filter(|it| log.contains(**it)).map(|it| format!("log: {it}")));
    assert!(found.is_empty(), "{found:#?}");
}
