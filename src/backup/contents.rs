//! What is in an archive, and under which names.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The entry of the database.
pub(super) const DATABASE: &str = "guichet.db";

/// The entry that tells what the archive is.
pub(super) const MANIFEST: &str = "manifest.json";

/// The last entry: a line an entry, as `sha256sum` writes and reads them.
pub(super) const SUMS: &str = "SHA256SUMS";

/// What the entries of pictures begin with.
pub(super) const PICTURES: &str = "pictures/";

/// The form of archive that this version makes and reads.
pub(super) const FORMAT: u32 = 1;

/// What an archive says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The form of the archive.
    pub format: u32,
    /// The version of the program that made it.
    pub program: String,
    /// How many steps of the schema the database has.
    pub schema: i64,
    /// When it was begun: RFC 3339, in UTC.
    pub created_at: String,
    /// The size of the database, in bytes.
    pub database_bytes: u64,
    /// How many pictures there are.
    pub pictures: u64,
    /// The size of all of them, in bytes.
    pub picture_bytes: u64,
    /// Pictures that the database names and that were not there to be had.
    pub missing: Vec<String>,
    /// The id of the key that personal values in it are encrypted with; none where there are none. The
    /// key itself is never in an archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// The part of a manifest that every form has.
#[derive(Deserialize)]
pub(super) struct Outline {
    pub format: u32,
    pub program: String,
}

/// A SHA-256.
pub(super) type Sum = [u8; 32];

/// The digest of bytes that were fed to `digest`.
pub(super) fn sum(digest: Sha256) -> Sum {
    digest.finalize().into()
}

/// The line of an entry in [`SUMS`].
pub(super) fn line(sum: &Sum, name: &str) -> String {
    format!("{}  {name}\n", crate::hex::encode(sum))
}
