//! What the program that embeds the engine brings to it.

use crate::db::Schema;
use crate::document::Document;
use crate::op::Registry;

/// A program: its operations, and how they are reached.
#[derive(Default)]
pub struct Program {
    /// Its operations.
    pub registry: Registry,
    /// Its database.
    pub schema: Schema,
    /// Statements that remove what has expired, run now and then: each deletes rows that ended
    /// before `$1`, in seconds since 1970.
    pub sweeps: &'static [&'static str],
    /// Its documents: path shims to its operations.
    pub documents: &'static [Document],
    /// Where envelopes are posted, besides `/api`.
    pub endpoints: &'static [&'static str],
    /// What `/` answers where no folder of pages is configured.
    pub home: &'static str,
}
