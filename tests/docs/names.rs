//! Names of test functions: short enough to be read in the output of a test run, and those in
//! `docs/limits.md` exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The longest name of a test function, in characters.
const MAX_NAME: usize = 50;

/// The folders with tests.
const FOLDERS: [&str; 5] = ["src", "handlers", "commands", "tests", "benches"];

/// Every Rust file in a folder and below.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| match path.is_dir() {
            true => sources(&path),
            false => vec![path],
        })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

/// The names of the test functions in a file: a function below `#[test]` or `#[tokio::test]`, with other
/// attributes and comments in between.
fn tests(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut is_test = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if is_test && !line.starts_with("#[") && !line.starts_with("//") {
            let name = line.trim_start_matches("async ").strip_prefix("fn ");
            names.extend(name.and_then(|name| name.split(['(', '<']).next()));
            is_test = name.is_none();
        }
    }
    names
}

#[test]
fn test_names_are_unique_and_at_most_50_characters() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut count = 0;
    for path in FOLDERS.iter().flat_map(|folder| sources(&root.join(folder))) {
        let text = fs::read_to_string(&path).unwrap();
        let mut seen = BTreeSet::new();
        for name in tests(&text) {
            let place = path.strip_prefix(root).unwrap().display();
            let length = name.chars().count();
            assert!(length <= MAX_NAME, "{place}: {name} has {length} characters");
            assert!(seen.insert(name), "{place}: {name} is there twice");
            count += 1;
        }
    }
    assert!(count > 1_000, "only {count} tests were found");
}

#[test]
fn tests_named_in_the_limits_page_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let texts: Vec<String> = FOLDERS
        .iter()
        .flat_map(|folder| sources(&root.join(folder)))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let names: BTreeSet<&str> = texts.iter().flat_map(|text| tests(text)).collect();
    let page = fs::read_to_string(root.join("docs/limits.md")).unwrap();
    // Keys of the configuration and operations have fewer words.
    let is_test = |word: &&str| {
        word.matches('_').count() >= 4
            && word.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_')
    };
    let in_code = page.split('`').skip(1).step_by(2);
    let named = in_code.map(|code| code.rsplit("::").next().unwrap());
    let missing: Vec<&str> =
        named.clone().filter(is_test).filter(|name| !names.contains(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(named.filter(is_test).count() > 20);
}

#[test]
fn test_functions_are_found_below_their_attributes() {
    let text = "#[test]\nfn a() {}\nfn helper() {}\n    #[tokio::test(start_paused = true)]\n    \
                // why\n    #[cfg(unix)]\n    async fn b() {}\nproptest! {\n    #[test]\n    fn c(x: u8) {}\n}\n";
    assert_eq!(tests(text), ["a", "b", "c"]);
}
