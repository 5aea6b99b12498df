//! Third-party JSON-RPC libraries with `POST /api/rpc`; see `tests/external/clients`. `.ci/run`
//! installs them in the target folder; without them, the tests print that they are skipped.

use crate::common::{Server, has, run};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of the installed libraries, next to the folder of the build profile.
pub fn installed() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let target =
        here.ancestors().find(|folder| folder.ends_with("debug") || folder.ends_with("release"));
    target.and_then(Path::parent).unwrap().join("clients")
}

/// Runs a script with its libraries. Returns their output lines.
fn shown(program: &mut Command) -> Vec<String> {
    let server = Server::start("[limits]\nmax_body = 2000\n");
    let script = program.arg(format!("http://{}/api/rpc", server.address()));
    run(script).lines().map(str::to_owned).collect()
}

/// Checks each library's output: a call with a result, one without params, a fault, an unknown
/// method, a notification, a batch, and a request that HTTP refuses (413).
fn assert_shown(lines: &[String], libraries: &[&str], steps: usize) {
    for library in libraries {
        let own: Vec<&String> = lines.iter().filter(|line| line.starts_with(library)).collect();
        assert!(own.len() >= steps, "{library}: {own:?}");
        for line in own {
            assert!(line.contains(": ok "), "{line}");
        }
    }
}

#[test]
fn javascript_rpc_libraries_work() {
    let modules = installed().join("node_modules");
    if !has("node") || !modules.is_dir() {
        eprintln!("skipped: no libraries in {}; .ci/run installs them", modules.display());
        return;
    }
    // Node looks for modules next to the script.
    let script = modules.with_file_name("rpc.mjs");
    std::fs::copy("tests/external/clients/rpc.mjs", &script).unwrap();
    let lines = shown(Command::new("node").arg(script));
    assert_shown(&lines, &["json-rpc-2.0", "jayson", "@open-rpc/client-js"], 6);
}

#[test]
fn python_rpc_libraries_work() {
    let python = installed().join("venv/bin/python3");
    if !python.is_file() {
        eprintln!("skipped: no libraries in {}; .ci/run installs them", python.display());
        return;
    }
    let lines = shown(Command::new(python).arg("tests/external/clients/rpc.py"));
    assert_shown(&lines, &["jsonrpcclient", "pjrpc", "tinyrpc", "jsonrpclib-pelix"], 6);
}
