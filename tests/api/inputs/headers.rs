//! Cookies, credentials, forwarded addresses and origins as browsers, libraries and proxies send
//! them.

use crate::common::{Reply, Server, envelope};
use serde_json::json;

/// Posts an envelope with these header lines, which may contain any bytes.
fn post(server: &Server, name: &str, data: serde_json::Value, lines: &[Vec<u8>]) -> Reply {
    let body = envelope(name, data);
    let mut head = format!("POST /api HTTP/1.1\r\nContent-Length: {}\r\n", body.len()).into_bytes();
    for line in lines {
        head.extend_from_slice(line);
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"Connection: close\r\n\r\n");
    server.raw(&[&head[..], body.as_bytes()].concat())
}

/// The header line with `T` replaced by the token.
fn with_token(line: &str, token: &str) -> Vec<u8> {
    // Each character is one byte, so that a line can contain any byte.
    line.replace("<T>", token).chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
}

const HOST: &str = "Host: api.example.com";

#[test]
fn session_is_found_among_any_other_cookies() {
    // Public reports: KestrelHttpServer#1144 (a campaign's name in a cookie of an analysis),
    // cookie-rs#116, hyperium/headers#85 and eXist-db/exist#6697 (foreign bytes),
    // jshttp/cookie#236 (quotes).
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let long = format!("Cookie: a={}; session=<T>", "x".repeat(8_000));
    for lines in [
        &["Cookie: session=<T>"][..],
        &["Cookie: session=\"<T>\""],
        &["Cookie: session = <T>"],
        &["Cookie:session=<T>;"],
        &["Cookie: a=1;session=<T>;b=2"],
        &["Cookie: ; ;; session=<T>"],
        &["Cookie: nameless; session=<T>"],
        &["Cookie: =nameless; session=<T>"],
        &["Cookie: session; session=<T>"],
        &["Cookie: session=; session=<T>"],
        &["Cookie: session=<T>; session="],
        &["Cookie: session=old; session=<T>"],
        &["Cookie: Session=x; SESSION=y; session=<T>"],
        &["Cookie: xsession=x; session_id=y; session=<T>"],
        &["Cookie: __utmz=Unders\u{f8}gelse; session=<T>"],
        &["Cookie: n=\u{c4}\u{e3}\u{ba}\u{c3}; session=<T>"],
        &["Cookie: a=\u{80}\u{ff}; session=<T>; b=\u{fe}"],
        &["Cookie: a=b=c==; session=<T>"],
        &["Cookie: a=1,2, 3; session=<T>"],
        &["Cookie: a=\"x y\"; session=<T>"],
        &["Cookie: a={\"b\":1,\"c\":[2]}; session=<T>"],
        &["Cookie: $Version=1; session=\"<T>\"; $Path=\"/\""],
        &["Cookie: a=1", "Cookie: session=<T>", "Cookie: b=2"],
        &["Cookie: session=junk", "Cookie: session=<T>"],
        &["cookie: a=\u{e9}", "COOKIE: session=<T>"],
        &["Cookie: __Host-session=<T>; session=junk"],
        &["Cookie: session=junk; __Host-session=<T>"],
        // dotnet/yarp#437 and jdx/pitchfork#845: lines of HTTP/2 that a gateway joined.
        &["Cookie: a=1, session=<T>"],
        &["Cookie: session=<T>, a=1; b=2"],
        &[long.as_str()],
    ] {
        let mut sent = vec![HOST.into()];
        sent.extend(lines.iter().map(|line| with_token(line, &token)));
        let told = post(&server, "user/info", json!({}), &sent).text();
        assert!(told.contains("nora"), "{:.100?}: {told}", lines);
    }
    for line in ["session=\"<T>", "session='<T>'", "xsession=<T>", "session=<T>x", "session%3D<T>"]
    {
        let line = with_token(&format!("Cookie: {line}"), &token);
        let told = post(&server, "user/info", json!({}), &[HOST.into(), line.clone()]).text();
        assert!(!told.contains("nora"), "{}: {told}", String::from_utf8_lossy(&line));
    }
}

