//! What a request brings: who sent it, its headers, its body.

pub(crate) mod body;
pub(crate) mod client;
pub(crate) mod content;
pub(crate) mod form;
pub(crate) mod forwarded;
pub(crate) mod headers;
pub(crate) mod host;
pub(crate) mod multipart;
pub(crate) mod signature;
