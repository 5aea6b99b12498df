//! What a request says of its client: its address, its token, the site it comes from.

use crate::caller::Credentials;
use crate::client::Client;
use crate::config::{Config, Networks};
use hyper::Method;
use hyper::header::{AUTHORIZATION, COOKIE, HOST, HeaderMap, HeaderName, ORIGIN, REFERER};
use std::net::IpAddr;
use std::sync::Once;

/// The headers in which proxies tell whom they speak for.
const FORWARDING: [&str; 3] = ["x-forwarded-for", "forwarded", "x-real-ip"];

/// The client as limits count it. A peer on this machine that forwards for others and is not trusted
/// is a proxy that nobody configured: a limit per address would be the whole site's, so none applies.
pub(super) fn client(peer: IpAddr, headers: &HeaderMap, config: &Config) -> Client {
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
    Client::new(address(peer, headers, &limits.trusted_proxies), &limits.shared_networks)
}

/// Does a peer on this machine that is not trusted forward somebody else's request?
pub(super) fn is_unknown_proxy(peer: IpAddr, headers: &HeaderMap, trusted: &Networks) -> bool {
    peer.is_loopback()
        && !trusted.contains(&peer)
        && FORWARDING.iter().any(|name| headers.contains_key(*name))
}

/// The client's address. A proxy's `X-Forwarded-For` is believed only if the proxy is trusted, and
/// only back to the first address that is not: the rest is what the client made up.
fn address(peer: IpAddr, headers: &HeaderMap, trusted: &Networks) -> IpAddr {
    // An IPv4 client of an IPv6 socket is one client, not two.
    let mut address = peer.to_canonical();
    if !trusted.contains(&address) {
        return address;
    }
    let lines: Vec<&str> =
        headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok()).collect();
    for hop in lines.iter().flat_map(|line| line.split(',')).rev() {
        let Ok(hop) = hop.trim().parse::<IpAddr>() else { break };
        address = hop.to_canonical();
        if !trusted.contains(&address) {
            break;
        }
    }
    address
}

/// The token, from the first place that has one: the header `Authorization`, bare or as `Bearer`;
/// the query's `token`; the cookie `session`. (`data.token` of an envelope comes last, and is
/// looked for there.)
pub(super) fn credentials(
    method: &Method,
    headers: &HeaderMap,
    query: &str,
    client: Client,
    config: &Config,
) -> Credentials {
    let token = authorization(headers)
        .or_else(|| query_token(query))
        .or_else(|| session_cookie(headers).filter(|_| !is_cross_site(method, headers, config)));
    Credentials { token, client, signature: None }
}

fn authorization(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?.trim();
    let token = match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        // A scheme with nothing behind it.
        None if value.eq_ignore_ascii_case("bearer") => "",
        _ => value,
    };
    (!token.is_empty()).then(|| token.to_owned())
}

fn query_token(query: &str) -> Option<String> {
    if query.is_empty() {
        return None;
    }
    form_urlencoded::parse(query.as_bytes())
        .find(|(key, value)| key == "token" && !value.is_empty())
        .map(|(_, value)| value.into_owned())
}

fn session_cookie(headers: &HeaderMap) -> Option<String> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, value)| *name == "session" && !value.is_empty())
        .map(|(_, value)| value.to_owned())
}

/// Is this a write that a page of another site makes in its visitor's name? A browser sends the
/// visitor's cookie along without being asked, so the cookie proves nothing there. Clients that
/// are no browsers send neither header.
pub(super) fn is_cross_site(method: &Method, headers: &HeaderMap, config: &Config) -> bool {
    if matches!(*method, Method::GET | Method::HEAD) {
        return false;
    }
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(origin) = text(ORIGIN) {
        let allowed = &config.cors.allowed_origins;
        let named = origin != "*" && allowed.iter().any(|allowed| allowed == origin);
        let host = origin.split_once("://").map(|(_, host)| host);
        let own = host.is_some() && (host == text(HOST) || is_public(origin, config));
        return !(named || own);
    }
    matches!(text(HeaderName::from_static("sec-fetch-site")), Some("cross-site" | "same-site"))
}

