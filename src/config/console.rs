//! `[console]`: the pages for the people who look after the server.

use super::{Networks, fields};
use serde::Deserialize;
use std::net::{Ipv4Addr, SocketAddr};

/// The console.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Console {
    /// The address that the console listens on, `IP:PORT`; `""` for no console. Default `127.0.0.1:8081`.
    #[serde(deserialize_with = "fields::listen_if_any")]
    pub listen: Option<SocketAddr>,
    /// Who may ask for it, IP addresses and networks. Default `127.0.0.1` and `::1`.
    #[serde(deserialize_with = "fields::networks")]
    pub allow: Networks,
    /// The address by which browsers reach it through a proxy, such as `https://console.example.com`. Default:
    /// none, and browsers must name a loopback address.
    #[serde(deserialize_with = "fields::public_url")]
    pub public_url: Option<String>,
}

impl Default for Console {
    fn default() -> Self {
        Console {
            listen: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 8081))),
            allow: Networks::loopback(),
            public_url: None,
        }
    }
}

impl Console {
    /// Can only this machine reach it? Otherwise each admin needs an authenticator app.
    pub fn is_private(&self) -> bool {
        let is_loopback = |address: SocketAddr| address.ip().to_canonical().is_loopback();
        self.listen.is_none_or(is_loopback) && self.public_url.is_none()
    }

    /// Do browsers reach it by https? Then its cookies are for https alone.
    pub fn is_https(&self) -> bool {
        self.public_url.as_ref().is_some_and(|url| url.starts_with("https://"))
    }
}
