//! Guichet: one small door into every service a young web product needs.
//!
//! Joins the engine and the handlers; `commands` is what can be asked of them on the command line.

mod commands;
mod handlers;

use std::process::ExitCode;

fn main() -> ExitCode {
    commands::run()
}
