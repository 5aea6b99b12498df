//! Server processes: start, connect, measure, end.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a server may take to start, or to end.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A running server.
pub struct Running {
    /// Its process; `None` if somebody else has started it.
    child: Option<Child>,
    address: SocketAddr,
}

impl Running {
    /// Start a server that prints `listening on http://ADDRESS` as its first line.
    pub fn announced(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim_end().strip_prefix("listening on http://");
        let address = address.unwrap_or_else(|| panic!("{command:?} said {line:?}"));
        Running { address: address.parse().unwrap(), child: Some(child) }
    }

    /// Starts a server on a given port, and waits until it accepts connections.
    pub fn on_port(make: impl FnOnce(u16) -> Command) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut command = make(free.port());
        let silent = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = silent.spawn().unwrap();
        let start = Instant::now();
        while TcpStream::connect(free).is_err() {
            assert!(child.try_wait().unwrap().is_none(), "{command:?} ended");
            assert!(start.elapsed() < TIMEOUT, "{command:?} does not answer");
            sleep(Duration::from_millis(20));
        }
        Running { child: Some(child), address: free }
    }

    /// A server that somebody else has started, and ends. What it costs is not known.
    #[allow(dead_code, reason = "not every benchmark has one")]
    pub fn elsewhere(address: SocketAddr) -> Self {
        Running { child: None, address }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The id of its process; 0 if that is not known.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::id)
    }

    /// Sends SIGTERM and waits. Returns the exit status; `None` if it had to be killed.
    pub fn end(mut self) -> Option<ExitStatus> {
        self.terminate()
    }

    fn terminate(&mut self) -> Option<ExitStatus> {
        let pid = self.pid().to_string();
        let child = self.child.as_mut()?;
        let _ = Command::new("kill").arg(pid).stderr(Stdio::null()).status();
        let start = Instant::now();
        while start.elapsed() < TIMEOUT {
            match child.try_wait() {
                Ok(None) => sleep(Duration::from_millis(10)),
                ended => return ended.ok().flatten(),
            }
        }
        let _ = child.kill();
        let _ = child.wait();
        None
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None))) {
            self.terminate();
        }
    }
}

/// CPU time of a process and its children so far.
pub fn cpu(pid: u32) -> Duration {
    // After the name, which may contain anything: fields 14 and 15 in hundredths of a second
    // (proc(5); USER_HZ is 100 on all current Linux systems).
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = fields.split_whitespace().skip(11).take(2).filter_map(|f| f.parse::<u64>().ok());
    let own = Duration::from_millis(10 * ticks.sum::<u64>());
    own + children(pid).into_iter().map(cpu).sum::<Duration>()
}

fn children(pid: u32) -> Vec<u32> {
    let list = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    list.split_whitespace().filter_map(|child| child.parse().ok()).collect()
}

/// Resident memory of a process in bytes.
pub fn resident(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() * 1024.0
}
