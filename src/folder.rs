//! Folders of ours.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

/// Make a folder, and those above it that are not there, for nobody's eyes but their owner's. One that
/// is there stays as it is: whoever made it may want others to look in.
pub fn make(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}
