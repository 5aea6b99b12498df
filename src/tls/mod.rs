//! https: certificates, and the handshake. HTTP/2 is not spoken (docs/decisions/).
//!
//! A certificate comes from files (`tls/files.rs`), from an ACME server (`tls/acme.rs`), or is made at the start for tests. It is looked
//! up at each handshake (`certificates.rs`), so that a new one needs no restart.

pub(crate) mod acme;
pub(crate) mod files;

use crate::certificates::{ACME_TLS, Certificate};
use crate::config::Config;
use crate::services::Services;
use rustls::ServerConfig;
use rustls::crypto::ring;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio_rustls::TlsAcceptor;

/// https can't be spoken as the configuration says. One line for the operator.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A certificate or key.
    #[error("{0}: {1}")]
    Certificate(PathBuf, String),
    /// The folder of the ACME account can't be written: each start would order a certificate, and a few a week are all
    /// one gets.
    #[error("tls.folder: {0}: {1}")]
    Folder(PathBuf, io::Error),
    /// Anything else.
    #[error("tls: {0}")]
    Other(String),
}

/// The certificates that `config` names, as far as there are any yet.
pub(crate) fn open(config: &Config) -> Result<Vec<Certificate>, TlsError> {
    let tls = &config.tls;
    if !tls.cert.is_empty() {
        files::read(config)
    } else if !tls.domain.is_empty() {
        Ok(acme::open(config)?.into_iter().collect())
    } else if tls.self_signed {
        let host = config.listen.ip().to_string();
        Ok(vec![self_signed(&["localhost".to_owned(), host])?])
    } else {
        Ok(Vec::new())
    }
}

/// A certificate that is there.
#[derive(Debug)]
pub struct Found {
    /// The names that it is for.
    pub names: Vec<String>,
    /// Until when it is good, in seconds since 1970.
    pub ends_at: i64,
}

/// The certificates that `config` names, for whoever only looks.
pub fn look(config: &Config) -> Result<Vec<Found>, TlsError> {
    let found = open(config)?.into_iter();
    Ok(found.map(|it| Found { names: it.names, ends_at: it.ends_at }).collect())
}

fn self_signed(names: &[String]) -> Result<Certificate, TlsError> {
    let other = |error: rcgen::Error| TlsError::Other(error.to_string());
    let made = rcgen::generate_simple_self_signed(names).map_err(other)?;
    Certificate::read(made.cert.pem().as_bytes(), made.signing_key.serialize_pem().as_bytes())
        .map_err(TlsError::Other)
}

/// What accepts handshakes with these certificates.
pub(crate) fn acceptor(services: &Arc<Services>) -> Result<TlsAcceptor, TlsError> {
    let other = |error: rustls::Error| TlsError::Other(error.to_string());
    let provider = Arc::new(ring::default_provider());
    let resolver = Arc::clone(&services.certificates);
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(other)?
        .with_no_client_auth()
        .with_cert_resolver(resolver);
    config.alpn_protocols = vec![ACME_TLS.to_vec(), b"http/1.1".to_vec()];
    config.ticketer = ring::Ticketer::new().map_err(other)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Keep certificates current, as long as the runtime lives.
pub(crate) fn keep(runtime: &Handle, services: &Arc<Services>) {
    if !services.config.tls.cert.is_empty() {
        runtime.spawn(files::watch(Arc::downgrade(services)));
    } else if !services.config.tls.domain.is_empty() {
        runtime.spawn(acme::keep(Arc::downgrade(services)));
    }
}
