//! The client of a request: its address, its token, and the site whose page sent it.

use super::forwarded::{self, ClientSource};
use super::{form, headers};
use crate::caller::{Credentials, is_token};
use crate::client::Client;
use crate::config::{Config, Networks};
use crate::document::CredentialPlaces;
use crate::origin::Origin;
use hyper::Method;
use hyper::header::{AUTHORIZATION, COOKIE, HOST, HeaderMap, HeaderName, ORIGIN, REFERER};
use hyper::http::request::Parts;
use std::net::IpAddr;
use std::sync::Once;

/// What the name of a cookie begins with under https: it makes browsers refuse one that another host of the
/// domain sets, or a page without https (RFC 6265bis, 4.1.3.2).
pub(crate) const HOST_PREFIX: &str = "__Host-";

/// The cookie of a session under https.
pub(crate) const HOST_COOKIE: &str = "__Host-session";

/// The cookie of a session under http, and of sessions that were opened before `__Host-session` existed.
pub(crate) const COOKIE_NAME: &str = "session";

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The client as limits count it. A peer on this machine that forwards for others and is not trusted
/// is a proxy that nobody configured: a limit per address would be the whole site's, so none applies.
/// The same where a trusted proxy forwards for an address that can't be read.
pub(crate) fn client(peer: IpAddr, headers: &HeaderMap, config: &Config) -> Client {
    let limits = &config.limits;
    let peer = peer.to_canonical();
    if is_unknown_proxy(peer, headers, &limits.trusted_proxies) {
        static TOLD: Once = Once::new();
        TOLD.call_once(|| {
            tracing::warn!(
                "a proxy on this machine forwards requests and is not in limits.trusted_proxies: \
                 limits per address are off; add {peer} to limits.trusted_proxies"
            );
        });
        return Client::unknown(peer);
    }
    match forwarded::source(peer, headers, &limits.trusted_proxies) {
        ClientSource::Address(address) => Client::new(address, &limits.shared_networks),
        ClientSource::Unknown(proxy) => {
            static TOLD: Once = Once::new();
            TOLD.call_once(|| {
                tracing::warn!(
                    "the proxy {proxy} forwards a request for an address that can't be read from \
                     X-Forwarded-For, Forwarded or X-Real-IP: limits per address are off for such \
                     requests; this is told once"
                );
            });
            Client::unknown(proxy)
        }
    }
}

/// Does a peer on this machine that is not trusted forward somebody else's request?
pub(crate) fn is_unknown_proxy(peer: IpAddr, headers: &HeaderMap, trusted: &Networks) -> bool {
    peer.is_loopback() && !trusted.contains(&peer) && forwarded::is_forwarded(headers)
}

/// The token, from the first place that holds one of a token's form: the header `Authorization`, bare
/// or as `Bearer`; the query's `token`; the cookies. Where none does, what the first place held that
/// was not empty: it is a wrong token. (`data.token` of an envelope comes last, and is looked for
/// there.)
pub(crate) fn credentials(
    method: &Method,
    headers: &HeaderMap,
    query: &str,
    client: Client,
    config: &Config,
) -> Credentials {
    let mut found = Found::default();
    let _ = authorization(headers, &mut found)
        || query_token(query, &mut found)
        || session_cookie(method, headers, config, &mut found);
    Credentials { token: found.0, client, signature: None }
}

