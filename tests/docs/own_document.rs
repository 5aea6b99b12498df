//! The steps of `docs/bring-your-own-document.md`, run as they stand there.

use crate::common::{Folder, Server, has, run};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The commands and answers between the marks, in order.
fn fences(page: &str) -> Vec<(String, String)> {
    let steps = page.split("<!-- begin: document steps -->").nth(1).unwrap();
    let steps = steps.split("<!-- end: document steps -->").next().unwrap();
    let blocks = steps.split("```").skip(1).step_by(2);
    blocks
        .map(|block| {
            let (kind, text) = block.split_once('\n').unwrap();
            (kind.to_owned(), text.to_owned())
        })
        .collect()
}

#[test]
fn ten_steps_lead_to_a_served_client() {
    if !(has("sh") && has("curl")) {
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/bring-your-own-document.md")).unwrap();
    let folder = Folder::new();
    let recording = root.join("examples/documents/recording.har");
    fs::copy(recording, folder.path().join("recording.har")).unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_guichet")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut server = None;
    let mut told = String::new();
    for (kind, text) in fences(&page) {
        if kind == "json" {
            let shown: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(serde_json::from_str::<Value>(&told).expect(&told), shown, "{text}");
            continue;
        }
        assert_eq!(kind, "sh", "{text}");
        if text.contains("curl ") && server.is_none() {
            let documents = folder.path().join("documents");
            server = Some(Server::start(&format!("[documents]\ndir = {documents:?}\n")));
        }
        let address = server.as_ref().map_or("127.0.0.1:8080", Server::address);
        let script = text.replace("127.0.0.1:8080", address);
        let mut command = Command::new("sh");
        command.args(["-euc", &script]).current_dir(folder.path()).env("PATH", &path);
        told = run(&mut command);
    }
    assert!(server.is_some());
}
