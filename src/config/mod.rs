//! The configuration: one file of TOML, overridden by the environment, read once at the start.
//!
//! Every key has a default and unknown keys are refused, so a misspelt key never passes for its
//! default. `examples/guichet.toml` lists all of them; a test keeps it equal to the defaults here.
//! Relative paths are relative to the working directory of the process, not to the file.

mod captcha;
mod changes;
mod console;
mod defaults;
mod disk;
mod endpoint;
mod env;
mod events;
mod fault;
mod fields;
mod load;
mod moderation;
mod networks;
mod portrait;
mod score_boards;
mod score_checks;
mod shown;
mod sms;
mod store;
mod tls;
mod units;
mod values;
mod wx;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::civil;
use jiff::tz::TimeZone;
use serde::Deserialize;

pub use captcha::{Captcha, CaptchaKind};
pub use changes::Changes;
pub use console::Console;
pub use disk::{Disk, Reserve};
pub use endpoint::Endpoint;
pub use env::variables;
pub use events::Events;
pub use fields::is_app;
pub use load::ConfigError;
pub use moderation::Moderation;
pub use networks::{Networks, SharedNetworks};
pub use portrait::{OpenUpload, Portrait};
pub use score_boards::{BoardSettings, SeasonWebhook, zone_name};
pub use score_checks::ScoreChecks;
pub use shown::ShownKey;
pub use sms::{Sms, SmsGateway, Tencent, Webhook};
pub use store::{S3, Store, StoreKind};
pub use tls::{AcmeChallenge, Tls};
pub use values::{ContentType, DatabaseUrl, LogFormat, LogLevel, Secret, Synchronous};
pub use wx::{Wx, WxApp};

/// A duration as it is written in the configuration: `30d`, `12h`, `5m`, `90s`.
pub fn duration(text: &str) -> Result<Duration, String> {
    units::parse_duration(text)
}

/// An address or a network as it is written in the configuration: `127.0.0.1`, `10.0.0.0/8`.
pub fn network(text: &str) -> Result<ipnet::IpNet, String> {
    networks::parse(text)
}

/// Everything that can be configured. Made by [`Config::load`].
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The address to listen on, `IP:PORT` or `NAME:PORT`; of a name's addresses the first IPv4 one
    /// is taken, where it has one. Port 0 picks a free port. Default `127.0.0.1:8080`.
    #[serde(deserialize_with = "fields::listen")]
    pub listen: SocketAddr,
    /// What URLs in answers start with, no slash at the end. Default: `http://` and the address listened on.
    #[serde(deserialize_with = "fields::public_url")]
    pub public_url: Option<String>,
    /// The folder of the SQLite file, the uploaded pictures and the outbox. Default `data`.
    pub data_dir: PathBuf,
    /// The time zone of date-times on the wire, an IANA name. Default `Asia/Shanghai`.
    #[serde(deserialize_with = "fields::timezone")]
    pub timezone: TimeZone,
    /// For how long a server that is told to end still takes requests while `/readyz` says no, so that a load
    /// balancer sends no more of them: 0 s to 60 s. Default 0 s.
    #[serde(deserialize_with = "fields::drain")]
    pub drain: Duration,
    /// `[tls]`: https.
    pub tls: Tls,
    /// `[database]`: where the data is kept.
    pub database: Database,
    /// `[session]`: logins.
    pub session: Session,
    /// `[envelope]`: the envelope endpoint.
    pub envelope: Envelope,
    /// `[cors]`: requests from pages of other origins.
    pub cors: Cors,
    /// `[web]`: pages beside the API.
    pub web: Web,
    /// `[documents]`: documents of your own.
    pub documents: Documents,
    /// `[captcha]`: pictures to be read, and proof of work.
    pub captcha: Captcha,
    /// `[sms]`: codes by SMS.
    pub sms: Sms,
    /// `[portrait]`: portraits.
    pub portrait: Portrait,
    /// `[store]`: where uploaded pictures are kept.
    pub store: Store,
    /// `[rank]`: the rank leaderboard.
    pub rank: Rank,
    /// `[score]`: high scores of mini-games.
    pub score: Score,
    /// `[wx]`: players of WeChat's mini-programs.
    pub wx: Wx,
    /// `[events]`: who may watch boards.
    pub events: Events,
    /// `[shop]`: shops.
    pub shop: Shop,
    /// `[limits]`: what one client may ask for.
    pub limits: Limits,
    /// `[disk]`: the free space that is kept in reserve.
    pub disk: Disk,
    /// `[backup]`: scheduled backups.
    pub backup: Backup,
    /// `[log]`: the log.
    pub log: Log,
    /// `[metrics]`: what Prometheus reads.
    pub metrics: Metrics,
    /// `[console]`: the pages for the people who look after the server.
    pub console: Console,
    /// `[moderation]`: what people may publish.
    pub moderation: Moderation,
    /// `[privacy]`: what is encrypted in the database.
    pub privacy: Privacy,
}