/// The token, from the places that a document names. What its body may hold is looked for there.
pub(crate) fn credentials_at(
    places: &CredentialPlaces,
    head: &Parts,
    client: Client,
    config: &Config,
) -> Credentials {
    let mut found = Found::default();
    let (headers, query) = (&head.headers, head.uri.query().unwrap_or(""));
    let in_header = |found: &mut Found| {
        let lines = places.header.iter().flat_map(|name| headers.get_all(name));
        let mut values = lines.map(|line| line.as_bytes().trim_ascii());
        values.any(|value| match &places.scheme {
            None => found.offer(value),
            Some(scheme) => {
                let end = value.iter().position(u8::is_ascii_whitespace).unwrap_or(value.len());
                let (word, rest) = value.split_at(end);
                word.eq_ignore_ascii_case(scheme.as_bytes()) && found.offer(rest.trim_ascii())
            }
        })
    };
    let in_query = |found: &mut Found| {
        places.query.as_ref().is_some_and(|wanted| {
            form::pairs(query.as_bytes()).any(|(key, value)| {
                *form::decoded(key) == *wanted.as_bytes() && found.offer(&form::decoded(value))
            })
        })
    };
    let in_cookie = |found: &mut Found| {
        places.cookie.as_ref().is_some_and(|name| {
            !is_cross_site(&head.method, headers, config)
                && [format!("{HOST_PREFIX}{name}"), name.clone()]
                    .iter()
                    .any(|name| cookies(headers, name).any(|value| found.offer(value)))
        })
    };
    let _ = in_header(&mut found) || in_query(&mut found) || in_cookie(&mut found);
    Credentials { token: found.0, client, signature: None }
}

/// The values of a cookie.
pub(crate) fn cookies<'h>(headers: &'h HeaderMap, name: &str) -> impl Iterator<Item = &'h [u8]> {
    let pairs = headers::pieces(headers, &COOKIE, b';');
    pairs.filter_map(move |pair| named(pair, name).map(unquoted))
}

/// The best candidate so far: one with a token's form, or else the first text that is not empty.
#[derive(Default)]
struct Found(Option<String>);

impl Found {
    /// Consider a candidate. True if it has a token's form, which ends the search.
    fn offer(&mut self, held: &[u8]) -> bool {
        let is_token = is_token(held);
        if is_token || (self.0.is_none() && !held.is_empty()) {
            self.0 = Some(String::from_utf8_lossy(held).into_owned());
        }
        is_token
    }
}

fn authorization(headers: &HeaderMap, found: &mut Found) -> bool {
    let mut lines = headers.get_all(AUTHORIZATION).iter().map(|line| line.as_bytes().trim_ascii());
    lines.any(|line| credential(line, found))
        // Some clients and gateways join two lines by a comma, as those of lists may be.
        || headers::pieces(headers, &AUTHORIZATION, b',').any(|piece| {
            let mut joined = Found::default();
            let is_token = credential(piece, &mut joined);
            is_token && found.offer(joined.0.unwrap_or_default().as_bytes())
        })
}

/// Look at one value of `Authorization`.
fn credential(value: &[u8], found: &mut Found) -> bool {
    let end = value.iter().position(u8::is_ascii_whitespace).unwrap_or(value.len());
    let (scheme, rest) = value.split_at(end);
    if scheme.eq_ignore_ascii_case(b"bearer") {
        found.offer(rest.trim_ascii())
    } else if is_other_scheme(scheme, rest) {
        false
    } else {
        found.offer(value)
    }
}

/// Is it a credential for somebody else, such as a proxy's `Basic`? (RFC 9110, 11.4: a scheme, then
/// what belongs to it.) A scheme without anything behind it is told from a wrong token by its name.
fn is_other_scheme(scheme: &[u8], rest: &[u8]) -> bool {
    const ALONE: [&[u8]; 4] = [b"basic", b"digest", b"negotiate", b"ntlm"];
    let is_name = scheme.first().is_some_and(u8::is_ascii_alphabetic)
        && scheme.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.+".contains(byte));
    let is_alone = rest.trim_ascii().is_empty();
    is_name && (!is_alone || ALONE.iter().any(|name| scheme.eq_ignore_ascii_case(name)))
}

fn query_token(query: &str, found: &mut Found) -> bool {
    form::pairs(query.as_bytes())
        .any(|(key, value)| *form::decoded(key) == *b"token" && found.offer(&form::decoded(value)))
}

/// A foreign application on this host may have a cookie `session` of its own: it is passed over.
fn session_cookie(
    method: &Method,
    headers: &HeaderMap,
    config: &Config,
    found: &mut Found,
) -> bool {
    if !headers.contains_key(COOKIE) || is_cross_site(method, headers, config) {
        return false;
    }
    [HOST_COOKIE, COOKIE_NAME].iter().any(|wanted| {
        let mut pairs = headers::pieces(headers, &COOKIE, b';');
        pairs.any(|pair| named(pair, wanted).is_some_and(|value| found.offer(unquoted(value))))
            // Some gateways join by commas what HTTP/2 has in lines of their own.
            || headers::pieces(headers, &COOKIE, b';')
                .flat_map(|pair| pair.split(|byte| *byte == b','))
                .filter_map(|pair| named(pair.trim_ascii(), wanted))
                .any(|value| is_token(value) && found.offer(value))
    })
}