fn is_public(origin: &str, config: &Config) -> bool {
    config.public_url.as_deref().is_some_and(|url| {
        url.strip_prefix(origin).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// May the page that asks for a picture show it? An absent `Referer` is welcome; a name that
/// begins with a dot stands for all its subdomains.
pub(super) fn may_embed(headers: &HeaderMap, allowed: &[String]) -> bool {
    let Some(referer) = headers.get(REFERER) else { return true };
    if allowed.is_empty() || referer.is_empty() {
        return true;
    }
    let host = referer
        .to_str()
        .ok()
        .and_then(|url| url.parse::<hyper::Uri>().ok())
        .and_then(|url| url.host().map(str::to_ascii_lowercase));
    host.is_some_and(|host| {
        allowed.iter().any(|name| match name.strip_prefix('.') {
            Some(_) => host.ends_with(name),
            None => host == *name,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_forwarded_address_is_believed_as_far_as_trust_reaches() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let trusted = ["127.0.0.1/32", "10.0.0.0/31"].map(|network| network.parse().unwrap());
        let trusted = Networks::from_iter(trusted);
        let of =
            |peer, lines: &[(&'static str, &str)]| address(ip(peer), &headers(lines), &trusted);
        assert_eq!(of("192.0.2.9", &[("x-forwarded-for", "192.0.2.1")]), ip("192.0.2.9"));
        assert_eq!(of("127.0.0.1", &[]), ip("127.0.0.1"));
        assert_eq!(of("::ffff:127.0.0.1", &[("x-forwarded-for", "192.0.2.1")]), ip("192.0.2.1"));
        let made_up =
            [("x-forwarded-for", "192.0.2.66, 192.0.2.1"), ("x-forwarded-for", "10.0.0.1")];
        assert_eq!(of("127.0.0.1", &made_up), ip("192.0.2.1"));
        assert_eq!(of("127.0.0.1", &[("x-forwarded-for", "192.0.2.1, junk")]), ip("127.0.0.1"));
    }

    #[test]
    fn untrusted_local_proxy_turns_limits_per_address_off() {
        let config = Config::default();
        let of = |peer: &str, lines: &[(&'static str, &str)]| {
            client(peer.parse().unwrap(), &headers(lines), &config).is_limited()
        };
        let forwards = [("x-forwarded-for", "192.0.2.1")];
        assert!(of("127.0.0.1", &[]) && of("192.0.2.9", &forwards));
        assert!(!of("127.0.0.1", &forwards) && !of("::1", &[("forwarded", "for=192.0.2.1")]));
        let mut trusting = Config::default();
        trusting.limits.trusted_proxies = Networks::from_iter(["127.0.0.1/32".parse().unwrap()]);
        assert!(client("127.0.0.1".parse().unwrap(), &headers(&forwards), &trusting).is_limited());
    }

    #[test]
    fn the_first_place_that_has_a_token_wins() {
        let config = Config::default();
        let local = Client::unknown("127.0.0.1".parse().unwrap());
        let of = |lines: &[(&'static str, &str)], query| {
            credentials(&Method::POST, &headers(lines), query, local, &config).token
        };
        let all = [("authorization", "a"), ("cookie", "x=1; session=c")];
        assert_eq!(of(&all, "token=b").as_deref(), Some("a"));
        assert_eq!(of(&[("authorization", "bearer a")], "").as_deref(), Some("a"));
        assert_eq!(of(&[("authorization", "Bearer ")], "token=b").as_deref(), Some("b"));
        assert_eq!(of(&all[1..], "other=1&token=b").as_deref(), Some("b"));
        assert_eq!(of(&all[1..], "token=").as_deref(), Some("c"));
        assert_eq!(of(&[], ""), None);
    }

    #[test]
    fn a_cookie_proves_nothing_in_a_cross_site_write() {
        let config = Config::default();
        let of =
            |lines: &[(&'static str, &str)]| is_cross_site(&Method::POST, &headers(lines), &config);
        assert!(!of(&[]));
        assert!(!of(&[("host", "a.example:8080"), ("origin", "http://a.example:8080")]));
        assert!(of(&[("host", "a.example:8080"), ("origin", "http://a.example")]));
        assert!(of(&[("host", "a.example"), ("origin", "https://b.example")]));
        assert!(of(&[("host", "a.example"), ("origin", "null")]));
        assert!(of(&[("host", "a.example"), ("origin", "*")]));
        assert!(of(&[("sec-fetch-site", "cross-site")]));
        assert!(!of(&[("sec-fetch-site", "same-origin")]));
        let lines = headers(&[("sec-fetch-site", "cross-site")]);
        assert!(!is_cross_site(&Method::GET, &lines, &config));
    }

    #[test]
    fn a_foreign_page_may_not_embed() {
        let allowed = ["a.example".to_owned(), ".b.example".to_owned()];
        let of = |referer| may_embed(&headers(&[("referer", referer)]), &allowed);
        assert!(may_embed(&headers(&[]), &allowed));
        assert!(
            of("https://a.example/page") && of("http://A.example:81/") && of("http://x.b.example/")
        );
        assert!(
            !of("http://b.example/") && !of("http://x.a.example/") && !of("http://ab.example/")
        );
        assert!(!of("junk") && !of("http://evil.example/?a.example"));
        assert!(may_embed(&headers(&[("referer", "http://evil.example/")]), &[]));
    }
}
