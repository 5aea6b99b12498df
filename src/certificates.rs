//! The certificates in use, and the responses to ACME challenges.

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// The protocol in whose handshake an ACME server looks for a proof (RFC 8737).
pub(crate) const ACME_TLS: &[u8] = b"acme-tls/1";

/// A certificate with its chain and its private key.
#[derive(Debug)]
pub(crate) struct Certificate {
    key: Arc<CertifiedKey>,
    /// The names that it is for, in lower case; `*.example.com` stands for one more label.
    pub names: Vec<String>,
    /// From when it is good, in seconds since 1970.
    pub begins_at: i64,
    /// Until when, in seconds since 1970.
    pub ends_at: i64,
}

impl Certificate {
    /// From the PEM texts of the chain and of the key; the error is one line.
    pub fn read(chain: &[u8], key: &[u8]) -> Result<Self, String> {
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(chain)
            .collect::<Result<_, _>>()
            .map_err(|error| format!("the certificate is no PEM: {error}"))?;
        let first = chain.first().ok_or("there is no certificate in it")?;
        let (names, begins_at, ends_at) = facts(first)?;
        let key = PrivateKeyDer::from_pem_slice(key)
            .map_err(|error| format!("the key is no PEM: {error}"))?;
        let key = CertifiedKey::from_der(chain, key, &ring::default_provider())
            .map_err(|error| format!("certificate and key don't go together: {error}"))?;
        Ok(Certificate { key: Arc::new(key), names, begins_at, ends_at })
    }

    fn is_for(&self, name: &str) -> bool {
        self.names.iter().any(|own| {
            own == name
                || own.strip_prefix("*.").is_some_and(|domain| {
                    name.split_once('.').is_some_and(|(_, rest)| rest == domain)
                })
        })
    }
}

/// The names of a certificate, and when it begins and ends.
fn facts(der: &CertificateDer<'_>) -> Result<(Vec<String>, i64, i64), String> {
    let wrong = |error: &dyn std::fmt::Display| format!("the certificate can't be read: {error}");
    let (_, parsed) = X509Certificate::from_der(der).map_err(|error| wrong(&error))?;
    let names = parsed.subject_alternative_name().map_err(|error| wrong(&error))?;
    let names = names.iter().flat_map(|names| &names.value.general_names);
    let names = names.filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
        _ => None,
    });
    let validity = parsed.validity();
    Ok((names.collect(), validity.not_before.timestamp(), validity.not_after.timestamp()))
}

/// The certificates in use. A handshake reads them without waiting for anybody who replaces them.
#[derive(Debug, Default)]
pub(crate) struct Certificates {
    current: RwLock<Vec<Arc<Certificate>>>,
    /// The proofs of TLS-ALPN-01, by domain.
    handshakes: RwLock<HashMap<String, Arc<CertifiedKey>>>,
    /// The proofs of HTTP-01: token and content of the file.
    files: RwLock<HashMap<String, String>>,
}

fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

impl Certificates {
    /// Use these from now on. Connections that are open keep theirs.
    pub fn replace(&self, certificates: Vec<Certificate>) {
        *write(&self.current) = certificates.into_iter().map(Arc::new).collect();
    }

    /// Those in use.
    pub fn all(&self) -> Vec<Arc<Certificate>> {
        read(&self.current).clone()
    }

    /// Set the TLS-ALPN-01 response for a domain, or remove it with `None`.
    pub fn prove_by_handshake(&self, domain: &str, proof: Option<Arc<CertifiedKey>>) {
        let mut handshakes = write(&self.handshakes);
        match proof {
            Some(proof) => handshakes.insert(domain.to_owned(), proof),
            None => handshakes.remove(domain),
        };
    }

    /// Set the HTTP-01 response for a token, or remove it with `None`.
    pub fn prove_by_file(&self, token: &str, text: Option<String>) {
        let mut files = write(&self.files);
        match text {
            Some(text) => files.insert(token.to_owned(), text),
            None => files.remove(token),
        };
    }

    /// The HTTP-01 response for a token.
    pub fn file(&self, token: &str) -> Option<String> {
        read(&self.files).get(token).cloned()
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name().map(str::to_ascii_lowercase);
        if hello.alpn().is_some_and(|mut protocols| protocols.any(|it| it == ACME_TLS)) {
            return read(&self.handshakes).get(&name?).cloned();
        }
        let current = read(&self.current);
        let named = name.and_then(|name| current.iter().find(|it| it.is_for(&name)));
        // A client that asks for another name, or for none, sees whose server it is.
        named.or(current.first()).map(|it| Arc::clone(&it.key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(names: &[&str]) -> (String, String) {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        (made.cert.pem(), made.signing_key.serialize_pem())
    }

    #[test]
    fn certificate_is_for_its_names_and_wildcards() {
        let (chain, key) = made(&["www.example.com", "*.Example.org"]);
        let certificate = Certificate::read(chain.as_bytes(), key.as_bytes()).unwrap();
        for name in ["www.example.com", "a.example.org"] {
            assert!(certificate.is_for(name), "{name}");
        }
        for name in ["example.com", "example.org", "a.b.example.org", "www.example.com.cn"] {
            assert!(!certificate.is_for(name), "{name}");
        }
        assert!(certificate.begins_at < certificate.ends_at);
    }

    #[test]
    fn key_of_another_certificate_is_refused() {
        let ((chain, _), (_, key)) = (made(&["a.example"]), made(&["b.example"]));
        for (chain, key, why) in [
            (&*chain, &*key, "don't go together"),
            ("", &*key, "there is no certificate"),
            (&*chain, "", "the key is no PEM"),
        ] {
            let error = Certificate::read(chain.as_bytes(), key.as_bytes()).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
