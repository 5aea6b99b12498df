//! HTTP/1.1: accepting, limits, deadlines, shutdown; paths to operations and back.
//!
//! hyper does the protocol. What is ours is what surrounds it: no peer may hold anything for long
//! without sending (`body`), whatever never reaches a document is answered in one shape
//! (`respond`), and what has begun when the server is told to end is finished (`accept`).

mod accept;
mod body;
mod client;
mod connection;
mod connections;
mod content;
mod cors;
mod date;
mod documents;
mod fields;
mod form;
mod forwarded;
#[cfg(fuzzing)]
pub mod fuzzing;
mod handle;
mod headers;
mod heads;
mod host;
mod io;
mod multipart;
mod pages;
mod piecewise;
mod private;
mod record;
mod respond;
mod route;
mod signature;
mod sweep;
mod watch;

pub use accept::{Door, Ended, Server, StartError};
pub(crate) use route::RPC;
pub use route::RouteError;
pub(crate) use watch::Watch;

use crate::config::Config;

/// Could the folder of pages be served that a configuration names, if it names one?
pub fn check_pages(config: &Config) -> std::io::Result<()> {
    config.web.dir.as_ref().map_or(Ok(()), |folder| pages::Pages::open(folder, config).map(|_| ()))
}
