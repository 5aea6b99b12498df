//! What a command tells on stdout.

use crate::handlers::moderation::fault_text;
use engine::fault::Fault;
use std::io::{self, ErrorKind, Write};

/// Print all of it. A reader that closes the pipe early is no error.
pub fn print(text: &str) -> Result<(), String> {
    told(write(text.as_bytes()))
}

/// The same with bytes.
pub fn write(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

/// What comes of having told: a reader that left is none of a command's business.
pub fn told(done: io::Result<()>) -> Result<(), String> {
    match done {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(format!("stdout: {error}")),
        _ => Ok(()),
    }
}

/// A number of bytes, for people.
pub fn size(bytes: u64) -> String {
    indicatif::BinaryBytes(bytes).to_string()
}

/// What a command prints that did something to one thing: nothing; `absent` is the error where there is no such thing.
pub fn known(done: Result<bool, Fault>, absent: String) -> Result<String, String> {
    match done.map_err(fault_text)? {
        true => Ok(String::new()),
        false => Err(absent),
    }
}
