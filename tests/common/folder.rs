//! Temporary folders for tests and benchmarks.

use std::fs;
use std::path::{Path, PathBuf};

/// A temporary folder, removed when dropped.
pub struct Folder(PathBuf);

impl Folder {
    /// Makes an empty folder on the disk of `TMPDIR`.
    pub fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("guichet-{:032x}", rand::random::<u128>()));
        fs::create_dir_all(&folder).unwrap();
        Folder(folder)
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
