//! `[portrait]`: who may upload pictures, and how many.

use super::{fields, units};
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};
use std::fmt;

/// Portraits.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Portrait {
    /// The largest picture, decoded, a size. Default 1048576, which is `1MiB`.
    #[serde(deserialize_with = "units::size")]
    pub max_bytes: usize,
    /// Lower-case names of hosts whose pages may show portraits; `.example.com` means the subdomains of
    /// example.com. Default: empty, every page may.
    #[serde(deserialize_with = "fields::referers")]
    pub allowed_referers: Vec<String>,
    /// Which portraits may be uploaded without a token: `none`, `free` (those whose `id` is no
    /// account's) or `any`. Default `free`.
    pub open_upload: OpenUpload,
    /// Files that one address uploads in a day without a token; 0: no limit. Default 500.
    pub open_per_day_per_address: u32,
    /// Bytes that one address uploads in a day without a token, a size; 0: no limit. Default 100 MiB.
    #[serde(deserialize_with = "units::size_or_zero")]
    pub open_bytes_per_day_per_address: u64,
    /// Portraits and avatars that one account uploads in a day; 0: no limit. Default 20.
    pub per_day_per_account: u32,
    /// What all portraits that belong to no account may take together, a size; 0: no limit. Default
    /// 2 GiB.
    #[serde(deserialize_with = "units::size_or_zero")]
    pub open_bytes_in_all: u64,
}

impl Default for Portrait {
    fn default() -> Portrait {
        Portrait {
            max_bytes: 1024 * 1024,
            allowed_referers: Vec::new(),
            open_upload: OpenUpload::Free,
            open_per_day_per_address: 500,
            open_bytes_per_day_per_address: 100 << 20,
            per_day_per_account: 20,
            open_bytes_in_all: 2 << 30,
        }
    }
}

/// Which portraits may be uploaded without a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OpenUpload {
    /// None.
    None,
    /// Portraits whose id belongs to no account.
    #[default]
    Free,
    /// All portraits, those of accounts too. This is meant for closed networks.
    Any,
}

impl<'de> Deserialize<'de> for OpenUpload {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Choice;

        impl Visitor<'_> for Choice {
            type Value = OpenUpload;

            fn expecting(&self, to: &mut fmt::Formatter) -> fmt::Result {
                to.write_str("\"none\", \"free\", \"any\", false (none) or true (free)")
            }

            fn visit_bool<E: Error>(self, free: bool) -> Result<OpenUpload, E> {
                Ok(if free { OpenUpload::Free } else { OpenUpload::None })
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<OpenUpload, E> {
                match text {
                    "none" | "false" => Ok(OpenUpload::None),
                    "free" | "true" => Ok(OpenUpload::Free),
                    "any" => Ok(OpenUpload::Any),
                    _ => Err(E::unknown_variant(text, &["none", "free", "any"])),
                }
            }
        }

        from.deserialize_any(Choice)
    }
}
