//! Certificates from files, which something else renews: they are read again when they change.

use super::TlsError;
use crate::certificates::Certificate;
use crate::config::Config;
use crate::services::Services;
use std::fs;
use std::path::Path;
use std::sync::Weak;
use std::time::{Duration, SystemTime};

/// How often the files are looked at.
const EVERY: Duration = Duration::from_secs(10);

/// The certificates of `tls.cert` and `tls.key`.
pub(super) fn read(config: &Config) -> Result<Vec<Certificate>, TlsError> {
    let pairs = config.tls.cert.iter().zip(&config.tls.key);
    pairs.map(|(cert, key)| read_pair(cert, key)).collect()
}

fn read_pair(cert: &Path, key: &Path) -> Result<Certificate, TlsError> {
    let bytes = |path: &Path| {
        fs::read(path).map_err(|error| TlsError::Certificate(path.to_owned(), error.to_string()))
    };
    Certificate::read(&bytes(cert)?, &bytes(key)?)
        .map_err(|why| TlsError::Certificate(cert.to_owned(), why))
}

/// When each file was changed last, and its size.
fn stamps(config: &Config) -> Vec<Option<(SystemTime, u64)>> {
    let files = config.tls.cert.iter().chain(&config.tls.key);
    let stamp = |path: &Path| {
        let about = fs::metadata(path).ok()?;
        Some((about.modified().ok()?, about.len()))
    };
    files.map(|path| stamp(path)).collect()
}

/// Read the files again whenever they have changed. Where they can't be used, the old ones stay in use: of a certificate and
/// a key, one is written before the other.
pub(super) async fn watch(services: Weak<Services>) {
    let Some(mut seen) = services.upgrade().map(|services| stamps(&services.config)) else {
        return;
    };
    loop {
        tokio::time::sleep(EVERY).await;
        let Some(services) = services.upgrade() else { return };
        let found = stamps(&services.config);
        if found != seen {
            again(&services);
            seen = found;
        }
    }
}

/// Read the files again; what is wrong is logged.
pub(crate) fn again(services: &Services) {
    match read(&services.config) {
        Ok(certificates) => {
            let ends = certificates.iter().map(|it| services.clock.format(it.ends_at));
            let ends = ends.min().unwrap_or_default();
            tracing::info!(%ends, "the certificate was read again");
            services.certificates.replace(certificates);
        }
        Err(error) => {
            tracing::error!(%error, "the new certificate can't be used; the old one stays in use");
        }
    }
}
