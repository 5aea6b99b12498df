//! What proxies tell of whom they speak for: `X-Forwarded-For`, `Forwarded` (RFC 7239), `X-Real-IP`.
//!
//! One header counts: the first of these three that a request has. A proxy must therefore set or
//! remove `X-Forwarded-For`, which nearly all do by themselves; a client could write it otherwise.

use super::headers;
use crate::config::Networks;
use hyper::header::{HeaderMap, HeaderName};
use std::net::{IpAddr, Ipv6Addr};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED: HeaderName = HeaderName::from_static("forwarded");
const X_REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");

/// The client of a request, according to trusted proxies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClientSource {
    /// From this address.
    Address(IpAddr),
    /// A trusted proxy speaks for somebody whose address can't be read. The address is the last one
    /// that is known, a proxy's.
    Unknown(IpAddr),
}

/// Does a request say that it is forwarded?
pub(crate) fn is_forwarded(request: &HeaderMap) -> bool {
    [X_FORWARDED_FOR, FORWARDED, X_REAL_IP].iter().any(|name| request.contains_key(name))
}

/// Where a request of `peer` comes from. The addresses are read from the last, which the nearest proxy
/// wrote, back to the first that is no trusted proxy: what stands before it the client made up.
pub(crate) fn source(peer: IpAddr, request: &HeaderMap, trusted: &Networks) -> ClientSource {
    // An IPv4 client of an IPv6 socket is one client, not two.
    let peer = peer.to_canonical();
    if !trusted.contains(&peer) || !is_forwarded(request) {
        return ClientSource::Address(peer);
    }
    let list = headers::pieces(request, &X_FORWARDED_FOR, b',').filter(|hop| !hop.is_empty());
    if let Some(source) = walk(peer, list.rev().map(hop), trusted) {
        return source;
    }
    let elements: Vec<&[u8]> =
        request.get_all(FORWARDED).iter().flat_map(|line| elements(line.as_bytes())).collect();
    let elements = elements.into_iter().filter(|element| !element.is_empty());
    if let Some(source) = walk(peer, elements.rev().map(|e| Hop::new(forwarded_for(e))), trusted) {
        return source;
    }
    let real = headers::pieces(request, &X_REAL_IP, b',').filter(|hop| !hop.is_empty());
    walk(peer, real.rev().map(hop).take(1), trusted).unwrap_or(ClientSource::Unknown(peer))
}

/// Whom a proxy speaks for.
enum Hop {
    /// Who has this address.
    Address(IpAddr),
    /// Another proxy on its own machine, which came by a socket without addresses: it is trusted as this
    /// one is, and whom it speaks for stands before it.
    Socket,
    /// Somebody whose address can't be read.
    Unreadable,
}

impl Hop {
    fn new(address: Option<IpAddr>) -> Self {
        address.map_or(Hop::Unreadable, Hop::Address)
    }
}

/// Go from hop to hop while they are trusted; `None` if there is no hop at all.
fn walk(peer: IpAddr, hops: impl Iterator<Item = Hop>, trusted: &Networks) -> Option<ClientSource> {
    let mut last = None;
    for hop in hops {
        match hop {
            Hop::Address(address) if trusted.contains(&address) => {
                last = Some(ClientSource::Address(address));
            }
            Hop::Address(address) => return Some(ClientSource::Address(address)),
            Hop::Socket => last = last.or(Some(ClientSource::Unknown(peer))),
            Hop::Unreadable => {
                return Some(match last {
                    Some(ClientSource::Address(known) | ClientSource::Unknown(known)) => {
                        ClientSource::Unknown(known)
                    }
                    None => ClientSource::Unknown(peer),
                });
            }
        }
    }
    last
}

/// A hop of a list. nginx writes `unix:` for a peer at a socket of its own machine.
fn hop(written: &[u8]) -> Hop {
    if written == b"unix:" { Hop::Socket } else { Hop::new(address(written)) }
}

