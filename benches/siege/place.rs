//! Where the server runs, and where the bench does: control groups and processors.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The server's part of the processor where other programs want it, too: 1,024 is usual. The
/// measurement is of the server beside the attacks, not beside whatever else the machine does.
const SHARES: u64 = 100 * 1_024;

/// The processor that the server has to itself.
const SERVERS: &str = "0";

/// From now on this thread, and the processes and threads that it starts, run on the server's processor
/// alone. So the server, started now, counts one processor.
pub fn on_servers_processor() -> bool {
    pin(SERVERS)
}

/// From now on this thread, and the threads that it starts, run on the other processors.
pub fn on_other_processors() -> bool {
    let all = fs::read_to_string("/sys/devices/system/cpu/online").unwrap_or_default();
    let last = all.trim().rsplit(['-', ',']).next().and_then(|last| last.parse::<usize>().ok());
    last.is_some_and(|last| last > 0 && pin(&format!("1-{last}")))
}

fn pin(processors: &str) -> bool {
    let pid = std::process::id().to_string();
    let pinned = Command::new("taskset").args(["-a", "-p", "-c", processors, &pid]).output();
    pinned.is_ok_and(|output| output.status.success())
}

/// The control groups that the server runs in; removed when this is dropped.
pub struct Groups {
    folders: Vec<PathBuf>,
    is_complete: bool,
}

impl Groups {
    /// Put the process in groups of its own, with at most `memory` bytes.
    pub fn enter(pid: u32, memory: u64) -> Self {
        let (limit, shares) = (memory.to_string(), SHARES.to_string());
        // Version 2 has one tree, version 1 one a controller.
        let groups = match Path::new("/sys/fs/cgroup/cgroup.controllers").exists() {
            true => vec![("", vec![("memory.max", &*limit), ("cpu.weight", "10000")])],
            false => vec![
                ("memory", vec![("memory.limit_in_bytes", &*limit)]),
                ("cpu", vec![("cpu.shares", &*shares)]),
            ],
        };
        let wanted = groups.len();
        let entered = groups.into_iter().filter_map(|(tree, values)| group(tree, &values, pid));
        let folders: Vec<PathBuf> = entered.collect();
        Groups { is_complete: folders.len() == wanted, folders }
    }

    /// Is its memory limited, and has it the processor before others?
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }
}

fn group(tree: &str, values: &[(&str, &str)], pid: u32) -> Option<PathBuf> {
    let folder = Path::new("/sys/fs/cgroup").join(tree).join(format!("guichet-siege-{pid}"));
    fs::create_dir(&folder).ok()?;
    let mut entered = Ok(());
    for (key, value) in values.iter().copied().chain([("cgroup.procs", &*pid.to_string())]) {
        entered = entered.and_then(|()| fs::write(folder.join(key), value));
    }
    if entered.is_err() {
        let _ = fs::remove_dir(&folder);
    }
    entered.ok().map(|()| folder)
}

impl Drop for Groups {
    fn drop(&mut self) {
        for folder in &self.folders {
            let _ = fs::remove_dir(folder);
        }
    }
}
