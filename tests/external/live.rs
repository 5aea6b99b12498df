//! The example page that watches a board, in a browser.

use crate::common::{Server, has, run};
use crate::rpc_clients::installed;
use serde_json::json;
use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn page_shows_a_board_move_as_somebody_plays() {
    let chromium = ["chromium", "google-chrome"].into_iter().find(|name| has(name));
    let has_tools = installed().join("node_modules/playwright-core").exists();
    let Some(chromium) = chromium.filter(|_| has("node") && has_tools) else {
        eprintln!("skipped: no browser, or no playwright-core; .ci/run installs these");
        return;
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages = folder.join("examples/web");
    let server = Server::start(&format!("[web]\ndir = \"{}\"\n", pages.display()));
    server.done("", "score/post", json!({"app": "lamps", "openid": "first", "score": 5}));
    let program = run(Command::new("sh").args(["-c", &format!("command -v {chromium}")]));
    let script = installed().join("live.mjs");
    fs::copy(folder.join("tests/external/clients/live.mjs"), &script).unwrap();
    let url = format!("http://{}", server.address());
    let said = run(Command::new("node").arg(script).args([program.trim(), &url]));
    assert!(said.contains("live: ok"), "{said}");
}
