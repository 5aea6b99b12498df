//! The examples in other languages: the shell and Python scripts, and the pages in a browser.

use crate::common::{CODE, Folder, Server, has, run};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file or folder in `examples`.
fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

/// Runs a script twice on one server: it must not need an empty one.
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
    // The server has stopped: the script must report it and fail.
    let mut command = Command::new(interpreter);
    let ended = command.arg(example(script)).arg(&base).output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&ended.stderr).contains(script), "{ended:?}");
}

#[test]
fn shell_example_runs_twice() {
    if has("sh") && has("curl") {
        walk("sh", "walk.sh");
    }
}

#[test]
fn python_example_runs_twice() {
    if has("python3") {
        walk("python3", "walk.py");
    }
}

/// Runs a document's client on a server that has the document.
fn document_client(interpreter: &str, script: &str) {
    if !has(interpreter) {
        return;
    }
    let server = Server::start(&format!("[documents]\ndir = {:?}\n", example("documents")));
    server.account("ada");
    let mut command = Command::new(interpreter);
    command.arg(example("documents").join(script));
    command.arg(format!("http://{}", server.address())).args(["ada", "secret-1"]);
    assert_eq!(run(&mut command), "done\n");
}

#[test]
fn campus_document_serves_its_client() {
    document_client("python3", "campus.py");
}

#[test]
fn market_document_serves_its_client() {
    document_client("node", "market.mjs");
}

/// The common beginning of the browser scripts: a page in a frame that is filled in and clicked,
/// and a log of its content.
const DRIVER: &str = r##"<!doctype html><meta charset="utf-8"><iframe></iframe><pre></pre>
<script type="module">
const frame = document.querySelector("iframe");
const note = (text) => document.querySelector("pre").append(text + "\n");
const page = (id) => frame.contentDocument.getElementById(id);
const text = (id) => page(id).textContent;
const stored = () => frame.contentWindow.sessionStorage.getItem("token");
const loaded = () => new Promise((done) => frame.addEventListener("load", done, { once: true }));
async function until(what, is) {
  for (let i = 0; i < 800; i++) {
    if (is()) return;
    await new Promise((done) => setTimeout(done, 25));
  }
  throw new Error("waited in vain: " + what);
}
const seen = (id) => page(id) && !page(id).hidden;
const shown = (id) => page(id).complete && page(id).naturalWidth > 0;
async function open(path) {
  frame.src = path;
  await loaded();
}
async function reload() {
  frame.contentWindow.location.reload();
  await loaded();
}
function fill(form, values) {
  for (const [name, value] of Object.entries(values)) page(form).elements[name].value = value;
  page(form).querySelector("button.main").click();
}
function change(id) {
  page(id).dispatchEvent(new Event("change"));
}
try {
STEPS
} catch (error) {
  note("failed: " + error.message + "; fault: " + text("fault"));
}
</script>
"##;

/// Serves the pages and runs `steps` in a browser. Returns their log; `None` without a browser.
fn drive(server: impl FnOnce(&Path) -> Server, steps: &str) -> Option<Vec<String>> {
    let browsers = ["chromium", "chromium-browser", "google-chrome"];
    let browser = browsers.into_iter().find(|browser| has(browser))?;
    let pages = Folder::new();
    for entry in fs::read_dir(example("web")).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), pages.path().join(entry.file_name())).unwrap();
    }
    let driver = DRIVER.replace("STEPS", steps).replace("CODE", CODE);
    fs::write(pages.path().join("driver.html"), driver).unwrap();
    let server = server(pages.path());
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
    Some(told.lines().map(str::to_owned).collect())
}

/// A server with the pages of a folder.
fn serve(pages: &Path) -> Server {
    Server::start(&format!("[web]\ndir = {pages:?}\n"))
}

#[test]
fn accounts_page_works_in_a_browser() {
    let told = drive(
        serve,
        r#"
  const picture = () => page("captcha").getAttribute("src");
  await open("/");
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
  await until("a portrait", () => shown("portrait"));
  await reload();
  await until("the inside again", () => seen("inside"));
  note("reloaded: " + text("username"));
  page("logout").click();
  await until("the door again", () => seen("door"));
  note("logged out: " + stored());
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
"#,
    );
    let Some(told) = told else { return };
    assert_eq!(
        told,
        [
            "fault: That is not what the picture read. Here is another.",
            "registered: 诺拉 Nora, 100001",
            "reloaded: 诺拉 Nora",
            "logged out: null",
            "fault: Error JSON value: user name or password is wrong; where there were too many tries, the proof of a captcha, sent as hash, pays for one more",
            "logged in: 诺拉 Nora, fault: ",
            "fault: Your session has ended: please log in again.",
        ]
    );
}

