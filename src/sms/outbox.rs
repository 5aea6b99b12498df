//! The gateway for development and for pages that are not open yet: messages go to a file.

use super::{Fate, Gateway, Message, Refusal, codes};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Appends one JSON object a line, `{phone, code, text, at}`, to a file.
pub struct Outbox {
    file: Mutex<File>,
}

impl Outbox {
    /// Append to the file at `path`, which is made, readable by its owner only, if it is not there.
    pub fn open(path: &Path) -> io::Result<Self> {
        crate::folder::private_file(path)?;
        let file = OpenOptions::new().append(true).open(path)?;
        Ok(Outbox { file: Mutex::new(file) })
    }
}

impl Gateway for Outbox {
    fn send(&self, message: Message<'_>) -> Result<(), Refusal> {
        let Message { phone, code, at, .. } = message;
        let text = message.text();
        let line = serde_json::json!({ "phone": phone, "code": code, "text": text, "at": at });
        // A std mutex: nothing awaits while it is held. One write a line, so that none is torn.
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(format!("{line}\n").as_bytes()).map_err(|error| {
            Refusal::new(codes::OTHER, Fate::Unreached, format!("outbox: {error}"))
        })
    }

    fn check(&self) -> Result<String, String> {
        Ok("outbox: messages go to outbox.jsonl in data_dir, and to nobody's telephone".to_owned())
    }
}
