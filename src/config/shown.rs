//! A configuration as text: every key with the value that is in effect, in the form of the file, secrets masked.

use super::changes::every_key;
use super::{
    AcmeChallenge, BoardSettings, CaptchaKind, Config, ContentType, DatabaseUrl, Endpoint,
    LogFormat, LogLevel, Networks, OpenUpload, Reserve, ScoreChecks, SeasonWebhook, Secret,
    SharedNetworks, SmsGateway, StoreKind, Synchronous, Tencent, Webhook, WxApp,
};
use crate::boards::{Direction, Rule, Ties};
use crate::season::Period;
use jiff::civil;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// What stands in the place of a secret.
const MASK: &str = "***";

/// A key and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownKey {
    /// The section; empty for keys that stand before all sections.
    pub section: &'static str,
    /// The key.
    pub key: &'static str,
    /// The value as the file has it; empty where the key is not set and has no default.
    pub value: String,
    /// Is it the default?
    pub is_default: bool,
}

/// A value that can be shown.
trait Show {
    /// As TOML; empty where there is nothing.
    fn show(&self) -> String;
}

/// A text as TOML has it.
fn quoted(text: &str) -> String {
    // JSON's texts are TOML's basic strings, but for DEL.
    serde_json::to_string(text).unwrap_or_default().replace('\u{7f}', "\\u007f")
}

macro_rules! show_by {
    ($($type:ty),* => $show:expr) => {
        $(impl Show for $type {
            fn show(&self) -> String {
                let show: fn(&$type) -> String = $show;
                show(self)
            }
        })*
    };
}

show_by!(bool, u16, u32, u64, usize, i64 => |it| it.to_string());
show_by!(f64 => |it| format!("{it:?}"));
show_by!(String => |it| quoted(it));
show_by!(PathBuf => |it| quoted(&it.to_string_lossy()));
show_by!(SocketAddr => |it| quoted(&it.to_string()));
show_by!(Secret => |_| quoted(MASK));
// Its path may hold a key.
show_by!(Endpoint => |it| quoted(&it.to_string()));
show_by!(TimeZone => |it| quoted(it.iana_name().unwrap_or("UTC")));
show_by!(civil::Time => |it| quoted(&format!("{:02}:{:02}", it.hour(), it.minute())));
show_by!(Networks => |it| it.texts().show());
show_by!(SharedNetworks => |it| {
    let networks: Vec<String> =
        it.texts().iter().map(|(network, factor)| format!("{} = {factor}", quoted(network))).collect();
    format!("{{ {} }}", networks.join(", "))
});
show_by!(DatabaseUrl => |it| match it {
    DatabaseUrl::Sqlite => quoted("sqlite"),
    DatabaseUrl::SqlitePath(path) => quoted(&format!("sqlite:{}", path.display())),
    DatabaseUrl::Postgres(_) => quoted(&format!("postgres://{MASK}")),
});
show_by!(Duration => |it| {
    let seconds = it.as_secs();
    let (count, unit) = match seconds {
        0 => (0, "s"),
        _ if seconds % 86_400 == 0 => (seconds / 86_400, "d"),
        _ if seconds % 3_600 == 0 => (seconds / 3_600, "h"),
        _ if seconds % 60 == 0 => (seconds / 60, "m"),
        _ => (seconds, "s"),
    };
    quoted(&format!("{count}{unit}"))
});
show_by!(Reserve => |it| match it {
    Reserve::Auto => quoted("auto"),
    Reserve::Bytes(bytes) => bytes.to_string(),
});
show_by!(OpenUpload => |it| match it {
    OpenUpload::None => quoted("none"),
    OpenUpload::Free => quoted("free"),
    OpenUpload::Any => quoted("any"),
});
show_by!(ContentType => |it| quoted(match it {
    ContentType::Json => "application/json",
    ContentType::Text => "text/plain",
}));
show_by!(AcmeChallenge => |it| quoted(match it {
    AcmeChallenge::TlsAlpn01 => "tls-alpn-01",
    AcmeChallenge::Http01 => "http-01",
}));
// The file calls these as the program does, in small letters.
show_by!(CaptchaKind => |it| quoted(&format!("{it:?}").to_lowercase()));
show_by!(SmsGateway => |it| quoted(&format!("{it:?}").to_lowercase()));
show_by!(StoreKind => |it| quoted(&format!("{it:?}").to_lowercase()));
show_by!(Synchronous => |it| quoted(&format!("{it:?}").to_lowercase()));
show_by!(LogFormat => |it| quoted(&format!("{it:?}").to_lowercase()));
show_by!(LogLevel => |it| quoted(&format!("{it:?}").to_lowercase()));
show_by!(Rule => |it| quoted(&format!("{it:?}").to_lowercase()));
show_by!(Direction => |it| quoted(&format!("{it:?}").to_lowercase()));
show_by!(Ties => |it| quoted(&format!("{it:?}").to_lowercase()));
show_by!(Period => |it| quoted(&format!("{it:?}").to_lowercase()));

