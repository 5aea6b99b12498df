//! Asking whether something is meant that can't be taken back.

use super::error_text;
use std::io::{IsTerminal as _, Write as _};

/// Ask `question`, where there is somebody to ask. `what` says what is at stake where there is nobody.
pub fn confirm(question: &str, what: &str) -> Result<(), String> {
    if !std::io::stdin().is_terminal() {
        return Err(format!("{what}; say --yes if that is meant"));
    }
    let mut out = std::io::stderr().lock();
    write!(out, "{question} [y/N] ").and_then(|()| out.flush()).map_err(error_text)?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).map_err(error_text)?;
    match answer.trim() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err("nothing was removed".into()),
    }
}
