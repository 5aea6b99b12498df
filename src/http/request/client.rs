//! What a request says of its client: its address, its token, the site it comes from.

use super::forwarded::{self, Source};
use super::headers;
use crate::caller::{Credentials, is_token};
use crate::client::Client;
use crate::config::{Config, Networks};
use crate::origin::Origin;
use hyper::Method;
use hyper::header::{AUTHORIZATION, COOKIE, HOST, HeaderMap, HeaderName, ORIGIN, REFERER};
use std::net::IpAddr;
use std::sync::Once;

/// The cookie of a session under https. Its prefix makes browsers refuse one that another host of the
/// domain sets, or a page without https (RFC 6265bis, 4.1.3.2).
pub(crate) const HOST_COOKIE: &str = "__Host-session";

/// The cookie of a session under http, and of sessions that were opened before the other came.
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
        Source::Address(address) => Client::new(address, &limits.shared_networks),
        Source::Unknown(proxy) => {
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

/// The best that was found so far: a token's form, or else the first text that was not empty.
#[derive(Default)]
struct Found(Option<String>);

impl Found {
    /// Look at what a place holds; whether it has a token's form, so that the search ends.
    fn offer(&mut self, held: &[u8]) -> bool {
        let is_token = is_token(held);
        if is_token || (self.0.is_none() && !held.is_empty()) {
            self.0 = Some(String::from_utf8_lossy(held).into_owned());
        }
        is_token
    }
}

fn authorization(headers: &HeaderMap, found: &mut Found) -> bool {
    headers.get_all(AUTHORIZATION).iter().any(|line| {
        let value = line.as_bytes().trim_ascii();
        let end = value.iter().position(u8::is_ascii_whitespace).unwrap_or(value.len());
        let (scheme, rest) = value.split_at(end);
        if scheme.eq_ignore_ascii_case(b"bearer") {
            found.offer(rest.trim_ascii())
        } else if is_other_scheme(scheme, rest) {
            false
        } else {
            found.offer(value)
        }
    })
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
    !query.is_empty()
        && form_urlencoded::parse(query.as_bytes())
            .any(|(key, value)| key == "token" && found.offer(value.as_bytes()))
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
        headers::pieces(headers, &COOKIE, b';').any(|pair| {
            let Some(at) = pair.iter().position(|byte| *byte == b'=') else { return false };
            let (name, value) = (pair[..at].trim_ascii(), pair[at + 1..].trim_ascii());
            name == wanted.as_bytes() && found.offer(unquoted(value))
        })
    })
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
    let is_https =
        proto.map_or(host.ends_with(":443"), |proto| proto.eq_ignore_ascii_case(b"https"));
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
mod tests {
    use super::*;
    use crate::config::Networks;
    use proptest::prelude::*;

