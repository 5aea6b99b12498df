//! As whom a command runs that may make files beside the server's.
//!
//! Files that root leaves in the server's folder can't be written by the server. To give them away
//! afterwards would be too late where the command is killed, and would let the folder's owner choose
//! what root gives away. So a command that root runs goes on as the owner of the folder.

use engine::config::Config;
use rustix::process::geteuid;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Go on as the owner of the server's folders, where root runs the command and they are another
/// user's: the command begins again, as that user.
pub fn become_owner(config: &Config) -> Result<(), String> {
    if !geteuid().is_root() {
        return Ok(());
    }
    let folders = [config.database_folder(), config.data_dir.clone()];
    let owned = folders.iter().filter_map(|folder| nearest(folder));
    let Some((folder, owner)) = owned.into_iter().find(|(_, about)| about.uid() != 0) else {
        return Ok(());
    };
    let why = |error: std::io::Error| {
        format!(
            "{}: it is user {}'s, and root can't go on as that user: {error}; run the command as \
             that user",
            folder.display(),
            owner.uid()
        )
    };
    let program = std::env::current_exe().map_err(why)?;
    let mut again = Command::new(program);
    again.args(std::env::args_os().skip(1)).uid(owner.uid()).gid(owner.gid());
    // It comes back only where it failed.
    Err(why(again.exec()))
}

/// The folder, or the one nearest above it that is there.
fn nearest(folder: &Path) -> Option<(PathBuf, Metadata)> {
    let whole = std::path::absolute(folder).ok()?;
    whole.ancestors().find_map(|above| Some((above.to_owned(), fs::metadata(above).ok()?)))
}
