//! The configuration's keys, from the comments and defaults of `examples/guichet.toml`.

use super::expect;

const EXAMPLE: &str = include_str!("../../../../examples/guichet.toml");

/// A section of the example.
struct Section {
    name: String,
    about: String,
    keys: Vec<Key>,
}

/// A key of the example.
struct Key {
    name: String,
    /// Its default; empty if it has none.
    default: String,
    about: String,
}

/// The key and value of a line, and whether it is commented out.
fn assignment(line: &str) -> Option<(&str, &str, bool)> {
    let (text, is_optional) = match line.strip_prefix("# ") {
        Some(text) => (text, true),
        None => (line, false),
    };
    let (key, value) = text.split_once(" = ")?;
    let is_key = key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    is_key.then_some((key, value, is_optional))
}

/// The sections of the example, the first without a name. What stands before its first blank line is about the
/// file.
fn sections() -> Vec<Section> {
    let (_, keys) = EXAMPLE.split_once("\n\n").unwrap();
    let mut sections = vec![Section { name: String::new(), about: String::new(), keys: vec![] }];
    let mut about: Vec<&str> = Vec::new();
    for line in keys.lines() {
        let told = about.join(" ");
        if let Some((key, value, is_optional)) = assignment(line) {
            let section = sections.last_mut().unwrap();
            let name = match section.name.as_str() {
                "" => key.to_owned(),
                section => format!("{section}.{key}"),
            };
            let default = if is_optional { "" } else { value }.to_owned();
            section.keys.push(Key { name, default, about: told });
            about.clear();
        } else if let Some(name) = line.strip_prefix('[') {
            let name = name.strip_suffix(']').expect(line).to_owned();
            sections.push(Section { name, about: told, keys: vec![] });
            about.clear();
        } else if let Some(text) = line.strip_prefix("# ") {
            about.push(text);
        } else {
            assert_eq!(line, "", "a comment, a section or a key");
            assert!(about.is_empty(), "nothing is said by {about:?}");
        }
    }
    sections
}

/// A comment with links to the pages that it names.
fn linked(about: &str) -> String {
    let words = about.split(' ').map(|word| {
        let path = word.strip_prefix("docs/").and_then(|rest| rest.split_once(".md"));
        path.map_or(word.to_owned(), |(page, rest)| format!("[{page}.md]({page}.md){rest}"))
    });
    words.collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

#[test]
fn page_has_every_key_of_the_example() {
    let mut page = String::new();
    for Section { name, about, keys } in sections() {
        if !name.is_empty() {
            page.push_str(&format!("## [{name}]\n\n"));
        }
        if !about.is_empty() {
            page.push_str(&format!("{}\n\n", linked(&about)));
        }
        // The keys of this section are free.
        if ["score.secrets", "score.checks", "score.boards", "score.webhooks"].contains(&&*name)
            || keys.is_empty()
        {
            continue;
        }
        page.push_str("| key | default | meaning |\n| --- | --- | --- |\n");
        for Key { name, default, about } in keys {
            assert!(!about.is_empty(), "{name} has a meaning");
            let default = if default.is_empty() { default } else { format!("`{default}`") };
            page.push_str(&format!("| `{name}` | {default} | {} |\n", linked(&about)));
        }
        page.push('\n');
    }
    expect("docs/configuration.md", "keys", &page);
}
