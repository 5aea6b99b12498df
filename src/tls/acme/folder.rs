//! What is stored between starts: the ACME account, the certificate, the number of failed orders.

use super::super::TlsError;
use crate::certificates::Certificate;
use crate::config::Config;
use instant_acme::AccountCredentials;
use serde::{Deserialize, Serialize};
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// The folder.
pub(super) struct Folder {
    path: PathBuf,
}

/// An account, and the server that it is with.
#[derive(Serialize, Deserialize)]
struct StoredAccount {
    directory: String,
    credentials: AccountCredentials,
}

/// Orders that failed since the last that did not.
#[derive(Debug, Default, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Failures {
    /// How many.
    pub count: u32,
    /// When the last one failed, in seconds since 1970.
    pub last_at: i64,
}

impl Folder {
    /// Open the folder, and create it if it is missing. It must be writable: otherwise each start would order a new certificate.
    pub fn open(config: &Config) -> Result<Self, TlsError> {
        let path = config.tls.folder.clone().unwrap_or_else(|| config.data_dir.join("acme"));
        let folder = Folder { path };
        let probe = || {
            fs::create_dir_all(&folder.path)?;
            crate::folder::close_to_others(&folder.path)?;
            folder.write("writable", b"")?;
            fs::remove_file(folder.path.join("writable"))
        };
        probe().map_err(|error| TlsError::Folder(folder.path.clone(), error))?;
        Ok(folder)
    }

    /// The stored certificate; `None` if there is none, or if it can't be read.
    pub fn certificate(&self) -> Option<Certificate> {
        let pem = fs::read(self.path.join("certificate.pem")).ok()?;
        Certificate::read(&pem, &pem)
            .inspect_err(|error| tracing::error!(%error, "the stored certificate can't be used"))
            .ok()
    }

    /// Store a certificate: key and chain in one file, so that both are always of the same certificate.
    pub fn keep_certificate(&self, chain: &str, key: &str) -> io::Result<()> {
        self.write("certificate.pem", format!("{key}\n{chain}").as_bytes())
    }

    /// The account with this server.
    pub fn account(&self, directory: &str) -> Option<AccountCredentials> {
        let text = fs::read(self.path.join("account.json")).ok()?;
        let stored: StoredAccount = serde_json::from_slice(&text).ok()?;
        (stored.directory == directory).then_some(stored.credentials)
    }

    /// Keep an account with this server.
    pub fn keep_account(&self, directory: &str, credentials: AccountCredentials) -> io::Result<()> {
        let stored = StoredAccount { directory: directory.to_owned(), credentials };
        self.write("account.json", &serde_json::to_vec(&stored)?)
    }

    /// Orders that failed.
    pub fn failures(&self) -> Failures {
        let text = fs::read(self.path.join("failures.json")).ok();
        text.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
    }

    /// One more order failed.
    pub fn failed(&self, now: i64) {
        let count = self.failures().count.saturating_add(1);
        let text = serde_json::to_vec(&Failures { count, last_at: now });
        let written =
            text.map_err(io::Error::from).and_then(|text| self.write("failures.json", &text));
        if let Err(error) = written {
            tracing::warn!(%error, "that an order failed was not written down");
        }
    }

    /// An order succeeded.
    pub fn forget_failures(&self) {
        let _ = fs::remove_file(self.path.join("failures.json"));
    }

    /// Write a file atomically, readable only by its owner.
    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let (path, draft) = (self.path.join(name), self.path.join(format!("{name}.new")));
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&draft, &path)?;
        sync(&self.path)
    }
}

/// A rename is durable once the folder is.
fn sync(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}
