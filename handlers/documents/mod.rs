//! The documents that are built in: a file for each, with its paths and its dialect. No rule of the business
//! stands here.

use super::portrait::{BANNED, ERROR};
use engine::document::NamedPicture;

/// All documents: the name of the file, and what it says.
pub const ALL: &[(&str, &str)] = &[
    ("external.toml", include_str!("external.toml")),
    ("rank.toml", include_str!("rank.toml")),
    ("pinball.toml", include_str!("pinball.toml")),
    ("entry_task.toml", include_str!("entry_task.toml")),
    ("ihome.toml", include_str!("ihome.toml")),
];

/// The pictures that documents may name.
pub const PICTURES: &[NamedPicture] =
    &[NamedPicture { name: "banned", file: &BANNED }, NamedPicture { name: "error", file: &ERROR }];

/// Seed 003's addresses for the envelope. The path does not restrict the type.
pub const ENDPOINTS: &[&str] = &[
    "/api/external",
    "/api/external/captcha",
    "/api/external/portrait",
    "/api/external/property",
    "/api/external/shop",
];