impl<T: Show> Show for Option<T> {
    fn show(&self) -> String {
        self.as_ref().map(Show::show).unwrap_or_default()
    }
}

impl<T: Show> Show for Vec<T> {
    fn show(&self) -> String {
        let items: Vec<String> = self.iter().map(Show::show).collect();
        format!("[{}]", items.join(", "))
    }
}

impl<T: Show> Show for BTreeMap<String, T> {
    fn show(&self) -> String {
        let items: Vec<String> =
            self.iter().map(|(key, value)| format!("{} = {}", quoted(key), value.show())).collect();
        if items.is_empty() { String::new() } else { format!("{{ {} }}", items.join(", ")) }
    }
}

/// Structs with a value for each key.
macro_rules! show_struct {
    ($($type:ident { $($field:ident),* })*) => {
        $(impl Show for $type {
            fn show(&self) -> String {
                let $type { $($field),* } = self;
                let fields = [$((stringify!($field), $field.show())),*];
                let fields: Vec<String> = fields
                    .iter()
                    .filter(|(_, value)| !value.is_empty())
                    .map(|(key, value)| format!("{key} = {value}"))
                    .collect();
                if fields.is_empty() { String::new() } else { format!("{{ {} }}", fields.join(", ")) }
            }
        })*
    };
}

show_struct! {
    BoardSettings { rule, order, ties, season, timezone }
    ScoreChecks { min, max, largest_step, per_minute, shortest_round }
    SeasonWebhook { url, secret, places }
    Webhook { url, secret }
    WxApp { appid, secret, check_texts }
    Tencent { secret_id, secret_key, sdk_app_id, sign_name, template_id, params, region, endpoint }
}

/// Lists the keys of a configuration.
macro_rules! list {
    ($config:ident, $usual:ident, keys { $($key:ident),* },
     $($section:ident: $Type:ident { live { $($live:ident),* } restart { $($restart:ident),* } })*) => {
        vec![
            $(ShownKey {
                section: "",
                key: stringify!($key),
                value: $config.$key.show(),
                is_default: $config.$key == $usual.$key,
            },)*
            $(
                $(ShownKey {
                    section: stringify!($section),
                    key: stringify!($live),
                    value: $config.$section.$live.show(),
                    is_default: $config.$section.$live == $usual.$section.$live,
                },)*
                $(ShownKey {
                    section: stringify!($section),
                    key: stringify!($restart),
                    value: $config.$section.$restart.show(),
                    is_default: $config.$section.$restart == $usual.$section.$restart,
                },)*
            )*
        ]
    };
}

impl Config {
    /// Every key with the value that is in effect, secrets masked.
    pub fn shown(&self) -> Vec<ShownKey> {
        let (config, usual) = (self, &Config::default());
        every_key!(list!(config, usual))
    }

    /// The same as a file of configuration. Keys that are not set are comments.
    pub fn shown_text(&self) -> String {
        let mut text = String::new();
        let mut section = "";
        for ShownKey { section: own, key, value, is_default } in self.shown() {
            if own != section {
                section = own;
                text.push_str(&format!("\n[{section}]\n"));
            }
            // The programs of [wx] are sections of their own.
            if (own, key) == ("wx", "apps") {
                let apps = self.wx.apps.iter();
                text.extend(apps.map(|(app, it)| format!("{} = {}\n", quoted(app), it.show())));
                continue;
            }
            let told = if is_default { "  # default" } else { "" };
            match value.as_str() {
                "" => text.push_str(&format!("# {key} is not set\n")),
                value => text.push_str(&format!("{key} = {value}{told}\n")),
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown_default_configuration_is_the_default() {
        let text = Config::default().shown_text();
        assert_eq!(Config::parse(&text, []).unwrap(), Config::default(), "{text}");
    }

    #[test]
    fn shown_configuration_has_no_secrets() {
        let file = r#"
            [database]
            url = "postgres://guichet:canary-1@db.example.com/guichet"
            [store]
            kind = "s3"
            endpoint = "https://s3.example.com"
            region = "auto"
            bucket = "pictures"
            access_key_id = "canary-2"
            secret_access_key = "canary-3"
            shared = true
            [sms]
            gateway = "webhook"
            [sms.webhook]
            url = "https://sms.example.com/canary-4?key=canary-5"
            secret = "canary-6"
            [score.secrets]
            lamps = "canary-7"
            [score.webhooks]
            lamps = { url = "https://game.example.com/canary-8", secret = "canary-9" }
            [wx]
            lamps = { appid = "wx0123456789abcdef", secret = "canary-10" }
        "#;
        let config = Config::parse(file, []).unwrap();
        let text = config.shown_text();
        assert!(!text.contains("canary"), "{text}");
        assert!(text.contains("appid = \"wx0123456789abcdef\""), "{text}");
        // It is a configuration all the same, the same but for what is masked.
        let again =
            Config::parse(&text.replace("postgres://***", "postgres://guichet@db/guichet"), [])
                .unwrap();
        assert_eq!(again.store.bucket, config.store.bucket);
        assert_eq!(again.shown_text(), text);
    }
}
