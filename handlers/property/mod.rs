//! Lost and found (contract page `envelope.md`, "property"; seed 003): one operation a file.

mod add;
mod delete;
mod fields;
mod indexed;
mod notice;
mod query;
mod update;

pub use add::Add;
pub use indexed::NOTICES;

use engine::fault::Fault;
use engine::op::{RegisteredTwice, Registry};
use engine::status::Status;
use schemars::JsonSchema;
use serde::Serialize;

pub fn register(registry: &mut Registry) -> Result<(), RegisteredTwice> {
    registry.op::<Add>()?.op::<update::Update>()?.op::<delete::Delete>()?.op::<query::Query>()?;
    Ok(())
}

/// Which notice was written. The seed calls its id `uid` here and `id` in a row.
#[derive(Serialize, JsonSchema)]
pub struct Written {
    /// The notice's id.
    uid: i64,
}

/// The codes of `add`, `update` and `delete`: a table of their own (page `faults.md`, "property").
fn status(fault: &Fault) -> Status {
    let (code, message) = match fault {
        Fault::Missing(_) => (-202, "Missing necessary data key-value"),
        Fault::Empty(_) => (-201, "Necessary key-value can't be empty"),
        Fault::WrongType(..) => (-203, "Arg's value type error"),
        Fault::WrongValue(..) | Fault::Repeated(_) => (-204, "Arg's value error"),
        Fault::NotOwner => (-200, "Failure to operate database"),
        fault => return engine::status::status(fault),
    };
    Status { code, message }
}