#[test]
fn foreign_credential_does_not_hide_the_session() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    for line in [
        "Authorization: Basic cHJveHk6c2VjcmV0",
        "Authorization: Basic \u{e9}",
        "authorization: BASIC x",
        "Authorization: Digest username=\"a\", realm=\"b, c\", nonce=\"d\"",
        "Authorization: Negotiate YIIJ",
        "Authorization: Kerberos x",
        "Authorization: Bearer eyJhbGciOiJub25lIn0.e30.",
        "Authorization: Bearer null",
        "Authorization: bearer undefined",
        "Authorization: Bearer \"\"",
        "Authorization: AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=c",
        "Authorization: Hawk id=\"a\"",
        "Authorization: Token abc",
        "Authorization:",
        "Proxy-Authorization: Basic eA==",
        // laravel/framework#20282 and passport-http-bearer#13.
        "Authorization: Basic eA==, Bearer null",
        "Authorization: Basic eA==, Bearer <T>",
        "Authorization: Bearer <T>, Basic eA==",
    ] {
        let cookie = with_token("Cookie: session=<T>", &token);
        let sent = [HOST.into(), with_token(line, &token), cookie];
        let told = post(&server, "user/info", json!({}), &sent).text();
        assert!(told.contains("nora"), "{line}: {told}");
    }
}

