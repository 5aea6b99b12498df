//! A place for what a test or a benchmark writes.

use std::fs;
use std::path::{Path, PathBuf};

/// A folder of its own, removed at the end.
pub struct Folder(PathBuf);

impl Folder {
    /// An empty one, on the disk that `TMPDIR` names.
    pub fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("guichet-{:032x}", rand::random::<u128>()));
        fs::create_dir_all(&folder).unwrap();
        Folder(folder)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
