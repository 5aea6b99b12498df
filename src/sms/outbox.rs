//! The gateway for development and for pages that are not open yet: messages go to a file.
//!
//! The file is bounded: when it is full it becomes the old one, in the place of the old one before.

use super::{DeliveryOutcome, Gateway, Message, SendError, codes};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The file's name, in `data_dir`.
pub(crate) const NAME: &str = "outbox.jsonl";

/// The name of the old one.
pub(crate) const OLD_NAME: &str = "outbox.jsonl.1";

/// How many bytes the file has at most. That is some 70,000 messages, more than two months of as many as
/// `sms.per_day_in_all` allows; with the old file the outbox takes at most twice as much.
const MAX_BYTES: u64 = 10 << 20;

/// Appends one JSON object a line, `{phone, code, text, at}` and perhaps `purpose`, to a file.
pub struct Outbox {
    path: PathBuf,
    old: PathBuf,
    file: Mutex<File>,
}

impl Outbox {
    /// Append to the outbox in `folder`. The file is made, readable by its owner only, if it is not there.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let (path, old) = (folder.join(NAME), folder.join(OLD_NAME));
        crate::folder::close_file(&old)?;
        let file = Mutex::new(append(&path)?);
        Ok(Outbox { path, old, file })
    }

    /// Append a line. Begins a new file where this one has no room for it, or was deleted.
    fn append(&self, line: &str) -> io::Result<()> {
        // A std mutex: nothing awaits while it is held. One write a line, so that none is torn.
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // The file is asked each time: an operator may empty it while the server runs.
        let about = file.metadata()?;
        let size = u64::try_from(line.len()).unwrap_or(u64::MAX);
        // What is no file, such as a pipe or /dev/null, keeps nothing and needs no bound.
        if about.is_file() && about.nlink() == 0 {
            *file = append(&self.path)?;
        } else if about.is_file() && about.len() > 0 && about.len().saturating_add(size) > MAX_BYTES
        {
            fs::rename(&self.path, &self.old)?;
            *file = append(&self.path)?;
        }
        file.write_all(line.as_bytes())
    }
}

/// The file at `path`, which is made for its owner alone if it is not there.
fn append(path: &Path) -> io::Result<File> {
    crate::folder::private_file(path)?;
    OpenOptions::new().append(true).open(path)
}

impl Gateway for Outbox {
    fn send(&self, message: Message<'_>) -> Result<(), SendError> {
        let Message { phone, code, at, purpose, .. } = message;
        let text = message.text();
        let mut line = serde_json::json!({ "phone": phone, "code": code, "text": text, "at": at });
        if let Some(purpose) = purpose {
            line["purpose"] = purpose.name.into();
        }
        self.append(&format!("{line}\n")).map_err(|error| {
            SendError::new(codes::OTHER, DeliveryOutcome::Unreached, format!("outbox: {error}"))
        })
    }

    fn check(&self) -> Result<String, String> {
        Ok("outbox: messages go to outbox.jsonl in data_dir, and to nobody's telephone".to_owned())
    }
}
