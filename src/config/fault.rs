//! Error messages: what is wrong, with which key, and where in the file.

use serde_path_to_error::{Error, Segment};
use toml::Table;
use toml::de::{DeTable, DeValue};

use super::Config;

/// What is wrong with the key at `path`.
pub(super) struct KeyError {
    pub path: Vec<String>,
    pub message: String,
}

/// How the message begins where the key is wrong, not its value.
pub(super) const UNKNOWN_KEY: &str = "unknown key";

pub(super) fn deserialize(table: Table) -> Result<Config, KeyError> {
    let name = |segment: &Segment| match segment {
        Segment::Seq { index } => index.to_string(),
        Segment::Map { key } | Segment::Enum { variant: key } => key.clone(),
        Segment::Unknown => "?".to_owned(),
    };
    let read: Result<Config, Error<_>> = serde_path_to_error::deserialize(table);
    read.map_err(|error| KeyError {
        path: error.path().iter().map(name).collect(),
        message: explain(toml::de::Error::message(error.inner())),
    })
}

/// serde's message in words for those who don't know Rust.
fn explain(message: &str) -> String {
    let Some((what, expected)) = message.rsplit_once(", expected ") else {
        return message.to_owned();
    };
    let names: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
    if what.starts_with("unknown field ") {
        format!("{UNKNOWN_KEY}; expected one of {}", names.join(", "))
    } else if let Some(value) = what.strip_prefix("unknown variant ") {
        format!("unknown value {value}; expected one of {}", names.join(", "))
    } else if expected.starts_with("struct ") {
        format!("{what}, expected a section with keys of its own")
    } else if expected == "u32" {
        format!("{what}, expected a whole number from 0 to {}", u32::MAX)
    } else {
        message.to_owned()
    }
}

impl KeyError {
    /// Where in the file: at the value, or at the key where it is the key that is wrong.
    pub fn offset(&self, text: &str) -> Option<usize> {
        let file = DeTable::parse(text).ok()?;
        let (first, rest) = self.path.split_first()?;
        let (mut key, mut value) = file.get_ref().get_key_value(first.as_str())?;
        for segment in rest {
            match value.get_ref() {
                DeValue::Table(table) => match table.get_key_value(segment.as_str()) {
                    Some(found) => (key, value) = found,
                    None => break,
                },
                DeValue::Array(array) => {
                    match segment.parse().ok().and_then(|i: usize| array.get(i)) {
                        Some(found) => value = found,
                        None => break,
                    }
                }
                _ => break,
            }
        }
        let at_key = self.message.starts_with(UNKNOWN_KEY);
        Some(if at_key { key.span().start } else { value.span().start })
    }
}

/// `LINE:COLUMN`, both from 1, the column in characters.
pub(super) fn place(text: &str, offset: usize) -> String {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    format!("{}:{}", before.matches('\n').count() + 1, line.chars().count() + 1)
}

/// The dotted key of a line that can't be parsed, as far as it can be told. Names only: what stands
/// on the line may be a secret.
pub(super) fn key_near(text: &str, offset: usize) -> Option<String> {
    let before = text.get(..offset)?;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = text.get(start..)?.lines().next()?.trim();
    let header = |line: &str| -> Option<String> {
        let name = line.trim().strip_prefix('[')?.split([']', '#']).next()?;
        Some(name.trim_matches(['[', ' ']).to_owned())
    };
    if let Some(section) = header(line) {
        return Some(section);
    }
    let key = line.split_once('=')?.0.trim();
    let is_bare = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let section = before.get(..start)?.lines().rev().find_map(header);
    let section = section.map_or(String::new(), |section| format!("{section}."));
    key.chars().all(is_bare).then(|| format!("{section}{key}"))
}
