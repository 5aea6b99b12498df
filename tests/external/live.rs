//! The example pages that watch a board, in a browser.

use crate::common::{Server, has, run};
use crate::rpc_clients::installed;
use serde_json::json;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Runs a script in the folder of the installed tools, with a browser and the server's address; `None` where there is no
/// browser or no tools.
fn browse(server: &Server, script: &str) -> Option<String> {
    let chromium = ["chromium", "google-chrome"].into_iter().find(|name| has(name));
    let has_tools = installed().join("node_modules/playwright-core").exists();
    let Some(chromium) = chromium.filter(|_| has("node") && has_tools) else {
        eprintln!("skipped: no browser, or no playwright-core; .ci/run installs these");
        return None;
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = run(Command::new("sh").args(["-c", &format!("command -v {chromium}")]));
    let copied = installed().join(script);
    fs::copy(folder.join("tests/external/clients").join(script), &copied).unwrap();
    let url = format!("http://{}", server.address());
    Some(run(Command::new("node").arg(copied).args([program.trim(), &url])))
}

/// The configuration that serves the example pages.
fn pages() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    format!("[web]\ndir = \"{}\"\n", folder.join("examples/web").display())
}

#[test]
fn page_shows_a_board_move_as_somebody_plays() {
    let server = Server::start(&pages());
    server.done("", "score/post", json!({"app": "lamps", "openid": "first", "score": 5}));
    let Some(said) = browse(&server, "live.mjs") else { return };
    assert!(said.contains("live: ok"), "{said}");
}

#[test]
fn example_game_is_played_in_two_browsers() {
    // As the page says that the server must be configured.
    let script = include_str!("../../examples/web/play.js");
    let config: Vec<&str> = script.lines().filter_map(|line| line.strip_prefix("//   ")).collect();
    assert!(config.contains(&"[score]"), "{config:?}");
    let server = Server::start(&format!("{}{}\n", pages(), config.join("\n")));
    let Some(said) = browse(&server, "play.mjs") else { return };
    assert!(said.contains("play: ok"), "{said}");
}
