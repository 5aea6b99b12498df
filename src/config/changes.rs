//! Which keys of a configuration may change while the server runs.

use super::{
    Backup, Captcha, Config, ConfigError, Console, Cors, Database, Disk, Documents, Envelope,
    Events, Limits, Log, Metrics, Moderation, Portrait, Privacy, Rank, Score, Session, Shop, Sms,
    Store, Tls, Web, Wx,
};

/// The keys in which one configuration differs from another, as the file has them.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Keys that took effect at once.
    pub applied: Vec<&'static str>,
    /// Keys that take effect at the next start.
    pub waiting: Vec<&'static str>,
}

/// Gives all keys of a configuration to another macro, after what stands there already. Every key is named here, so that
/// a new one can't be forgotten.
macro_rules! every_key {
    ($callback:ident!($($before:ident),*)) => {
        $callback!(
            $($before,)*
            keys { listen, public_url, data_dir, timezone, drain },
            database: Database { live {} restart { url, synchronous, ca_file } }
            session: Session { live { ttl } restart {} }
            envelope: Envelope { live { lenient } restart { content_type } }
            cors: Cors { live { allowed_origins, allowed_headers } restart {} }
            web: Web { live {} restart { dir, headers } }
            documents: Documents { live { dir } restart {} }
            captcha: Captcha {
                live { kinds, ttl, length, pow_cost, wrong_per_address } restart { test_code }
            }
            sms: Sms {
                live { ttl, per_30_seconds, per_hour, per_day, per_day_per_address, per_day_in_all, price }
                restart { gateway, timeout, tencent, webhook }
            }
            portrait: Portrait {
                live {
                    allowed_referers, open_upload, open_per_day_per_address,
                    open_bytes_per_day_per_address, per_day_per_account, open_bytes_in_all
                }
                restart { max_bytes }
            }
            store: Store {
                live {}
                restart {
                    kind, endpoint, region, bucket, prefix, access_key_id, secret_access_key,
                    path_style, public_url, shared, timeout
                }
            }
            rank: Rank { live { version } restart {} }
            score: Score {
                live {
                    max_boards, apps, new_boards_per_day, max_players, new_players_per_hour,
                    legacy_signatures, secrets, guests, checks, webhooks, kept_seasons
                }
                restart { boards }
            }
            events: Events { live { per_address, max } restart {} }
            wx: Wx { live { endpoint, apps } restart {} }
            shop: Shop { live { max_per_account } restart {} }
            limits: Limits {
                live {
                    requests_per_minute, login_attempts, login_attempts_per_account,
                    login_attempts_per_address, renames_per_day, shared_networks, trusted_proxies
                }
                restart { max_body, connection_memory }
            }
            disk: Disk { live {} restart { reserve } }
            backup: Backup { live { keep } restart { dir, at, every } }
            log: Log { live { level, requests } restart { format } }
            metrics: Metrics { live { allow } restart {} }
            console: Console { live { allow } restart { listen, public_url } }
            tls: Tls {
                live { hsts }
                restart {
                    domain, contact, directory, ca_file, challenge, folder, cert, key, self_signed, redirect
                }
            }
            moderation: Moderation { live { words, reports_per_day, max_open_reports } restart {} }
            privacy: Privacy { live {} restart { key_file } }
        )
    };
}

pub(super) use every_key;

/// Copies the keys that are `live` and lists the others that differ.
macro_rules! take_over {
    ($old:ident, $new:ident, $changes:ident, keys { $($key:ident),* },
     $($section:ident: $Type:ident { live { $($live:ident),* } restart { $($restart:ident),* } })*) => {
        let Config { $($key,)* $($section),* } = $old;
        $(if *$key != $new.$key {
            $changes.waiting.push(stringify!($key));
        })*
        $(
            let $Type { $($live,)* $($restart),* } = $section;
            $(if *$live != $new.$section.$live {
                $live.clone_from(&$new.$section.$live);
                $changes.applied.push(concat!(stringify!($section), ".", stringify!($live)));
            })*
            $(if *$restart != $new.$section.$restart {
                $changes.waiting.push(concat!(stringify!($section), ".", stringify!($restart)));
            })*
        )*
    };
}

impl Config {
    /// Take over from `new` what may change while a server runs: what each request reads anew. What a
    /// server opens, starts or makes room for by it at its start waits for the next one.
    ///
    /// An error, and nothing is to be used, where the mixture may not be as a whole configuration may not:
    /// `new` may be right only with a key that waits.
    pub(crate) fn take_over(mut self, new: &Config) -> Result<(Config, Changes), ConfigError> {
        let mut changes = Changes::default();
        let old = &mut self;
        every_key!(take_over!(old, new, changes));
        Ok((self.checked()?, changes))
    }
}
