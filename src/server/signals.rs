//! The signals that a server minds.
//!
//! TERM and INT end it. HUP has it read its configuration again. All others that would end a process,
//! and that somebody may send by mistake or out of habit, are told of in the log and ignored: systemd
//! takes a death by HUP, for one, for a clean end, and does not start the server again. PIPE and the
//! signals that a program's own mistakes raise (SEGV and the like) stay as they are.

use rustix::process::Signal;
use std::io;
use std::thread;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// Signals that are ignored, with the names that people know them by.
const IGNORED: &[(Signal, &str)] = &[
    (Signal::USR1, "SIGUSR1"),
    (Signal::USR2, "SIGUSR2"),
    (Signal::QUIT, "SIGQUIT"),
    (Signal::ALARM, "SIGALRM"),
    (Signal::VTALARM, "SIGVTALRM"),
    (Signal::PROF, "SIGPROF"),
    (Signal::IO, "SIGIO"),
    (Signal::XCPU, "SIGXCPU"),
    (Signal::XFSZ, "SIGXFSZ"),
    #[cfg(target_os = "linux")]
    (Signal::POWER, "SIGPWR"),
    #[cfg(target_os = "linux")]
    (Signal::STKFLT, "SIGSTKFLT"),
];

/// The signals that programs may give a meaning of their own (`SIGRTMIN` to `SIGRTMAX`), as far as the
/// C library leaves them to programs.
#[cfg(target_os = "linux")]
const REAL_TIME: std::ops::RangeInclusive<i32> = 34..=64;

/// What a server that runs is told by a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignalAction {
    /// Finish what has begun, and end.
    End,
    /// Read the configuration again.
    Reload,
}

/// The signals that have a meaning, in the order in which they came. One that comes before anybody
/// waits for it is not lost.
pub struct Signals {
    told: UnboundedReceiver<SignalAction>,
}

impl Signals {
    /// Mind signals from now on, on a thread of their own: also while the server is being opened.
    pub fn start() -> io::Result<Self> {
        let minded = [Signal::TERM, Signal::INT, Signal::HUP];
        let ignored = IGNORED.iter().map(|(number, _)| *number);
        let numbers = minded.into_iter().chain(ignored).map(Signal::as_raw);
        let mut received = signal_hook::iterator::Signals::new(numbers)?;
        // Some of these are not a program's where it runs under an emulator or a profiler.
        #[cfg(target_os = "linux")]
        for number in REAL_TIME {
            let _ = received.handle().add_signal(number);
        }
        let (tell, told) = unbounded_channel();
        let forever = move || {
            for number in received.forever() {
                match meaning(number) {
                    Some(meaning) => drop(tell.send(meaning)),
                    None => tracing::info!(signal = %name(number), "a signal was ignored"),
                }
            }
        };
        thread::Builder::new().name("signals".into()).spawn(forever)?;
        Ok(Signals { told })
    }

    /// The next one.
    pub async fn next(&mut self) -> SignalAction {
        match self.told.recv().await {
            Some(told) => told,
            // The thread never ends.
            None => std::future::pending().await,
        }
    }
}

/// What a signal means; `None`: it is ignored.
fn meaning(number: i32) -> Option<SignalAction> {
    let is = |signal: Signal| number == signal.as_raw();
    match number {
        _ if is(Signal::TERM) || is(Signal::INT) => Some(SignalAction::End),
        _ if is(Signal::HUP) => Some(SignalAction::Reload),
        _ => None,
    }
}

/// What people know a signal by that is ignored.
fn name(number: i32) -> String {
    let known = IGNORED.iter().find(|(signal, _)| signal.as_raw() == number);
    match known {
        Some((_, name)) => (*name).to_owned(),
        #[cfg(target_os = "linux")]
        None => format!("SIGRTMIN+{}", number - REAL_TIME.start()),
        #[cfg(not(target_os = "linux"))]
        None => number.to_string(),
    }
}
