use super::*;
use crate::config::Networks;
use proptest::prelude::*;

fn map(lines: &[(&'static str, &str)]) -> HeaderMap {
    lines.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
}

#[test]
fn unconfigured_local_proxy_turns_address_limits_off() {
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

/// The token found in these headers and this query.
fn token(lines: &[(&'static str, &[u8])], query: &str) -> Option<String> {
    let local = Client::unknown("127.0.0.1".parse().unwrap());
    let config = Config::default();
    credentials(&Method::POST, &headers::of(lines), query, local, &config).token
}

#[test]
fn first_well_formed_token_wins() {
    let all = [
        ("authorization", A.as_bytes()),
        ("cookie", b"x=1; session=cccccccccccccccccccccccccccccccc"),
    ];
    let query = format!("other=1&token={B}");
    assert_eq!(token(&all, &query).as_deref(), Some(A));
    assert_eq!(token(&all[1..], &query).as_deref(), Some(B));
    assert_eq!(token(&all[1..], "token=").as_deref(), Some(C));
    for query in [format!("%EF%BB%BFtoken={B}"), format!("?x&&%74oken=%62{}", &B[1..])] {
        assert_eq!(token(&[], &query).as_deref(), Some(B), "{query}");
    }
    assert_eq!(token(&[], ""), None);
    for bearer in ["bearer ", "Bearer  ", "BEARER\t"] {
        let line = format!("{bearer}{A}");
        assert_eq!(token(&[("authorization", line.as_bytes())], "").as_deref(), Some(A));
    }
}

#[test]
fn malformed_token_does_not_hide_a_later_one() {
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
        assert_eq!(token(&[("authorization", line), cookie], "").as_deref(), Some(C), "{shown}");
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
fn other_auth_schemes_are_ignored_but_junk_is_not() {
    for line in ["Basic dXNlcjpwYXNz", "basic", "Digest x=y", "Negotiate", "Bearer ", ""] {
        assert_eq!(token(&[("authorization", line.as_bytes())], ""), None, "{line}");
    }
    for line in ["junk", "Bearer junk", "' OR 1=1 --", "Bearer Bearer x"] {
        assert!(token(&[("authorization", line.as_bytes())], "").is_some(), "{line}");
    }
    assert!(token(&[("cookie", b"session=junk")], "").is_some());
    assert!(token(&[], "token=%ff").is_some());
}

#[test]
fn comma_joined_credentials_are_split() {
    // Public reports: passport-http-bearer#13, laravel/framework#20282, tymondesigns/jwt-auth#1373
    // and neos/flow-development-collection#2494.
    for line in [
        format!("Basic dXNlcjpwYXNz, Bearer {A}"),
        format!("Bearer {A}, Basic dXNlcjpwYXNz"),
        format!("Basic dXNlcjpwYXNz,bearer  {A} "),
        format!("Digest realm=\"a, b\", uri=\"/\" , Bearer {A}"),
        format!("Bearer eyJhbGciOiJub25lIn0.e30., Bearer {A}"),
        format!("Bearer junk, {A}"),
        format!("{A},"),
        format!(", Bearer {A}, Bearer {B}"),
    ] {
        assert_eq!(token(&[("authorization", line.as_bytes())], "").as_deref(), Some(A), "{line}");
    }
    // A line of its own goes first, and what is no token hides none that stands elsewhere.
    let joined = format!("Basic x, Bearer {A}");
    let alone = format!("Bearer {B}");
    let both = [("authorization", joined.as_bytes()), ("authorization", alone.as_bytes())];
    assert_eq!(token(&both, "").as_deref(), Some(B));
    let junk = [("authorization", &b"Basic a, Bearer b"[..])];
    assert_eq!(token(&junk, &format!("token={C}")).as_deref(), Some(C));
    assert_eq!(token(&[("authorization", b"Digest a=\"b\", c=\"d\"")], ""), None);
}

#[test]
fn comma_joined_cookies_are_split() {
    // Public reports: dotnet/yarp#437, dotnet/runtime#42856 and jdx/pitchfork#845.
    for line in [
        format!("a=1, session={C}"),
        format!("session={C}, a=1"),
        format!("session={C},a=1,b=2"),
        format!("a=1,b=2; c=3, session={C}; d=4"),
        format!("a=\u{e9},session={C}"),
        format!("session=junk, session={C}"),
        format!("a=b=c,, session={C},"),
        format!("__Host-session={C}, session={A}"),
    ] {
        assert_eq!(token(&[("cookie", line.as_bytes())], "").as_deref(), Some(C), "{line}");
    }
    // A cookie between semicolons goes first.
    let line = format!("a=1, session={A}; session={C}");
    assert_eq!(token(&[("cookie", line.as_bytes())], "").as_deref(), Some(C));
}

proptest! {
    #[test]
    fn token_is_found_among_any_other_cookies(
        junk in proptest::collection::vec((32_u8..=255).prop_filter("no DEL", |b| *b != 127), 0..80),
    ) {
        let line = [&junk[..], b"; session=", C.as_bytes()].concat();
        prop_assume!(!junk.windows(7).any(|window| window == b"session"));
        let found = token(&[("cookie", &line)], "");
        prop_assert_eq!(found.as_deref(), Some(C));
    }
}

/// Do these headers make a POST a cross-site request?
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
fn unreadable_origin_counts_as_another_site() {
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
fn foreign_page_may_not_embed_pictures() {
    let allowed = ["a.example".to_owned(), ".b.example".to_owned()];
    let of = |referer| may_embed(&map(&[("referer", referer)]), &allowed);
    assert!(may_embed(&map(&[]), &allowed));
    assert!(
        of("https://a.example/page") && of("http://A.example:81/") && of("http://x.b.example/")
    );
    assert!(!of("http://b.example/") && !of("http://x.a.example/") && !of("http://ab.example/"));
    assert!(!of("junk") && !of("http://evil.example/?a.example"));
    assert!(!of("http://a.example@evil.example/") && of("http://x@a.example/"));
    let foreign_byte = [("referer", &b"https://a.example/\xe6\xb5\x8b"[..])];
    assert!(may_embed(&headers::of(&foreign_byte), &allowed));
    let foreign_host = [("referer", &b"https://a.example\xe9/"[..])];
    assert!(!may_embed(&headers::of(&foreign_host), &allowed));
    assert!(may_embed(&map(&[("referer", "http://evil.example/")]), &[]));
}
