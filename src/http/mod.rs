//! HTTP/1.1: accepting, limits, deadlines, shutdown; paths to operations and back.
//!
//! hyper does the protocol. What is ours is what surrounds it: no peer may hold anything for long
//! without sending (`body`), whatever never reaches a document is answered in one shape
//! (`respond`), and what has begun when the server is told to end is finished (`accept`).

mod accept;
mod body;
mod cap;
mod client;
mod cors;
mod date;
mod documents;
mod fields;
#[cfg(fuzzing)]
pub mod fuzzing;
mod handle;
mod heads;
mod io;
mod pages;
mod piecewise;
mod respond;
mod route;
mod signature;
mod sweep;

pub use accept::{Server, StartError};
pub use route::RouteError;

use crate::config::Config;
use crate::db;
use std::path::PathBuf;

/// Could the folder of pages be served that a configuration names, if it names one? Before the first
/// start, where the others are not there yet, only it is looked at.
pub fn check_pages(config: &Config) -> std::io::Result<()> {
    let Some(folder) = &config.web.dir else { return Ok(()) };
    let there = |path: PathBuf| if path.exists() { path } else { PathBuf::from("/") };
    let (data, database) = (there(config.data_dir.clone()), there(db::folder(config)));
    pages::Pages::open(folder, &data, &database).map(|_| ())
}
