//! Guichet: one small door into every service a young web product needs.
//!
//! Joins the engine and the handlers; `commands` is what can be asked of them on the command line.

mod commands;
mod console;
mod handlers;

use std::process::ExitCode;

/// Memory that large bodies and answers have used goes back to the system: with glibc's allocator, a server under
/// attack grew from 180 to 400 MB (docs/decisions/operation.md).
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    commands::run()
}
