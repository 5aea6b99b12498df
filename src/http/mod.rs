//! HTTP/1.1: from a connection's bytes to a request, from its path to what answers it, and back.
//!
//! hyper does the protocol. What is ours is what surrounds it: no peer holds anything for long without
//! sending (`connection`, `request::body`), and what reaches no document is answered in one shape
//! (`response`). Accepting connections and ending well is the [`server`](crate::server)'s.

pub(crate) mod connection;
pub(crate) mod console;
mod descriptions;
pub(crate) mod endpoint;
mod events;
#[cfg(fuzzing)]
pub mod fuzzing;
mod home;
mod paths;
mod probes;
pub(crate) mod redirect;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod static_files;

pub(crate) use descriptions::Description;
pub use endpoint::route::RouteError;
pub(crate) use endpoint::route::{OPERATION, RPC};
pub(crate) use events::EVENTS;
pub(crate) use paths::own_files;
pub use paths::{check_document, library, routes};
pub(crate) use probes::Probe;

use crate::config::Config;

/// Could the folder of pages be served that a configuration names, if it names one?
pub fn check_pages(config: &Config) -> std::io::Result<()> {
    config
        .web
        .dir
        .as_ref()
        .map_or(Ok(()), |folder| static_files::StaticFiles::open(folder, config).map(|_| ()))
}
