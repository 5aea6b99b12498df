//! The operations and the paths, as `guichet routes` lists them.

use super::expect;
use crate::common::cli::{bare, done};
use std::collections::BTreeSet;

/// The pages of operations, and the types that each has.
pub(super) const OPERATIONS: [(&str, &[&str]); 7] = [
    ("docs/api/captcha-sms.md", &["img", "sms"]),
    ("docs/api/accounts.md", &["user"]),
    ("docs/api/portraits.md", &["portrait"]),
    ("docs/api/notices.md", &["property"]),
    ("docs/api/shops.md", &["shop"]),
    ("docs/api/reports.md", &["report"]),
    ("docs/api/leaderboards.md", &["rank", "score", "player", "round", "wx"]),
];

/// The pages of documents, with the part of a path that identifies the document.
const PATHS: [(&str, &[&str]); 5] = [
    ("docs/compat/rank.md", &["/ranking_list"]),
    ("docs/compat/ihome.md", &["/api/v1.0/"]),
    ("docs/compat/pinball.md", &["_score", "/post_user_info"]),
    ("docs/compat/entry-task.md", &["/login", "/user/"]),
    ("docs/api/envelope.md", &["/api", "/healthz", "/readyz", "/metrics", "/upload/"]),
];

/// The lines of `guichet routes`, in columns.
fn lines() -> Vec<Vec<String>> {
    let told = done(bare(&["routes"]));
    told.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

/// Keys as code, with blanks between.
fn code(keys: &str) -> String {
    keys.split_whitespace().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" ")
}

#[test]
fn pages_have_every_operation() {
    let lines = lines();
    let mut listed = BTreeSet::new();
    for (page, types) in OPERATIONS {
        let mut table =
            "| operation | needs a login | keys of `data` |\n| --- | --- | --- |\n".to_owned();
        for line in &lines {
            let [name, who, keys] = &line[..] else { continue };
            if types.contains(&name.split('/').next().unwrap()) {
                let who = if who == "login" { "yes" } else { "no" };
                table.push_str(&format!("| `{name}` | {who} | {} |\n", code(keys)));
                listed.insert(name);
            }
        }
        expect(page, "operations", &table);
    }
    let operations = lines.iter().filter(|line| line.len() == 3);
    for line in operations {
        assert!(listed.contains(&line[0]), "no page has {}", line[0]);
    }
}

#[test]
fn pages_have_every_path() {
    let mut lines: Vec<_> = lines().into_iter().filter(|line| line.len() == 4).collect();
    for (page, parts) in PATHS {
        let mut table =
            "| method | path | operation | fields |\n| --- | --- | --- | --- |\n".to_owned();
        lines.retain(|line| {
            let [method, path, operations, keys] = &line[..] else { return true };
            let is_here = parts.iter().any(|part| path.contains(part));
            if is_here {
                let operations = code(operations);
                let keys = code(keys);
                table.push_str(&format!("| {method} | `{path}` | {operations} | {keys} |\n"));
            }
            !is_here
        });
        expect(page, "paths", &table);
    }
    assert!(lines.is_empty(), "no page has {lines:?}");
}