#[test]
fn profiles_page_works_in_a_browser() {
    let with_nora = |pages: &Path| {
        let server = serve(pages);
        server.account("nora");
        server
    };
    let told = drive(
        with_nora,
        r#"
  const picture = () => page("picture").getAttribute("src");
  // Selects a file like the dialog.
  function choose(blob, name) {
    const chosen = new DataTransfer();
    chosen.items.add(new File([blob], name));
    page("file").files = chosen.files;
    change("file");
  }
  await open("/login.html");
  await until("the door", () => seen("door"));
  fill("login", { username: "nora", password: "secret-2" });
  await until("a fault", () => text("fault"));
  note("fault: " + text("fault"));
  fill("login", { username: "nora", password: "secret-1" });
  await until("the inside", () => seen("inside"));
  note("logged in: " + text("name") + ", " + text("username"));
  await until("the default picture", () => shown("picture"));
  const before = picture();
  fill("nickname", { nickname: "诺拉 🌻" });
  await until("the nickname", () => text("done"));
  note(text("done") + " " + text("name"));
  fill("nickname", { nickname: "a".repeat(33) });
  await until("a fault", () => text("fault"));
  note("fault: " + text("fault") + text("done"));
  choose(new Blob(["no picture"]), "nora.png");
  await until("a fault", () => text("fault").includes("picture"));
  note("fault: " + text("fault"));
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 40;
  choose(await new Promise((done) => canvas.toBlob(done)), "whatever.gif");
  await until("a picture", () => picture() !== before && shown("picture"));
  note(text("done") + " " + /^\/upload\/[0-9a-f]{32}\.png$/.test(picture()) + " " + page("picture").naturalWidth);
  // One account, one session: the other page knows it.
  await open("/");
  await until("the account", () => seen("inside"));
  note("account: " + text("nickname"));
  await until("the picture there", () => shown("portrait") && page("portrait").naturalWidth === 40);
  await open("/login.html");
  await until("the inside again", () => seen("inside"));
  page("logout").click();
  await until("the door again", () => seen("door"));
  note("logged out: " + stored());
  frame.contentWindow.sessionStorage.setItem("token", "0".repeat(32));
  await reload();
  await until("the door at last", () => seen("door"));
  note("fault: " + text("fault"));
"#,
    );
    let Some(told) = told else { return };
    assert_eq!(
        told,
        [
            "fault: User name or password is wrong.",
            "logged in: nora, nora",
            "Your nickname is changed. 诺拉 🌻",
            "fault: nickname: 1 to 32 characters",
            "fault: This picture can't be used: PNG, JPEG, GIF or WebP, 1 MiB at most.",
            "Your picture is changed. true 40",
            "account: 诺拉 🌻",
            "logged out: null",
            "fault: Your session has ended: please log in again.",
        ]
    );
}

#[test]
fn game_page_works_in_a_browser() {
    // A hundred unbeatable players, and two others.
    let with_players = |pages: &Path| {
        let server = serve(pages);
        for player in 0..100 {
            let (openid, score) = (format!("player-{player}"), 100_000 - player);
            let data = json!({"app": "lamps", "openid": openid, "score": score});
            server.done("", "score/post", data);
        }
        for (openid, score) in [("third", 40_000), ("last", 0)] {
            server.done(
                "",
                "score/post",
                json!({"app": "lamps", "openid": openid, "score": score}),
            );
        }
        let data = json!({"app": "lamps", "openid": "player-0", "nickname": "奥马尔 <b>"});
        server.done("", "player/update", data);
        server
    };
    let told = drive(
        with_players,
        r#"
  const rows = () => [...page("places").rows].map((row) => row.className + ": " +
    [...row.cells].map((cell) => cell.textContent).join("|"));
  const lit = () => page("lamps").querySelector(".lit");
  const press = (lamp) => lamp.dispatchEvent(new PointerEvent("pointerdown"));
  const points = () => Number(text("points"));
  await open("/board.html");
  await until("the board", () => rows().length === 100);
  note(rows()[0]);
  note(rows()[99]);
  page("nickname").value = "诺拉 🌻";
  page("start").click();
  await until("a lamp", lit);
  for (let i = 0; i < 3; i++) {
    const lamp = lit();
    press(lamp);
    if (lit() === lamp) throw new Error("the next lamp is another one");
  }
  const most = points();
  press(page("lamps").querySelector("button:not(.lit)"));
  note("three lit and a dark one: " + (most > 90 && most - points() === 20));
  const digit = 1 + [...page("lamps").children].indexOf(lit());
  frame.contentDocument.dispatchEvent(new KeyboardEvent("keydown", { key: String(digit) }));
  note("a digit: " + (points() > most - 20));
  change("nickname");
  await until("the end", () => text("result"));
  note(text("result").replace(points(), "N"));
  await until("the place", () => text("standing"));
  note(text("standing").replace(points(), "N"));
  await until("the board again", () => rows().length > 100);
  note(rows().slice(100).join(" / ").replace(points(), "N"));
  const best = points();
  page("start").click();
  await until("no result", () => !text("result"));
  await until("a second end", () => text("result"));
  note(text("result").replace(best, "N"));
  await reload();
  await until("the place again", () => text("standing"));
  note(page("nickname").value + ", " + text("standing").replace(best, "N"));
"#,
    );
    let Some(told) = told else { return };
    assert_eq!(
        told,
        [
            ": 1|奥马尔 <b>|100000",
            "nameless: 100|Nameless|99901",
            "three lit and a dark one: true",
            "a digit: true",
            "N points: place 102.",
            "Your best: N points, place 102",
            "gap: ⋯ / nameless: 101|Nameless|40000 / own: 102|诺拉 🌻|N / nameless: 103|Nameless|0",
            "0 points: your best stays N.",
            "诺拉 🌻, Your best: N points, place 102",
        ]
        .map(|line| line.replace("<b>", "&lt;b&gt;"))
    );
}

#[test]
fn page_without_a_captcha_picture_registers() {
    let told = drive(
        |pages| {
            Server::start(&format!(
                "[captcha]\nkinds = [\"pow\"]\npow_cost = 2000\n[web]\ndir = {pages:?}\n"
            ))
        },
        r#"
  await open("/work.html");
  fill("register", { username: "nora", password: "secret-1" });
  await until("the account", () => text("done"));
  note(text("done"));
  fill("register", { username: "nora", password: "secret-1" });
  await until("a fault", () => text("fault"));
  note("refused");
"#,
    );
    if let Some(told) = told {
        assert_eq!(told, ["Registered as number 100001.", "refused"]);
    }
}
