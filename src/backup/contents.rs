//! What is in an archive, and under which names.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The entry of the database.
pub(super) const DATABASE: &str = "guichet.db";

/// The entry that describes the archive.
pub(super) const MANIFEST: &str = "manifest.json";

/// The last entry: one line for each other entry, in the format of `sha256sum`.
pub(super) const SUMS: &str = "SHA256SUMS";

/// Prefix of the entries of pictures.
pub(super) const PICTURES: &str = "pictures/";

/// The archive format that this version writes and reads.
pub(super) const FORMAT: u32 = 1;

/// The description of an archive.
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

/// The part of a manifest that is the same in every format.
#[derive(Deserialize)]
pub(super) struct Outline {
    pub format: u32,
    pub program: String,
}

/// A SHA-256 digest.
pub(super) type Sum = [u8; 32];

/// The digest of bytes that were fed to `digest`.
pub(super) fn sum(digest: Sha256) -> Sum {
    digest.finalize().into()
}

/// The line of an entry in [`SUMS`].
pub(super) fn line(sum: &Sum, name: &str) -> String {
    format!("{}  {name}\n", crate::hex::encode(sum))
}

/// Parse a line of [`SUMS`] without its line end: a digest and the entry's name. `None` if [`line`]
/// would not write it so.
pub(super) fn read_line(text: &str) -> Option<(Sum, &str)> {
    let (sum, name) = text.split_once("  ")?;
    let is_ours = sum.len() == 64 && !sum.bytes().any(|byte| byte.is_ascii_uppercase());
    let sum = crate::hex::decode(sum).filter(|_| is_ours)?;
    Some((sum.try_into().ok()?, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digest_line_is_parsed_as_written() {
        let sum = [0xa5; 32];
        let text = line(&sum, "pictures/a  b.png");
        assert_eq!(read_line(text.trim_end()), Some((sum, "pictures/a  b.png")));
        let short = &text[2..];
        for text in ["", "  name", short, &text.to_uppercase(), &text.replace("  ", " *")] {
            assert_eq!(read_line(text), None, "{text}");
        }
    }
}
