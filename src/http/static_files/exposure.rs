//! What must never become a page.

use crate::config::Config;
use std::io;
use std::path::{Path, PathBuf};

/// Refuse a folder of pages, told without links, that holds `data_dir`, the database, the backups
/// or the key of encrypted columns.
pub(crate) fn outside(folder: &Path, config: &Config) -> io::Result<()> {
    let (database, key) = (config.database_folder(), config.key_file());
    let private = [
        ("data_dir", Some(&config.data_dir)),
        ("the database", Some(&database)),
        ("backup.dir", config.backup.dir.as_ref()),
        ("privacy.key_file", Some(&key)),
    ];
    for (name, private) in private {
        if let Some(private) = private
            && real(private)?.starts_with(folder)
        {
            let why = format!("{name} lies in it and would be served; choose another folder");
            return Err(io::Error::other(why));
        }
    }
    Ok(())
}

/// A path without links or dots; of one that is not there yet, as much as is.
fn real(path: &Path) -> io::Result<PathBuf> {
    match (path.canonicalize(), path.parent(), path.file_name()) {
        (Err(error), Some(parent), Some(name)) if error.kind() == io::ErrorKind::NotFound => {
            let parent = if parent == Path::new("") { Path::new(".") } else { parent };
            Ok(real(parent)?.join(name))
        }
        (found, ..) => found,
    }
}
