//! Describes the machine of the measurements, without anything that identifies its owner.

use std::fs;
use std::process::Command;

/// One line each: processor, memory, system, file system of the data.
pub fn describe() -> Vec<String> {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, key: &str| {
        let line = text.lines().find(|line| line.starts_with(key));
        line.and_then(|line| line.split_once(':')).map(|(_, value)| value.trim().to_owned())
    };
    let model = field(&read("/proc/cpuinfo"), "model name").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = field(&read("/proc/meminfo"), "MemTotal").unwrap_or_default();
    let kilobytes: f64 = memory.trim_end_matches(" kB").parse().unwrap_or(0.0);
    let kernel = read("/proc/sys/kernel/osrelease");
    // Only the version: suffixes of distributions or clouds may identify the owner.
    let kernel = kernel.trim().split(['-', '+']).next().unwrap_or_default().to_owned();
    let folder = std::env::temp_dir();
    let output = Command::new("findmnt").args(["-n", "-o", "FSTYPE", "-T"]).arg(&folder).output();
    let system =
        output.map_or_else(|_| String::new(), |o| String::from_utf8_lossy(&o.stdout).trim().into());
    vec![
        format!("processor: {model}, {cores} cores, shared by the servers and the load"),
        format!("memory: {:.0} GB", kilobytes / 1024.0 / 1024.0),
        format!("system: Linux {kernel}; data on {system}"),
        format!("fdatasync of 4 KiB: {}", sync_times()),
    ]
}

/// How long the disk takes to sync 4 KiB, which every durable write waits for.
fn sync_times() -> String {
    use std::io::{Seek as _, Write as _};
    use std::time::Instant;
    let folder = crate::folder::Folder::new();
    let mut file = fs::File::create(folder.path().join("sync")).unwrap();
    let mut times: Vec<_> = (0..300)
        .map(|_| {
            file.rewind().unwrap();
            file.write_all(&[7; 4096]).unwrap();
            let start = Instant::now();
            file.sync_data().unwrap();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    format!("p50 {} µs, p99 {} µs", times[150].as_micros(), times[297].as_micros())
}
