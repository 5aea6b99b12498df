//! The console in a browser: every page, what keeps people out, keyboard, no script.

use crate::common::console::Console;
use crate::common::{has, run};
use crate::rpc_clients::installed;
use serde_json::json;
use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn console_is_walked_in_a_browser_and_accessible() {
    let chromium = ["chromium", "google-chrome"].into_iter().find(|name| has(name));
    let tools = installed().join("node_modules");
    let has_tools = ["playwright-core", "axe-core"].iter().all(|tool| tools.join(tool).exists());
    let Some(chromium) = chromium.filter(|_| has("node") && has_tools) else {
        eprintln!(
            "skipped: no browser, or no playwright-core and axe-core; .ci/run installs these"
        );
        return;
    };
    let console = Console::start("[limits]\nrequests_per_minute = 0\n");
    console.token("owner");
    let (_, token) = console.server.account("omar");
    console.server.done(&token, "shop/creat", json!({"shop_name": "tea"}));
    let notice = crate::common::notice::sample();
    console.server.done(&token, "property/add", notice);
    let score = json!({"app": "lamps", "openid": "cheater", "score": 9});
    console.server.done("", "score/post", score);
    let program = run(Command::new("sh").args(["-c", &format!("command -v {chromium}")]));
    let script = installed().join("console.mjs");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/external/clients/console.mjs");
    fs::copy(source, &script).unwrap();
    let url = format!("http://{}", console.address);
    let said = run(Command::new("node").arg(script).args([program.trim(), &url]));
    assert!(said.contains("pages: ok"), "{said}");
}