    fn map(lines: &[(&'static str, &str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn untrusted_local_proxy_turns_limits_per_address_off() {
        let config = Config::default();
        let of = |peer: &str, lines: &[(&'static str, &str)]| {
            client(peer.parse().unwrap(), &map(lines), &config).is_limited()
        };
        let forwards = [("x-forwarded-for", "192.0.2.1")];
        assert!(of("127.0.0.1", &[]) && of("192.0.2.9", &forwards));
        assert!(!of("127.0.0.1", &forwards) && !of("::1", &[("forwarded", "for=192.0.2.1")]));
        let mut trusting = Config::default();
        trusting.limits.trusted_proxies = Networks::from_iter(["127.0.0.1/32".parse().unwrap()]);
        assert!(client("127.0.0.1".parse().unwrap(), &map(&forwards), &trusting).is_limited());
    }

    const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    const C: &str = "cccccccccccccccccccccccccccccccc";

    /// The token that is found in these headers and this query.
    fn token(lines: &[(&'static str, &[u8])], query: &str) -> Option<String> {
        let local = Client::unknown("127.0.0.1".parse().unwrap());
        let config = Config::default();
        credentials(&Method::POST, &headers::of(lines), query, local, &config).token
    }

    #[test]
    fn first_place_with_a_tokens_form_wins() {
        let all = [
            ("authorization", A.as_bytes()),
            ("cookie", b"x=1; session=cccccccccccccccccccccccccccccccc"),
        ];
        let query = format!("other=1&token={B}");
        assert_eq!(token(&all, &query).as_deref(), Some(A));
        assert_eq!(token(&all[1..], &query).as_deref(), Some(B));
        assert_eq!(token(&all[1..], "token=").as_deref(), Some(C));
        assert_eq!(token(&[], ""), None);
        for bearer in ["bearer ", "Bearer  ", "BEARER\t"] {
            let line = format!("{bearer}{A}");
            assert_eq!(token(&[("authorization", line.as_bytes())], "").as_deref(), Some(A));
        }
    }

    #[test]
    fn what_has_no_tokens_form_hides_no_token() {
        let cookie = format!("session={C}");
        let cookie = ("cookie", cookie.as_bytes());
        for line in [
            &b"Basic dXNlcjpwYXNz"[..],
            b"Basic",
            b"Digest username=\"nora\", realm=\"x\"",
            b"Negotiate YII=",
            b"NTLM TlRMTVNTUAAB",
            b"AWS4-HMAC-SHA256 Credential=x",
            b"ApiKey 0123456789abcdef0123456789abcdef",
            b"Bearer eyJhbGciOiJIUzI1NiJ9.e30.x",
            b"Bearer",
            b"null",
            b"undefined",
            b"\xe9",
            b"",
        ] {
            let shown = String::from_utf8_lossy(line);
            assert_eq!(
                token(&[("authorization", line), cookie], "").as_deref(),
                Some(C),
                "{shown}"
            );
            let query = format!("token=junk&token={B}");
            assert_eq!(token(&[("authorization", line)], &query).as_deref(), Some(B), "{shown}");
        }
        for line in [
            format!("session=eyJfZnJlc2giOmZhbHNlfQ.x; session={C}"),
            format!("nick=\u{6d4b}; session={C}"),
            format!("session=; session={C}; session={B}"),
            format!("session={B}; __Host-session={C}"),
            format!("{HOST_COOKIE}=x; session={C}"),
            format!(";; a; =; session = {C} ;"),
        ] {
            assert_eq!(token(&[("cookie", line.as_bytes())], "").as_deref(), Some(C), "{line}");
        }
        let lines = [("cookie", &b"session=\xff"[..]), cookie];
        assert_eq!(token(&lines, "").as_deref(), Some(C));
    }

    #[test]
    fn other_schemes_are_no_credential_but_junk_is() {
        for line in ["Basic dXNlcjpwYXNz", "basic", "Digest x=y", "Negotiate", "Bearer ", ""] {
            assert_eq!(token(&[("authorization", line.as_bytes())], ""), None, "{line}");
        }
        for line in ["junk", "Bearer junk", "' OR 1=1 --", "Bearer Bearer x"] {
            assert!(token(&[("authorization", line.as_bytes())], "").is_some(), "{line}");
        }
        assert!(token(&[("cookie", b"session=junk")], "").is_some());
        assert!(token(&[], "token=%ff").is_some());
    }

    proptest! {
        #[test]
        fn token_is_found_among_any_cookies(
            junk in proptest::collection::vec((32_u8..=255).prop_filter("no DEL", |b| *b != 127), 0..80),
        ) {
            let line = [&junk[..], b"; session=", C.as_bytes()].concat();
            prop_assume!(!junk.windows(7).any(|window| window == b"session"));
            let found = token(&[("cookie", &line)], "");
            prop_assert_eq!(found.as_deref(), Some(C));
        }
    }

    /// Is a post with these headers another site's?
    fn is_foreign(public_url: Option<&str>, lines: &[(&'static str, &[u8])]) -> bool {
        let mut config = Config { public_url: public_url.map(str::to_owned), ..Config::default() };
        let listed = ["*", "https://friend.example", "capacitor://localhost"];
        config.cors.allowed_origins = listed.map(str::to_owned).to_vec();
        is_cross_site(&Method::POST, &headers::of(lines), &config)
    }

    #[test]
    fn origin_is_compared_with_scheme_and_port() {
        // Public reports of the kind: ktor#3969 (default port in Host), Anthias#2868 (the scheme),
        // commitpulse#7212 (the port).
        let https = Some("https://www.example.com/base");
        for (public, host, origin, is_welcome) in [
            (None, "a.example:8080", "http://a.example:8080", true),
            (None, "a.example:8080", "http://a.example", false),
            (None, "a.example", "http://a.example:80", true),
            (None, "a.example:80", "http://a.example", true),
            (None, "a.example:443", "https://a.example", true),
            (None, "a.example:443", "http://a.example", false),
            (None, "a.example", "https://a.example", false),
            (None, "A.example", "http://a.EXAMPLE", true),
            (None, "[::1]:8080", "http://[0::1]:8080", true),
            (None, "a.example", "https://friend.example", true),
            (None, "a.example", "http://friend.example", false),
            (None, "a.example", "https://friend.example:443", true),
            (None, "a.example", "capacitor://localhost", true),
            (None, "localhost", "ionic://localhost", false),
            (None, "a.example", "null", false),
            (None, "a.example", "*", false),
            (None, "a.example", "", false),
            (https, "www.example.com", "https://www.example.com", true),
            (https, "www.example.com:443", "https://www.example.com", true),
            (https, "www.example.com", "http://www.example.com", false),
            (https, "127.0.0.1:8080", "https://www.example.com", true),
            (https, "127.0.0.1:8080", "http://127.0.0.1:8080", true),
            (https, "www.example.com", "https://www.example.com:8443", false),
            (https, "www.example.com", "https://www.example.com.evil.example", false),
        ] {
            let lines = [("host", host.as_bytes()), ("origin", origin.as_bytes())];
            assert_eq!(is_foreign(public, &lines), !is_welcome, "{public:?} {host} {origin}");
        }
        let told = [
            ("host", &b"a.example"[..]),
            ("origin", b"https://a.example"),
            ("x-forwarded-proto", b"https, http"),
        ];
        assert!(!is_foreign(None, &told));
    }

    #[test]
    fn what_cannot_be_read_is_another_site() {
        for lines in [
            &[("origin", &b"https://\xe9.example"[..])][..],
            &[("origin", b"\xff")],
            &[("origin", b"http://a.example"), ("origin", b"http://b.example")],
            &[("origin", b"http://a.example http://b.example")],
            &[("sec-fetch-site", b"cross-site")],
            &[("sec-fetch-site", b"same-site")],
            &[("sec-fetch-site", b"\xe9")],
            &[("sec-fetch-site", b"same-origin"), ("sec-fetch-site", b"cross-site")],
        ] {
            let lines = [lines, &[("host", b"a.example")]].concat();
            assert!(is_foreign(None, &lines), "{lines:?}");
        }
        assert!(!is_foreign(None, &[]) && !is_foreign(None, &[("sec-fetch-site", b"none")]));
        assert!(!is_foreign(None, &[("sec-fetch-site", b"same-origin")]));
        let lines = headers::of(&[("sec-fetch-site", b"cross-site")]);
        assert!(!is_cross_site(&Method::GET, &lines, &Config::default()));
    }

    #[test]
    fn a_foreign_page_may_not_embed() {
        let allowed = ["a.example".to_owned(), ".b.example".to_owned()];
        let of = |referer| may_embed(&map(&[("referer", referer)]), &allowed);
        assert!(may_embed(&map(&[]), &allowed));
        assert!(
            of("https://a.example/page") && of("http://A.example:81/") && of("http://x.b.example/")
        );
        assert!(
            !of("http://b.example/") && !of("http://x.a.example/") && !of("http://ab.example/")
        );
        assert!(!of("junk") && !of("http://evil.example/?a.example"));
        assert!(!of("http://a.example@evil.example/") && of("http://x@a.example/"));
        let foreign_byte = [("referer", &b"https://a.example/\xe6\xb5\x8b"[..])];
        assert!(may_embed(&headers::of(&foreign_byte), &allowed));
        let foreign_host = [("referer", &b"https://a.example\xe9/"[..])];
        assert!(!may_embed(&headers::of(&foreign_host), &allowed));
        assert!(may_embed(&map(&[("referer", "http://evil.example/")]), &[]));
    }
}
