//! The header `Host`: one, and well-formed (RFC 9110, 7.2; RFC 9112, 3.2).
//!
//! A proxy in front of the server may route by it. If the two could read it differently, a request
//! for one site would be answered by another, so a missing, repeated or malformed header is refused.

use hyper::Version;
use hyper::header::{HOST, HeaderMap};
use std::net::Ipv6Addr;

/// Check the header of a request; the error says what is wrong with it.
pub(crate) fn check(headers: &HeaderMap, version: Version) -> Result<(), &'static str> {
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(_), Some(_)) => Err("the header Host stands twice"),
        (Some(host), None) if is_host_and_port(host.as_bytes()) => Ok(()),
        (Some(_), None) => Err("the header Host is not a host with an optional port"),
        // HTTP/1.0 has no such header.
        (None, _) if version == Version::HTTP_11 => Err("the header Host is missing"),
        (None, _) => Ok(()),
    }
}

/// `uri-host [ ":" port ]` (RFC 9110, 7.2), with a host that is not empty.
fn is_host_and_port(text: &[u8]) -> bool {
    let (is_host, port) = match text.strip_prefix(b"[") {
        Some(literal) => {
            let Some(end) = literal.iter().position(|byte| *byte == b']') else { return false };
            (is_ip_literal(&literal[..end]), &literal[end + 1..])
        }
        None => {
            let end = text.iter().position(|byte| *byte == b':').unwrap_or(text.len());
            (is_name(&text[..end]), &text[end..])
        }
    };
    is_host && (port.is_empty() || port.strip_prefix(b":").is_some_and(is_port))
}

/// A port: digits, of which there may be none (RFC 3986, 3.2.3), up to 65535.
fn is_port(digits: &[u8]) -> bool {
    let port = digits.iter().try_fold(0_u32, |port, byte| {
        let port = port * 10 + u32::from(byte.checked_sub(b'0').filter(|digit| *digit < 10)?);
        (port <= u32::from(u16::MAX)).then_some(port)
    });
    port.is_some()
}

/// A registered name or an IPv4 address, not empty: RFC 3986, 3.2.2, `reg-name`.
fn is_name(name: &[u8]) -> bool {
    let mut rest = name;
    while let Some((byte, after)) = rest.split_first() {
        rest = match (byte, after) {
            (b'%', [high, low, after @ ..])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                after
            }
            (byte, after) if is_plain(*byte) => after,
            _ => return false,
        };
    }
    !name.is_empty()
}

/// The inside of brackets: an IPv6 address, or an address of a future version.
fn is_ip_literal(literal: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(literal) else { return false };
    if text.parse::<Ipv6Addr>().is_ok() {
        return true;
    }
    let future = text.strip_prefix(['v', 'V']).and_then(|text| text.split_once('.'));
    future.is_some_and(|(version, address)| {
        !version.is_empty()
            && version.bytes().all(|byte| byte.is_ascii_hexdigit())
            && !address.is_empty()
            && address.bytes().all(|byte| byte == b':' || is_plain(byte))
    })
}

/// `unreserved` or `sub-delims` (RFC 3986, 2.2 and 2.3).
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn host_is_a_name_or_address_with_optional_port() {
        for good in [
            "a",
            "example.com",
            "example.com:",
            "example.com:80",
            "my_host:65535",
            "127.0.0.1:8080",
            "[::1]",
            "[2001:db8::1]:443",
            "[v1.a:b]",
            "%e4%bd%a0.example",
            "*",
        ] {
            assert!(is_host_and_port(good.as_bytes()), "{good}");
        }
        for bad in [
            "",
            ":80",
            "a b",
            "a/b",
            "a:b",
            "a:80:80",
            "a:65536",
            "a:-1",
            "a:+1",
            "a:8 0",
            "a@b",
            "http://a",
            "a?b",
            "a#b",
            "a\\b",
            "a%",
            "a%4",
            "a%zz",
            "[",
            "[]",
            "[::1",
            "::1",
            "[::1]80",
            "[::1]x",
            "[a]",
            "[v.a]",
            "[v1.]",
            "[fe80::1%eth0]",
            "a\u{e9}",
            "\"a\"",
            "a|b",
            "<a>",
            "{a}",
        ] {
            assert!(!is_host_and_port(bad.as_bytes()), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_host_bytes_are_checked_without_panic(bytes: Vec<u8>) {
            let _ = is_host_and_port(&bytes);
        }

        #[test]
        fn host_refused_by_uri_parser_is_refused(text in "[\\x21-\\x7e]{1,12}") {
            // Of percent-encoded names, which the standard allows, hyper's parser knows nothing.
            if is_host_and_port(text.as_bytes()) && !text.contains(['[', '%']) {
                prop_assert!(format!("http://{text}/").parse::<hyper::Uri>().is_ok(), "{}", text);
            }
        }
    }
}
