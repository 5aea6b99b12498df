//! `[store]`: where uploaded pictures are kept, and where browsers fetch them.

use super::fields::{self, origin, text};
use super::{Secret, units};
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use std::time::Duration;

/// Where uploaded pictures are kept.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Store {
    /// `disk`, the folder `pictures` in `data_dir`, or `s3`, a bucket of an S3-compatible store,
    /// which needs the next five keys. Default `disk`.
    pub kind: StoreKind,
    /// The store's address, `http(s)://host[:port]`, with or without the bucket's name before the
    /// host. Default: none.
    #[serde(deserialize_with = "endpoint")]
    pub endpoint: Option<String>,
    /// The bucket. Default: none.
    #[serde(deserialize_with = "bucket")]
    pub bucket: Option<String>,
    /// The region, as the store names it; it is part of the signature. Default: none.
    #[serde(deserialize_with = "region")]
    pub region: Option<String>,
    /// Whose key signs. Default: none.
    #[serde(deserialize_with = "secret")]
    pub access_key_id: Option<Secret>,
    /// The key. Default: none.
    #[serde(deserialize_with = "secret")]
    pub secret_access_key: Option<Secret>,
    /// Whether the folder of pictures is one that all servers of a database have, such as a network file system.
    /// For `kind = "disk"` with PostgreSQL. Default false.
    pub shared: bool,
    /// Whether the bucket stands in the path and not in the host's name. Default false.
    pub path_style: bool,
    /// What objects' keys begin with: empty, or the names of folders with a slash after each. One
    /// prefix of a bucket is for one database. Default: empty.
    #[serde(deserialize_with = "prefix")]
    pub prefix: String,
    /// Where browsers see the top of the bucket (or, on `disk`, of the folder of pictures), no slash
    /// at the end. Default: none, they fetch pictures through this server.
    #[serde(deserialize_with = "fields::public_url")]
    pub public_url: Option<String>,
    /// How long the store may take for one thing, retries and all. Default `10s`.
    #[serde(deserialize_with = "units::duration")]
    pub timeout: Duration,
}

/// Where pictures are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StoreKind {
    /// A folder in `data_dir`.
    #[default]
    Disk,
    /// A bucket.
    S3,
}

/// A bucket, and how it is reached: what `[store]` says where its `kind` is `s3`.
pub struct S3<'a> {
    /// `http(s)://host[:port]`; the host begins with the bucket's name unless `path_style`.
    pub endpoint: String,
    /// The bucket.
    pub bucket: &'a str,
    /// The region.
    pub region: &'a str,
    /// Whose key signs.
    pub access_key_id: &'a Secret,
    /// The key.
    pub secret_access_key: &'a Secret,
    /// Does the bucket stand in the path?
    pub path_style: bool,
    /// What keys begin with: empty, or ending in a slash.
    pub prefix: &'a str,
    /// How long one thing may take.
    pub timeout: Duration,
}

impl Default for Store {
    fn default() -> Store {
        Store {
            kind: StoreKind::Disk,
            endpoint: None,
            bucket: None,
            region: None,
            access_key_id: None,
            secret_access_key: None,
            shared: false,
            path_style: false,
            prefix: String::new(),
            public_url: None,
            timeout: Duration::from_secs(10),
        }
    }
}

impl Store {
    /// The bucket, `None` where pictures are kept on disk; or the key that is missing.
    pub fn s3(&self) -> Result<Option<S3<'_>>, &'static str> {
        if self.kind == StoreKind::Disk {
            return Ok(None);
        }
        let endpoint = self.endpoint.as_deref().ok_or("endpoint")?;
        let bucket = self.bucket.as_deref().ok_or("bucket")?;
        Ok(Some(S3 {
            endpoint: with_bucket(endpoint, bucket, self.path_style),
            bucket,
            region: self.region.as_deref().ok_or("region")?,
            access_key_id: self.access_key_id.as_ref().ok_or("access_key_id")?,
            secret_access_key: self.secret_access_key.as_ref().ok_or("secret_access_key")?,
            path_style: self.path_style,
            prefix: &self.prefix,
            timeout: self.timeout,
        }))
    }

    /// What the public address of a picture begins with, up to the slash before its name.
    pub fn pictures_url(&self) -> Option<String> {
        let url = self.public_url.as_ref()?;
        Some(match self.kind {
            StoreKind::Disk => url.clone(),
            StoreKind::S3 => format!("{url}/{}", self.prefix).trim_end_matches('/').to_owned(),
        })
    }
}

/// Consoles show the address of a bucket with its name and without; both are meant.
fn with_bucket(endpoint: &str, bucket: &str, path_style: bool) -> String {
    match endpoint.split_once("://") {
        Some((scheme, host)) if !path_style && !host.starts_with(&format!("{bucket}.")) => {
            format!("{scheme}://{bucket}.{host}")
        }
        _ => endpoint.to_owned(),
    }
}

fn endpoint<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    text(from, |text| {
        let address = text.trim_end_matches('/').to_ascii_lowercase();
        let origin = origin(&address).filter(|origin| origin.starts_with("http"));
        origin.map(Some).ok_or_else(|| {
            format!("{text:?} is not the address of a store; write for example https://cos.ap-guangzhou.myqcloud.com, without a path")
        })
    })
}

fn bucket<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    text(from, |text| {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b);
        let is_name = matches!(text.len(), 1..=63)
            && text.bytes().all(fits)
            && !text.starts_with(['-', '.'])
            && !text.contains("..");
        let bucket = is_name.then(|| Some(text.to_owned()));
        bucket.ok_or_else(|| format!("{text:?} is not a bucket: 1 to 63 of a-z 0-9 - ."))
    })
}

fn region<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    text(from, |text| {
        let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        let is_region = matches!(text.len(), 1..=63) && text.bytes().all(fits);
        let region = is_region.then(|| Some(text.to_owned()));
        region.ok_or_else(|| {
            format!("{text:?} is not a region; write for example ap-guangzhou or us-east-1")
        })
    })
}

fn prefix<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    text(from, |text| {
        let fits = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        let is_folder = |name: &str| {
            !name.is_empty() && name.bytes().all(fits) && name.bytes().any(|b| b != b'.')
        };
        let folders = text.strip_suffix('/').unwrap_or(text);
        if text.is_empty() {
            Ok(String::new())
        } else if text.len() <= 200 && folders.split('/').all(is_folder) {
            Ok(format!("{folders}/"))
        } else {
            Err(format!("{text:?} is not a prefix; write for example pictures/ or shop/pictures/"))
        }
    })
}

fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Secret>, D::Error> {
    // The usual message would show what was written.
    let secret = Secret::deserialize(from).map(Some);
    secret.map_err(|_| D::Error::custom("a key is a text, not empty"))
}
