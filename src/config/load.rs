//! Reads a [`Config`] from a file and the environment. Each error is one line that names the place.

use std::net::SocketAddr;
use std::path::Path;
use std::{fs, io};

use toml::Table;

use super::env::{PREFIX, Variable};
use super::fault::{KeyError, deserialize, key_near, place};
use super::{Config, DatabaseUrl, StoreKind, fields};
use crate::origin::{Origin, is_loopback_host, is_reserved_host};

/// Why there is no configuration: one line, `FILE:LINE:COLUMN: KEY: what is wrong` or `VARIABLE: what is wrong`.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

impl ConfigError {
    fn new(line: String) -> ConfigError {
        ConfigError(line.replace(|c: char| c.is_control(), " "))
    }
}

impl Config {
    /// The file, or the defaults where there is none, overridden by the environment of the process.
    pub fn load(path: Option<&Path>) -> Result<Config, ConfigError> {
        let file = path.map_or("defaults".to_owned(), |path| path.display().to_string());
        let text = path.map_or(Ok(String::new()), fs::read_to_string).map_err(|error| {
            ConfigError::new(match error.kind() {
                io::ErrorKind::NotFound => format!("{file}: no such file"),
                io::ErrorKind::InvalidData => format!("{file}: not UTF-8 text"),
                _ => format!("{file}: {error}"),
            })
        })?;
        let mut env = Vec::new();
        // `std::env::vars` panics where any variable is not UTF-8, be it none of ours.
        for (name, value) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with(PREFIX) {
                let value = value.into_string();
                let value =
                    value.map_err(|_| ConfigError::new(format!("{name}: not UTF-8 text")))?;
                env.push((name, value));
            }
        }
        read(&file, &text, env)
    }

    /// The same from a text and from given variables.
    pub fn parse(
        toml: &str,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Config, ConfigError> {
        read("guichet.toml", toml, env)
    }

    /// Check the rules that involve several keys.
    pub(super) fn checked(self) -> Result<Config, ConfigError> {
        self.check().map_err(|fault| {
            ConfigError::new(format!("{}: {}", fault.path.join("."), fault.message))
        })
    }

    /// Rules that involve several keys.
    fn check(self) -> Result<Config, KeyError> {
        let fault = |path: &[&str], message: String| KeyError {
            path: path.iter().map(|&segment| segment.to_owned()).collect(),
            message,
        };
        if cfg!(not(feature = "postgres"))
            && let DatabaseUrl::Postgres(_) = self.database.url
        {
            let message = "this build is without PostgreSQL; write sqlite or sqlite:PATH";
            return Err(fault(&["database", "url"], message.to_owned()));
        }
        if let DatabaseUrl::Postgres(_) = self.database.url {
            if self.store.kind == StoreKind::Disk && !self.store.shared {
                let message = "with PostgreSQL the pictures must be where all servers see them: set \
                               store.kind = \"s3\", or store.shared = true if data_dir/pictures is a \
                               network file system";
                return Err(fault(&["store", "kind"], message.to_owned()));
            }
            if self.backup.dir.is_some() {
                let message = "backups are of SQLite's file; PostgreSQL is backed up by its own \
                               tools (docs/scale.md)";
                return Err(fault(&["backup", "dir"], message.to_owned()));
            }
        }
        if self.captcha.test_code.is_some() && !is_loopback(self.listen) {
            let message =
                format!("refused unless `listen` is a loopback address; it is {}", self.listen);
            return Err(fault(&["captcha", "test_code"], message));
        }
        if self.captcha.test_code.is_some() && !self.is_for_tests() {
            let message = "refused where strangers may come through a proxy: only without \
                           limits.trusted_proxies, or with an http:// public_url on this machine or \
                           under a name that is reserved for tests, such as http://api.example.com";
            return Err(fault(&["captcha", "test_code"], message.to_owned()));
        }
        if let Err(key) = self.store.s3() {
            let message = "missing; a store of the kind \"s3\" needs it";
            return Err(fault(&["store", key], message.to_owned()));
        }
        for (section, apps) in [
            ("score.secrets", self.score.secrets.keys().collect::<Vec<_>>()),
            ("score.checks", self.score.checks.keys().collect()),
            ("score.boards", self.score.boards.keys().collect()),
            ("score.webhooks", self.score.webhooks.keys().collect()),
            ("wx", self.wx.apps.keys().collect()),
        ] {
            if let Some(app) = apps.into_iter().find(|app| !fields::is_app(app)) {
                let message = "not the name of an app: 1 to 32 of A-Z a-z 0-9 _ -, and not api";
                let path: Vec<&str> = section.split('.').chain([app.as_str()]).collect();
                return Err(fault(&path, message.to_owned()));
            }
        }
        self.tls.check(self.listen)?;
        self.sms.check()?;
        Ok(self)
    }
}

impl Config {
    /// Can nobody but this machine's users reach a server with this configuration, as far as it says?
    /// A proxy on this machine makes a loopback address public. It shows by `public_url`, which then
    /// names a host that strangers know, or by its place among the trusted proxies.
    fn is_for_tests(&self) -> bool {
        let has_proxy = !self.limits.trusted_proxies.is_empty();
        let Some(url) = &self.public_url else { return !has_proxy };
        Origin::of_url(url).is_some_and(|origin| {
            let host = origin.host();
            (is_loopback_host(host) || is_reserved_host(host))
                && (!has_proxy || origin.scheme() == "http")
        })
    }
}

fn is_loopback(address: SocketAddr) -> bool {
    address.ip().to_canonical().is_loopback()
}

/// Merges first and reads then, so that a variable also mends what is wrong in the file.
fn read(
    file: &str,
    text: &str,
    env: impl IntoIterator<Item = (String, String)>,
) -> Result<Config, ConfigError> {
    let mut table: Table = text.parse().map_err(|error| not_toml(file, text, &error))?;
    let variables: Vec<Variable> = env.into_iter().filter_map(Variable::new).collect();
    for variable in &variables {
        let value = variable.value();
        let value = value
            .map_err(|fault| ConfigError::new(format!("{}: {}", variable.name, fault.message)))?;
        variable.put(&mut table, value);
    }
    deserialize(table).and_then(Config::check).map_err(|fault| {
        let variable = variables.iter().find(|variable| fault.path.starts_with(&variable.path));
        ConfigError::new(match (variable, fault.offset(text)) {
            (Some(variable), _) => format!("{}: {}", variable.name, fault.message),
            (None, offset) => {
                let place = place(text, offset.unwrap_or(0));
                format!("{file}:{place}: {}: {}", fault.path.join("."), fault.message)
            }
        })
    })
}

fn not_toml(file: &str, text: &str, error: &toml::de::Error) -> ConfigError {
    let offset = error.span().map_or(0, |span| span.start);
    let key = key_near(text, offset).map_or(String::new(), |key| format!("{key}: "));
    ConfigError::new(format!("{file}:{}: {key}{}", place(text, offset), error.message()))
}
