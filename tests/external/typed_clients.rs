//! The clients of `clients/`, and what other people's tools say of the descriptions. `.ci/run` installs the tools in
//! the target folder; without them, the tests print that they are skipped.

use crate::common::{CODE, Server, has, run};
use crate::rpc_clients::installed;
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A server for any number of requests.
const CONFIG: &str = "[limits]\nrequests_per_minute = 0\nlogin_attempts = 0\n";

fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A tool of JavaScript, unless it is not installed.
fn javascript(tool: &str) -> Option<PathBuf> {
    let path = installed().join("node_modules").join(tool);
    if has("node") && path.exists() {
        return Some(path);
    }
    eprintln!("skipped: {} is not installed; .ci/run does it", path.display());
    None
}

/// A tool of Python, unless it is not installed.
fn python(tool: &str) -> Option<PathBuf> {
    let path = installed().join("venv/bin").join(tool);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: {} is not installed; .ci/run does it", path.display());
    None
}

/// A copy of a client beside the installed tools, where Node finds them.
fn copied(client: &str) -> PathBuf {
    let copies = installed().join("copies");
    let copy = copies.join("clients").join(client);
    let _ = fs::remove_dir_all(&copy);
    fs::create_dir_all(copy.parent().unwrap()).unwrap();
    run(Command::new("cp").arg("-r").arg(source("clients").join(client)).arg(&copy));
    fs::create_dir_all(copies.join("docs/api")).unwrap();
    fs::copy(source("docs/api/openapi.json"), copies.join("docs/api/openapi.json")).unwrap();
    fs::copy(source("clients/schemas.mjs"), copies.join("clients/schemas.mjs")).unwrap();
    copy
}

/// Expects the files that a generator made to be those that are committed.
fn assert_committed(client: &str, copy: &Path, files: &[&str]) {
    for file in files {
        let made = fs::read_to_string(copy.join(file)).unwrap();
        let path = source("clients").join(client).join(file);
        if std::env::var_os("GUICHET_WRITE_DOCS").is_some() {
            fs::write(&path, &made).unwrap();
        }
        let is_same = fs::read_to_string(&path).unwrap() == made;
        let how = "run `GUICHET_WRITE_DOCS=1 cargo test --test external typed_clients`";
        assert!(is_same, "clients/{client}/{file} is out of date: {how}");
    }
}

#[test]
fn typescript_client_is_generated_built_and_walks() {
    let Some(tsc) = javascript("typescript/bin/tsc") else { return };
    if javascript("openapi-typescript").is_none() {
        return;
    }
    let copy = copied("typescript");
    run(Command::new("node").arg("generate.mjs").current_dir(&copy));
    assert_committed("typescript", &copy, &["src/schemas.ts", "src/operations.ts"]);
    run(Command::new("node").arg(&tsc).args(["-p", "tsconfig.json"]).current_dir(&copy));
    run(Command::new("node").arg(&tsc).args(["-p", "test/tsconfig.json"]).current_dir(&copy));
    let server = Server::start(CONFIG);
    let url = format!("http://{}", server.address());
    let said = run(Command::new("node").args(["test/walk.mjs", &url, CODE]).current_dir(&copy));
    assert!(said.contains("retry: ok"), "{said}");
    let chromium = ["chromium", "google-chrome"].into_iter().find(|name| has(name));
    let (Some(chromium), Some(_)) = (chromium, javascript("playwright-core")) else {
        eprintln!("skipped: no browser");
        return;
    };
    let program = run(Command::new("sh").args(["-c", &format!("command -v {chromium}")]));
    let cors = format!("{CONFIG}[cors]\nallowed_origins = [\"*\"]\n");
    let server = Server::start(&cors);
    let url = format!("http://{}", server.address());
    let script = installed().join("browser.mjs");
    fs::copy(source("tests/external/clients/browser.mjs"), &script).unwrap();
    let dist = copy.join("dist");
    let said =
        run(Command::new("node").arg(script).args([program.trim(), &url]).arg(dist).arg(CODE));
    assert!(said.contains("client in a browser: ok"), "{said}");
}

#[test]
fn python_client_is_generated_checked_and_walks() {
    let (Some(interpreter), Some(mypy)) = (python("python3"), python("mypy")) else { return };
    if python("datamodel-codegen").is_none() {
        return;
    }
    let copy = copied("python");
    run(Command::new(&interpreter).arg("generate.py").current_dir(&copy));
    let files = ["src/guichet_client/schemas.py", "src/guichet_client/operations.py"];
    assert_committed("python", &copy, &files);
    run(Command::new(mypy).args(["--strict", "src", "tests/types_check.py"]).current_dir(&copy));
    let server = Server::start(CONFIG);
    let url = format!("http://{}", server.address());
    let mut walk = Command::new(&interpreter);
    walk.args(["tests/walk.py", &url, CODE]).current_dir(&copy);
    let said = run(walk.env("PYTHONPATH", copy.join("src")));
    assert!(said.contains("retried twice: ok"), "{said}");
}

#[test]
fn tools_of_others_accept_the_descriptions() {
    let [openapi, older, openrpc] = ["openapi.json", "openapi-3.0.json", "openrpc.json"]
        .map(|name| source("docs/api").join(name));
    if let Some(validator) = python("openapi-spec-validator") {
        run(Command::new(&validator).arg(&openapi));
        run(Command::new(&validator).arg(&older));
    }
    if let Some(redocly) = javascript("@redocly/cli/bin/cli.js") {
        let mut lint = Command::new("node");
        lint.arg(redocly).arg("lint").args([&openapi, &older]);
        run(lint.env("REDOCLY_TELEMETRY", "off").env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true"));
    }
    if javascript("@open-rpc/schema-utils-js").is_some() {
        let script = installed().join("descriptions.mjs");
        fs::copy(source("tests/external/clients/descriptions.mjs"), &script).unwrap();
        let said = run(Command::new("node").arg(script).arg(openrpc));
        assert!(said.contains("methods: ok"), "{said}");
    }
}

#[test]
fn random_requests_are_answered_as_described() {
    let Some(schemathesis) = python("schemathesis") else { return };
    let server = Server::start(CONFIG);
    let (_, token) = server.account("nora");
    server.done(&token, "rank/upload", json!({"rank": 5}));
    let url = format!("http://{}", server.address());
    let mut program = Command::new(source("tests/external/clients/schemathesis.sh"));
    program.arg(schemathesis).args([&url, &token]).current_dir(server.folder());
    let output = program.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
}
