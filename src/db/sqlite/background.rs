//! A background thread with its own connection, woken by the writer.

use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

/// The thread, and the channel that wakes it.
pub(crate) struct BackgroundConnection {
    wake: SyncSender<()>,
    thread: JoinHandle<()>,
}

impl BackgroundConnection {
    /// Start a thread that does `work` each time it is woken. `work` gets the connection, or the
    /// reason why there is none. After a failure the next run gets a new connection.
    pub(crate) fn start(
        name: &'static str,
        path: PathBuf,
        mut work: impl FnMut(rusqlite::Result<&Connection>) -> rusqlite::Result<()> + Send + 'static,
    ) -> std::io::Result<Self> {
        let (wake, waking) = sync_channel(1);
        let thread = thread::Builder::new().name(name.into()).spawn(move || {
            crate::scheduling::do_not_interrupt_others();
            let mut kept = None;
            while waking.recv().is_ok() {
                let done = match kept.take().map_or_else(|| Connection::open(&path), Ok) {
                    Ok(connection) => work(Ok(&connection)).map(|()| kept = Some(connection)),
                    Err(error) => work(Err(error)),
                };
                if let Err(error) = done {
                    tracing::warn!(%error, "work for the {name} failed");
                }
            }
        })?;
        Ok(BackgroundConnection { wake, thread })
    }

    /// Wake the thread. Waking it again before it starts has no effect.
    pub(crate) fn wake(&self) {
        let _ = self.wake.try_send(());
    }

    /// End the thread after it has done the work it was woken for.
    pub(crate) fn close(self) {
        drop(self.wake);
        let _ = self.thread.join();
    }
}
