//! The table of the configuration's keys.

use super::rows;
use std::collections::BTreeMap;

const EXAMPLE: &str = include_str!("../../../examples/guichet.toml");

#[test]
fn configuration_table_matches_the_example() {
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
