//! The types of values that are one of a choice, or a secret.

use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;

/// Which database, and where.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(try_from = "String")]
pub enum DatabaseUrl {
    /// SQLite in the file `guichet.db` in `data_dir`.
    #[default]
    Sqlite,
    /// SQLite in this file.
    SqlitePath(PathBuf),
    /// PostgreSQL at this URL.
    Postgres(String),
}

/// What an acknowledged write survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Synchronous {
    /// A loss of power: each commit is synced to the disk.
    #[default]
    Full,
    /// A crash of the process.
    Normal,
}

/// The media type of an envelope's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum ContentType {
    /// `application/json`.
    #[default]
    #[serde(rename = "application/json")]
    Json,
    /// `text/plain`, for old jQuery clients that parse the text themselves.
    #[serde(rename = "text/plain")]
    Text,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Text for people.
    #[default]
    Text,
    /// JSON for programs: one object on each line.
    Json,
}

/// The lowest level that is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Failures of the server itself.
    Error,
    /// Conditions that may soon make something fail.
    Warn,
    /// Normal events that operators want to see, such as a start or an upgrade.
    #[default]
    Info,
    /// Also requests that were refused because the client made a mistake.
    Debug,
    /// Also each commit.
    Trace,
}

/// A key for signatures. Its type has no `Debug` that shows it, so it can't be logged by mistake.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Secret(String);

impl Secret {
    /// The secret itself, where another server wants it as text; never for the log.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The key itself, for signing.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The same as text, for a header.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        to.write_str("***")
    }
}

impl TryFrom<String> for Secret {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Secret, &'static str> {
        if text.is_empty() {
            return Err("empty");
        }
        Ok(Secret(text))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        match self {
            DatabaseUrl::Sqlite => to.write_str("Sqlite"),
            DatabaseUrl::SqlitePath(path) => to.debug_tuple("SqlitePath").field(path).finish(),
            // The URL holds a password.
            DatabaseUrl::Postgres(_) => to.write_str("Postgres(***)"),
        }
    }
}

impl TryFrom<String> for DatabaseUrl {
    type Error = &'static str;

    fn try_from(url: String) -> Result<DatabaseUrl, &'static str> {
        if url == "sqlite" {
            return Ok(DatabaseUrl::Sqlite);
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(DatabaseUrl::Postgres(url));
        }
        match url.strip_prefix("sqlite:") {
            // `//` is not for a path: `sqlite://data/my.db` would be a file in the root's `data`.
            Some(path) if !path.is_empty() && !path.starts_with("//") => {
                Ok(DatabaseUrl::SqlitePath(PathBuf::from(path)))
            }
            _ => Err("not a database; write sqlite, sqlite:PATH or postgres://…"),
        }
    }
}