impl Config {
    /// The database's file.
    pub fn database_file(&self) -> PathBuf {
        match &self.database.url {
            DatabaseUrl::SqlitePath(path) => path.clone(),
            _ => self.data_dir.join("guichet.db"),
        }
    }

    /// The folder of the database's file.
    pub fn database_folder(&self) -> PathBuf {
        match self.database_file().parent() {
            Some(folder) if folder != Path::new("") => folder.to_owned(),
            _ => PathBuf::from("."),
        }
    }

    /// The file of the key that encrypts personal columns: `privacy.key_file`, or the name of `data_dir`
    /// with `.key` behind it, beside that folder.
    pub fn key_file(&self) -> PathBuf {
        if let Some(path) = &self.privacy.key_file {
            return path.clone();
        }
        let folder = match self.data_dir.file_name() {
            Some(_) => self.data_dir.clone(),
            None => std::path::absolute(&self.data_dir).unwrap_or_else(|_| self.data_dir.clone()),
        };
        let mut name = folder.file_name().unwrap_or("guichet".as_ref()).to_owned();
        name.push(".key");
        folder.with_file_name(name)
    }
}

/// What is encrypted in the database: real names and identity cards.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Privacy {
    /// The file of the key, 64 hex digits; made at the first start. Default: beside `data_dir`, its name
    /// with `.key` behind it.
    pub key_file: Option<PathBuf>,
}

/// Where the data is kept.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// `sqlite` (the file `guichet.db` in `data_dir`), `sqlite:PATH` or `postgres://…`. Default `sqlite`.
    pub url: DatabaseUrl,
    /// What an acknowledged write survives: `full` a loss of power, `normal` a crash of the process. Default `full`.
    pub synchronous: Synchronous,
    /// A file of certificates (PEM) of the authorities that may vouch for PostgreSQL's server. Default: none, the
    /// usual public ones.
    pub ca_file: Option<PathBuf>,
}

/// Logins.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Session {
    /// How long a token lives, a duration. Default `30d`.
    #[serde(deserialize_with = "units::duration")]
    pub ttl: Duration,
}

/// The envelope endpoint.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Envelope {
    /// `application/json`, or `text/plain` for old clients that parse the text themselves. Default `application/json`.
    pub content_type: ContentType,
    /// Whether an envelope without `id` or `status` is served: a missing `id` is -1, a missing `status` 0.
    /// Default false.
    pub lenient: bool,
}

/// Requests from pages of other origins.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cors {
    /// `*` or `scheme://host[:port]` with any scheme, lower-cased and without the scheme's own port, as
    /// browsers write an Origin. Cookies are for those listed by name only. Default `["*"]`.
    #[serde(deserialize_with = "fields::origins")]
    pub allowed_origins: Vec<String>,
    /// Headers that pages of origins listed by name may send, besides those of our documents. Pages
    /// that `*` lets in may send any: no cookie is involved there. Default: none.
    #[serde(deserialize_with = "fields::header_names")]
    pub allowed_headers: Vec<String>,
}

/// Pages beside the API.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Web {
    /// A folder of pages served at `/`. Default: none.
    pub dir: Option<PathBuf>,
    /// Headers of all pages, `{ "Content-Security-Policy" = "…" }`. They replace the defaults of the same
    /// name (`Content-Security-Policy: frame-ancestors 'self'`, `Referrer-Policy`,
    /// `X-Content-Type-Options`); an empty value removes one. Default: none.
    #[serde(deserialize_with = "fields::answer_headers")]
    pub headers: BTreeMap<String, String>,
}

/// Documents of your own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Documents {
    /// A folder whose files, `*.toml`, are documents; `guichet document new` begins one. Default: none.
    pub dir: Option<PathBuf>,
}

/// The rank leaderboard.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rank {
    /// The version that clients compare theirs with, numbers with dots between. Default `1.0.0`.
    #[serde(deserialize_with = "fields::version")]
    pub version: String,
}

