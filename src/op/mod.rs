//! Operations: what a handler implements, and the registry that finds it by name.
//!
//! An operation is a struct: its fields are the request's data, its doc comment says what it does,
//! and [`Op::run`] does it. It is not `async` and names no thread, socket or connection; its
//! [`Lane`] tells the engine where to run it.

mod called;
mod lane;
mod registry;

pub use crate::reply::{Answer, Base64, File, Json, Reply};
pub use crate::workers::class::{Draw, Gateway, Hash, Pictures, Scan, Store, WorkClass};
pub use called::{Called, RunningCall};
pub use lane::{Lane, Read, Work, WorkContext, Write};
pub use registry::{RegisteredOp, RegisteredTwice, Registry};

use crate::caller::Caller;
use crate::data::Data;
use crate::fault::{Fault, FaultKind};
use crate::status::{Status, status};

/// The longest answer, in bytes, that is not charged to the budget of answers.
pub const SMALL_ANSWER: usize = 16 * 1024;

/// An operation's name: the envelope's `(type, subtype)`.
pub type Name = (&'static str, &'static str);

/// One operation. It can be cloned because a transaction may have to run it again
/// ([`Db::submit`](crate::db::Db::submit)).
pub trait Op: Data + Clone + Send + 'static {
    /// The name it is registered under.
    const NAME: Name;

    /// Other names for the same operation.
    const ALIASES: &'static [Name] = &[];

    /// Who may call it. Proven before its fields are reported as wrong.
    type Caller: Caller + 'static;

    /// What kind of work it is, which decides where it runs.
    type Lane: Lane;

    /// What it answers.
    type Reply: Reply + Send + 'static;

    /// Is it refused ([`Fault::NoSpace`]) while less disk space is free than `disk.reserve`?
    /// Operations that only read, remove or log in say `false`.
    const NEEDS_SPACE: bool = <Self::Lane as Lane>::NEEDS_SPACE;

    /// The faults that it can end in, besides those that follow from its fields, its caller and its lane
    /// ([`RegisteredOp::faults`]). A debug build panics where it ends in another.
    const FAULTS: &'static [FaultKind];

    /// Data that it takes, as JSON: the example of its descriptions.
    const EXAMPLE: &'static str;

    /// The envelope's `data` if the operation ends in a fault.
    const EMPTY_DATA: &'static str = "{}";

    /// How much memory for the answer is reserved before the operation runs, in bytes. 0, unless it
    /// changes something and may answer more than [`SMALL_ANSWER`].
    const RESERVED_REPLY_BYTES: usize = 0;

    /// The envelope's code and text for a fault; an operation whose page has a table of its own
    /// gives that.
    fn status(fault: &Fault) -> Status {
        status(fault)
    }

    /// Do the operation.
    fn run(
        self,
        at: <Self::Lane as Lane>::Context<'_>,
        caller: Self::Caller,
    ) -> Result<Self::Reply, Fault>;
}
