//! Readers of keys whose values need more than a type: each checks the value and says what would be right.

use std::collections::BTreeMap;
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;

use hyper::header::{self, HeaderName, HeaderValue};
use jiff::civil;
use jiff::tz::{self, TimeZone};
use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::{Networks, Secret, SharedNetworks, networks, units};
use crate::origin::{Origin, is_host_name};

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

/// An address to listen on, or `""` for none.
pub(super) fn listen_if_any<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<SocketAddr>, D::Error> {
    text(from, |text| if text.is_empty() { Ok(None) } else { address(text).map(Some) })
}

pub(super) fn listen<'de, D: Deserializer<'de>>(from: D) -> Result<SocketAddr, D::Error> {
    text(from, address)
}

fn address(text: &str) -> Result<SocketAddr, String> {
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

pub(super) fn drain<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    units::any(from, "a duration, for example 5s", |text| {
        match units::parse_duration_or_zero(text)? {
            time if time <= Duration::from_secs(60) => Ok(time),
            _ => Err(format!("{text:?} is too long; write 0s to 60s")),
        }
    })
}

pub(super) fn any_duration<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    units::any(from, "a duration, for example 180d", units::parse_duration_or_zero)
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

/// Is it a valid name of an app? (`handlers/game.rs` checks the same in requests.)
pub fn is_app(name: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    matches!(name.len(), 1..=32) && name.bytes().all(fits) && name != "api"
}

pub(super) fn origins<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    texts(from, |text| {
        origin(text).ok_or_else(|| {
            format!("{text:?} is not an origin; write \"*\" or for example https://www.example.com, without a path or a slash at the end")
        })
    })
}

pub(super) fn origin(text: &str) -> Option<String> {
    match text {
        "*" => Some(text.to_owned()),
        _ => Origin::parse(text).map(|origin| origin.as_str().to_owned()),
    }
}

/// Headers of answers, `{ "Name" = "value" }`; an empty value removes one of the defaults.
pub(super) fn answer_headers<'de, D>(from: D) -> Result<BTreeMap<String, String>, D::Error>
where
    D: Deserializer<'de>,
{
    let headers = BTreeMap::<String, String>::deserialize(from)?;
    for (name, value) in &headers {
        let name: HeaderName = name.parse().map_err(|_| {
            D::Error::custom(format!("{name:?} is not the name of a header; write for example \"Content-Security-Policy\""))
        })?;
        if FRAMING.contains(&name) {
            return Err(D::Error::custom(format!("{name}: the server sets it itself")));
        }
        if HeaderValue::from_str(value).is_err() {
            return Err(D::Error::custom(format!(
                "{name}: {value:?} is not the value of a header: no line ends, no control characters"
            )));
        }
    }
    Ok(headers)
}

/// Headers that say where an answer ends, or what its body is: a wrong one would spoil every answer.
const FRAMING: [HeaderName; 9] = [
    header::CONNECTION,
    header::CONTENT_ENCODING,
    header::CONTENT_LENGTH,
    header::CONTENT_RANGE,
    header::CONTENT_TYPE,
    header::DATE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// Names of headers that pages may send, in lower case.
pub(super) fn header_names<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    texts(from, |text| match text.parse::<HeaderName>() {
        Ok(name) => Ok(name.as_str().to_owned()),
        Err(_) => {
            Err(format!("{text:?} is not the name of a header; write for example \"traceparent\""))
        }
    })
}
