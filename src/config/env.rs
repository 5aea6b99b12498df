//! The environment: `GUICHET__SECTION__KEY` overrides a key of the file.

use toml::{Table, Value};

use super::fault::{KeyError, UNKNOWN_KEY, deserialize};

pub(super) const PREFIX: &str = "GUICHET__";

/// The sections whose keys are not fixed: they are names of apps, in which upper and lower case differ.
const FREE: [[&str; 2]; 2] = [["score", "secrets"], ["web", "headers"]];
/// The variables of the environment that set a key, by name.
pub fn variables() -> Vec<String> {
    let names = std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| name.starts_with(PREFIX)).collect();
    names.sort_unstable();
    names
}

/// A variable of the environment, `GUICHET__SECTION__KEY`.
pub(super) struct Variable {
    pub name: String,
    pub path: Vec<String>,
    text: String,
}

impl Variable {
    pub fn new((name, text): (String, String)) -> Option<Variable> {
        let mut path: Vec<String> =
            name.strip_prefix(PREFIX)?.splitn(3, "__").map(str::to_owned).collect();
        for i in 0..path.len() {
            if !FREE.iter().any(|section| path[..i] == *section) {
                path[i].make_ascii_lowercase();
            }
        }
        Some(Variable { path, name, text })
    }

    /// The value as the key would have it: a text where it takes one, else TOML, or a list of texts
    /// with commas between. Only the key knows, so it is asked.
    pub fn value(&self) -> Result<Value, KeyError> {
        let text = Value::String(self.text.clone());
        let Err(fault) = self.try_value(&text) else {
            return Ok(text);
        };
        let unfit = fault.message.starts_with("invalid type: string ");
        let value = if !unfit || fault.message.ends_with("keys of its own") {
            None
        } else if fault.message.ends_with("expected a sequence") && !self.text.starts_with('[') {
            let items = self.text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Some(Value::Array(items.map(|item| Value::String(item.to_owned())).collect()))
        } else {
            self.text.parse::<Value>().ok()
        };
        let value = value.ok_or(fault)?;
        self.try_value(&value).map(|()| value)
    }

    fn try_value(&self, value: &Value) -> Result<(), KeyError> {
        let mut table = Table::new();
        self.put(&mut table, value.clone());
        deserialize(table).map(drop).map_err(|mut fault| {
            if fault.path.len() < self.path.len() && fault.message.starts_with("invalid type") {
                fault.message = format!("{UNKNOWN_KEY}; {} is not a section", fault.path.join("."));
            }
            fault
        })
    }

    pub fn put(&self, mut table: &mut Table, value: Value) {
        let Some((key, sections)) = self.path.split_last() else {
            return;
        };
        for section in sections {
            let inner = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
            // The file has no section there, but a value: a fault that reading the whole will name.
            let Value::Table(inner) = inner else { return };
            table = inner;
        }
        table.insert(key.clone(), value);
    }
}
