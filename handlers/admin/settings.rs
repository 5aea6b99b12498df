//! The configuration that is in effect.

use engine::caller::{Admin, Owner};
use engine::data;
use engine::fault::{Fault, FaultKind};
use engine::op::{Name, Op, Scan, Work, WorkContext};
use schemars::JsonSchema;
use serde::Serialize;

data! {
    /// Tell the configuration that is in effect: the file, the environment and the defaults together. Secrets are masked.
    pub struct ShowConfig;
}

/// The configuration.
#[derive(Serialize, JsonSchema)]
pub struct Shown {
    /// Every key.
    keys: Vec<Key>,
}

/// A key.
#[derive(Serialize, JsonSchema)]
pub struct Key {
    /// Its section and name.
    key: String,
    /// Its value as the file has it; empty if it is not set and has no default.
    value: String,
    /// Whether that is the default.
    default: bool,
}

impl Op for ShowConfig {
    const NAME: Name = ("admin", "config");
    const FAULTS: &'static [FaultKind] = &[];
    const EXAMPLE: &'static str = "{}";
    type Caller = Admin<Owner>;
    type Lane = Work<Scan>;
    type Reply = Shown;
    const NEEDS_SPACE: bool = false;

    fn run(self, context: &WorkContext, _: Admin<Owner>) -> Result<Shown, Fault> {
        let keys = context.services().config.shown();
        let keys = keys.into_iter().map(|it| Key {
            key: if it.section.is_empty() {
                it.key.to_owned()
            } else {
                format!("{}.{}", it.section, it.key)
            },
            value: it.value,
            default: it.is_default,
        });
        Ok(Shown { keys: keys.collect() })
    }
}
