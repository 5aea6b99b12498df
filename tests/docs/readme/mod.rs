//! The README is true: its commands work in their order and answer what it shows, its tables have
//! every key and every status, and its links lead somewhere.

mod documents;
mod statuses;
mod walk;

use std::collections::BTreeMap;
use std::path::Path;

const README: &str = include_str!("../../../README.md");
const EXAMPLE: &str = include_str!("../../../examples/guichet.toml");

/// What stands between two comments of the README.
fn between(name: &str) -> &str {
    let (_, rest) = README.split_once(&format!("<!-- {name}: begin -->")).expect(name);
    rest.split_once(&format!("<!-- {name}: end -->")).expect(name).0
}
#[test]
fn the_table_of_keys_is_the_example() {
    let mut documented = BTreeMap::new();
    for [key, default, meaning] in rows("keys") {
        assert!(!meaning.is_empty(), "{key} has a meaning");
        assert!(documented.insert(key.clone(), default).is_none(), "{key} stands twice");
    }
    assert_eq!(documented, keys_of_the_example());
}

/// Every key of the example with its default; no default for those in comments and for the table
/// of secrets, whose keys are free.
fn keys_of_the_example() -> BTreeMap<String, String> {
    let mut keys = BTreeMap::new();
    let mut section = String::new();
    for line in EXAMPLE.lines() {
        if let Some(name) = line.strip_prefix('[') {
            let name = name.split_once(']').unwrap().0;
            if name == "score.secrets" {
                keys.insert(name.to_owned(), String::new());
            }
            section = format!("{name}.");
        } else if let Some((key, rest)) = line.split_once(" = ") {
            let optional = key.strip_prefix("# ");
            let key = optional.unwrap_or(key);
            if key.contains(' ') || section == "score.secrets." {
                continue;
            }
            let default = rest.split(" # ").next().unwrap().trim();
            let default = if optional.is_some() { "" } else { default };
            keys.insert(format!("{section}{key}"), default.to_owned());
        }
    }
    assert!(keys.len() > 30, "the example is read");
    keys
}

/// The rows of a table of three columns, without the ticks of code.
fn rows(name: &str) -> Vec<[String; 3]> {
    let lines = between(name).lines().filter(|line| line.starts_with('|')).skip(2);
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let ["", first, second, third, ""] = cells[..] else { panic!("three columns: {line}") };
            [first.replace('`', ""), second.replace('`', ""), third.to_owned()]
        })
        .collect()
}
/// A table of statuses: code and message.
fn statuses(name: &str) -> Vec<(i64, String)> {
    rows(name).into_iter().map(|[code, text, _]| (code.parse().unwrap(), text)).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let anchors: Vec<String> = README
        .lines()
        .filter_map(|line| line.trim_start_matches('#').strip_prefix(' '))
        .map(|title| {
            let plain = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
            title.to_lowercase().chars().filter(plain).collect::<String>().replace(' ', "-")
        })
        .collect();
    for link in README.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
        if let Some(anchor) = link.strip_prefix('#') {
            assert!(anchors.iter().any(|known| known == anchor), "#{anchor}");
        } else if !link.starts_with("https://") {
            assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(link).exists(), "{link}");
        }
    }
}
