//! The signals that a server minds.
//!
//! TERM and INT end it. HUP has it read its configuration again. All others that would end a process,
//! and that somebody may send by mistake or out of habit, are told of in the log and ignored: systemd
//! takes a death by HUP, for one, for a clean end, and does not start the server again. PIPE and the
//! signals that a program's own mistakes raise (SEGV and the like) stay as they are.

use rustix::process::Signal;
use std::io;
use std::thread;
use tokio::runtime::Builder;
use tokio::signal::unix::{self, SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

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
pub enum Told {
    /// Finish what has begun, and end.
    End,
    /// Read the configuration again.
    Reload,
}

/// The signals that have a meaning, in the order in which they came. One that comes before anybody
/// waits for it is not lost.
pub struct Signals {
    told: UnboundedReceiver<Told>,
}

impl Signals {
    /// Mind signals from now on, on a thread of their own: also while the server is being opened.
    pub fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_io().build()?;
        let (tell, told) = unbounded_channel();
        {
            let _on_runtime = runtime.enter();
            let mean = |kind, meaning| mind(signal(kind)?, meaning, tell.clone());
            mean(SignalKind::terminate(), Told::End)?;
            mean(SignalKind::interrupt(), Told::End)?;
            mean(SignalKind::hangup(), Told::Reload)?;
            for (number, name) in IGNORED {
                ignore(number.as_raw(), (*name).to_owned())?;
            }
            #[cfg(target_os = "linux")]
            for number in REAL_TIME {
                ignore(number, format!("SIGRTMIN+{}", number - REAL_TIME.start()))?;
            }
        }
        let forever = move || runtime.block_on(std::future::pending::<()>());
        thread::Builder::new().name("signals".into()).spawn(forever)?;
        Ok(Signals { told })
    }

    /// The next one.
    pub async fn next(&mut self) -> Told {
        match self.told.recv().await {
            Some(told) => told,
            // The thread never ends.
            None => std::future::pending().await,
        }
    }
}

/// Tell of a signal each time that it comes.
fn mind(mut received: unix::Signal, meaning: Told, tell: UnboundedSender<Told>) -> io::Result<()> {
    tokio::spawn(async move {
        while received.recv().await.is_some() {
            let _ = tell.send(meaning);
        }
    });
    Ok(())
}

/// Tell of a signal in the log each time that it comes.
fn ignore(number: i32, name: String) -> io::Result<()> {
    let mut received = signal(SignalKind::from_raw(number))?;
    tokio::spawn(async move {
        while received.recv().await.is_some() {
            tracing::info!(signal = %name, "a signal was ignored");
        }
    });
    Ok(())
}
