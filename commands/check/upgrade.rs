//! What an upgrade changes: told by `guichet check` of the new version, before its first start on an
//! older database.
//!
//! A change that an operator or a client may notice is one entry of [`CHANGES`]: a default that is
//! another one, a new key, a rule of the wire. `CHANGELOG.md` lists the same.

mod changes;

use super::Findings;
use changes::CHANGES;
use engine::config::Config;

const SUBJECT: &str = "upgrade";

/// What kind of thing changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "a release may have no change of some kind")]
pub enum Kind {
    /// The default of an existing key changed.
    Default,
    /// A key that was not there before.
    Key,
    /// What a client may send, or gets as an answer.
    Wire,
    /// Files, folders and rows: where they are, who may read them, what becomes of them.
    Files,
}

impl Kind {
    fn shown(self) -> &'static str {
        match self {
            Kind::Default => "default",
            Kind::Key => "new key",
            Kind::Wire => "wire",
            Kind::Files => "files",
        }
    }
}

/// One change.
pub struct Change {
    /// The step of the schema that it came with: told where the database does not have that step.
    pub step: i64,
    /// What kind of thing changes.
    pub kind: Kind,
    /// The key of the configuration, or the operation or path; one line.
    pub name: &'static str,
    /// What it was, what it is now, and what to do to keep the old way where that is possible.
    pub text: &'static str,
    /// Whether it concerns this configuration.
    pub concerns: fn(&Config) -> bool,
}

/// Tell the changes that the next start brings to a database that has `version` steps of the schema.
pub fn tell(config: &Config, version: i64, findings: &mut Findings) {
    for change in CHANGES {
        if change.step > version && (change.concerns)(config) {
            let kind = change.kind.shown();
            findings.warning(SUBJECT, format_args!("{kind} {}: {}", change.name, change.text));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handlers::SCHEMA;

    #[test]
    fn upgrade_notes_refer_to_existing_schema_steps() {
        let steps = i64::try_from(SCHEMA.steps.len()).unwrap();
        for change in CHANGES {
            assert!((2..=steps).contains(&change.step), "{}", change.name);
            assert!(!change.text.contains('\n') && !change.name.is_empty(), "{}", change.name);
        }
        let order = |change: &Change| (change.step, change.kind as usize);
        assert!(CHANGES.is_sorted_by_key(order));
    }
}