/// The value of a cookie, if it is the one of this name.
fn named<'a>(pair: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let at = pair.iter().position(|byte| *byte == b'=')?;
    (pair[..at].trim_ascii() == name.as_bytes()).then(|| pair[at + 1..].trim_ascii())
}

/// A cookie's value may stand in quotes (RFC 6265, 4.1.1). Browsers send back what was set, without any;
/// some libraries add them.
fn unquoted(value: &[u8]) -> &[u8] {
    value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value)
}

/// Is this a write that a page of another site makes in its visitor's name? A browser sends the
/// visitor's cookie along without being asked, so the cookie proves nothing there. Clients that
/// are no browsers send neither header. What can't be read counts as another site.
pub(crate) fn is_cross_site(method: &Method, headers: &HeaderMap, config: &Config) -> bool {
    if matches!(*method, Method::GET | Method::HEAD) {
        return false;
    }
    if headers.contains_key(ORIGIN) {
        let mut origins = headers.get_all(ORIGIN).iter();
        return !origins.all(|origin| {
            Origin::from_bytes(origin.as_bytes())
                .is_some_and(|origin| is_ours(&origin, headers, config))
        });
    }
    let mut sites = headers.get_all(SEC_FETCH_SITE).iter();
    !sites.all(|site| site == "same-origin" || site == "none")
}

/// May pages of this origin act with their visitor's cookie: our own, and those that the
/// configuration names?
fn is_ours(origin: &Origin, headers: &HeaderMap, config: &Config) -> bool {
    if config.cors.allowed_origins.iter().any(|allowed| allowed == origin.as_str()) {
        return true;
    }
    let public = config.public_url.as_deref().and_then(Origin::of_url);
    if public.as_ref() == Some(origin) {
        return true;
    }
    let Some(host) = headers::first_text(headers, &HOST) else { return false };
    // The origin under which the request was made. Of our public host we know the scheme. Elsewhere a
    // proxy may tell it: a page of another site can't make a browser send this header together with
    // a cookie, so whoever sent it may be believed here.
    let is_public = public.is_some_and(|public| {
        Origin::new(public.scheme(), host).is_some_and(|named| named == public)
    });
    let proto = headers::pieces(headers, &X_FORWARDED_PROTO, b',').next();
    let is_https = config.tls.is_on()
        || proto.map_or(host.ends_with(":443"), |proto| proto.eq_ignore_ascii_case(b"https"));
    let scheme = if is_https { "https" } else { "http" };
    !is_public && Origin::new(scheme, host).as_ref() == Some(origin)
}

/// May the page that asks for a picture show it? An absent `Referer` is welcome; a name that
/// begins with a dot stands for all its subdomains. Only the part before the path is read: a path may
/// hold any bytes.
pub(crate) fn may_embed(headers: &HeaderMap, allowed: &[String]) -> bool {
    let Some(referer) = headers::first(headers, &REFERER) else { return true };
    if allowed.is_empty() || referer.is_empty() {
        return true;
    }
    let Some(host) = referer_host(referer) else { return false };
    allowed.iter().any(|name| match name.strip_prefix('.') {
        Some(_) => host.ends_with(name),
        None => host == *name,
    })
}

fn referer_host(referer: &[u8]) -> Option<String> {
    let scheme = referer.windows(3).position(|window| window == b"://")?;
    let rest = &referer[scheme + 3..];
    let end = rest.iter().position(|byte| b"/?#".contains(byte)).unwrap_or(rest.len());
    let authority = rest[..end].rsplit(|byte| *byte == b'@').next()?;
    let scheme = headers::ascii(&referer[..scheme])?;
    Some(Origin::new(scheme, headers::ascii(authority)?)?.host().to_owned())
}

#[cfg(test)]
mod tests;
