//! The defaults that are not simply empty or the first of a choice.

use std::net::Ipv4Addr;

use super::*;

impl Default for Config {
    fn default() -> Config {
        Config {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            public_url: None,
            data_dir: PathBuf::from("data"),
            timezone: fields::shanghai(),
            drain: Duration::ZERO,
            database: Database::default(),
            session: Session::default(),
            envelope: Envelope::default(),
            cors: Cors::default(),
            web: Web::default(),
            documents: Documents::default(),
            captcha: Captcha::default(),
            sms: Sms::default(),
            portrait: Portrait::default(),
            store: Store::default(),
            rank: Rank::default(),
            score: Score::default(),
            shop: Shop::default(),
            limits: Limits::default(),
            disk: Disk::default(),
            backup: Backup::default(),
            log: Log::default(),
            metrics: Metrics::default(),
            console: Console::default(),
            moderation: Moderation::default(),
            tls: Tls::default(),
            wx: Wx::default(),
            events: Events::default(),
            privacy: Privacy::default(),
        }
    }
}

impl Default for Session {
    fn default() -> Session {
        Session { ttl: Duration::from_hours(30 * 24) }
    }
}

impl Default for Cors {
    fn default() -> Cors {
        Cors { allowed_origins: vec!["*".to_owned()], allowed_headers: Vec::new() }
    }
}

impl Default for Rank {
    fn default() -> Rank {
        Rank { version: "1.0.0".to_owned() }
    }
}

impl Default for Score {
    fn default() -> Score {
        Score {
            max_boards: 64,
            apps: Vec::new(),
            new_boards_per_day: 3,
            max_players: 1_000_000,
            new_players_per_hour: 5_000,
            legacy_signatures: false,
            secrets: BTreeMap::new(),
            guests: Vec::new(),
            checks: BTreeMap::new(),
            boards: BTreeMap::new(),
            webhooks: BTreeMap::new(),
            kept_seasons: 60,
        }
    }
}

impl Default for Shop {
    fn default() -> Shop {
        Shop { max_per_account: 3 }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            max_body: 2 * 1024 * 1024,
            connection_memory: 128 * 1024 * 1024,
            requests_per_minute: 0,
            login_attempts: 5,
            login_attempts_per_account: 100,
            login_attempts_per_address: 300,
            renames_per_day: 5,
            shared_networks: SharedNetworks::default(),
            trusted_proxies: Networks::default(),
        }
    }
}

impl Default for Backup {
    fn default() -> Backup {
        Backup { dir: None, at: civil::time(3, 30, 0, 0), every: None, keep: 7 }
    }
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics { allow: Networks::loopback() }
    }
}
