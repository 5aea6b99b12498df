//! Figures of this process from the operating system, under the names that Prometheus' client
//! libraries use. Without `/proc` there are none.

use std::fs;

/// What the process uses.
#[derive(Debug, Default)]
pub(crate) struct Process {
    /// Memory in use, in bytes.
    pub resident: Option<f64>,
    /// Open files.
    pub open: Option<u64>,
    /// The most files that may be open.
    pub most: Option<u64>,
    /// Processor time, in seconds.
    pub processor: Option<f64>,
}

/// Ticks per second in which Linux reports processor time, whatever it uses internally.
const TICKS: f64 = 100.0;

impl Process {
    /// As it is now.
    pub(crate) fn look() -> Self {
        let read = |name: &str| fs::read_to_string(format!("/proc/self/{name}")).ok();
        // One of those that are found is the folder itself, which is open while it is read.
        let open = fs::read_dir("/proc/self/fd").ok().map(|files| files.count().saturating_sub(1));
        Process {
            resident: read("status").as_deref().and_then(resident),
            open: open.map(|open| open as u64),
            most: open_files().map(|most| most as u64),
            processor: read("stat").as_deref().and_then(processor),
        }
    }
}

/// How many files this process may have open; `None` where that is not told or there is no limit.
pub(crate) fn open_files() -> Option<usize> {
    limit(&fs::read_to_string("/proc/self/limits").ok()?)
}

fn limit(limits: &str) -> Option<usize> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn resident(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024.0)
}

fn processor(stat: &str) -> Option<f64> {
    // The second field is the program's name in parentheses, which may hold anything.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let (user, system): (f64, f64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some((user + system) / TICKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn process_figures_are_parsed_from_proc() {
        let limits = |files: &str| {
            format!(
                "Limit       Soft Limit  Hard Limit  Units\n\
                 Max processes   7   7   processes\n\
                 Max open files  {files}  524288  files\n"
            )
        };
        assert_eq!(limit(&limits("1024")), Some(1024));
        assert_eq!(limit(&limits("unlimited")), None);
        assert_eq!(resident("VmHWM:\t 9 kB\nVmRSS:\t    2048 kB\n"), Some(2_097_152.0));
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 90 0 0 0 150 25 0 0 20 0 5 0 400 1 2";
        assert_eq!(processor(stat), Some(1.75));
        for junk in ["", "junk", "VmRSS: x kB", "Max open files", "1 (x) S"] {
            assert_eq!((limit(junk), resident(junk), processor(junk)), (None, None, None));
        }
    }
}
