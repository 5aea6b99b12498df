//! Which server to connect to, and how.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long a connection may take to be made, unless `connect_timeout` of the URL says otherwise.
const CONNECT: Duration = Duration::from_secs(5);

/// A server, or several of which one takes writes.
pub(crate) struct Target {
    config: Config,
    /// `None`: without TLS.
    tls: Option<MakeRustlsConnect>,
}

impl std::fmt::Debug for Target {
    /// Without the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Target").field("hosts", &self.config.get_hosts()).finish_non_exhaustive()
    }
}

impl Target {
    /// From `database.url`. Servers elsewhere than on this machine are reached by TLS alone, and their
    /// certificates verified: by the authorities of `ca_file`, or by the usual public ones.
    pub(crate) fn parse(url: &str, ca_file: Option<&Path>) -> Result<Self, String> {
        let mut config: Config = url.parse().map_err(|error| format!("{error}"))?;
        if config.get_dbname().is_none() {
            return Err("it names no database: postgres://user:password@host/database".into());
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT);
        }
        if config.get_application_name().is_none() {
            config.application_name("guichet");
        }
        // A standby would refuse every write.
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        let is_here = config.get_hosts().iter().all(is_here);
        if !is_here && config.get_ssl_mode() == SslMode::Disable {
            return Err("sslmode=disable is refused where the server is not on this machine".into());
        }
        let is_plain = is_here && config.get_ssl_mode() != SslMode::Require;
        let tls = if is_plain { None } else { Some(MakeRustlsConnect::new(client(ca_file)?)) };
        config.ssl_mode(if is_plain { SslMode::Disable } else { SslMode::Require });
        Ok(Target { config, tls })
    }

    /// Make a connection, on the runtime that this is awaited on.
    pub(crate) async fn connect(&self) -> Result<Client, tokio_postgres::Error> {
        match &self.tls {
            None => {
                let (client, connection) = self.config.connect(NoTls).await?;
                tokio::spawn(async move {
                    // Whoever uses the client hears of it.
                    let _ = connection.await;
                });
                Ok(client)
            }
            Some(tls) => {
                let (client, connection) = self.config.connect(tls.clone()).await?;
                tokio::spawn(async move {
                    let _ = connection.await;
                });
                Ok(client)
            }
        }
    }
}

fn is_here(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

fn client(ca_file: Option<&Path>) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    match ca_file {
        None => {
            roots.add_parsable_certificates(
                webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned(),
            );
        }
        Some(path) => {
            let problem = |error: &dyn std::fmt::Display| {
                format!("database.ca_file: {}: {error}", path.display())
            };
            let certificates =
                CertificateDer::pem_file_iter(path).map_err(|error| problem(&error))?;
            for certificate in certificates {
                let certificate = certificate.map_err(|error| problem(&error))?;
                roots.add(certificate).map_err(|error| problem(&error))?;
            }
            if roots.is_empty() {
                return Err(problem(&"there is no certificate in it"));
            }
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(url: &str) -> String {
        Target::parse(url, None).err().unwrap_or_default()
    }

    #[test]
    fn remote_connection_without_tls_is_refused() {
        for url in
            ["postgres://a@localhost/b", "postgres://a@127.0.0.1/b", "postgres://a@[::1]:5433/b"]
        {
            assert!(Target::parse(url, None).unwrap().tls.is_none(), "{url}");
        }
        let elsewhere = "postgres://a@db.example.com/b";
        assert!(Target::parse(elsewhere, None).unwrap().tls.is_some());
        let mixed = "postgres://a@localhost,db.example.com/b";
        assert!(Target::parse(mixed, None).unwrap().tls.is_some());
        let required = "postgres://a@localhost/b?sslmode=require";
        assert!(Target::parse(required, None).unwrap().tls.is_some());
        assert!(problem(&format!("{elsewhere}?sslmode=disable")).contains("sslmode=disable"));
    }

    #[test]
    fn password_is_not_shown() {
        let target = Target::parse("postgres://a:secret-7@localhost/b", None).unwrap();
        assert!(!format!("{target:?}").contains("secret-7"));
        assert!(!problem("postgres://a:secret-7@localhost:x/b").contains("secret-7"));
        assert!(problem("postgres://a:secret-7@localhost").contains("names no database"));
    }
}
