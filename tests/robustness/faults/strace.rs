//! Running the server under strace.

use crate::common::has;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// With `-D` the tracer is not the server's parent, so signals and exit statuses are the server's
/// own.
pub const STRACE: [&str; 5] = ["strace", "-D", "-f", "-q", "--seccomp-bpf"];

/// Is strace installed, and is tracing permitted? Containers often forbid it.
pub fn may_trace() -> bool {
    if !has("strace") {
        return false;
    }
    let mut probe = Command::new(STRACE[0]);
    probe.args(&STRACE[1..]).args(["-o", "/dev/null", "-e", "trace=fdatasync", "true"]);
    let may = probe.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success();
    if !may {
        eprintln!("skipped: strace may not trace here");
    }
    may
}

/// Wait until the tracer of a server that has ended has written all of its trace.
pub fn wait_for(trace: &Path, pid: u32) {
    let last = format!("{pid} +++ exited with 0 +++");
    let begun = Instant::now();
    while !end(trace).is_some_and(|end| end.ends_with(&last)) {
        assert!(begun.elapsed() < Duration::from_secs(60), "the trace does not end");
        sleep(Duration::from_millis(20));
    }
}

/// The last bytes of a file, with single spaces.
fn end(file: &Path) -> Option<String> {
    let mut file = File::open(file).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(100))).ok()?;
    let mut end = Vec::new();
    file.read_to_end(&mut end).ok()?;
    Some(String::from_utf8_lossy(&end).split_whitespace().collect::<Vec<_>>().join(" "))
}
