//! The documents: for each, its paths and its dialect. No rule of the business stands here.

mod entry_task;
mod external;
mod ihome;
mod pinball;
mod rank;

use engine::document::Document;

/// All documents.
pub const ALL: &[Document] =
    &[external::DOCUMENT, rank::DOCUMENT, pinball::DOCUMENT, entry_task::DOCUMENT, ihome::DOCUMENT];

/// Seed 003's addresses for the envelope. The path does not restrict the type.
pub const ENDPOINTS: &[&str] = &[
    "/api/external",
    "/api/external/captcha",
    "/api/external/portrait",
    "/api/external/property",
    "/api/external/shop",
];
