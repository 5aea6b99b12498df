//! What pages show of the output of commands and of the log: the words are the program's, whatever the figures.

use super::root;
use crate::common::{Folder, Server, command, run};
use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

/// Blocks of a page that begin with a text, below their fences.
fn block(page: &str, begin: &str) -> String {
    let text = fs::read_to_string(root().join(page)).unwrap();
    let mut blocks = text.split("```").skip(1).step_by(2);
    let block = blocks.find_map(|block| {
        let (_, block) = block.split_once('\n')?;
        block.starts_with(begin).then(|| block.to_owned())
    });
    block.unwrap_or_else(|| panic!("{page} has no block that begins with {begin:?}"))
}

/// A line without figures, paths and keys, and with one blank between words.
fn words(line: &str) -> String {
    let words = line.split_whitespace().map(|word| {
        let is_path = word.starts_with('/');
        let has_digit = word.chars().any(|c| c.is_ascii_digit());
        let bare = word.trim_end_matches([',', ';', ':']);
        let plain = match bare {
            _ if is_path || has_digit => "…",
            "KiB" | "MiB" | "GiB" => "B",
            "file" => "files",
            word => word,
        };
        format!("{plain}{}", &word[bare.len()..])
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Expect each line that a page shows to be among those that the program printed.
fn expect_lines(page: &str, shown: &str, printed: &str) {
    let printed: BTreeSet<String> = printed.lines().map(words).collect();
    for line in shown.lines() {
        assert!(printed.contains(&words(line)), "{page}: {line:?} is not among {printed:#?}");
    }
}

/// A server with two accounts and a backup.
fn server() -> Server {
    let folder = Folder::new();
    let backups = folder.path().join("backups");
    let server = Server::start_in(folder, &format!("[backup]\ndir = {backups:?}\n"));
    server.account("nora");
    server.account("omar");
    run(command(server.folder()).arg("backup"));
    server
}

#[test]
fn page_shows_what_check_prints() {
    let server = server();
    let mut command = command(server.folder());
    // Its configuration lets the system choose the port.
    command.arg("check").env("GUICHET__LISTEN", server.address());
    let printed = command.output().unwrap();
    let printed = String::from_utf8(printed.stdout).unwrap();
    let printed = printed.replace("; set by the environment: GUICHET__LISTEN", "");
    expect_lines("docs/cli.md", &block("docs/cli.md", "ok       configuration"), &printed);
}

#[test]
fn page_shows_what_usage_prints() {
    let server = server();
    let printed = run(command(server.folder()).arg("usage"));
    let shown = block("docs/operate.md", "    1.04 MiB  database");
    // Tables stand in the order of their size, so other data gives other lines.
    let shown: Vec<&str> = shown.lines().filter(|line| !line.contains(" rows")).collect();
    assert!(shown.len() > 10, "{shown:?}");
    expect_lines("docs/operate.md", &shown.join("\n"), &printed);
}

/// The message and the names of the fields of a line in the log.
fn shape(line: &str) -> (String, Vec<String>) {
    if let Ok(serde_json::Value::Object(fields)) = serde_json::from_str(line) {
        let message = fields["message"].as_str().unwrap().to_owned();
        let known = ["timestamp", "level", "message"];
        let names = fields.keys().filter(|name| !known.contains(&name.as_str()));
        return (message, names.cloned().collect());
    }
    let (_, rest) = line.split_once(" INFO ").expect(line);
    let (message, fields): (Vec<_>, Vec<_>) = rest.split(' ').partition(|word| !word.contains('='));
    let names = fields.iter().map(|field| field.split('=').next().unwrap().to_owned());
    (message.join(" "), names.collect())
}

#[test]
fn page_shows_lines_of_the_request_log() {
    for (format, begin) in [("text", "2026-"), ("json", "{\"timestamp\"")] {
        let server = Server::start(&format!("[log]\nrequests = true\nformat = {format:?}\n"));
        server.call("shop/list", serde_json::json!({}));
        let shown = block("docs/operate.md", begin);
        let begun = Instant::now();
        // Such lines are written a little later than the answer.
        while !server.log().contains("shop/list") {
            assert!(begun.elapsed() < Duration::from_secs(20), "{}", server.log());
            std::thread::yield_now();
        }
        let log = server.log();
        let line = log.lines().find(|line| line.contains("shop/list")).unwrap();
        assert_eq!(shape(shown.trim()), shape(line));
    }
}
