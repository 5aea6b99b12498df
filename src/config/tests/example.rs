//! The example file and the configuration structs agree.

use std::collections::BTreeSet;

use toml::{Table, Value};

use super::*;

const EXAMPLE: &str = include_str!("../../../examples/guichet.toml");

#[test]
fn example_configuration_equals_the_defaults() {
    assert_eq!(parse(EXAMPLE), Ok(Config::default()));
    assert_eq!(parse(""), Ok(Config::default()));
}

#[test]
fn example_configuration_has_every_key() {
    let example = whole_example();
    // A certificate is ordered, or read from files: not both.
    let lines =
        example.lines().filter(|line| !line.starts_with("cert = ") && !line.starts_with("key = "));
    let either = lines.collect::<Vec<_>>().join("\n");
    assert_ne!(parse(&either).unwrap(), Config::default());
    let mut keys = BTreeSet::new();
    collect("", &example.parse().unwrap(), &mut keys);
    assert_eq!(keys, known_keys());
}

/// The dotted names of all values in a table; a section whose keys are free is one value.
fn collect(section: &str, table: &Table, keys: &mut BTreeSet<String>) {
    for (name, value) in table {
        let name = format!("{section}{name}");
        match value {
            Value::Table(inner)
                if ![
                    "score.secrets",
                    "score.checks",
                    "score.boards",
                    "score.webhooks",
                    "wx",
                    "limits.shared_networks",
                    "web.headers",
                ]
                .contains(&name.as_str()) =>
            {
                collect(&format!("{name}."), inner, keys);
            }
            _ => drop(keys.insert(name)),
        }
    }
}

/// The example with its optional keys uncommented.
fn whole_example() -> String {
    let is_key = |line: &str| line.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '));
    let lines = EXAMPLE.lines().map(|line| match line.strip_prefix("# ") {
        Some(key) if is_key(key) => key,
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The keys of the structs, taken from the error message for an unknown key.
pub(super) fn known_keys() -> BTreeSet<String> {
    let offered = |toml: &str| -> Vec<String> {
        let error = parse(toml).unwrap_err();
        match error.split_once("unknown key; expected one of ") {
            Some((_, names)) => names.split(", ").map(str::to_owned).collect(),
            None => Vec::new(),
        }
    };
    let mut keys = BTreeSet::new();
    let mut names = offered("zzz = 1");
    while let Some(name) = names.pop() {
        let inner = offered(&format!("[{name}]\nzzz = 1"));
        if inner.is_empty() {
            keys.insert(name);
        } else {
            names.extend(inner.iter().map(|key| format!("{name}.{key}")));
        }
    }
    keys
}