/// High scores of mini-games.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Score {
    /// How many boards there may be; one more is refused. Places are reserved for `default` and for
    /// every app of `apps` and `secrets`. Default 64.
    pub max_boards: u32,
    /// The only apps that may have a board. Default: empty, any app within the other limits.
    #[serde(deserialize_with = "fields::apps")]
    pub apps: Vec<String>,
    /// How many boards one client address may open in a day, apart from the reserved ones; 0: no limit.
    /// Default 3.
    pub new_boards_per_day: u32,
    /// How many players a board may have; 0: no limit. Default 1000000.
    pub max_players: u32,
    /// How many players one client address may add to all boards in an hour; 0: no limit. Default 5000.
    pub new_players_per_hour: u32,
    /// Whether a signature of the body alone is accepted, as it was before requests had a time and a
    /// nonce. Such a request can be sent again by anyone who has seen it. Default false.
    pub legacy_signatures: bool,
    /// The keys that sign the posts of an app, `APP = "secret"`; an app without one posts unsigned.
    /// An app is 1 to 32 of `A-Z a-z 0-9 _ -`, not `api`. Default: none.
    #[serde(deserialize_with = "fields::secrets")]
    pub secrets: BTreeMap<String, Secret>,
    /// The apps whose players prove who they are by the token of `player/guest`. Apps of `[wx]` need not be named. Default:
    /// none, and anybody posts for any player.
    #[serde(deserialize_with = "fields::apps")]
    pub guests: Vec<String>,
    /// What scores of an app are believed, `[score.checks.APP]`; others are held until an operator has confirmed them.
    /// Default: none, and all are believed.
    pub checks: BTreeMap<String, ScoreChecks>,
    /// Boards with rules of their own, `[score.boards.APP]`. A board that has scores under other rules refuses the start.
    /// Default: none, and every board keeps each player's highest score.
    pub boards: BTreeMap<String, BoardSettings>,
    /// Who is told of the end of a season, `[score.webhooks.APP]`. Default: nobody.
    pub webhooks: BTreeMap<String, SeasonWebhook>,
    /// How many ended seasons of a board are kept; older ones are removed. Default 60.
    pub kept_seasons: u32,
}

/// Shops.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Shop {
    /// How many shops an account may own. Default 3.
    pub max_per_account: u32,
}

/// What one client may ask for.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The largest request body, a size. Default 2097152, which is `2MiB`.
    #[serde(deserialize_with = "units::size")]
    pub max_body: usize,
    /// The memory that connections may hold together, a size; each is counted with 40 KiB, besides the
    /// bodies and answers on it. Default `128MiB`.
    #[serde(deserialize_with = "units::size")]
    pub connection_memory: usize,
    /// Requests a minute from one client address; each operation of a batch counts as one. Default 0,
    /// no limit.
    pub requests_per_minute: u32,
    /// Failed logins under one name from one address in 15 minutes; 0: no limit. Default 5.
    pub login_attempts: u32,
    /// Failed logins for one account from all addresses in an hour; 0: no limit. Default 100.
    pub login_attempts_per_account: u32,
    /// Failed logins from one address under all names in 15 minutes; 0: no limit. Default 300.
    pub login_attempts_per_address: u32,
    /// New user names of one account in a day; 0: no limit. Default 5.
    pub renames_per_day: u32,
    /// Networks that many people share behind one address, a school's or a carrier's, each with the
    /// number by which every limit per address is multiplied there: `{ "203.0.113.7/32" = 100 }`.
    /// Default: none.
    #[serde(deserialize_with = "fields::shared_networks")]
    pub shared_networks: SharedNetworks,
    /// The proxies whose `X-Forwarded-For`, `Forwarded` or `X-Real-IP` is believed, IP addresses and
    /// networks. Default: none.
    #[serde(deserialize_with = "fields::networks")]
    pub trusted_proxies: Networks,
}

/// Scheduled backups.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Backup {
    /// The folder that they are put in. Default: none, and the server makes none.
    pub dir: Option<PathBuf>,
    /// The time of day at which there is one, `HH:MM` in the time zone of `timezone`. Default `03:30`.
    #[serde(deserialize_with = "fields::time_of_day")]
    pub at: civil::Time,
    /// Instead of `at`: how old the newest may become, a duration. Default: none.
    #[serde(deserialize_with = "units::duration_if_any")]
    pub every: Option<Duration>,
    /// How many are kept; one more, and the oldest is removed. Default 7; 0: all.
    pub keep: u32,
}

/// The log, on stderr.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// `text`, or `json`: one object a line. Default `text`.
    pub format: LogFormat,
    /// The least that is logged: `error`, `warn`, `info`, `debug` or `trace`. Default `info`.
    pub level: LogLevel,
    /// Whether each request is a line, at level `info`. Default false.
    pub requests: bool,
}

/// What the server tells of itself to Prometheus, at `/metrics`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Metrics {
    /// Who may ask for it, IP addresses and networks. Default `127.0.0.1` and `::1`.
    #[serde(deserialize_with = "fields::networks")]
    pub allow: Networks,
}
