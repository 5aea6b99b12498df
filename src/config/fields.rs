//! The values that are more than a number or a free text, each with its check and its hint.

use std::collections::BTreeMap;
use std::net::{Ipv6Addr, SocketAddr, ToSocketAddrs};

use jiff::civil;
use jiff::tz::{self, TimeZone};
use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::{Networks, Secret, SharedNetworks, networks};

pub(super) fn text<'de, D, T>(from: D, parse: fn(&str) -> Result<T, String>) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
{
    parse(&String::deserialize(from)?).map_err(D::Error::custom)
}

pub(super) fn texts<'de, D, T>(
    from: D,
    parse: fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
{
    let texts = Vec::<String>::deserialize(from)?;
    let parsed: Result<_, String> = texts.iter().map(|text| parse(text)).collect();
    parsed.map_err(D::Error::custom)
}

pub(super) fn listen<'de, D: Deserializer<'de>>(from: D) -> Result<SocketAddr, D::Error> {
    text(from, |text| {
        if let Ok(address) = text.parse() {
            return Ok(address);
        }
        let found: Vec<SocketAddr> = match text.to_socket_addrs() {
            Ok(found) if !text.starts_with(':') => found.collect(),
            _ => Vec::new(),
        };
        let first = found.iter().find(|address| address.is_ipv4()).or(found.first());
        first.copied().ok_or_else(|| {
            format!("{text:?} is not an address; write for example 127.0.0.1:8080, [::1]:0 or localhost:8080")
        })
    })
}

pub(super) fn public_url<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    text(from, |text| {
        let url = text.trim_end_matches('/');
        let rest = url.strip_prefix("http://").or(url.strip_prefix("https://"));
        let odd = |c: char| c.is_whitespace() || c.is_control() || "?#\"<>\\".contains(c);
        match rest {
            Some(rest) if !rest.is_empty() && !rest.starts_with('/') && !rest.contains(odd) => {
                Ok(Some(url.to_owned()))
            }
            _ => Err(format!(
                "{text:?} is not a base URL; write for example https://www.example.com"
            )),
        }
    })
}

pub(super) fn timezone<'de, D: Deserializer<'de>>(from: D) -> Result<TimeZone, D::Error> {
    text(from, |name| {
        TimeZone::get(name).map_err(|_| {
            format!(
                "{name:?} is not a time zone; write its IANA name, for example Europe/Paris or UTC"
            )
        })
    })
}

pub(super) fn time_of_day<'de, D: Deserializer<'de>>(from: D) -> Result<civil::Time, D::Error> {
    text(from, |text| {
        let two = |digits: &str| match digits.as_bytes() {
            [b'0'..=b'9', b'0'..=b'9'] => digits.parse::<i8>().ok(),
            _ => None,
        };
        let time = text.split_once(':').and_then(|(hour, minute)| Some((two(hour)?, two(minute)?)));
        time.and_then(|(hour, minute)| civil::Time::new(hour, minute, 0, 0).ok())
            .ok_or_else(|| format!("{text:?} is not a time of day; write for example 03:30"))
    })
}

/// `Asia/Shanghai`. The zones are part of the program, so the offset is never needed; it is what
/// Shanghai has kept since 1991.
pub(super) fn shanghai() -> TimeZone {
    TimeZone::get("Asia/Shanghai").unwrap_or_else(|_| TimeZone::fixed(tz::offset(8)))
}

pub(super) fn captcha_length<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    match u32::deserialize(from)? {
        length @ 1..=10 => Ok(length),
        length => Err(D::Error::custom(format!("{length} is not from 1 to 10"))),
    }
}

pub(super) fn test_code<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    text(from, |text| {
        let fits = matches!(text.len(), 1..=10) && text.chars().all(|c| c.is_ascii_alphanumeric());
        let code = fits.then(|| Some(text.to_owned()));
        code.ok_or_else(|| format!("{text:?} is not 1 to 10 ASCII letters or digits"))
    })
}

pub(super) fn version<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    text(from, |text| {
        // A number that does not fit could not be compared.
        let is_number =
            |part: &str| part.bytes().all(|b| b.is_ascii_digit()) && part.parse::<u64>().is_ok();
        let version = text.split('.').all(is_number).then(|| text.to_owned());
        version.ok_or_else(|| format!("{text:?} is not a version; write for example 1.0.0"))
    })
}

pub(super) fn referers<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    texts(from, |text| {
        let name = text.to_ascii_lowercase();
        let fits = is_host_name(name.strip_prefix('.').unwrap_or(&name));
        fits.then_some(name).ok_or_else(|| {
            format!("{text:?} is not a host name; write www.example.com, or .example.com for its subdomains, without scheme, port or slash")
        })
    })
}

pub(super) fn networks<'de, D: Deserializer<'de>>(from: D) -> Result<Networks, D::Error> {
    texts(from, networks::parse).map(Networks::from_iter)
}

pub(super) fn shared_networks<'de, D>(from: D) -> Result<SharedNetworks, D::Error>
where
    D: Deserializer<'de>,
{
    let factors = BTreeMap::<String, u32>::deserialize(from)?;
    let parsed: Result<_, String> = factors
        .iter()
        .map(|(text, factor)| match factor {
            0 => Err(format!("{text:?} = 0: write by how much limits are multiplied, 1 or more")),
            factor => Ok((networks::parse(text)?, *factor)),
        })
        .collect();
    parsed.map_err(D::Error::custom)
}

pub(super) fn secrets<'de, D>(from: D) -> Result<BTreeMap<String, Secret>, D::Error>
where
    D: Deserializer<'de>,
{
    // The usual message would show what was written: perhaps a secret.
    BTreeMap::deserialize(from)
        .map_err(|_| D::Error::custom("a secret is a text, not empty: APP = \"secret\""))
}

pub(super) fn apps<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    texts(from, |text| {
        is_app(text).then(|| text.to_owned()).ok_or_else(|| {
            format!("{text:?} is not the name of an app: 1 to 32 of A-Z a-z 0-9 _ -, and not api")
        })
    })
}

/// Can an app be called this? (`handlers/game.rs` reads the same of requests.)
pub(super) fn is_app(name: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    matches!(name.len(), 1..=32) && name.bytes().all(fits) && name != "api"
}

pub(super) fn origins<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    texts(from, |text| {
        origin(&text.to_ascii_lowercase()).ok_or_else(|| {
            format!("{text:?} is not an origin; write \"*\" or for example https://www.example.com, without a path or a slash at the end")
        })
    })
}

pub(super) fn origin(text: &str) -> Option<String> {
    if text == "*" {
        return Some(text.to_owned());
    }
    let (scheme, address) = text.split_once("://")?;
    let own_port = match scheme {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    let (host, port) = match address.rsplit_once(':') {
        Some((host, port)) if !address.ends_with(']') => (host, Some(port)),
        _ => (address, None),
    };
    let ipv6 = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    if !ipv6.map_or(is_host_name(host), |host| host.parse::<Ipv6Addr>().is_ok()) {
        return None;
    }
    match port.map(|port| port.parse::<u16>()) {
        None => Some(text.to_owned()),
        Some(Ok(port)) if port == own_port => Some(format!("{scheme}://{host}")),
        Some(Ok(port @ 1..)) => Some(format!("{scheme}://{host}:{port}")),
        Some(_) => None,
    }
}

fn is_host_name(name: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    name.len() <= 253 && name.split('.').all(is_label)
}
