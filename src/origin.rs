//! Origins of pages: `scheme://host[:port]` (RFC 6454), and when two of them are the same.
//!
//! The only comparer of origins: the configuration, CORS and the check of cross-site writes use it.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// An origin in the one form in which equal origins are equal texts: lower case, without the scheme's
/// default port, an IPv6 address in its shortest form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    text: String,
    /// The length of the scheme.
    scheme: usize,
}

impl Origin {
    /// Read `scheme://host[:port]`. The scheme may be any: apps send `capacitor://localhost` and
    /// extensions `chrome-extension://id`. `None` for everything else, so also for the opaque
    /// origin `null`, for a text with a path and for one that is not ASCII.
    pub fn parse(text: &str) -> Option<Origin> {
        let (scheme, authority) = text.split_once("://")?;
        Origin::new(scheme, authority)
    }

    /// The same from the bytes of a header.
    pub fn from_bytes(bytes: &[u8]) -> Option<Origin> {
        Origin::parse(std::str::from_utf8(bytes).ok()?)
    }

    /// The origin of the URL `url`: what stands before its path.
    pub fn of_url(url: &str) -> Option<Origin> {
        let (scheme, rest) = url.split_once("://")?;
        Origin::new(scheme, rest.split(['/', '?', '#']).next()?)
    }

    /// The origin of pages that `authority` (the header `Host`) serves by `scheme`.
    pub fn new(scheme: &str, authority: &str) -> Option<Origin> {
        if !is_scheme(scheme) {
            return None;
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !authority.ends_with(']') => (host, Some(port)),
            _ => (authority, None),
        };
        let scheme = scheme.to_ascii_lowercase();
        let host = match default_port(&scheme) {
            Some(_) => canonical_host(host)?,
            None => canonical_host(host).or_else(|| opaque_host(host))?,
        };
        let port = match port {
            None => None,
            Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => match port.parse() {
                Ok(0) | Err(_) => return None,
                Ok(port) => Some(port),
            },
            Some(_) => return None,
        };
        let port = port.filter(|port| default_port(&scheme) != Some(*port));
        let port = port.map(|port: u16| format!(":{port}")).unwrap_or_default();
        Some(Origin { text: format!("{scheme}://{host}{port}"), scheme: scheme.len() })
    }

    /// The scheme, in lower case.
    pub fn scheme(&self) -> &str {
        &self.text[..self.scheme]
    }

    /// The host, in lower case; an IPv6 address in brackets.
    pub fn host(&self) -> &str {
        let authority = &self.text[self.scheme + 3..];
        match authority.rsplit_once(':') {
            Some((host, _)) if !authority.ends_with(']') => host,
            _ => authority,
        }
    }

    /// The canonical text, as browsers send it.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// RFC 3986, section 3.1.
fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// The port that a scheme has without saying so (URL standard, "special scheme").
fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        "ftp" => Some(21),
        _ => None,
    }
}

fn canonical_host(host: &str) -> Option<String> {
    if let Some(address) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().ok().map(|address| format!("[{address}]"));
    }
    is_host_name(host).then(|| host.to_ascii_lowercase())
}

/// The host of a page whose scheme is none of the web's. It may be any text that can stand there (URL
/// standard, "opaque host"): Electron's pages come from `app://.`.
fn opaque_host(host: &str) -> Option<String> {
    let is_allowed = |byte: u8| byte.is_ascii_graphic() && !b"#%/:<>?@[\\]^|*\"`{}".contains(&byte);
    (!host.is_empty() && host.bytes().all(is_allowed)).then(|| host.to_ascii_lowercase())
}

/// Is it the name of a host, or an IPv4 address?
pub fn is_host_name(name: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    name.len() <= 253 && name.split('.').all(is_label)
}

