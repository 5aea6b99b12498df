//! A thread beside the writer, with a connection of its own.

use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

/// The thread and the way to wake it.
pub(crate) struct BackgroundConnection {
    wake: SyncSender<()>,
    thread: JoinHandle<()>,
}

impl BackgroundConnection {
    /// Start a thread that does `work` whenever it is woken. It is given the connection, or why there
    /// is none; where it fails, the next time has another.
    pub(crate) fn start(
        name: &'static str,
        path: PathBuf,
        mut work: impl FnMut(rusqlite::Result<&Connection>) -> rusqlite::Result<()> + Send + 'static,
    ) -> std::io::Result<Self> {
        let (wake, waking) = sync_channel(1);
        let thread = thread::Builder::new().name(name.into()).spawn(move || {
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

    /// Have the work done. A thread that was woken and has not begun is woken once.
    pub(crate) fn wake(&self) {
        let _ = self.wake.try_send(());
    }

    /// End it, once it has done what it was woken for.
    pub(crate) fn close(self) {
        drop(self.wake);
        let _ = self.thread.join();
    }
}
