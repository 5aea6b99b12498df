//! SQLite storage: one writer with group commit, a pool of readers, the journal, schema steps,
//! copies.

pub(crate) mod background;
pub(crate) mod checkpoint;
pub(crate) mod compact;
pub(crate) mod engine;
pub(crate) mod existing_rows;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod inspect;
pub(crate) mod job;
pub(crate) mod journal;
pub(crate) mod journal_overlay;
pub(crate) mod lock;
pub(crate) mod pool;
pub(crate) mod presence;
pub(crate) mod reindex;
pub(crate) mod replay;
pub(crate) mod schema;
pub(crate) mod sizes;
pub(crate) mod snapshot;
pub(crate) mod tables;
pub(crate) mod upgrade_copy;
pub(crate) mod writer;
