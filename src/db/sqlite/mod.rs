//! Storage in one SQLite file: one writer with group commit, a pool of readers, the journal of scores, the
//! schema and its steps, copies.

pub(crate) mod beside;
pub(crate) mod checkpoint;
pub(crate) mod compact;
pub(crate) mod empty;
pub(crate) mod fold;
pub(crate) mod job;
pub(crate) mod journal;
pub(crate) mod keep;
pub(crate) mod lock;
pub(crate) mod look;
pub(crate) mod pool;
pub(crate) mod presence;
pub(crate) mod reindex;
pub(crate) mod replay;
pub(crate) mod schema;
pub(crate) mod sizes;
pub(crate) mod snapshot;
pub(crate) mod tables;
pub(crate) mod writer;
