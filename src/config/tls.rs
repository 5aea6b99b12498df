//! `[tls]`: https on the address that is listened on.

use super::fault::KeyError;
use super::fields;
use serde::{Deserialize, Deserializer, de::Error};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// How an ACME server is shown that a domain is this server's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum AcmeChallenge {
    /// By a handshake on the https port itself (RFC 8737).
    #[default]
    #[serde(rename = "tls-alpn-01")]
    TlsAlpn01,
    /// By a file on port 80 (RFC 8555, 8.3): `tls.redirect` must be set.
    #[serde(rename = "http-01")]
    Http01,
}

/// https.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// The domain, or a list of them, whose certificate an ACME server signs: this server orders and renews it. Default:
    /// none.
    #[serde(deserialize_with = "domains")]
    pub domain: Vec<String>,
    /// The mail address that the ACME server writes to about the certificate. Default: none.
    pub contact: Option<String>,
    /// The address of the ACME server's directory. Default: that of Let's Encrypt.
    pub directory: String,
    /// A PEM file of a certificate authority that the ACME server's own certificate is from. Default: those that browsers
    /// trust.
    pub ca_file: Option<PathBuf>,
    /// How the ACME server is shown that the domain is this server's: `"tls-alpn-01"`, on the https port, or
    /// `"http-01"`, on port 80. Default `"tls-alpn-01"`.
    pub challenge: AcmeChallenge,
    /// The folder that holds the ACME account and the certificate. Default: `acme` in `data_dir`.
    pub folder: Option<PathBuf>,
    /// A PEM file of a certificate with its chain, or a list of such files; they are read again when they change.
    /// Default: none.
    #[serde(deserialize_with = "paths")]
    pub cert: Vec<PathBuf>,
    /// The PEM file of its private key, or a list in the order of `cert`. Default: none.
    #[serde(deserialize_with = "paths")]
    pub key: Vec<PathBuf>,
    /// Make a certificate at each start that no browser trusts: for tests, and only on a loopback address. Default `false`.
    pub self_signed: bool,
    /// A second address, such as `0.0.0.0:80`, whose requests are redirected to https. Default `""`: none.
    #[serde(deserialize_with = "fields::listen_if_any")]
    pub redirect: Option<SocketAddr>,
    /// For how long browsers remember to use https alone (`Strict-Transport-Security`). Default `"0s"`: they are not told.
    #[serde(deserialize_with = "fields::any_duration")]
    pub hsts: Duration,
}

impl Default for Tls {
    fn default() -> Self {
        Tls {
            domain: Vec::new(),
            contact: None,
            directory: "https://acme-v02.api.letsencrypt.org/directory".to_owned(),
            ca_file: None,
            challenge: AcmeChallenge::default(),
            folder: None,
            cert: Vec::new(),
            key: Vec::new(),
            self_signed: false,
            redirect: None,
            hsts: Duration::ZERO,
        }
    }
}

impl Tls {
    /// Is https spoken?
    pub fn is_on(&self) -> bool {
        !self.domain.is_empty() || !self.cert.is_empty() || self.self_signed
    }

    /// The keys that go together, for a server that listens on `listen`.
    pub(super) fn check(&self, listen: SocketAddr) -> Result<(), KeyError> {
        let fault = |key: &str, message: &str| {
            let path = ["tls", key].map(str::to_owned).to_vec();
            Err(KeyError { path, message: message.to_owned() })
        };
        let ways = [!self.domain.is_empty(), !self.cert.is_empty(), self.self_signed];
        if ways.into_iter().filter(|is_chosen| *is_chosen).count() > 1 {
            let key = if self.self_signed { "self_signed" } else { "cert" };
            return fault(key, "one of domain, cert and self_signed, not two");
        }
        if self.cert.len() != self.key.len() {
            return fault("key", "each certificate of tls.cert needs its key");
        }
        if self.self_signed && !listen.ip().to_canonical().is_loopback() {
            return fault("self_signed", "refused unless `listen` is a loopback address");
        }
        if !self.is_on() && self.redirect.is_some() {
            return fault(
                "redirect",
                "there is no https to redirect to: set tls.domain, or tls.cert and tls.key",
            );
        }
        if !self.is_on() && !self.hsts.is_zero() {
            return fault("hsts", "there is no https: set tls.domain, or tls.cert and tls.key");
        }
        if self.challenge == AcmeChallenge::Http01 && self.redirect.is_none() {
            return fault(
                "challenge",
                "http-01 is answered on port 80: set tls.redirect = \"0.0.0.0:80\"",
            );
        }
        if !self.directory.starts_with("https://") {
            return fault("directory", "expected an https address");
        }
        Ok(())
    }
}

/// One, or a list.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    fn many(self) -> Vec<T> {
        match self {
            OneOrMany::One(one) => vec![one],
            OneOrMany::Many(many) => many,
        }
    }
}

fn paths<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<PathBuf>, D::Error> {
    let files = OneOrMany::deserialize(from)
        .map_err(|_| D::Error::custom("expected a file, or a list of files"))?;
    Ok(files.many())
}

fn domains<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let names: OneOrMany<String> = OneOrMany::deserialize(from)
        .map_err(|_| D::Error::custom("expected a domain, or a list of domains"))?;
    let names = names.many().into_iter().map(|name| name.to_ascii_lowercase());
    let is_domain = |name: &str| {
        crate::origin::is_host_name(name) && name.contains('.') && name.parse::<Ipv4Addr>().is_err()
    };
    names
        .map(|name| {
            if is_domain(&name) {
                Ok(name)
            } else {
                Err(D::Error::custom(format!(
                    "{name:?} is not a domain; write www.example.com, without scheme, port or slash"
                )))
            }
        })
        .collect()
}