/// Can only this machine reach the host `name`? (RFC 6761, 6.3, and loopback addresses.)
pub fn is_loopback_host(name: &str) -> bool {
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost"
        || name.ends_with(".localhost")
        || address.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        || address.parse::<Ipv6Addr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

/// Is `name` reserved for tests and documentation, so that nobody can own it? (RFC 2606, RFC 6761.)
pub fn is_reserved_host(name: &str) -> bool {
    ["test", "example", "invalid", "example.com", "example.net", "example.org"].iter().any(
        |reserved| {
            name.strip_suffix(reserved).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn equal_origins_have_equal_text() {
        for (text, canonical) in [
            ("http://a.example", "http://a.example"),
            ("HTTP://A.Example:80", "http://a.example"),
            ("https://a.example:443", "https://a.example"),
            ("https://a.example:80", "https://a.example:80"),
            ("http://a.example:0443", "http://a.example:443"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("http://[0:0:0:0:0:0:0:1]", "http://[::1]"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("capacitor://localhost", "capacitor://localhost"),
            ("ionic://localhost", "ionic://localhost"),
            ("tauri://localhost", "tauri://localhost"),
            ("app://-", "app://-"),
            // Public report: electron-nuxt#680.
            ("app://.", "app://."),
            ("App://obsidian.MD", "app://obsidian.md"),
            ("vscode-webview://0a1b~", "vscode-webview://0a1b~"),
            ("wails://wails.localhost:34115", "wails://wails.localhost:34115"),
            ("https://tauri.localhost", "https://tauri.localhost"),
            ("com.example.app://a!b", "com.example.app://a!b"),
            ("safari-web-extension://6E3B1BF6-0000", "safari-web-extension://6e3b1bf6-0000"),
            ("ms-browser-extension://A_b", "ms-browser-extension://a_b"),
            (
                "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
                "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
            ),
            (
                "moz-extension://6e3b1bf6-0000-4000-8000-000000000000",
                "moz-extension://6e3b1bf6-0000-4000-8000-000000000000",
            ),
        ] {
            assert_eq!(Origin::parse(text).unwrap().as_str(), canonical, "{text}");
        }
    }

    #[test]
    fn invalid_origin_is_refused() {
        for text in [
            "",
            "*",
            "null",
            "a.example",
            "://a.example",
            "http://",
            "http://a.example/",
            "http://a.example/path",
            "http://user@a.example",
            "http://a.example:",
            "http://a.example:0",
            "http://a.example:65536",
            "http://a.example:+80",
            "http://a..example",
            "http://a.example https://b.example",
            "http://中.example",
            "1http://a.example",
            "http://[::1",
            "http://::1",
            "http://*.a.example",
            "http://.",
            "https://a!b",
            "app://",
            "app://*",
            "app://a b",
            "app://a/b",
            "app://a@b",
            "app://a%20b",
            "file://",
        ] {
            assert_eq!(Origin::parse(text), None, "{text}");
        }
        assert_eq!(Origin::from_bytes(b"http://\xe9.example"), None);
    }

    #[test]
    fn origin_has_scheme_host_and_port() {
        let origin = Origin::of_url("https://API.example.com:8443/v1?x=1").unwrap();
        assert_eq!((origin.scheme(), origin.host()), ("https", "api.example.com"));
        assert_eq!(Origin::of_url("http://[::1]/").unwrap().host(), "[::1]");
        assert_eq!(Origin::of_url("https://a.example?x"), Origin::parse("https://a.example"));
    }

    #[test]
    fn loopback_and_reserved_hosts_are_known() {
        for name in ["localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "[::1]"] {
            assert!(is_loopback_host(name) && !is_reserved_host(name), "{name}");
        }
        for name in ["api.example.com", "example.org", "a.test", "x.invalid"] {
            assert!(is_reserved_host(name) && !is_loopback_host(name), "{name}");
        }
        for name in ["a.com", "notexample.com", "mytest", "10.0.0.1", "localhost.a.com"] {
            assert!(!is_reserved_host(name) && !is_loopback_host(name), "{name}");
        }
    }

    proptest! {
        #[test]
        fn canonical_origin_parses_to_itself(text in "[a-zA-Z+]{1,8}://[a-zA-Z0-9.:\\[\\]-]{0,20}") {
            if let Some(origin) = Origin::parse(&text) {
                prop_assert_eq!(Origin::parse(origin.as_str()), Some(origin.clone()));
                prop_assert!(!origin.scheme().is_empty() && !origin.host().is_empty());
            }
        }

        #[test]
        fn any_origin_bytes_are_parsed_without_panic(bytes: Vec<u8>) {
            let _ = Origin::from_bytes(&bytes);
        }
    }
}
