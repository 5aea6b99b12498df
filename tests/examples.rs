//! The examples that are no Rust: the walk in shell and in Python, and the page in a browser.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use common::{CODE, Folder, Server, has, run};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file or folder in `examples`.
fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

/// Run a walk as `interpreter` twice on one server: it must not need a fresh one.
fn walk(interpreter: &str, script: &str) {
    let server = Server::start("");
    let base = format!("http://{}", server.address());
    for _ in 0..2 {
        // Names are new each second.
        std::thread::sleep(std::time::Duration::from_secs(1));
        let mut command = Command::new(interpreter);
        command.arg(example(script)).arg(&base).arg(server.folder().join("data/outbox.jsonl"));
        let told = run(command.env("GUICHET__CAPTCHA__TEST_CODE", CODE));
        assert!(told.ends_with("every answer was as it should be\n"), "{told}");
    }
    drop(server);
    // Nobody answers there any more: it must say so and fail.
    let mut command = Command::new(interpreter);
    let ended = command.arg(example(script)).arg(&base).output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&ended.stderr).contains(script), "{ended:?}");
}

#[test]
fn the_walk_in_shell() {
    if has("sh") && has("curl") {
        walk("sh", "walk.sh");
    }
}

#[test]
fn the_walk_in_python() {
    if has("python3") {
        walk("python3", "walk.py");
    }
}

/// Fills the page in and clicks its buttons as a person would, and writes down what is to be seen.
const DRIVER: &str = r##"<!doctype html><meta charset="utf-8"><iframe src="/"></iframe><pre></pre>
<script type="module">
const frame = document.querySelector("iframe");
const note = (text) => document.querySelector("pre").append(text + "\n");
const page = (id) => frame.contentDocument.getElementById(id);
const text = (id) => page(id).textContent;
const loaded = () => new Promise((done) => frame.addEventListener("load", done, { once: true }));
async function until(what, is) {
  for (let i = 0; i < 400; i++) {
    if (is()) return;
    await new Promise((done) => setTimeout(done, 25));
  }
  throw new Error("waited in vain: " + what);
}
const seen = (id) => page(id) && !page(id).hidden;
const picture = () => page("captcha").getAttribute("src");
function fill(form, values) {
  for (const [name, value] of Object.entries(values)) page(form).elements[name].value = value;
  page(form).querySelector("button.main").click();
}
try {
  await loaded();
  await until("the door", () => seen("door"));
  page("choose-register").click();
  await until("a captcha", picture);
  const first = picture();
  const account = { username: "诺拉 Nora", password: "secret-1" };
  fill("register", { ...account, code: "wrong" });
  await until("a fault", () => text("fault"));
  note("fault: " + text("fault"));
  await until("another captcha", () => picture() !== first);
  page("redraw").click();
  const second = picture();
  await until("a third captcha", () => picture() !== second);
  fill("register", { ...account, code: "CODE".toUpperCase() });
  await until("the inside", () => seen("inside"));
  note("registered: " + text("nickname") + ", " + text("user-id"));
  await until("a portrait", () => page("portrait").complete && page("portrait").naturalWidth > 0);
  frame.contentWindow.location.reload();
  await loaded();
  await until("the inside again", () => seen("inside"));
  note("reloaded: " + text("username"));
  page("logout").click();
  await until("the door again", () => seen("door"));
  note("logged out: " + frame.contentWindow.sessionStorage.getItem("token"));
  fill("login", { ...account, password: "secret-2" });
  await until("a fault", () => text("fault"));
  note("fault: " + text("fault"));
  fill("login", account);
  await until("the inside once more", () => seen("inside"));
  note("logged in: " + text("nickname") + ", fault: " + text("fault"));
  frame.contentWindow.sessionStorage.setItem("token", "0".repeat(32));
  page("logout").click();
  await until("the door at last", () => seen("door"));
  note("fault: " + text("fault"));
} catch (error) {
  note("failed: " + error.message + "; fault: " + text("fault"));
}
</script>
"##;

#[test]
fn the_page_in_a_browser() {
    let browsers = ["chromium", "chromium-browser", "google-chrome"];
    let Some(browser) = browsers.into_iter().find(|browser| has(browser)) else {
        return;
    };
    let pages = Folder::new();
    for entry in fs::read_dir(example("web")).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), pages.path().join(entry.file_name())).unwrap();
    }
    fs::write(pages.path().join("driver.html"), DRIVER.replace("CODE", CODE)).unwrap();
    let server = Server::start(&format!("[web]\ndir = {:?}\n", pages.path()));
    let profile = Folder::new();
    let mut command = Command::new(browser);
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"]);
    command.args(["--no-first-run", "--disable-background-networking"]);
    command.args(["--disable-component-update", "--disable-sync"]);
    command.arg(format!("--user-data-dir={}", profile.path().display()));
    command.args(["--virtual-time-budget=120000", "--dump-dom"]);
    let dom = run(command.arg(format!("http://{}/driver.html", server.address())));
    let (_, told) = dom.split_once("<pre>").expect(&dom);
    let (told, _) = told.split_once("</pre>").expect(&dom);
    assert_eq!(
        told.lines().collect::<Vec<_>>(),
        [
            "fault: That is not what the picture read. Here is another.",
            "registered: 诺拉 Nora, 100001",
            "reloaded: 诺拉 Nora",
            "logged out: null",
            "fault: Error JSON value: user name or password is wrong",
            "logged in: 诺拉 Nora, fault: ",
            "fault: Your session has ended: please log in again.",
        ]
    );
}