/// An address as proxies write it: bare, with a port, in brackets, in quotes, with a zone.
fn address(written: &[u8]) -> Option<IpAddr> {
    let text = headers::ascii(written)?.trim();
    let text =
        text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text).trim();
    let found = match text.strip_prefix('[') {
        Some(rest) => {
            let (inside, behind) = rest.split_once(']')?;
            let is_port = behind.is_empty() || behind.strip_prefix(':').is_some_and(is_port);
            // Brackets belong to IPv6; some gateways put all addresses in them.
            is_port
                .then(|| inside.parse().ok().or_else(|| ipv6(inside).map(IpAddr::V6)))
                .flatten()?
        }
        None => match text.parse::<IpAddr>() {
            Ok(address) => address,
            // Behind an IPv6 address in full, a ninth group can only be a port.
            Err(_) => match text.rsplit_once(':') {
                Some((host, port)) if is_port(port) => host.parse().ok()?,
                _ => ipv6(text)?.into(),
            },
        },
    };
    Some(found.to_canonical())
}

/// An IPv6 address, whose zone (`fe80::1%eth0`) is of use to nobody else.
fn ipv6(text: &str) -> Option<Ipv6Addr> {
    text.split('%').next()?.parse().ok()
}

/// A port, or RFC 7239's hidden one.
fn is_port(text: &str) -> bool {
    let hidden = text.strip_prefix('_').is_some_and(|name| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    });
    hidden || (matches!(text.len(), 1..=5) && text.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The elements of a line of `Forwarded`. A comma in a quoted text ends none, unless the quotes of the
/// line don't match: then a client began one to swallow what the proxy adds behind it.
fn elements(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let is_balanced = {
        let (mut inside, mut escaped) = (false, false);
        for byte in line {
            (inside, escaped) = quoted(inside, escaped, *byte);
        }
        !inside
    };
    let (mut inside, mut escaped) = (false, false);
    line.split(move |byte| {
        if is_balanced {
            (inside, escaped) = quoted(inside, escaped, *byte);
        }
        *byte == b',' && !inside
    })
    .map(<[u8]>::trim_ascii)
}

/// Whether the next byte is inside of quotes, and whether a backslash stands before it.
fn quoted(inside: bool, escaped: bool, byte: u8) -> (bool, bool) {
    match byte {
        _ if escaped => (inside, false),
        b'\\' if inside => (inside, true),
        b'"' => (!inside, false),
        _ => (inside, false),
    }
}

/// The address behind `for` in an element of `Forwarded`; `None` if it is not well-formed, or hides
/// the address (`unknown`, `_name`).
fn forwarded_for(element: &[u8]) -> Option<IpAddr> {
    let mut found = None;
    let mut rest = headers::ascii(element)?;
    loop {
        let (name, behind) = rest.split_once('=')?;
        let (name, behind) = (name.trim(), behind.trim_start());
        let is_token = |text: &str| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && b != b'"')
        };
        if !is_token(name) {
            return None;
        }
        let (value, behind) = match behind.strip_prefix('"') {
            Some(text) => unquoted(text)?,
            None => {
                let (value, behind) = behind.split_at(behind.find(';').unwrap_or(behind.len()));
                // Brackets and colons belong into quotes; not all proxies know.
                if !is_token(value.trim_end()) {
                    return None;
                }
                (value.trim_end().to_owned(), behind)
            }
        };
        if name.eq_ignore_ascii_case("for") {
            // A parameter may stand once (RFC 7239, section 4).
            if found.is_some() {
                return None;
            }
            found = Some(address(value.as_bytes())?);
        }
        match behind.trim_start().strip_prefix(';') {
            Some(more) if !more.trim().is_empty() => rest = more,
            Some(_) => return found,
            None if behind.trim().is_empty() => return found,
            None => return None,
        }
    }
}

/// The quoted text that `text` begins with, behind its first quote, and what follows it.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(characters.next()?.1),
            _ => value.push(character),
        }
    }
    None
}

#[cfg(test)]
mod tests;
