//! The disk reserve: free space that is kept for logins and the log.
//!
//! If strangers could fill the disk to its last byte, logins and the log would fail too. So
//! operations that store more data stop while some space is left
//! ([`Op::NEEDS_SPACE`](crate::op::Op::NEEDS_SPACE)). The disks are checked in the background; an
//! operation reads one atomic.

use crate::config::{Config, Reserve};
use crate::fault::Fault;
use rustix::fs::{stat, statvfs};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How often the disks are checked. Uploads write at most some 25 MB/s, so between two checks the
/// smallest automatic reserve shrinks by a tenth.
pub(crate) const CHECK_INTERVAL: Duration = Duration::from_secs(2);

/// After a refusal, writes are accepted again once one in this many bytes of the reserve is free in
/// addition. Without this margin, every file that comes and goes could add a line to the log.
const MARGIN: u64 = 32;

/// The disks that data is written to.
#[derive(Debug)]
pub struct DiskMonitor {
    /// What each folder is for, and the folder.
    folders: Vec<(&'static str, PathBuf)>,
    reserve: Reserve,
    is_low: AtomicBool,
}

/// The space on one file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiskSpace {
    /// What is there: `data_dir`, `database` or `pictures`.
    pub name: &'static str,
    /// The folder.
    pub folder: PathBuf,
    /// What this process may still write there, in bytes.
    pub free: u64,
    /// The whole file system, in bytes.
    pub total: u64,
    /// What is kept free, in bytes; 0: nothing.
    pub reserve: u64,
}

impl DiskSpace {
    /// Is there less free space than is kept in reserve?
    pub fn is_low(&self) -> bool {
        self.free < self.reserve
    }
}

impl DiskMonitor {
    /// The disks that the configuration names. They are looked at once.
    pub fn open(config: &Config) -> Self {
        let mut folders = vec![("data_dir", config.data_dir.clone())];
        if let Some(folder) =
            config.database_file().parent().filter(|folder| !folder.as_os_str().is_empty())
        {
            folders.push(("database", folder.to_owned()));
        }
        folders.push(("pictures", config.data_dir.join("pictures")));
        let disk =
            DiskMonitor { folders, reserve: config.disk.reserve, is_low: AtomicBool::new(false) };
        disk.look();
        disk
    }

    /// May an operation store more? [`Fault::NoSpace`] while less space is free than the reserve.
    /// Uses the result of the last check.
    pub fn check(&self) -> Result<(), Fault> {
        if self.is_low.load(Ordering::Relaxed) { Err(Fault::NoSpace) } else { Ok(()) }
    }

    /// Check the disks, and log when refusing starts or ends. This may block on a slow disk.
    pub fn look(&self) {
        if self.reserve == Reserve::Bytes(0) {
            return;
        }
        let was_low = self.is_low.load(Ordering::Relaxed);
        let rooms = self.rooms();
        let low = rooms.iter().find(|room| {
            let margin = if was_low { room.reserve / MARGIN } else { 0 };
            room.free < room.reserve.saturating_add(margin)
        });
        self.is_low.store(low.is_some(), Ordering::Relaxed);
        match low {
            Some(DiskSpace { name, free, reserve, .. }) if !was_low => tracing::error!(
                disk = name,
                free,
                reserve,
                "less free space than disk.reserve: uploads, new accounts, players, notices and \
                 shops are refused until there is more"
            ),
            None if was_low => tracing::info!("there is enough free space again"),
            _ => {}
        }
    }

    /// The space on each file system, each once. A file system that can't be checked is left out.
    pub fn rooms(&self) -> Vec<DiskSpace> {
        let mut devices = Vec::new();
        let mut rooms = Vec::new();
        for (name, folder) in &self.folders {
            let (Ok(about), Ok(room)) = (stat(folder), statvfs(folder)) else { continue };
            if devices.contains(&about.st_dev) {
                continue;
            }
            devices.push(about.st_dev);
            let bytes = |blocks: u64| blocks.saturating_mul(room.f_frsize);
            let total = bytes(room.f_blocks);
            rooms.push(DiskSpace {
                name,
                folder: folder.clone(),
                free: bytes(room.f_bavail),
                total,
                reserve: self.reserve.of(total),
            });
        }
        rooms
    }
}
