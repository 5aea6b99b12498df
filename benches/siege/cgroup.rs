//! A memory cgroup for the server, and one processor.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The group that the server runs in; removed when this is dropped.
pub struct Cgroup {
    folder: Option<PathBuf>,
    is_pinned: bool,
}

impl Cgroup {
    /// Put the process in a group of its own with `limit` bytes of memory, on the first processor.
    pub fn enter(pid: u32, limit: u64) -> Self {
        let pinned =
            Command::new("taskset").args(["-a", "-p", "-c", "0", &pid.to_string()]).output();
        let is_pinned = pinned.is_ok_and(|output| output.status.success());
        // Version 2 has one tree, version 1 one tree per controller.
        let folder = [
            ("/sys/fs/cgroup", "memory.max", "cgroup.controllers"),
            ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "cgroup.procs"),
        ]
        .into_iter()
        .find_map(|(root, key, mark)| {
            let root = Path::new(root);
            root.join(mark).exists().then(|| group(root, key, pid, limit)).flatten()
        });
        Cgroup { folder, is_pinned }
    }

    /// Describes the limits that were set.
    pub fn told(&self) -> String {
        let memory = if self.folder.is_some() { "512 MB" } else { "NO MEMORY LIMIT (needs root)" };
        let cores = if self.is_pinned { "one processor" } else { "ALL PROCESSORS (needs taskset)" };
        format!("the server runs in {memory} on {cores}\n")
    }
}

fn group(root: &Path, key: &str, pid: u32, limit: u64) -> Option<PathBuf> {
    let folder = root.join(format!("guichet-siege-{pid}"));
    fs::create_dir(&folder).ok()?;
    let entered = fs::write(folder.join(key), limit.to_string())
        .and_then(|()| fs::write(folder.join("cgroup.procs"), pid.to_string()));
    if entered.is_err() {
        let _ = fs::remove_dir(&folder);
    }
    entered.ok().map(|()| folder)
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            let _ = fs::remove_dir(folder);
        }
    }
}
