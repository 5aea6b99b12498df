//! An address of somebody else's server.

use std::fmt;
use std::net::IpAddr;

use reqwest::Url;
use serde::Deserialize;

/// Where requests go: `https://…`, or `http://…` where the way there is not open to strangers. Shown
/// without path and query, which may hold a secret.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Endpoint(String);

impl Endpoint {
    /// Tencent Cloud's API for messages, of mainland China.
    pub(super) fn tencent() -> Endpoint {
        Endpoint("https://sms.tencentcloudapi.com/".to_owned())
    }

    /// WeChat's API for mini-programs.
    pub(super) fn wechat() -> Endpoint {
        Endpoint("https://api.weixin.qq.com/".to_owned())
    }

    /// The whole address.
    pub fn url(&self) -> &str {
        &self.0
    }

    /// What the header `Host` says: the name, and the port where it is not the scheme's own.
    pub fn authority(&self) -> &str {
        let rest = self.0.split_once("://").map_or("", |(_, rest)| rest);
        rest.split(['/', '?']).next().unwrap_or_default()
    }

    /// Is there nothing behind the host?
    pub fn is_root(&self) -> bool {
        self.0 == format!("{self}/")
    }
}

impl TryFrom<String> for Endpoint {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Endpoint, &'static str> {
        let Ok(url) = Url::parse(&text) else {
            return Err("not an address; write for example https://sms.example.com/send");
        };
        let Some(host) = url.host_str() else {
            return Err("an address without a host");
        };
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err("an address with a user, a password or a #; leave them out");
        }
        match url.scheme() {
            "https" => Ok(Endpoint(url.into())),
            "http" if is_near(host) => Ok(Endpoint(url.into())),
            _ => Err(
                "write https://; http:// is for loopback and private addresses and for names without a dot",
            ),
        }
    }
}

/// A host that is on this machine or in this network. A name without a dot is one of those: a
/// container's, or one of the local domain.
fn is_near(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    match address.map(|address| address.to_canonical()) {
        Ok(IpAddr::V4(v4)) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
        Ok(IpAddr::V6(v6)) => {
            v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local()
        }
        Err(_) => !host.contains('.'),
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        let scheme = self.0.split_once(':').map_or("", |(scheme, _)| scheme);
        write!(to, "{scheme}://{}", self.authority())
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        fmt::Display::fmt(self, to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Endpoint, &'static str> {
        Endpoint::try_from(text.to_owned())
    }

    #[test]
    fn plain_http_is_allowed_only_to_private_hosts() {
        for good in [
            "https://sms.example.com",
            "https://203.0.113.7:8443/send?to=all",
            "http://127.0.0.1:8080/",
            "http://[::1]:8080",
            "http://localhost/sms",
            "http://bridge:9000/sms",
            "http://10.0.0.7",
            "http://192.168.1.2",
            "http://[fd00::1]",
            "http://[::ffff:10.0.0.7]",
        ] {
            assert!(read(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "sms.example.com",
            "sms.example.com:443",
            "http://sms.example.com",
            "http://203.0.113.7",
            "http://[2001:db8::1]",
            "http://[::ffff:203.0.113.7]",
            "ftp://127.0.0.1",
            "https://",
            "https://user:hidden@sms.example.com",
            "https://hidden@sms.example.com",
            "https://sms.example.com/#hidden",
        ] {
            let error = read(bad).expect_err(bad);
            assert!(!error.contains("hidden"), "{error}");
        }
    }

    #[test]
    fn endpoint_is_printed_without_path_or_query() {
        let endpoint = read("https://SMS.example.com:8443/send/hidden?key=hidden").unwrap();
        assert_eq!(
            format!("{endpoint} {endpoint:?}"),
            "https://sms.example.com:8443 ".repeat(2).trim_end()
        );
        assert_eq!(endpoint.authority(), "sms.example.com:8443");
        assert!(!endpoint.is_root());
        for (text, authority, is_root) in [
            ("https://sms.example.com:443", "sms.example.com", true),
            ("http://[::1]:80?to=all", "[::1]", false),
            ("http://127.0.0.1:8080/a/b/", "127.0.0.1:8080", false),
            ("https://a.example/a.example/", "a.example", false),
        ] {
            let endpoint = read(text).unwrap();
            assert_eq!((endpoint.authority(), endpoint.is_root()), (authority, is_root), "{text}");
        }
        assert_eq!(Ok(Endpoint::tencent()), read("https://sms.tencentcloudapi.com"));
    }
}
