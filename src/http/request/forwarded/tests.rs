use super::*;
use proptest::prelude::*;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// The source of a request from the trusted proxy 127.0.0.1; 10.0.0.0/31 are trusted too.
fn of(lines: &[(&'static str, &[u8])]) -> ClientSource {
    let trusted = ["127.0.0.1/32", "10.0.0.0/31"].map(|network| network.parse().unwrap());
    source(ip("127.0.0.1"), &headers::of(lines), &Networks::from_iter(trusted))
}

fn from(address: &str) -> ClientSource {
    ClientSource::Address(ip(address))
}

const PROXY: ClientSource = ClientSource::Unknown(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));

#[test]
fn untrusted_peer_is_its_own_source() {
    let trusted = Networks::from_iter(["127.0.0.1/32".parse().unwrap()]);
    let lines = headers::of(&[("x-forwarded-for", b"192.0.2.1")]);
    assert_eq!(source(ip("192.0.2.9"), &lines, &trusted), from("192.0.2.9"));
    assert_eq!(source(ip("::ffff:127.0.0.1"), &lines, &trusted), from("192.0.2.1"));
    assert_eq!(source(ip("127.0.0.1"), &HeaderMap::new(), &trusted), from("127.0.0.1"));
}

#[test]
fn forwarded_for_is_read_in_every_proxy_form() {
    // Public reports: rack#1227, authentik#25679 and firezone#12270 (ports of Azure's gateway, with
    // and without brackets), akka-http#3790, dd-trace-php#1672, mdn/content#6470 (quotes).
    for (line, expected) in [
        (&b"203.0.113.7"[..], "203.0.113.7"),
        (b"203.0.113.7:5678", "203.0.113.7"),
        (b"\"203.0.113.7:5678\"", "203.0.113.7"),
        (b"[203.0.113.7]:5678", "203.0.113.7"),
        (b"[203.0.113.7]", "203.0.113.7"),
        // nextcloud/documentation#12908 and TecharoHQ/anubis#1756 (nginx behind a socket).
        (b"203.0.113.7, unix:", "203.0.113.7"),
        (b"192.0.2.66, 203.0.113.7:80, unix:, 10.0.0.1, unix:", "203.0.113.7"),
        (b"unix:, 203.0.113.7", "203.0.113.7"),
        (b"2001:db8::1", "2001:db8::1"),
        (b"[2001:db8::1]", "2001:db8::1"),
        (b"[2001:db8::1]:443", "2001:db8::1"),
        (b"\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"),
        (b"2001:db8:0:0:0:0:0:1:443", "2001:db8::1"),
        (b"[2001:db8::1%eth0]:443", "2001:db8::1"),
        (b"fe80::1%en0", "fe80::1"),
        (b"::ffff:203.0.113.7", "203.0.113.7"),
        (b"[::ffff:203.0.113.7]:80", "203.0.113.7"),
        (b" 203.0.113.7 , ", "203.0.113.7"),
        (b",, 203.0.113.7:1,,", "203.0.113.7"),
        (b"\xe9, 203.0.113.7", "203.0.113.7"),
        (b"junk, 203.0.113.7:5678, 10.0.0.1", "203.0.113.7"),
        (b"\"2.2.2.2, 203.0.113.7", "203.0.113.7"),
        (b"192.0.2.66, 203.0.113.7, 10.0.0.1:80, 10.0.0.0", "203.0.113.7"),
        (b"10.0.0.1", "10.0.0.1"),
    ] {
        let found = of(&[("x-forwarded-for", line)]);
        let shown = String::from_utf8_lossy(line);
        assert_eq!(found, from(expected), "{shown}");
    }
    let lines =
        [("x-forwarded-for", &b"192.0.2.66, 192.0.2.1"[..]), ("x-forwarded-for", b"10.0.0.1")];
    assert_eq!(of(&lines), from("192.0.2.1"));
}

#[test]
fn unreadable_address_makes_the_client_unknown() {
    for line in [
        &b"junk"[..],
        b"unknown",
        b"_hidden",
        b"\xe9",
        b"192.0.2.1, \xe9",
        b"192.0.2.1, junk",
        b"192.0.2.1:port",
        b"192.0.2.1:123456",
        b"[2001:db8::1",
        b"[2001:db8::1]443",
        b"192.0.2.300",
        b"192.0.2.1 192.0.2.2",
        b"192.0.2.1, unix",
        b"192.0.2.1, unix:/run/x",
        b"unix:",
        b"[192.0.2.1",
        b"[192.0.2.1]80",
        b"[]",
        b"",
        b" , ,",
    ] {
        let found = of(&[("x-forwarded-for", line)]);
        assert_eq!(found, PROXY, "{}", String::from_utf8_lossy(line));
    }
    let behind = of(&[("x-forwarded-for", b"junk, 10.0.0.1")]);
    assert_eq!(behind, ClientSource::Unknown(ip("10.0.0.1")));
}

#[test]
fn standard_header_forwarded_is_understood() {
    // Public reports: http-types#374 (`for` is not first), forwarded-parse#3 and #7 and sozu#1254
    // (without quotes or brackets), rust-rpxy#619 (hidden ports).
    for (line, expected) in [
        (&b"for=203.0.113.7"[..], "203.0.113.7"),
        (b"For=\"203.0.113.7:4711\"", "203.0.113.7"),
        (b"for=\"[2001:db8::1]:4711\"", "2001:db8::1"),
        (b"for=\"[2001:db8::1]\"", "2001:db8::1"),
        (b"for=\"[2001:db8::1]:_p\"", "2001:db8::1"),
        (b"for=2001:db8::1", "2001:db8::1"),
        (b"by=203.0.113.43;for=203.0.113.7;proto=https", "203.0.113.7"),
        (b"proto=https;host=\"a.example:443\";for=203.0.113.7", "203.0.113.7"),
        (b"for=192.0.2.66, for=203.0.113.7;proto=http;by=10.0.0.1", "203.0.113.7"),
        (b"for=203.0.113.7, for=10.0.0.1", "203.0.113.7"),
        (b"for=203.0.113.7; host=\"a, for=192.0.2.66\"", "203.0.113.7"),
        (b"for=203.0.113.7;host=\"a\\\", for=192.0.2.66\"", "203.0.113.7"),
        // A client's own, cut off, must not swallow the proxy's.
        (b"for=\"192.0.2.66, for=203.0.113.7", "203.0.113.7"),
        (b"\xe9, for=203.0.113.7", "203.0.113.7"),
        (b", for = 203.0.113.7 ;", "203.0.113.7"),
    ] {
        let found = of(&[("forwarded", line)]);
        assert_eq!(found, from(expected), "{}", String::from_utf8_lossy(line));
    }
    for line in [
        &b"for=unknown"[..],
        b"for=_hidden",
        b"proto=https",
        b"for=",
        b"for",
        b"for=192.0.2.1;for=192.0.2.2",
        b"for=192.0.2.1;host=\"a",
        b"for=\"192.0.2.1\"x",
        b"for=192.0.2.66, \xe9",
        b"=192.0.2.1",
    ] {
        let found = of(&[("forwarded", line)]);
        assert_eq!(found, PROXY, "{}", String::from_utf8_lossy(line));
    }
}

#[test]
fn first_present_forwarding_header_counts() {
    let forwarded = ("forwarded", &b"for=192.0.2.2"[..]);
    let real = ("x-real-ip", &b"192.0.2.3:80"[..]);
    let list = ("x-forwarded-for", &b"192.0.2.1"[..]);
    assert_eq!(of(&[real, forwarded, list]), from("192.0.2.1"));
    assert_eq!(of(&[real, forwarded]), from("192.0.2.2"));
    assert_eq!(of(&[real]), from("192.0.2.3"));
    assert_eq!(of(&[real, ("x-forwarded-for", b"")]), from("192.0.2.3"));
    assert_eq!(of(&[("x-real-ip", b"junk")]), PROXY);
    assert_eq!(of(&[real, ("x-forwarded-for", b"unix:")]), PROXY);
    // A list that can't be read is not made good by another header, which the client may have written.
    assert_eq!(of(&[real, ("x-forwarded-for", b"junk")]), PROXY);
}

proptest! {
    #[test]
    fn last_address_is_found_after_any_bytes(
        junk in proptest::collection::vec((32_u8..=255).prop_filter("no DEL", |b| *b != 127), 0..60),
        address: [u8; 4],
        port: Option<u16>,
    ) {
        let address = std::net::Ipv4Addr::from(address);
        let text = port.map_or(address.to_string(), |port| format!("{address}:{port}"));
        let line = [&junk[..], b", ", text.as_bytes()].concat();
        prop_assume!(!["127.0.0.1", "10.0.0.0", "10.0.0.1"].contains(&&*address.to_string()));
        prop_assert_eq!(of(&[("x-forwarded-for", &line)]), ClientSource::Address(address.into()));
    }

    #[test]
    fn ipv6_address_is_found_in_every_form(segments: [u16; 8], port: u16) {
        let plain = Ipv6Addr::from(segments);
        let expected = ClientSource::Address(IpAddr::from(plain).to_canonical());
        prop_assume!(plain.to_ipv4_mapped().is_none());
        for text in [
            format!("{plain}"),
            format!("[{plain}]"),
            format!("[{plain}]:{port}"),
            format!("\"[{plain}]:{port}\""),
        ] {
            prop_assert_eq!(of(&[("x-forwarded-for", text.as_bytes())]), expected);
        }
        let standard = format!("proto=https;for=\"[{plain}]:{port}\";by=_x");
        prop_assert_eq!(of(&[("forwarded", standard.as_bytes())]), expected);
    }

    #[test]
    fn client_bytes_before_proxy_address_are_ignored(
        junk in proptest::collection::vec((32_u8..=255).prop_filter("no DEL", |b| *b != 127), 0..60),
    ) {
        let line = [&junk[..], b", for=203.0.113.7"].concat();
        let found = of(&[("forwarded", &line)]);
        // A quoted text that begins in the client's bytes can at most hide the address.
        prop_assert!(found == from("203.0.113.7") || found == PROXY, "{found:?}");
    }
}