#[test]
fn client_address_is_the_one_the_proxy_names() {
    // Public reports: routedns#549 (a second line of the header), remote_ip#28 (the last one counts),
    // sozu#1254 and forwarded-parse#7 (addresses without quotes).
    let server = Server::start("[limits]\nlogin_attempts = 1\ntrusted_proxies = [\"127.0.0.1\"]\n");
    let is_locked = |lines: &[String]| {
        let mut sent: Vec<Vec<u8>> = vec![HOST.into()];
        sent.extend(lines.iter().map(|line| with_token(line, "")));
        let data = json!({"username": "nora", "password": "x"});
        post(&server, "user/login", data, &sent).text().contains("limits.login_attempts")
    };
    // `N` differs for each case, so that each is a different client. The second spelling is the
    // same client, which is locked by then.
    for (nth, (first, second)) in [
        (&["X-Forwarded-For: 203.0.113.N"][..], &["X-Forwarded-For: 203.0.113.N:80"][..]),
        (
            &["X-Forwarded-For: 192.0.2.66", "X-Forwarded-For: 203.0.113.N"],
            &["X-Forwarded-For: 192.0.2.67", "X-Forwarded-For: 203.0.113.N"],
        ),
        (
            &["X-Forwarded-For: 192.0.2.66, 203.0.113.N"],
            &["X-Forwarded-For: \"192.0.2.66, 203.0.113.N"],
        ),
        (&["X-Forwarded-For: 203.0.113.N,"], &["X-Forwarded-For: , ,203.0.113.N , 127.0.0.1"]),
        (&["X-Forwarded-For: ::ffff:203.0.113.N"], &["X-Forwarded-For: [::ffff:203.0.113.N]:9"]),
        (&["X-Forwarded-For: 2001:db8:N::1"], &["X-Forwarded-For: [2001:db8:N::2%eth0]:443"]),
        (&["Forwarded: for=203.0.113.N"], &["Forwarded: For=\"203.0.113.N:_port\";by=_me"]),
        (
            &["Forwarded: for=_hidden, for=203.0.113.N"],
            &["Forwarded: for=unknown", "Forwarded: proto=http;for=203.0.113.N"],
        ),
        (&["Forwarded: for=\"[2001:db8:N::1]\""], &["Forwarded: for=2001:db8:N::9;proto=https"]),
        (&["Forwarded: for=\"203\\.0\\.113\\.N\""], &["Forwarded: for=203.0.113.N ; host=\"a,b\""]),
        // nextcloud/documentation#12908: nginx in front of nginx, by a socket.
        (
            &["X-Forwarded-For: 203.0.113.N, unix:"],
            &["X-Forwarded-For: [203.0.113.N]:1, unix:,unix:"],
        ),
        (&["X-Real-IP: 203.0.113.N"], &["X-Real-IP: [::ffff:203.0.113.N]"]),
        (
            &["X-Forwarded-For: \u{e9}\u{ff}, 203.0.113.N"],
            &["X-Forwarded-For: 203.0.113.N", "Forwarded: for=192.0.2.1", "X-Real-IP: 192.0.2.2"],
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let number = |lines: &[&str]| -> Vec<String> {
            lines
                .iter()
                .map(|line| {
                    let (name, value) = line.split_once(':').unwrap();
                    format!("{name}:{}", value.replace('N', &(nth + 10).to_string()))
                })
                .collect()
        };
        let (first, second) = (number(first), number(second));
        assert!(!is_locked(&first), "{first:?}");
        assert!(is_locked(&second), "{second:?}");
    }
    // Unknown address: no shared limit for these clients.
    for line in [
        "X-Forwarded-For: unknown",
        "X-Forwarded-For: _hidden",
        "X-Forwarded-For: 203.0.113.7, unknown",
        "X-Forwarded-For: 203.0.113.256",
        "X-Forwarded-For: 0x7f000001",
        "X-Forwarded-For: localhost",
        "Forwarded: for=unknown",
        "Forwarded: for=_SEVKISEK",
        "Forwarded: for=\"203.0.113.7",
        "X-Real-IP: a, b",
        "X-Real-IP: unix:",
        "X-Forwarded-For: unix:",
    ] {
        for _ in 0..3 {
            assert!(!is_locked(&[line.to_owned()]), "{line}");
        }
    }
}

#[test]
fn cookie_counts_only_from_the_same_origin() {
    // Public reports: tower-http#701 and next.js#89127 (case), ktor#3969 and glpi#24463 (ports),
    // Yuzu#2641 (a default port of the other scheme).
    let config = "public_url = \"https://www.example.com\"\n[cors]\nallowed_origins = \
                  [\"https://friend.example\", \"https://xn--fiq228c.example:8443\"]\n";
    let server = Server::start(config);
    let (_, token) = server.account("nora");
    for (host, origin, is_welcome) in [
        ("www.example.com", "https://www.example.com", true),
        ("WWW.Example.com", "https://www.example.com", true),
        ("www.example.com:443", "https://www.example.com", true),
        ("www.example.com", "HTTPS://WWW.EXAMPLE.COM:443", true),
        ("127.0.0.1:8080", "https://www.example.com", true),
        ("www.example.com", "https://friend.example", true),
        ("www.example.com", "https://FRIEND.example:443", true),
        ("www.example.com", "https://xn--fiq228c.example:8443", true),
        ("www.example.com", "https://\u{e4}.example:8443", false),
        ("www.example.com", "https://www.example.com/", false),
        ("www.example.com", "https://www.example.com.", false),
        ("www.example.com", "https://www.example.com:80", false),
        ("www.example.com", "https://www.example.com:4430", false),
        ("www.example.com", "http://www.example.com", false),
        ("www.example.com", "http://www.example.com:443", false),
        ("www.example.com", "https://www.example.com@evil.example", false),
        ("www.example.com", "https://evil.example@www.example.com", false),
        ("www.example.com", "https://evil.example#www.example.com", false),
        ("www.example.com", "https://www.example.com.evil.example", false),
        ("www.example.com", "https://evilwww.example.com", false),
        ("www.example.com", "https://sub.friend.example", false),
        ("www.example.com", "http://friend.example", false),
        ("www.example.com", "https://friend.example:80", false),
        ("www.example.com", "null", false),
        ("www.example.com", "file://", false),
        ("evil.example", "https://evil.example", false),
    ] {
        let cookie = with_token("Cookie: session=<T>", &token);
        let lines =
            [format!("Host: {host}").into(), cookie, with_token(&format!("Origin: {origin}"), "")];
        let told = post(&server, "user/info", json!({}), &lines).text();
        assert_eq!(told.contains("nora"), is_welcome, "{host} {origin}: {told}");
    }
}
