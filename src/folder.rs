//! Folders of ours.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::Path;

/// Make a folder, and those above it that are not there, for nobody's eyes but their owner's. One that
/// is there stays as it is: whoever made it may want others to look in.
pub fn make(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Make a file that only its owner may read and write, if it is not there, whatever the process's umask
/// says; one that is there is closed to others.
pub fn private_file(path: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(file) => file.set_permissions(Permissions::from_mode(0o600)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => close_file(path),
        Err(error) => Err(error),
    }
}

/// Close a file to everybody but its owner, if it is there. One that is another user's is left as it is.
pub fn close_file(path: &Path) -> io::Result<()> {
    close(path, 0o600)
}

/// Close a folder of ours to everybody but its owner, if it is there.
pub fn close_folder(path: &Path) -> io::Result<()> {
    close(path, 0o700)
}

/// Close a folder that an operator may have made to all but its owner and group: whoever made it may want
/// a group to look in. Folders that many users share are left as they are: those with the sticky bit,
/// like `/tmp`, and the root.
pub fn close_to_others(path: &Path) -> io::Result<()> {
    let mode = fs::metadata(path).map_or(0, |about| about.mode());
    if mode & 0o007 == 0 { Ok(()) } else { close(path, mode & 0o770) }
}

fn close(path: &Path, mode: u32) -> io::Result<()> {
    let about = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        about => about?,
    };
    let is_open = about.mode() & 0o077 != 0;
    let is_shared = about.is_dir() && (about.mode() & 0o1000 != 0 || path.parent().is_none());
    if !is_open || is_shared {
        return Ok(());
    }
    match fs::set_permissions(path, Permissions::from_mode(mode)) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            tracing::warn!(path = %path.display(), "others may read it, and this user can't change that");
            Ok(())
        }
        set => set,
    }
}
